export { eventStoreDbStore } from './event-store';
export type { EventStoreDbOptions } from './event-store';
export { eventStoreDbLog } from './event-log';
export type { EventStoreDbLogOptions } from './event-log';
export { DEFAULT_LIMITS } from './fact-events';
export type { StoreLimits } from './fact-events';
