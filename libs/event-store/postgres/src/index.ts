export { postgresEventStore } from './event-store';
export type { PostgresEventStoreOptions } from './event-store';
export { DEFAULT_LIMITS } from './encode';
export type { StoreLimits } from './encode';
export type { BatchLimits } from './committer';
export { EVENTS_CHANNEL, eventsSchema } from './schema';
