import type { Money } from '../money';
import type { BillingInterval } from './plan-facts';

/** Periods a year. */
const A_YEAR: Readonly<Record<BillingInterval, number>> = { week: 52, month: 12, quarter: 4, year: 1 };

/**
 * What a price brings a month, in minor units: annual ÷ 12, quarterly ÷ 3, weekly × 52 ÷ 12, rounded half away from zero
 * (`domain-model.md` 3.7, MRR).
 */
export function monthly(price: Money, interval: BillingInterval): Money {
  const exact = (Math.abs(price.amountMinor) * A_YEAR[interval]) / 12;
  return { amountMinor: Math.sign(price.amountMinor) * Math.round(exact) || 0, currency: price.currency };
}

/**
 * The end of the period that begins at `start`: so many calendar months later on the same day of the month (UTC), or on the month's last
 * day where it is shorter; weeks are seven days. `anchor` is the day of the month that counts, so that 31 January gives 28 February and
 * then 31 March again.
 */
export function periodEnd(start: string, interval: BillingInterval, anchor = new Date(start).getUTCDate()): string {
  if (interval === 'week') return new Date(Date.parse(start) + 7 * 86_400_000).toISOString();
  return addMonths(start, { month: 1, quarter: 3, year: 12 }[interval], anchor);
}

/** The same moment of the day so many months later, on day `anchor` of the month or its last one. UTC. */
export function addMonths(start: string, months: number, anchor = new Date(start).getUTCDate()): string {
  const from = new Date(start);
  const to = new Date(from);
  to.setUTCDate(1);
  to.setUTCMonth(from.getUTCMonth() + months);
  const last = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate();
  to.setUTCDate(Math.min(anchor, last));
  return to.toISOString();
}

/** The same moment of the day (UTC) so many days of 24 hours later. */
export function addDays(moment: string, days: number): string {
  return new Date(Date.parse(moment) + days * 86_400_000).toISOString();
}
