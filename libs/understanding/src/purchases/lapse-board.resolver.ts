import { failure } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import { dayNumberOf, dayOf } from '../calendar';
import { daysOfPeriod } from '../days/period-days';
import { orFailure } from '../days/unanswered';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { lapses } from './lapse-board.query';
import { namedBase } from './named-base';

export function lapseBoardResolvers({
  pool,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'pool' | 'projections' | 'timeZone'>): Resolvers {
  return {
    Query: {
      async lapseBoard(_, { period, lapseDays, asOfLabel }, { loaders }) {
        if (!(lapseDays >= 1 && lapseDays <= 3650))
          throw failure('BAD_USER_INPUT', 'This is no lapse rule.', { field: 'lapseDays', rule: 'from 1 to 3650' });
        const base = asOfLabel == null ? null : await namedBase(projections, asOfLabel);
        const lastDay = base === null ? await loaders.lastDay() : base.lastDay === null ? null : dayNumberOf(base.lastDay);
        const days = orFailure(daysOfPeriod(timeZone, period, lastDay));
        const asked = { interval: days.interval, partial: days.partial };
        const { lapse, regained, ...counts } = await lapses(pool, { ...days, lapseDays }, asked, base?.table);
        const freshness = base?.freshness ?? (await loaders.freshness('purchases'));
        const asOfDay = dayOf(days.to);
        const shown = (made: Metric) => ({ ...made, projection: 'purchases' as const, asOfDay, read: () => Promise.resolve(freshness) });
        return { lapse: shown(lapse), regained: shown(regained), ...counts, lapseDays, partial: days.partial, asOfDay, freshness };
      },
    },
  };
}
