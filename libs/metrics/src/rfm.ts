/** Raw values of a customer. Two recencies exist: `recencyDays` since the last purchase (marketing), `spanDays` from first to last (models' t_x). */
export type RfmValues = {
  readonly recencyDays: number;
  readonly frequency: number;
  readonly monetaryMinor: number;
  readonly spanDays: number;
};

/** 1 to 5, 5 is best: bought lately, often, much. */
export type RfmScores = { readonly recency: number; readonly frequency: number; readonly monetary: number };

/** The upper bounds of the lower four fifths of each value, ascending; of recency as the last day, so that more is better in all three. */
export type RfmThresholds = {
  readonly lastDay: readonly number[];
  readonly frequency: readonly number[];
  readonly monetaryMinor: readonly number[];
};

/** The values at 20, 40, 60 and 80 % of a list (the smallest value that so many do not exceed, SQL's `percentile_disc`); empty for none. */
export function fifthsOf(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? [] : [0.2, 0.4, 0.6, 0.8].map((share) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
}

/** One more than the number of thresholds that a value exceeds: equal values have equal scores, so a fifth may hold more or fewer than 20 %. */
export function rfmScores(
  values: { readonly lastDay: number; readonly frequency: number; readonly monetaryMinor: number },
  thresholds: RfmThresholds,
): RfmScores {
  const score = (value: number, bounds: readonly number[]): number => 1 + bounds.filter((bound) => value > bound).length;
  return {
    recency: score(values.lastDay, thresholds.lastDay),
    frequency: score(values.frequency, thresholds.frequency),
    monetary: score(values.monetaryMinor, thresholds.monetaryMinor),
  };
}
