import type { Metric } from '@tsunagari/metrics';

/** A metric as the graph shows it. */
export function shownMetric({ value, reasonNull, unit, numerator, denominator, n, method, class: kind, ci, notes }: Metric) {
  return { value, reasonNull, unit, numerator, denominator, n, method, class: kind, ci: ci && [ci.low, ci.high], notes: [...notes] };
}
