export { postgresEventLog } from './event-log';
export type { PostgresEventLogOptions } from './event-log';
export { postgresJournal } from './journal';
export type { PostgresJournalOptions } from './journal';
export { factTable } from './fact-table';
export type { FactTable } from './fact-table';
