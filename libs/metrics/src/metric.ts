import { type Interval, wilson } from './intervals';

/**
 * What a metric may be used for. `OUTCOME`: what the customer reached; alone may be a KPI. `RESULT`: what the company got; lags, is
 * monitored only. `EXPERIENCE`: what the customer said. `PROCESS`: what the company does. `MEASUREMENT`: how good the other numbers are.
 */
export type MetricClass = 'OUTCOME' | 'RESULT' | 'EXPERIENCE' | 'PROCESS' | 'MEASUREMENT';

/** Of what the value is: shares and rates are 0…1, `points` NPS's −100…100, money is in minor units of `currency`. */
export type MetricUnit =
  'share' | 'ratio' | 'count' | 'points' | 'score' | 'money' | 'days' | 'months' | 'seconds' | 'steps' | 'facts per second';

/**
 * Why there is no value, which is never 0 and never infinite:
 * `NO_BASE` the denominator is 0; `MIXED_CURRENCY` sums over currencies without a dated rate; `NOT_REACHED` half of them have not got
 * there (a median); `NEVER` it would never happen (payback at no margin); `NO_LOSSES` nothing was lost to divide by;
 * `PERIOD_NOT_OVER` the definition leaves unfinished periods out; `ARM_TOO_SMALL`, `SAMPLE_RATIO_MISMATCH` the comparison would mislead;
 * `SUPPORT_VIOLATION`, `EFFECTIVE_SAMPLE_TOO_SMALL`, `WEIGHTS_OFF` the log cannot judge that policy.
 */
export type NoValue =
  | 'NO_BASE'
  | 'MIXED_CURRENCY'
  | 'NOT_REACHED'
  | 'NEVER'
  | 'NO_LOSSES'
  | 'ARM_TOO_SMALL'
  | 'SAMPLE_RATIO_MISMATCH'
  | 'PERIOD_NOT_OVER'
  | 'SUPPORT_VIOLATION'
  | 'EFFECTIVE_SAMPLE_TOO_SMALL'
  | 'WEIGHTS_OFF';

/** A half-open period [from, to) of moments, ISO 8601 UTC; its borders are midnights of `timeZone`. */
export type Period = { readonly from: string; readonly to: string; readonly timeZone: string };

/** Every number with what it was made of, so that nobody has to believe it. */
export type Metric = {
  readonly value: number | null;
  /** Set exactly when `value` is null. */
  readonly reasonNull: NoValue | null;
  readonly unit: MetricUnit;
  readonly numerator: number | null;
  readonly denominator: number | null;
  /** How many customers, answers, goals or events it rests on. */
  readonly n: number;
  readonly interval: Period | null;
  /** The period is not over, or some members have not been watched long enough: the value can still change. */
  readonly partial: boolean;
  /** How exactly it was computed, where definitions differ between products. */
  readonly method: string;
  readonly definitionVersion: number;
  readonly class: MetricClass;
  /** Where the true value lies with probability `level`; null where none is due. */
  readonly ci: Interval | null;
  /** ISO 4217, of money only. */
  readonly currency: string | null;
  /** What must be shown beside it: who was left out and why. */
  readonly notes: readonly string[];
};

/** What is the same for all metrics of one question. */
export type Asked = {
  readonly interval?: Period | null;
  readonly partial?: boolean;
  readonly definitionVersion?: number;
};

type Made = Pick<Metric, 'unit' | 'class' | 'method' | 'n'> & Partial<Metric>;

/** A metric from its parts; what is not said is null, false or empty. Throws a RangeError for a value that is no finite number: a bug. */
export function metric(asked: Asked, made: Made): Metric {
  const { value = null } = made;
  if (value !== null && !Number.isFinite(value)) throw new RangeError(`a metric's value is a number or null, not ${value}`);
  return {
    numerator: null,
    denominator: null,
    interval: asked.interval ?? null,
    partial: asked.partial ?? false,
    definitionVersion: asked.definitionVersion ?? 1,
    ci: null,
    currency: null,
    notes: [],
    ...made,
    value,
    reasonNull: value === null ? (made.reasonNull ?? 'NO_BASE') : null,
  };
}

/** A metric whose definition leaves unfinished periods out: of one that is not over it says nothing. */
export function withoutUnfinished(made: Metric): Metric {
  return made.partial ? { ...made, value: null, reasonNull: 'PERIOD_NOT_OVER', ci: null } : made;
}

/** A share of a count with Wilson's interval: `of` 0 → null, `NO_BASE`. */
export function share(asked: Asked, count: number, of: number, made: Pick<Metric, 'class' | 'method'> & Partial<Metric>): Metric {
  const ci = of > 0 && count >= 0 && count <= of ? wilson(count, of) : null;
  return metric(asked, { unit: 'share', n: of, value: of > 0 ? count / of : null, numerator: count, denominator: of, ci, ...made });
}

/** A quotient without an interval: denominator 0 → null with the reason. */
export function quotient(asked: Asked, numerator: number, denominator: number, made: Made): Metric {
  return metric(asked, { value: denominator === 0 ? null : numerator / denominator, numerator, denominator, ...made });
}
