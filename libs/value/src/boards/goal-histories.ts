import type { Indicator } from '@tsunagari/contracts';
import { daysAfter } from '../calendar';
import { evaluate, evaluations } from '../goal/evaluation';
import { type Goal, isOpen } from '../goal/goal.state';

/** What boards know of one goal: evaluated anew from what was observed, whatever was announced. Moments ISO 8601. */
export type GoalHistory = {
  readonly customer: string;
  readonly confirmed: string;
  /** First reached under the indicator asked for; null = not (yet). */
  readonly achieved: string | null;
  readonly abandoned: boolean;
  /** Once the sustain time after `achieved` has passed. */
  readonly after: 'holding' | 'lost' | 'unknown' | null;
};

/**
 * The histories of a purpose's confirmed goals under one version of its indicator, as of a moment. Of the open goals of customers who
 * became one, the oldest stands for them all.
 */
export function goalHistories(
  goals: readonly Goal[],
  customerOf: (subject: string) => string,
  indicator: Indicator,
  asOf: string,
): readonly GoalHistory[] {
  const standing = new Map<string, Goal>();
  for (const goal of goals) {
    const key = isOpen(goal) ? customerOf(goal.subject) : goal.goalId;
    const known = standing.get(key);
    if (!known || goal.declaredAt < known.declaredAt) standing.set(key, goal);
  }
  return [...standing.values()].flatMap((goal): GoalHistory[] => {
    if (goal.confirmedAt === null || goal.confirmedAt > asOf) return [];
    const observations = goal.observations.filter(({ at }) => at <= asOf);
    const achieved = evaluations(indicator, observations, goal.confirmedAt).find(({ met }) => met)?.at ?? null;
    return [
      {
        customer: customerOf(goal.subject),
        confirmed: goal.confirmedAt,
        achieved,
        abandoned: !isOpen(goal),
        after: achieved === null ? null : afterwards(indicator, observations, achieved, asOf),
      },
    ];
  });
}

/** How it was when the sustain time was over: not observed within the indicator's window is unknown, not holding. */
function afterwards(
  indicator: Indicator,
  observations: Parameters<typeof evaluate>[1],
  achieved: string,
  asOf: string,
): GoalHistory['after'] {
  const due = daysAfter(achieved, indicator.sustainForDays);
  if (due > asOf) return null;
  const then = evaluate(indicator, observations, due);
  return then === undefined ? 'unknown' : then.met ? 'holding' : 'lost';
}
