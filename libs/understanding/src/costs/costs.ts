import {
  type AcquisitionCostRecorded,
  acquisitionCostRecorded,
  type Fact,
  type RetentionCostRecorded,
  retentionCostRecorded,
} from '@tsunagari/contracts';
import { acquisitionCost, acquisitionPayback, type Asked, costRatio, type Metric, metric, valueToCost } from '@tsunagari/metrics';
import { type DayNumber, dayNumberOf } from '../calendar';

export const COST_TYPES: readonly string[] = [acquisitionCostRecorded.type, retentionCostRecorded.type];

/** Minor units of one currency; null where nothing was recorded of the period, which is not 0. A part of a cost's days is a part of the cost. */
export type Spent = { readonly acquisition: number | null; readonly retention: number | null };

/** `mixed`: costs of several currencies, which are never summed. */
export type Costs =
  | { readonly kind: 'mixed' }
  | { readonly kind: 'one'; readonly currency: string | null; readonly all: Spent; readonly byChannel: Readonly<Record<string, Spent>> };

/** What was spent in the days from–to, both inclusive. Of facts in the order in which they happened, the last word on each cost. Pure. */
export function costsOf(facts: readonly Fact[], period: { readonly from: DayNumber; readonly to: DayNumber }): Costs {
  const words = new Map<string, Fact>();
  for (const fact of facts) words.set((fact.data as RetentionCostRecorded).costId, fact);
  const currencies = new Set<string>();
  const byChannel: Record<string, Spent> = {};
  let all: Spent = { acquisition: null, retention: null };
  for (const { type, data } of words.values()) {
    const { from, to, cost, channel } = data as AcquisitionCostRecorded | RetentionCostRecorded;
    const [first, last] = [dayNumberOf(from), dayNumberOf(to)];
    const days = Math.min(last, period.to) - Math.max(first, period.from) + 1;
    if (days <= 0) continue;
    currencies.add(cost.currency);
    const spent = (cost.amountMinor * days) / (last - first + 1);
    const of = type === acquisitionCostRecorded.type ? 'acquisition' : 'retention';
    const added = (to: Spent): Spent => ({ ...to, [of]: (to[of] ?? 0) + spent });
    all = added(all);
    byChannel[channel] = added(byChannel[channel] ?? { acquisition: null, retention: null });
  }
  if (currencies.size > 1) return { kind: 'mixed' };
  const [currency = null] = currencies;
  return { kind: 'one', currency, all, byChannel };
}

/** What costs are set against, of one period. */
export type Base = {
  /** First bought, or first paid for a contract, in the period. */
  readonly converted: number;
  /** Converted before it, and bought in it or with a contract that still runs at its end. */
  readonly kept: number;
  /** What an account pays a month, and what share of sales is left over where that is known; null without contracts. */
  readonly account: { readonly monthlyMinor: number; readonly margin: number | null; readonly currency: string } | null;
  /** What one of the converted is worth; null where nobody can say. */
  readonly value: { readonly minor: number; readonly currency: string; readonly method: string; readonly notes: readonly string[] } | null;
};

export const COST_METRICS = ['cac', 'cac-payback', 'cost-ratio', 'ltv-to-cac'] as const;
export type CostMetric = (typeof COST_METRICS)[number];

/** The metrics of costs over a period, by the id of their kind. A cost that nobody recorded is unknown: no value, never 0. Pure. */
export function costMetrics(asked: Asked, costs: Costs, { converted, kept, account, value }: Base): Readonly<Record<CostMetric, Metric>> {
  const none = (unit: 'money' | 'months' | 'ratio', method: string, reasonNull: 'NO_BASE' | 'MIXED_CURRENCY', note: string): Metric =>
    metric(asked, { unit, class: 'PROCESS', method, n: converted, reasonNull, notes: [note] });
  const every = (reason: 'NO_BASE' | 'MIXED_CURRENCY', note: string) => ({
    cac: none('money', 'cost of the period ÷ customers first converted in it', reason, note),
    'cac-payback': none('months', 'CAC ÷ (ARPA × gross margin)', reason, note),
    'cost-ratio': none('ratio', 'acquisition cost per new customer ÷ retention cost per kept customer', reason, note),
    'ltv-to-cac': none('ratio', 'LTV ÷ CAC', reason, note),
  });
  if (costs.kind === 'mixed') return every('MIXED_CURRENCY', 'costs are recorded in several currencies');
  const { currency, all } = costs;
  if (currency === null || all.acquisition === null) return every('NO_BASE', 'no acquisition cost is recorded of the period');
  const unknown = every('NO_BASE', 'nobody was converted in the period');
  const cac = acquisitionCost(asked, { costMinor: all.acquisition, customers: converted, currency, kind: 'blended' });
  const each = cac.value;
  const payback = (): Metric => {
    const { method } = unknown['cac-payback'];
    if (each === null) return unknown['cac-payback'];
    if (account === null) return none('months', method, 'NO_BASE', 'no account pays');
    if (account.currency !== currency) return none('months', method, 'MIXED_CURRENCY', 'accounts pay in another currency');
    if (account.margin === null) return none('months', method, 'NO_BASE', 'the margin is unknown');
    const { monthlyMinor, margin } = account;
    return acquisitionPayback(asked, { costMinor: each, monthlyMinor, margin, customers: converted });
  };
  const ratio =
    all.retention === null
      ? none('ratio', unknown['cost-ratio'].method, 'NO_BASE', 'no retention cost is recorded of the period')
      : costRatio(asked, { costMinor: all.acquisition, customers: converted }, { costMinor: all.retention, customers: kept });
  const worth = (): Metric => {
    if (each === null) return unknown['ltv-to-cac'];
    if (value === null) return none('ratio', 'LTV ÷ CAC', 'NO_BASE', 'what a customer is worth is unknown');
    const made = valueToCost(asked, value, { minor: each, currency }, converted);
    return { ...made, method: `${value.method} ÷ CAC`, notes: [...made.notes, ...value.notes] };
  };
  return { cac, 'cac-payback': payback(), 'cost-ratio': ratio, 'ltv-to-cac': worth() };
}
