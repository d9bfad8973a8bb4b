export { testDatabase, testServerUrl } from './test-database';
export type { TestDatabase } from './test-database';
export { describeWith, unmetNeed } from './describe-with';
export type { Need } from './describe-with';
export * from './given';
export * from './eventstoredb';
