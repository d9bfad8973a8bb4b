export * from './principal';
export * from './request-context';
export { accessSchema } from './schema';
export * from './sources';
export * from './tokens';
export * from './signed-links';
