import { type Asked, type Metric, metric, quotient } from './metric';

/** Sales and marketing cost of a period ÷ customers first converted in it. `blended` has referral and organic ones in, `paid` not. */
export function acquisitionCost(
  asked: Asked,
  {
    costMinor,
    customers,
    currency,
    kind,
  }: { readonly costMinor: number; readonly customers: number; readonly currency: string; readonly kind: 'blended' | 'paid' },
): Metric {
  return quotient(asked, costMinor, customers, {
    unit: 'money',
    class: 'PROCESS',
    method: `${kind}: cost of the period ÷ customers first converted in it`,
    n: customers,
    currency,
  });
}

/** Months until an account has paid back what it cost: CAC ÷ (ARPA × margin). No margin → null, `NEVER`. Trial months are not counted. */
export function acquisitionPayback(
  asked: Asked,
  {
    costMinor,
    monthlyMinor,
    margin,
    customers,
  }: { readonly costMinor: number; readonly monthlyMinor: number; readonly margin: number; readonly customers: number },
): Metric {
  const earned = monthlyMinor * margin;
  return metric(asked, {
    unit: 'months',
    class: 'PROCESS',
    method: 'CAC ÷ (ARPA × gross margin)',
    n: customers,
    value: earned > 0 ? costMinor / earned : null,
    reasonNull: 'NEVER',
    numerator: costMinor,
    denominator: earned,
  });
}

/** What winning a customer costs ÷ what keeping one costs. Either base 0 → null. The "5" of the 1:5 rule is a reference line only. */
export function costRatio(
  asked: Asked,
  acquisition: { readonly costMinor: number; readonly customers: number },
  retention: { readonly costMinor: number; readonly customers: number },
): Metric {
  const won = acquisition.customers > 0 ? acquisition.costMinor / acquisition.customers : null;
  const kept = retention.customers > 0 ? retention.costMinor / retention.customers : null;
  return metric(asked, {
    unit: 'ratio',
    class: 'PROCESS',
    method: 'acquisition cost per new customer ÷ retention cost per kept customer',
    n: acquisition.customers + retention.customers,
    value: won === null || kept === null || kept === 0 ? null : won / kept,
    numerator: won,
    denominator: kept,
    notes: ['5 is a reference line, not a target'],
  });
}

/**
 * LTV of a contract, simple: ARPA × margin ÷ churn a month. No churn → null (never infinite), or, with `horizonMonths`, what comes in
 * until then: ARPA × margin × (1 − (1 − c)^H) ÷ c, which is ARPA × margin × H at c = 0.
 */
export function simpleLifetimeValue(
  asked: Asked,
  terms: {
    readonly monthlyMinor: number;
    readonly margin: number | null;
    readonly churnMonthly: number;
    readonly horizonMonths?: number;
    readonly accounts: number;
    readonly currency: string;
  },
): Metric {
  const { monthlyMinor, margin, churnMonthly: c, horizonMonths, accounts, currency } = terms;
  if (!(c >= 0 && c <= 1)) throw new RangeError('a churn rate from 0 to 1');
  const monthly = monthlyMinor * (margin ?? 1);
  const months = horizonMonths === undefined ? (c > 0 ? 1 / c : null) : c > 0 ? (1 - (1 - c) ** horizonMonths) / c : horizonMonths;
  return metric(asked, {
    unit: 'money',
    class: 'RESULT',
    method: `ARPA${margin === null ? '' : ' × gross margin'} ÷ revenue churn${horizonMonths === undefined ? '' : `, within ${horizonMonths} months`}`,
    n: accounts,
    value: accounts === 0 || months === null ? null : monthly * months,
    reasonNull: accounts === 0 ? 'NO_BASE' : 'NO_LOSSES',
    numerator: monthly,
    denominator: c,
    currency,
    notes: margin === null ? ['the margin is unknown: this is revenue'] : [],
  });
}

/** What a customer has brought: Σ margin where it is known, else Σ revenue, labelled; less the cost of winning her when `net`. Refunds are negative. */
export function historicLifetimeValue(
  asked: Asked,
  {
    revenueMinor,
    marginMinor,
    acquisitionMinor,
    currency,
  }: { readonly revenueMinor: number; readonly marginMinor: number | null; readonly acquisitionMinor?: number; readonly currency: string },
): Metric {
  const net = acquisitionMinor === undefined ? '' : ' − acquisition cost';
  return metric(asked, {
    unit: 'money',
    class: 'RESULT',
    method: `${marginMinor === null ? 'Σ revenue' : 'Σ margin'}${net}`,
    n: 1,
    value: (marginMinor ?? revenueMinor) - (acquisitionMinor ?? 0),
    currency,
    notes: marginMinor === null ? ['the margin is unknown: this is revenue'] : [],
  });
}

/** LTV ÷ CAC of the same cohort. Other currencies → null, `MIXED_CURRENCY`; a cost of 0 → `NO_BASE`. */
export function valueToCost(
  asked: Asked,
  value: { readonly minor: number; readonly currency: string },
  cost: { readonly minor: number; readonly currency: string },
  n: number,
): Metric {
  const same = value.currency === cost.currency;
  return metric(asked, {
    unit: 'ratio',
    class: 'PROCESS',
    method: 'LTV ÷ CAC',
    n,
    value: same && cost.minor !== 0 ? value.minor / cost.minor : null,
    reasonNull: same ? 'NO_BASE' : 'MIXED_CURRENCY',
    numerator: value.minor,
    denominator: cost.minor,
  });
}
