import { failure } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import { money } from '../customer.resolver';
import { type AskedPeriod, daysOfPeriod } from '../days/period-days';
import { orFailure } from '../days/unanswered';
import { answered } from '../experience/answered';
import { satisfactionBoard } from '../experience/satisfaction-board.query';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { UnderstandingPorts } from '../understanding.loaders';
import { contractCurrency, revenueBoard } from './revenue-board.query';
import { revenueMetrics } from './revenue-metrics';

/** Boards over a period: what contracts bring, and what customers say. Result and experience metrics: monitored, never KPIs. */
export function revenueBoardResolvers({ pool, timeZone = 'UTC' }: Pick<UnderstandingPorts, 'pool' | 'timeZone'>): Resolvers {
  const daysOf = async (period: AskedPeriod, { loaders }: SubgraphContext) =>
    orFailure(daysOfPeriod(timeZone, period, await loaders.lastDay()));

  return {
    Query: {
      async mrrWaterfall(_, { period, currency: wanted }, context) {
        const days = await daysOf(period, context);
        const currency = wanted ?? (await contractCurrency(pool));
        if (currency === null) throw failure('NOT_FOUND', 'There is no contract yet.', { remedy: 'Record or import subscriptions first.' });
        const board = await revenueBoard(pool, { ...days, currency });
        const { waterfall, churn } = board;
        const metrics = revenueMetrics(board, days, currency);
        const shown = (made: Metric) => ({ ...made, projection: 'holdings' as const });
        const worth = (amountMinor: number) => money(amountMinor, currency);
        const { start, expansion, reactivation, contraction, end } = waterfall;
        return {
          currency,
          start: worth(start),
          new: worth(waterfall.new),
          expansion: worth(expansion),
          reactivation: worth(reactivation),
          contraction: worth(contraction),
          churn: worth(waterfall.churn),
          end: worth(end),
          nrr: shown(metrics.nrr),
          grr: shown(metrics.grr),
          logoRetention: shown(metrics['logo-retention']),
          quickRatio: shown(metrics['quick-ratio']),
          arpa: shown(metrics.arpa),
          customerChurn: shown(metrics.churn),
          voluntary: churn.voluntary,
          involuntary: churn.involuntary,
          paused: churn.paused,
          partial: days.partial,
          freshness: await context.loaders.freshness('holdings'),
        };
      },
      async satisfactionBoard(_, { period }, context) {
        const days = await daysOf(period, context);
        const { nps, csat, ces } = await satisfactionBoard(pool, days, { interval: days.interval, partial: days.partial });
        return {
          nps: answered(nps),
          csat: answered(csat),
          ces: answered(ces),
          partial: days.partial,
          freshness: await context.loaders.freshness('experience'),
        };
      },
    },
  };
}
