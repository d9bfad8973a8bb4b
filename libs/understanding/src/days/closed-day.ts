import type { DayNumber } from '../calendar';
import { orFailure, unanswered } from './unanswered';

export const NO_DAY = unanswered('NOT_FOUND', 'No day is closed yet.', {
  remedy: 'Close the days first: the platform does so each midnight.',
});

/** The last closed day, as of which boards speak. Throws NOT_FOUND before the first. */
export async function closedDay({ lastDay }: { readonly lastDay: () => Promise<DayNumber | null> }): Promise<DayNumber> {
  const day = await lastDay();
  return day ?? orFailure<never>(NO_DAY);
}
