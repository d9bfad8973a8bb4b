import { failure } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import { type DayNumber, dayOf } from '../calendar';
import { closedDay } from '../days/closed-day';
import { type BoardMoment, boardMoment } from '../definitions/board-moment';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { achievementThroughService } from './achievement-through-service.query';
import { holdoutAssignments } from './holdout-assignments.query';
import { outcomeRetention } from './outcome-to-retention.query';

const LONGEST_DAYS = 3650;
const MOST_LANDMARKS = 12;

/** Whether reaching a purpose and using a service are followed by what they are meant to bring. */
export function outcomeBoardResolvers({
  pool,
  log,
  journal,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'pool' | 'log' | 'journal' | 'projections' | 'timeZone'>): Resolvers {
  const { identity } = projections;
  return {
    Query: {
      async outcomeToRetention(_, { purposeId = null, landmarks: wanted, horizonDays, relationship, lapseDays, asOfLabel }, { loaders }) {
        const landmarks = [...new Set(wanted)].sort((a, b) => a - b);
        if (landmarks.length === 0 || landmarks.length > MOST_LANDMARKS)
          throw invalid('landmarks', `at least one, at most ${MOST_LANDMARKS}`);
        for (const day of landmarks) inRange('landmarks', day, 1);
        inRange('horizonDays', horizonDays, 1);
        inRange('lapseDays', lapseDays, 1);
        const at = await boardMoment({ projections }, loaders, ['outcomes', 'purchases', 'holdings', 'profile'], asOfLabel);
        const asOf = await closedDay(at);
        const question = { purposeId, landmarks, horizonDays, kind: relationship, lapseDays, asOf };
        const holdouts = await holdoutAssignments({ log, identity }, timeZone, at.bound);
        const made = await outcomeRetention(pool, question, holdouts, {}, at.tables);
        const shown = showing(at, asOf);
        return {
          purposeId,
          landmarks: made.landmarks.map(({ difference, ...landmark }) => ({ ...landmark, difference: shown(difference) })),
          holdouts: made.holdouts.map(({ effect, ...holdout }) => ({
            ...holdout,
            effect: shown(effect),
            sampleRatioP: effect.sampleRatio.p,
          })),
          asOfDay: dayOf(asOf),
          freshness: await at.freshness(),
        };
      },
      async achievementThroughService(_, { purposeId, use = null, withinDays, usedWithinDays, asOfLabel }, { loaders }) {
        inRange('usedWithinDays', usedWithinDays, 1);
        inRange('withinDays', withinDays, usedWithinDays + 1);
        const at = await boardMoment({ projections }, loaders, ['outcomes'], asOfLabel);
        const asOf = await closedDay(at);
        const question = { purposeId, use, withinDays, usedWithinDays, asOf };
        const holdouts = await holdoutAssignments({ log, identity }, timeZone, at.bound);
        const made = await achievementThroughService({ pool, journal, identity }, question, holdouts, timeZone, at);
        const shown = showing(at, asOf);
        return {
          purposeId,
          holdouts: made.holdouts.map(({ lift, ...holdout }) => ({ ...holdout, lift: shown(lift), sampleRatioP: lift.sampleRatio.p })),
          observational: shown(made.lift),
          users: made.users,
          others: made.others,
          asOfDay: dayOf(asOf),
          freshness: await at.freshness(),
        };
      },
    },
  };
}

function showing({ freshness }: BoardMoment, asOf: DayNumber) {
  return (made: Metric) => ({ ...made, projection: 'outcomes' as const, asOfDay: dayOf(asOf), read: freshness });
}

function inRange(field: string, days: number, from: number): void {
  if (!(days >= from && days <= LONGEST_DAYS)) throw invalid(field, `from ${from} to ${LONGEST_DAYS}`);
}

function invalid(field: string, rule: string): Error {
  return failure('BAD_USER_INPUT', 'This cannot be compared.', { field, rule });
}
