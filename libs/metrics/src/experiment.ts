import { chiSquareTail, moments, normalInterval } from './intervals';
import { type Asked, type Metric, metric } from './metric';

export type SampleRatio = { readonly chiSquare: number; readonly p: number; readonly mismatch: boolean };

/** Below it, an assignment is not what was asked for (GrowthBook's and Microsoft's usual limit). */
const MISMATCH_P = 0.001;

/**
 * Sample-ratio mismatch: Pearson's χ² of the arms' sizes against the planned weights; p is 1 where nobody was assigned.
 * @throws RangeError with fewer than two arms, another number of weights, or a weight that is not above 0.
 */
export function sampleRatioTest(sizes: readonly number[], weights: readonly number[]): SampleRatio {
  if (sizes.length < 2 || sizes.length !== weights.length || weights.some((weight) => !(weight > 0)))
    throw new RangeError('as many positive weights as arms, at least two');
  const [n, total] = [sizes, weights].map((list) => list.reduce((sum, each) => sum + each, 0));
  if (!n || !total) return { chiSquare: 0, p: 1, mismatch: false };
  const chiSquare = sizes.reduce((sum, size, i) => {
    const expected = (n * (weights[i] ?? 0)) / total;
    return sum + (size - expected) ** 2 / expected;
  }, 0);
  const p = chiSquareTail(chiSquare, sizes.length - 1);
  return { chiSquare, p, mismatch: p < MISMATCH_P };
}

/**
 * Average effect of a treatment: mean outcome of the treated − that of the controls, by assignment, with a normal interval of Welch's
 * standard error. First the sizes are tested against the planned `weights` (treated, control): a mismatch gives no value. An arm below
 * `minimum` (30 by default) gives none either.
 */
export function averageEffect(
  asked: Asked,
  treated: readonly number[],
  control: readonly number[],
  { weights = [1, 1], minimum = 30 }: { readonly weights?: readonly [number, number]; readonly minimum?: number } = {},
): Metric & { readonly sampleRatio: SampleRatio } {
  const sampleRatio = sampleRatioTest([treated.length, control.length], weights);
  const [t, c] = [moments(treated), moments(control)];
  const common = { unit: 'ratio', class: 'MEASUREMENT', method: 'difference of means by assignment, Welch', n: t.n + c.n } as const;
  const misled = misleading([t.n, c.n], weights, minimum);
  if (misled !== undefined) return { ...metric(asked, { ...common, ...misled }), sampleRatio };
  const effect = t.mean - c.mean;
  const ci = normalInterval(effect, Math.sqrt(t.variance / t.n + c.variance / c.n));
  return { ...metric(asked, { ...common, value: effect, numerator: t.mean, denominator: c.mean, ci }), sampleRatio };
}

/** Why nothing is concluded from two arms of these sizes (treated, control); undefined where something may be. */
function misleading(
  sizes: readonly [number, number],
  weights: readonly [number, number],
  minimum: number,
): Pick<Metric, 'reasonNull' | 'notes'> | undefined {
  if (sampleRatioTest(sizes, weights).mismatch) return { reasonNull: 'SAMPLE_RATIO_MISMATCH', notes: [] };
  if (Math.min(...sizes) < minimum) return { reasonNull: 'ARM_TOO_SMALL', notes: [`at least ${minimum} in each arm`] };
  return undefined;
}

/** One customer of a randomised campaign, with the score by which she would have been chosen. */
export type Scored = { readonly score: number; readonly treated: boolean; readonly outcome: number };

export type QiniCurve = {
  /** Share of the population targeted, best scores first, and the incremental outcomes had only they been treated, per customer. */
  readonly points: readonly { readonly targeted: number; readonly gain: number }[];
  /** Area under the curve, and above the straight line to its end: 0 for a random order. */
  readonly auuc: Metric;
  readonly qini: Metric;
};

/**
 * Qini curve and coefficient (Radcliffe 2007): gain(k) = Y_T − Y_C · N_T ÷ N_C over the k best scores, divided by the number of customers
 * (that is the normalisation). Customers of equal score come in one step; a step without a control customer yet is merged with the next. The sizes
 * of the arms are tested as those of {@link averageEffect} where `weights` are given; an arm below `minimum` (1 by default) gives no area.
 */
export function qiniCurve(
  asked: Asked,
  customers: readonly Scored[],
  { weights, minimum = 1 }: { readonly weights?: readonly [number, number]; readonly minimum?: number } = {},
): QiniCurve {
  const sorted = [...customers].sort((a, b) => b.score - a.score);
  const n = sorted.length;
  const points = [{ targeted: 0, gain: 0 }];
  const sums = { treated: 0, treatedOutcome: 0, control: 0, controlOutcome: 0 };
  for (const [i, { score, treated, outcome }] of sorted.entries()) {
    if (treated) {
      sums.treated += 1;
      sums.treatedOutcome += outcome;
    } else {
      sums.control += 1;
      sums.controlOutcome += outcome;
    }
    if (sorted[i + 1]?.score === score || sums.control === 0) continue;
    points.push({ targeted: (i + 1) / n, gain: (sums.treatedOutcome - (sums.controlOutcome * sums.treated) / sums.control) / n });
  }
  const sizes = [sums.treated, sums.control] as const;
  const isBase = sums.treated > 0 && sums.control > 0;
  const misled = isBase ? misleading(sizes, weights ?? sizes, minimum) : {};
  const usable = misled === undefined;
  let area = 0;
  for (const [i, point] of points.entries()) {
    const was = points[i - 1];
    if (was) area += ((point.gain + was.gain) / 2) * (point.targeted - was.targeted);
  }
  const last = points.at(-1)?.gain ?? 0;
  const common = { unit: 'ratio', class: 'MEASUREMENT', n, ...misled } as const;
  return {
    points,
    auuc: metric(asked, { ...common, method: 'area under the Qini curve, per customer', value: usable ? area : null }),
    qini: metric(asked, {
      ...common,
      method: 'area between the Qini curve and the straight line to its end, per customer',
      value: usable ? area - last / 2 : null,
    }),
  };
}
