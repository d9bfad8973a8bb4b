import { grossRevenueRetention, logoRetention, metric, netRevenueRetention, quickRatio, revenuePerAccount } from '@tsunagari/metrics';
import type { PeriodDays } from '../days/period-days';
import type { RevenueBoard } from './revenue-board.query';

/** The metrics of a period's contracts, by the id of their kind. */
export function revenueMetrics(
  { waterfall, churn, paying }: RevenueBoard,
  { interval, partial }: PeriodDays,
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
