import { type SampleRatio, sampleRatioTest } from './experiment';
import { normalInterval } from './intervals';
import { type Asked, type Metric, metric, share } from './metric';
import { kaplanMeier, type Lifetime, survivalAt } from './survival';

/** A goal of a customer. Moments ISO 8601 UTC. */
export type GoalHistory = {
  readonly customer: string;
  readonly confirmed: string;
  /** First achieved under the indicator version asked for; null = not (yet). */
  readonly achieved: string | null;
  readonly abandoned?: boolean;
};

const DAY = 86_400_000;

/** Days from one moment to another, fractions included. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY;
}

/**
 * Of the goals confirmed at least `withinDays` before `asOf`: those achieved within so many days of confirmation ÷ all of them.
 * Younger goals are pending, neither failed nor achieved; abandoned ones stay in the denominator.
 */
export function achievementRate(
  asked: Asked,
  goals: readonly GoalHistory[],
  { withinDays, asOf }: { readonly withinDays: number; readonly asOf: string },
): Metric {
  const known = goals.filter(({ confirmed }) => confirmed <= asOf);
  const observed = known.filter(({ confirmed }) => daysBetween(confirmed, asOf) >= withinDays);
  const achieved = observed.filter(
    (goal) => goal.achieved !== null && goal.achieved <= asOf && daysBetween(goal.confirmed, goal.achieved) <= withinDays,
  );
  const pending = known.length - observed.length;
  const abandoned = observed.filter((goal) => goal.abandoned === true).length;
  return share(asked, achieved.length, observed.length, {
    class: 'OUTCOME',
    method: `achieved within ${withinDays} days of confirmation`,
    partial: (asked.partial ?? false) || pending > 0,
    notes: [
      ...(pending > 0 ? [`${pending} pending: confirmed less than ${withinDays} days ago`] : []),
      ...(abandoned > 0 ? [`${abandoned} abandoned, in the base`] : []),
    ],
  });
}

/** What is known of an achieved goal once its sustain time has passed. */
export type Sustained = { readonly achieved: string; readonly after: 'holding' | 'lost' | 'unknown' };

/** Goals still holding ÷ goals achieved whose sustain time has passed. Not observed often enough = unknown: shown apart, and not holding. */
export function sustainRate(
  asked: Asked,
  goals: readonly Sustained[],
  { sustainDays, asOf }: { readonly sustainDays: number; readonly asOf: string },
): Metric {
  const due = goals.filter(({ achieved }) => daysBetween(achieved, asOf) >= sustainDays);
  const unknown = due.filter(({ after }) => after === 'unknown').length;
  return share(asked, due.filter(({ after }) => after === 'holding').length, due.length, {
    class: 'OUTCOME',
    method: `holding ${sustainDays} days after achievement`,
    partial: (asked.partial ?? false) || due.length < goals.length,
    notes: unknown > 0 ? [`${unknown} not observed often enough: unknown, not holding`] : [],
  });
}

/** Median days from confirmation to the first achievement; goals without one yet are censored at `asOf`, not dropped. */
export function timeToValue(asked: Asked, goals: readonly GoalHistory[], asOf: string): Metric {
  const lifetimes = goals
    .filter(({ confirmed }) => confirmed <= asOf)
    .map(({ confirmed, achieved }): Lifetime => {
      const happened = achieved !== null && achieved <= asOf;
      return { duration: Math.max(0, daysBetween(confirmed, happened ? achieved : asOf)), happened };
    });
  const { median } = kaplanMeier(lifetimes);
  const reached = lifetimes.filter(({ happened }) => happened).length;
  return metric(asked, {
    unit: 'days',
    class: 'OUTCOME',
    method: 'Kaplan–Meier median from confirmation to first achievement',
    n: lifetimes.length,
    value: median,
    reasonNull: lifetimes.length === 0 ? 'NO_BASE' : 'NOT_REACHED',
    numerator: reached,
    denominator: lifetimes.length,
  });
}

/**
 * Achievement rate of service users − that of others, both among customers with a confirmed goal. `assigned`: by random holdout, whatever
 * they did (intention to treat); else an association and labelled so.
 */
export function achievementLift(
  asked: Asked,
  users: { readonly achieved: number; readonly n: number },
  others: { readonly achieved: number; readonly n: number },
  assigned: boolean,
): Metric {
  const n = users.n + others.n;
  const method = assigned
    ? 'difference of rates by assignment (holdout, intention to treat)'
    : 'difference of rates, observational: an association';
  const common = { unit: 'share', class: 'OUTCOME', method, n } as const;
  if (users.n === 0 || others.n === 0) return metric(asked, common);
  const [p, q] = [users.achieved / users.n, others.achieved / others.n];
  const error = Math.sqrt((p * (1 - p)) / users.n + (q * (1 - q)) / others.n);
  return metric(asked, { ...common, value: p - q, numerator: p, denominator: q, ci: normalInterval(p - q, error) });
}

/** Arms of a randomised comparison: the planned `weights` of treated and control, and how many of each at least (30 by default). */
export type Arms = { readonly weights: readonly [number, number]; readonly minimum?: number };

/** Why arms of these sizes say nothing; undefined when they do. A mismatch of the planned weights comes first: then the assignment is broken. */
function unusable(
  [treated, control]: readonly [number, number],
  { weights, minimum = 30 }: Arms,
): { readonly sampleRatio: SampleRatio; readonly why: Pick<Metric, 'reasonNull' | 'notes'> | null } {
  const sampleRatio = sampleRatioTest([treated, control], weights);
  if (sampleRatio.mismatch) return { sampleRatio, why: { reasonNull: 'SAMPLE_RATIO_MISMATCH', notes: [] } };
  if (treated >= minimum && control >= minimum) return { sampleRatio, why: null };
  return { sampleRatio, why: { reasonNull: 'ARM_TOO_SMALL', notes: [`at least ${minimum} in each arm`] } };
}

/** {@link achievementLift} by random holdout, where the arms allow it: sizes as planned, none too small. */
export function achievementLiftByAssignment(
  asked: Asked,
  treated: { readonly achieved: number; readonly n: number },
  control: { readonly achieved: number; readonly n: number },
  arms: Arms,
): Metric & { readonly sampleRatio: SampleRatio } {
  const { sampleRatio, why } = unusable([treated.n, control.n], arms);
  const lift = achievementLift(asked, treated, control, true);
  return why === null
    ? { ...lift, sampleRatio }
    : { ...lift, value: null, numerator: null, denominator: null, ci: null, ...why, sampleRatio };
}

/** A customer from the day of her start (day 0). `lastDay`: the day she left, or the last one observed. */
export type Relationship = { readonly lastDay: number; readonly left: boolean; readonly achievedDay: number | null };

export type Landmark = { readonly day: number; readonly difference: Metric; readonly achievers: number; readonly others: number };

/**
 * Outcome to retention, by landmark: among customers still there on day L, the share surviving until L + `horizonDays` of those who had
 * achieved by L, less that of those who had not (Kaplan–Meier, Greenwood's interval). Several L are shown. Never from day 0: whoever
 * leaves early cannot achieve (immortal-time bias). An association. Partial while some have not been watched until L + `horizonDays`; a
 * group of whom nobody has been says nothing (`PERIOD_NOT_OVER`).
 */
export function outcomeToRetention(
  asked: Asked,
  customers: readonly Relationship[],
  { landmarks, horizonDays }: { readonly landmarks: readonly number[]; readonly horizonDays: number },
): readonly Landmark[] {
  return landmarks.map((day) => {
    const there = customers.filter(({ lastDay }) => lastDay > day);
    const achievers = there.filter(({ achievedDay }) => achievedDay !== null && achievedDay <= day);
    const others = there.filter(({ achievedDay }) => achievedDay === null || achievedDay > day);
    const after = (group: readonly Relationship[]): readonly Lifetime[] =>
      group.map(({ lastDay, left }) => ({ duration: lastDay - day, happened: left }));
    const method = `landmark day ${day}, surviving ${horizonDays} more days, achievers − others: an association`;
    const difference = survivalDifference(asked, method, after(achievers), after(others), horizonDays);
    return { day, difference, achievers: achievers.length, others: others.length };
  });
}

/**
 * What a random holdout says of retention: the share of the treated surviving `horizonDays` after their assignment, less that of those held
 * out, whatever either did (intention to treat; Kaplan–Meier, Greenwood's interval). An effect, where the arms allow it.
 */
export function survivalEffect(
  asked: Asked,
  treated: readonly Lifetime[],
  control: readonly Lifetime[],
  { horizonDays, ...arms }: Arms & { readonly horizonDays: number },
): Metric & { readonly sampleRatio: SampleRatio } {
  const method = `surviving ${horizonDays} days, treated − held out, by assignment (intention to treat)`;
  const { sampleRatio, why } = unusable([treated.length, control.length], arms);
  const n = treated.length + control.length;
  if (why !== null) return { ...metric(asked, { unit: 'share', class: 'RESULT', method, n, ...why }), sampleRatio };
  return { ...survivalDifference(asked, method, treated, control, horizonDays), sampleRatio };
}

function survivalDifference(asked: Asked, method: string, one: readonly Lifetime[], other: readonly Lifetime[], horizon: number): Metric {
  const all = [...one, ...other];
  const partial = (asked.partial ?? false) || all.some(({ duration, happened }) => !happened && duration < horizon);
  const common = { unit: 'share', class: 'RESULT', method, n: all.length, partial } as const;
  if (one.length === 0 || other.length === 0) return metric(asked, common);
  const [a, b] = [survivalWithin(one, horizon), survivalWithin(other, horizon)];
  if (a === null || b === null) return metric(asked, { ...common, reasonNull: 'PERIOD_NOT_OVER' });
  const value = a.survival - b.survival;
  const ci = normalInterval(value, Math.sqrt(a.variance + b.variance));
  return metric(asked, { ...common, value, numerator: a.survival, denominator: b.survival, ci });
}

/** Null where nobody has been watched until the horizon: a curve says nothing of later than its end, unless it has come down to 0. */
function survivalWithin(group: readonly Lifetime[], horizon: number): { survival: number; variance: number } | null {
  const curve = kaplanMeier(group);
  if (curve.meanRestricted && !group.some(({ duration }) => duration >= horizon)) return null;
  const survival = survivalAt(curve, horizon);
  const greenwood = curve.steps.reduce(
    (sum, { time, atRisk, happened }) => sum + (time <= horizon && atRisk > happened ? happened / (atRisk * (atRisk - happened)) : 0),
    0,
  );
  return { survival, variance: survival ** 2 * greenwood };
}
