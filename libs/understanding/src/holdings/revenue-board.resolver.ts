import { failure } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import { money } from '../customer.resolver';
import { type AskedPeriod, daysOfPeriod } from '../days/period-days';
import { orFailure } from '../days/unanswered';
import { type BoardMoment, boardMoment } from '../definitions/board-moment';
import { answered } from '../experience/answered';
import { satisfactionBoard } from '../experience/satisfaction-board.query';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { contractCurrency, revenueBoard } from './revenue-board.query';
import { revenueMetrics } from './revenue-metrics';

/** Boards over a period: what contracts bring, and what customers say. Result and experience metrics: monitored, never KPIs. */
export function revenueBoardResolvers({
  pool,
  projections,
  timeZone = 'UTC',
}: Pick<UnderstandingPorts, 'pool' | 'projections' | 'timeZone'>): Resolvers {
  const daysOf = async (period: AskedPeriod, { lastDay }: BoardMoment) => orFailure(daysOfPeriod(timeZone, period, await lastDay()));

  return {
    Query: {
      async mrrWaterfall(_, { period, currency: wanted, asOfLabel }, { loaders }) {
        const at = await boardMoment({ projections }, loaders, ['holdings'], asOfLabel);
        const days = await daysOf(period, at);
        const currency = wanted ?? (await contractCurrency(pool, at.tables));
        if (currency === null) throw failure('NOT_FOUND', 'There is no contract yet.', { remedy: 'Record or import subscriptions first.' });
        const board = await revenueBoard(pool, { ...days, currency }, at.tables);
        const { waterfall, churn } = board;
        const metrics = revenueMetrics(board, days, currency);
        const shown = (made: Metric) => ({ ...made, projection: 'holdings' as const, read: at.freshness });
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
          freshness: await at.freshness(),
        };
      },
      async satisfactionBoard(_, { period, asOfLabel }, { loaders }) {
        const at = await boardMoment({ projections }, loaders, ['experience'], asOfLabel);
        const days = await daysOf(period, at);
        const asked = { interval: days.interval, partial: days.partial };
        const { nps, csat, ces } = await satisfactionBoard(pool, days, asked, at.tables);
        const shown = (made: Parameters<typeof answered>[0]) => ({ ...answered(made), read: at.freshness });
        return {
          nps: shown(nps),
          csat: shown(csat),
          ces: shown(ces),
          partial: days.partial,
          freshness: await at.freshness(),
        };
      },
    },
  };
}
