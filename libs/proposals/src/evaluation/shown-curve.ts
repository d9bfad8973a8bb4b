import type { EventLog } from '@tsunagari/event-log';
import { type AskedAbout, type QiniCurve, shownMetric } from '@tsunagari/metrics';

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
