import { failure } from '@tsunagari/graphql';
import { earlyResolution, medianTime, type Metric, startOfDay } from '@tsunagari/metrics';
import { daysOfPeriod } from '../days/period-days';
import { closedDay } from '../days/closed-day';
import { orFailure } from '../days/unanswered';
import { boundOf, freshnessAsOf, momentAsOf } from '../definitions/metric-moment';
import { factsOfTypes, ownersOf } from '../definitions/metrics-of-facts.query';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { DISSATISFACTION_TYPES, dissatisfactionsOf } from './dissatisfactions';

const MOST_HOURS = 366 * 24;

export function dissatisfactionBoardResolvers({
  log,
  store,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'log' | 'store' | 'projections' | 'timeZone'>): Resolvers {
  return {
    Query: {
      async dissatisfactionBoard(_, { period, limitHours, asOf }, { loaders }) {
        if (!(limitHours >= 1 && limitHours <= MOST_HOURS))
          throw failure('BAD_USER_INPUT', 'This is no limit.', { field: 'limitHours', rule: `from 1 to ${MOST_HOURS}` });
        const moment = asOf == null ? null : await momentAsOf({ store, projections }, asOf);
        const lastDay = await closedDay(moment === null ? loaders : { lastDay: async () => moment.lastDay });
        const { interval, partial } = orFailure(daysOfPeriod(timeZone, period, lastDay));
        const facts = await factsOfTypes(log, DISSATISFACTION_TYPES, boundOf(moment));
        const known = startOfDay(lastDay + 1, timeZone);
        const detected = dissatisfactionsOf(facts, { ...interval, known }, await ownersOf(projections.identity, facts, moment?.position));
        const asked = { interval, partial };
        const freshness = moment === null ? await loaders.journalFreshness() : freshnessAsOf(['journal'], moment);
        const shown = (made: Metric) => ({ ...made, projection: 'journal' as const, read: () => Promise.resolve(freshness) });
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
          freshness,
        };
      },
    },
  };
}
