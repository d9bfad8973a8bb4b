export * from './supervisor';
export { createPool, isoMoment, typeParsers } from './pool';
export type { Notification, Pool, PoolClient, PoolOptions, QueryResult, QueryResultRow } from './pool';
export { inTransaction } from './transaction';
export type { Isolation } from './transaction';
export { listen } from './listen';
export type { Listening, ListenOptions, ListenState } from './listen';
export { createDataSource, expectNoDrift, migrate, schemaDrift } from './data-source';
export type { Migration, OwnedSchema } from './data-source';
