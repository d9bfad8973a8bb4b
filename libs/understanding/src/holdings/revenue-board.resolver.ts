import { failure } from '@tsunagari/graphql';
import {
  grossRevenueRetention,
  logoRetention,
  type Metric,
  metric,
  netRevenueRetention,
  type Period,
  quickRatio,
  revenuePerAccount,
  startOfDay,
  type SurveyRefusal,
} from '@tsunagari/metrics';
import { dayNumberOf } from '../calendar';
import { money } from '../customer.resolver';
import { satisfactionBoard } from '../experience/satisfaction-board.query';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { UnderstandingPorts } from '../understanding.loaders';
import { contractCurrency, type RevenueBoard, revenueBoard } from './revenue-board.query';

/** The days of a period, as far as they are over, with what metrics say of it. */
export async function periodDays(timeZone: string, period: { readonly from: string; readonly to: string }, { loaders }: SubgraphContext) {
  const [from, asked] = [dayNumberOf(period.from), dayNumberOf(period.to)];
  if (!(from <= asked)) throw failure('BAD_USER_INPUT', 'This is no period.', { field: 'period', rule: 'from is not after to' });
  const lastDay = await loaders.lastDay();
  if (lastDay === null || lastDay < from)
    throw failure('NOT_FOUND', 'No day of this period is closed yet.', {
      remedy: 'Ask for days that are over: the platform closes each at midnight.',
    });
  const interval: Period = { from: startOfDay(from, timeZone), to: startOfDay(asked + 1, timeZone), timeZone };
  return { from, to: Math.min(asked, lastDay), partial: asked > lastDay, interval };
}

type Days = Awaited<ReturnType<typeof periodDays>>;

/** The metrics of a period's contracts, by the id of their kind. */
export function revenueMetrics(
  { waterfall, churn, paying }: RevenueBoard,
  { interval, partial }: Days,
  currency: string,
  definitionVersion = 1,
) {
  const asked = { interval, partial, definitionVersion };
  return {
    mrr: metric(asked, {
      unit: 'money',
      class: 'RESULT',
      method: 'what contracts bring a month at the end',
      n: paying,
      value: waterfall.end,
      currency,
    }),
    nrr: netRevenueRetention(asked, waterfall),
    grr: grossRevenueRetention(asked, waterfall),
    'logo-retention': logoRetention(asked, waterfall),
    'quick-ratio': quickRatio(asked, waterfall),
    arpa: revenuePerAccount(asked, waterfall.end, paying, currency),
    churn: { ...churn.churn, ...asked },
  };
}

/** Boards over a period: what contracts bring, and what customers say. Result and experience metrics: monitored, never KPIs. */
export function revenueBoardResolvers({ pool, timeZone = 'UTC' }: Pick<UnderstandingPorts, 'pool' | 'timeZone'>): Resolvers {
  const daysOf = (period: { readonly from: string; readonly to: string }, context: SubgraphContext) =>
    periodDays(timeZone, period, context);

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

/** Scores lie on their scale, as the contract of the fact has checked: a refusal here is an answer without a value. */
export function answered(answer: Metric | SurveyRefusal): Metric & { readonly projection: 'experience' } {
  if ('kind' in answer)
    return { ...metric({}, { unit: 'score', class: 'EXPERIENCE', method: answer.rule, n: 0 }), projection: 'experience' };
  return { ...answer, projection: 'experience' };
}
