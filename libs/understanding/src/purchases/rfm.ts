import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { currencyOf, type PurchasesState } from './purchases.projection';

/** Raw values. Two recencies exist and are kept apart by name: models speak of `spanDays`, marketing of `recencyDays`. */
export type RfmValues = {
  /** Days since the last purchase, as of the last closed day. */
  readonly recencyDays: number;
  /** Days with a purchase. */
  readonly frequency: number;
  /** Mean gross sale of a day with a purchase, minor units. */
  readonly monetaryMinor: number;
  /** Days from the first purchase to the last (t_x of the models). */
  readonly spanDays: number;
};

/** 5 is best: bought lately, often, much. */
export type RfmScores = { readonly recency: number; readonly frequency: number; readonly monetary: number };

/** The upper bounds of the lower four fifths of known customers with a sale, of each value. */
export type RfmThresholds = {
  readonly lastDay: readonly number[];
  readonly frequency: readonly number[];
  readonly monetaryMinor: readonly number[];
};

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

export function rfmScores(
  values: Pick<RfmValues, 'frequency' | 'monetaryMinor'> & { lastDay: DayNumber },
  thresholds: RfmThresholds,
): RfmScores {
  const score = (value: number, bounds: readonly number[]): number => 1 + bounds.filter((bound) => value > bound).length;
  return {
    recency: score(values.lastDay, thresholds.lastDay),
    frequency: score(values.frequency, thresholds.frequency),
    monetary: score(values.monetaryMinor, thresholds.monetaryMinor),
  };
}
