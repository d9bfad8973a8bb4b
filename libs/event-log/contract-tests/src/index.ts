export { eventLogContract } from './event-log-contract';
export type { LogUnderTest } from './event-log-contract';
