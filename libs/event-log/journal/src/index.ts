export { openJournal } from './journal';
export type { FilledJournal, JournalLogDiffers, JournalOptions, JournalStart, JournalStatus, JournalWait } from './journal';
