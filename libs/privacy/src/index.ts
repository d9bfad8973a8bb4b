export { canonicalJson, NotCanonical } from './canonical-json';
export * from './fact-ids';
export { LONGEST_IDENTIFIER, normaliseIdentifier } from './identifier';
export * from './keyring';
export { postgresKeyring } from './postgres/keyring';
export type { KeyringSecrets, PostgresKeyring, PostgresKeyringOptions } from './postgres/keyring';
export { keyringSchema } from './postgres/schema';
