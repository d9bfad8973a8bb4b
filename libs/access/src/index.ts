export * from './principal';
export * from './request-context';
export * from './sources';
export * from './tokens';
