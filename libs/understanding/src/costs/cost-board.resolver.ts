import type { Metric } from '@tsunagari/metrics';
import { money } from '../customer.resolver';
import { daysOfPeriod } from '../days/period-days';
import { orFailure } from '../days/unanswered';
import { boardMoment } from '../definitions/board-moment';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { costBoard } from './cost-board.query';

/** The board of costs over a period. */
export function costBoardResolvers({
  pool,
  log,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'pool' | 'log' | 'projections' | 'timeZone'>): Resolvers {
  return {
    Query: {
      async costBoard(_, { period, asOfLabel }, { loaders }) {
        const at = await boardMoment({ projections }, loaders, ['holdings', 'purchases'], asOfLabel);
        const days = orFailure(daysOfPeriod(timeZone, period, await at.lastDay()));
        const { costs, base, metrics } = await costBoard({ pool, log }, days, { interval: days.interval, partial: days.partial }, at);
        const { currency, all, byChannel } =
          costs.kind === 'one' ? costs : { currency: null, all: { acquisition: null, retention: null }, byChannel: {} };
        const worth = (minor: number | null) => (minor === null || currency === null ? null : money(Math.round(minor), currency));
        const shown = (made: Metric) => ({ ...made, projection: 'holdings' as const, read: at.freshness });
        return {
          currency,
          acquisition: worth(all.acquisition),
          retention: worth(all.retention),
          byChannel: Object.entries(byChannel).map(([channel, spent]) => ({
            channel,
            acquisition: worth(spent.acquisition),
            retention: worth(spent.retention),
          })),
          converted: base.converted,
          kept: base.kept,
          cac: shown(metrics.cac),
          cacPayback: shown(metrics['cac-payback']),
          costRatio: shown(metrics['cost-ratio']),
          ltvToCac: shown(metrics['ltv-to-cac']),
          partial: days.partial,
          freshness: await at.freshness(),
        };
      },
    },
  };
}
