import type { Period } from '@tsunagari/metrics';
import { type DayNumber, dayNumberOf, startOfDay } from '../calendar';
import { type Unanswered, unanswered } from './unanswered';

/** Days, both within the period. */
export type AskedPeriod = { readonly from: string; readonly to: string };

/** The days of a period as far as they are over, and what metrics say of it. */
export type PeriodDays = { readonly from: DayNumber; readonly to: DayNumber; readonly partial: boolean; readonly interval: Period };

export function daysOfPeriod(timeZone: string, period: AskedPeriod, lastDay: DayNumber | null): PeriodDays | Unanswered {
  const [from, asked] = [dayNumberOf(period.from), dayNumberOf(period.to)];
  if (!(from <= asked)) return unanswered('BAD_USER_INPUT', 'This is no period.', { field: 'period', rule: 'from is not after to' });
  if (lastDay === null || lastDay < from)
    return unanswered('NOT_FOUND', 'No day of this period is closed yet.', {
      remedy: 'Ask for days that are over: the platform closes each at midnight.',
    });
  const interval: Period = { from: startOfDay(from, timeZone), to: startOfDay(asked + 1, timeZone), timeZone };
  return { from, to: Math.min(asked, lastDay), partial: asked > lastDay, interval };
}
