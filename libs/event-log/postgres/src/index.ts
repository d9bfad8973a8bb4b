export { postgresEventLog } from './event-log';
export type { PostgresEventLogOptions } from './event-log';
export { postgresJournal } from './journal';
