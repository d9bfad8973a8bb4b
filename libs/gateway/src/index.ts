export type { Authenticate, SignIn } from './admission';
export * from './gateway';
export { defaultLimits, type Limits } from './limits';
export type { TrustedDocuments, TrustedDocumentsMode } from './trusted-documents';
