import type { Metric } from '@tsunagari/metrics';
import { money } from '../customer.resolver';
import { daysOfPeriod } from '../days/period-days';
import { orFailure } from '../days/unanswered';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { costBoard } from './cost-board.query';

/** The board of costs over a period. */
export function costBoardResolvers({ pool, log, timeZone = 'UTC' }: Pick<UnderstandingPorts, 'pool' | 'log' | 'timeZone'>): Resolvers {
  return {
    Query: {
      async costBoard(_, { period }, context) {
        const days = orFailure(daysOfPeriod(timeZone, period, await context.loaders.lastDay()));
        const { costs, base, metrics } = await costBoard({ pool, log }, days, { interval: days.interval, partial: days.partial });
        const { currency, all, byChannel } =
          costs.kind === 'one' ? costs : { currency: null, all: { acquisition: null, retention: null }, byChannel: {} };
        const worth = (minor: number | null) => (minor === null || currency === null ? null : money(Math.round(minor), currency));
        const shown = (made: Metric) => ({ ...made, projection: 'holdings' as const, read: () => freshness() });
        const freshness = () => context.loaders.freshness('purchases', 'holdings');
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
          freshness: await freshness(),
        };
      },
    },
  };
}
