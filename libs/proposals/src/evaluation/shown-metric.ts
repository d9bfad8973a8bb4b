import type { EventLog } from '@tsunagari/event-log';
import type { Metric, QiniCurve } from '@tsunagari/metrics';

/** What was asked about: moments ISO 8601, half open, null for an open end. */
export type AskedAbout = { readonly from: string | null; readonly to: string | null };

/** A metric as the graph of this context shows it, with the period that was asked about; null of all time. */
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

/** A hundred steps of a curve are enough to draw it. */
const MOST_POINTS = 101;

export function shownCurve({ points, auuc, qini }: QiniCurve, asked: AskedAbout) {
  const last = points.length - 1;
  const places = new Set(
    last < MOST_POINTS ? points.keys() : Array.from({ length: MOST_POINTS }, (_, n) => Math.round((n * last) / (MOST_POINTS - 1))),
  );
  return {
    auuc: shownMetric(auuc, asked),
    qini: shownMetric(qini, asked),
    points: auuc.value === null ? [] : points.filter((_, n) => places.has(n)).map((point) => ({ ...point })),
  };
}

/** Of what is read from the log itself. The position is asked for first: what is answered is at least as new. */
export async function freshnessOf(log: Pick<EventLog, 'head'>) {
  return { projection: 'log', version: '1', position: await log.head(), lagMs: 0, rebuilding: false, stateHash: null };
}
