import type { RfmThresholds, RfmValues } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { currencyOf, type PurchasesState } from './purchases.state';

/** Null without a sale, and for a customer of several currencies (`MIXED_CURRENCY`). */
export function rfmValues(
  state: PurchasesState,
  asOf: DayNumber,
): (RfmValues & { readonly currency: string; readonly lastDay: DayNumber }) | null {
  const currency = currencyOf(state);
  if (currency === null || currency === 'MIXED_CURRENCY') return null;
  const purchases = state.byCurrency[currency];
  const first = purchases?.saleDays[0]?.[0];
  const lastDay = purchases?.saleDays.at(-1)?.[0];
  if (purchases === undefined || first === undefined || lastDay === undefined) return null;
  const frequency = purchases.saleDays.length;
  return {
    currency,
    lastDay,
    recencyDays: Math.max(0, asOf - lastDay),
    frequency,
    monetaryMinor: Math.round(purchases.salesMinor / frequency),
    spanDays: lastDay - first,
  };
}

/**
 * Fifths by value, not by rank: equal values have equal scores, so a fifth may hold more or fewer than 20 %. A score is one more than
 * the number of thresholds that a value exceeds. One scan of the base; thresholds of money are those of one currency.
 */
export async function rfmThresholds(pool: Pool, currency: string): Promise<RfmThresholds> {
  const fifths = 'percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by';
  const { rows } = await pool.query<{ lastDay: number[] | null; frequency: number[] | null; monetaryMinor: number[] | null }>(
    `select ${fifths} last_day) as "lastDay", ${fifths} sale_days) as frequency,
       ${fifths} round(sales_minor::numeric / sale_days)::float8) as "monetaryMinor"
     from understanding.purchases where kind <> 'unidentified' and sale_days > 0 and currency = $1`,
    [currency],
  );
  const { lastDay, frequency, monetaryMinor } = rows[0] ?? {};
  return { lastDay: lastDay ?? [], frequency: frequency ?? [], monetaryMinor: monetaryMinor ?? [] };
}
