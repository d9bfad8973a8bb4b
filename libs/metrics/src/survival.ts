import { type Interval, zOf } from './intervals';

/** One subject: watched for so long (days, seconds, steps …), and whether it happened then (else censored: still under watch). */
export type Lifetime = { readonly duration: number; readonly happened: boolean };

export type SurvivalStep = {
  readonly time: number;
  readonly atRisk: number;
  readonly happened: number;
  readonly censored: number;
  /** S just after `time`. */
  readonly survival: number;
  /** Greenwood's variance on the log-log scale: stays within 0 and 1. Null at S = 0 or 1. */
  readonly ci: Interval | null;
};

export type KaplanMeier = {
  /** At every time something happened, ascending. */
  readonly steps: readonly SurvivalStep[];
  readonly n: number;
  /** The first time at which S ≤ 0.5; null when the curve stays above. */
  readonly median: number | null;
  /** Area under the curve up to the largest time. */
  readonly mean: number;
  /** The largest time is censored: the mean is one up to there only. */
  readonly meanRestricted: boolean;
};

/**
 * The product-limit estimator (Kaplan & Meier 1958). At equal times events come before censorings. Durations are ≥ 0; throws a
 * RangeError for others.
 */
export function kaplanMeier(lifetimes: readonly Lifetime[], level = 0.95): KaplanMeier {
  if (lifetimes.some(({ duration }) => !(duration >= 0 && duration < Infinity))) throw new RangeError('a duration is a number from 0');
  const sorted = [...lifetimes].sort((a, b) => a.duration - b.duration);
  const z = zOf(level);
  const steps: SurvivalStep[] = [];
  let [survival, greenwood, area, since] = [1, 0, 0, 0];
  for (let i = 0; i < sorted.length;) {
    const time = sorted[i]?.duration ?? 0;
    const atRisk = sorted.length - i;
    let [happened, censored] = [0, 0];
    for (; sorted[i]?.duration === time; i += 1) {
      if (sorted[i]?.happened === true) happened += 1;
      else censored += 1;
    }
    area += survival * (time - since);
    since = time;
    if (happened === 0) continue;
    survival = happened === atRisk ? 0 : survival * (1 - happened / atRisk);
    greenwood += atRisk > happened ? happened / (atRisk * (atRisk - happened)) : 0;
    const log = Math.log(survival);
    const spread = Math.exp((z * Math.sqrt(greenwood)) / Math.abs(log));
    const ci = survival > 0 && survival < 1 ? { low: survival ** spread, high: survival ** (1 / spread), level } : null;
    steps.push({ time, atRisk, happened, censored, survival, ci });
  }
  return {
    steps,
    n: sorted.length,
    median: steps.find((step) => step.survival <= 0.5)?.time ?? null,
    mean: area,
    meanRestricted: sorted.at(-1)?.happened === false,
  };
}

/** S(t) of a curve: 1 before the first event. */
export function survivalAt({ steps }: Pick<KaplanMeier, 'steps'>, time: number): number {
  return steps.findLast((step) => step.time <= time)?.survival ?? 1;
}
