export * from './fact-ids';
export * from './keyring';
