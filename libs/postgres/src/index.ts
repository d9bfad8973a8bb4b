export * from './supervisor';
export { createPool, isoMoment, typeParsers } from './pool';
export type { Notification, Pool, PoolClient, PoolOptions, QueryResult, QueryResultRow } from './pool';
