export * from './client';
export * from './generated/operations';
export { trustedDocuments } from './generated/trusted-documents';
