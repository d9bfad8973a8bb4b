import { failure } from '@tsunagari/graphql';
import { hashMatch, type Metric, type Period, projectionLag, qualityShare, rebuildTime, startOfDay } from '@tsunagari/metrics';
import type { ProjectionStatus } from '@tsunagari/projection';
import { dayNumberOf } from '../calendar';
import type { AskedPeriod } from '../days/period-days';
import { factsOfTypes } from '../definitions/metrics-of-facts.query';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { allRebuilds, REBUILD_TYPES, rebuildsWithin } from './rebuilds';
import { receivedWithin } from './received';

const MOST_HOURS = 366 * 24;

export function measurementBoardResolvers({
  log,
  journal,
  now,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'log' | 'journal' | 'now' | 'timeZone'>): Resolvers {
  /** By the clock, not by closed days: it is about the log, which is whole at every moment. */
  function intervalOf({ from, to }: AskedPeriod): { readonly interval: Period; readonly partial: boolean } {
    const [first, last] = [dayNumberOf(from), dayNumberOf(to)];
    if (!(first <= last)) throw failure('BAD_USER_INPUT', 'This is no period.', { field: 'period', rule: 'from is not after to' });
    const interval = { from: startOfDay(first, timeZone), to: startOfDay(last + 1, timeZone), timeZone };
    return { interval, partial: interval.to > now() };
  }

  return {
    Query: {
      async measurementBoard(_, { period, lateAfterHours }, { loaders }) {
        if (!(lateAfterHours >= 1 && lateAfterHours <= MOST_HOURS))
          throw failure('BAD_USER_INPUT', 'This is no limit.', { field: 'lateAfterHours', rule: `from 1 to ${MOST_HOURS}` });
        const asked = intervalOf(period);
        const { interval, partial } = asked;
        const [{ inputs, quarantined, collected, late }, facts, { projections }] = await Promise.all([
          receivedWithin({ log, journal }, interval, lateAfterHours * 3600),
          factsOfTypes(log, REBUILD_TYPES),
          loaders.status(),
        ]);
        const rebuilds = rebuildsWithin(facts, interval);
        const shown = (made: Metric) => ({ ...made, projection: 'journal' as const });
        return {
          quarantineRate: shown(qualityShare(asked, 'quarantined', quarantined, inputs)),
          lateShare: shown(qualityShare(asked, 'late', late, collected)),
          hashMatch: shown(hashMatch(asked, allRebuilds(rebuilds))),
          lateAfterHours,
          projections: projections.map((status) => {
            const { newest = null, equal = 0, built = 0 } = rebuilds.get(status.name) ?? {};
            const { time, rate } = rebuildTime(asked, newest);
            const lag = {
              ...projectionLag({}, status.lagMs),
              projection: 'journal' as const,
              read: () => Promise.resolve(freshnessOf(status)),
            };
            return {
              projection: status.name,
              lag,
              rebuildTime: shown(time),
              rebuildRate: shown(rate),
              hashMatch: shown(hashMatch(asked, { equal, built })),
            };
          }),
          partial,
          freshness: await loaders.journalFreshness(),
        };
      },
    },
  };
}

function freshnessOf({ name, version, position, lagMs, rebuilding }: ProjectionStatus) {
  return { projection: name, version: String(version), position, lagMs: Math.min(2_147_483_647, Math.round(lagMs)), rebuilding };
}
