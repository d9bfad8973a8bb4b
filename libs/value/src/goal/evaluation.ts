import type { Indicator } from '@tsunagari/contracts';

/** An observation as goals keep them. */
export type Observation = {
  readonly id: string;
  /** When it was so, ISO 8601. */
  readonly at: string;
  /** Decimal as text, in the indicator's unit. */
  readonly value: string;
  readonly baseline: boolean;
};

export type Evaluation = {
  readonly at: string;
  readonly value: string;
  readonly met: boolean;
  readonly observationIds: readonly string[];
};

const DAY_MS = 86_400_000;

/**
 * An indicator over the observations of its window up to `asOf`; undefined when there is none: not seen is not the same as not reached.
 * Baselines tell how it was before, and count for nothing.
 */
export function evaluate(indicator: Indicator, observations: readonly Observation[], asOf: string): Evaluation | undefined {
  const from = Date.parse(asOf) - indicator.windowDays * DAY_MS;
  const within = observations
    .filter(({ at, baseline }) => !baseline && at <= asOf && Date.parse(at) > from)
    .sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1));
  if (within.length === 0) return undefined;
  const value = aggregated(indicator.aggregate, within);
  const met = indicator.direction === 'at_least' ? value >= Number(indicator.threshold) : value <= Number(indicator.threshold);
  const counted = indicator.aggregate === 'last' ? within.slice(-1) : within;
  return { at: asOf, value: decimal(value), met, observationIds: counted.map(({ id }) => id) };
}

/** The evaluations at each observation after the confirmation, in time order: what boards read, whatever was announced. */
export function evaluations(indicator: Indicator, observations: readonly Observation[], confirmedAt: string): readonly Evaluation[] {
  const moments = [...new Set(observations.filter(({ baseline, at }) => !baseline && at >= confirmedAt).map(({ at }) => at))].sort();
  return moments.flatMap((at) => evaluate(indicator, observations, at) ?? []);
}

function aggregated(aggregate: Indicator['aggregate'], within: readonly Observation[]): number {
  const values = within.map(({ value }) => Number(value));
  switch (aggregate) {
    case 'last':
      return values.at(-1) ?? 0;
    case 'mean':
      return values.reduce((a, b) => a + b, 0) / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'sum':
      return values.reduce((a, b) => a + b, 0);
    case 'count':
      return values.length;
  }
}

/** At most six decimals, as facts hold them. */
function decimal(value: number): string {
  return String(Number(value.toFixed(6)));
}
