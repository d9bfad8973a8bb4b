import type { Metric } from './metric';

/** What was asked about: moments ISO 8601, half open, null for an open end. */
export type AskedAbout = { readonly from: string | null; readonly to: string | null };

/** A metric as a graph shows it, with the period that was asked about; null of all time. */
export function shownMetric(
  { value, reasonNull, unit, numerator, denominator, n, partial, method, definitionVersion, class: kind, ci, notes }: Metric,
  { from, to }: AskedAbout,
) {
  return {
    ...{ value, reasonNull, unit, numerator, denominator, n, partial, method, definitionVersion, class: kind },
    interval: from === null && to === null ? null : { from, to },
    ci: ci && [ci.low, ci.high],
    notes: [...notes],
  };
}
