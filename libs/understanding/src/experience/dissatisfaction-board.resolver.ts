import { failure } from '@tsunagari/graphql';
import { earlyResolution, medianTime, type Metric, startOfDay } from '@tsunagari/metrics';
import { daysOfPeriod } from '../days/period-days';
import { closedDay } from '../days/closed-day';
import { orFailure } from '../days/unanswered';
import { factsOfTypes, ownersOf } from '../definitions/metrics-of-facts.query';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { DISSATISFACTION_TYPES, dissatisfactionsOf } from './dissatisfactions';

const MOST_HOURS = 366 * 24;

export function dissatisfactionBoardResolvers({
  log,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'log' | 'projections' | 'timeZone'>): Resolvers {
  return {
    Query: {
      async dissatisfactionBoard(_, { period, limitHours }, { loaders }) {
        if (!(limitHours >= 1 && limitHours <= MOST_HOURS))
          throw failure('BAD_USER_INPUT', 'This is no limit.', { field: 'limitHours', rule: `from 1 to ${MOST_HOURS}` });
        const lastDay = await closedDay(loaders);
        const { interval, partial } = orFailure(daysOfPeriod(timeZone, period, lastDay));
        const facts = await factsOfTypes(log, DISSATISFACTION_TYPES);
        const known = startOfDay(lastDay + 1, timeZone);
        const detected = dissatisfactionsOf(facts, { ...interval, known }, await ownersOf(projections.identity, facts));
        const asked = { interval, partial };
        const shown = (made: Metric) => ({ ...made, projection: 'journal' as const });
        return {
          detected: detected.length,
          earlyResolution: shown(earlyResolution(asked, detected, limitHours * 3600)),
          firstResponse: shown(
            medianTime(
              asked,
              detected.flatMap(({ answered }) => answered ?? []),
              'complained until first answered; open ones censored',
            ),
          ),
          resolution: shown(
            medianTime(
              asked,
              detected.map(({ resolvedAfter, watched }) => ({ duration: resolvedAfter ?? watched, happened: resolvedAfter !== null })),
              'detected until resolved; open ones censored',
            ),
          ),
          limitHours,
          partial,
          freshness: await loaders.journalFreshness(),
        };
      },
    },
  };
}
