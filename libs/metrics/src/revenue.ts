import { type Asked, type Metric, metric, quotient, share } from './metric';
import { roundHalfAway } from './money';

/** A running contract. `amountMinor` is what one interval costs, discounts in; one-time fees, taxes and usage overage are not in it. */
export type Contract = {
  readonly account: string;
  readonly amountMinor: number;
  readonly interval: 'day' | 'week' | 'month' | 'year';
  /** How many of them, e.g. 3 months. By default 1. */
  readonly every?: number;
  /** Counts 0 while it lasts. */
  readonly trial?: boolean;
  /** Counts 0, and is listed apart. */
  readonly paused?: boolean;
};

const A_MONTH = { day: 365 / 12, week: 52 / 12, month: 1, year: 1 / 12 } as const;

/** What a contract brings a month, minor units, unrounded: annual ÷ 12, quarterly ÷ 3, weekly × 52 ÷ 12, daily × 365 ÷ 12. */
export function monthlyMinor({ amountMinor, interval, every = 1, trial = false, paused = false }: Contract): number {
  return trial || paused ? 0 : (amountMinor * A_MONTH[interval]) / every;
}

/** Monthly recurring revenue of one currency: Σ of active contracts. Nobody has one → 0, with n 0: no division, no reason. */
export function recurringRevenue(asked: Asked, contracts: readonly Contract[], currency: string): Metric {
  const paying = contracts.filter((contract) => monthlyMinor(contract) > 0);
  const total = paying.reduce((sum, contract) => sum + monthlyMinor(contract), 0);
  const [paused, trials] = [contracts.filter((each) => each.paused).length, contracts.filter((each) => each.trial).length];
  return metric(asked, {
    unit: 'money',
    class: 'RESULT',
    method: 'active contracts normalised to a month; trials and paused count 0',
    n: paying.length,
    value: roundHalfAway(total),
    currency,
    notes: [...(paused > 0 ? [`${paused} paused`] : []), ...(trials > 0 ? [`${trials} in trial`] : [])],
  });
}

/** An account's monthly revenue (minor units) at the start and at the end of a period. */
export type AccountMonths = {
  readonly account: string;
  readonly start: number;
  readonly end: number;
  /** It had revenue before the start: from 0 it comes back and is not new. */
  readonly before?: boolean;
};

export type Waterfall = {
  readonly start: number;
  readonly new: number;
  readonly expansion: number;
  readonly reactivation: number;
  readonly contraction: number;
  readonly churn: number;
  readonly end: number;
  /** Accounts with revenue at the start, and those of them that still have some. */
  readonly accounts: number;
  readonly kept: number;
};

/** How monthly revenue got from start to end: start + new + expansion + reactivation − contraction − churn = end. All parts ≥ 0. */
export function waterfallOf(accounts: readonly AccountMonths[]): Waterfall {
  const sum = { start: 0, new: 0, expansion: 0, reactivation: 0, contraction: 0, churn: 0, end: 0, accounts: 0, kept: 0 };
  for (const { start, end, before = false } of accounts) {
    sum.start += start;
    sum.end += end;
    if (start > 0) {
      sum.accounts += 1;
      if (end > 0) sum.kept += 1;
      if (end === 0) sum.churn += start;
      else if (end > start) sum.expansion += end - start;
      else sum.contraction += start - end;
    } else if (before) sum.reactivation += end;
    else sum.new += end;
  }
  return sum;
}

/** Net revenue retention: (start + expansion − contraction − churn) ÷ start. New and reactivated accounts are outside. */
export function netRevenueRetention(asked: Asked, { start, expansion, contraction, churn, accounts }: Waterfall): Metric {
  const method = 'accounts with revenue at the start; new and reactivated ones left out';
  return quotient(asked, start + expansion - contraction - churn, start, { unit: 'share', class: 'RESULT', method, n: accounts });
}

/** Gross revenue retention: each account capped at its start before summing, so that no upgrade hides a loss; at most 1 and at most NRR. */
export function grossRevenueRetention(asked: Asked, { start, contraction, churn, accounts }: Waterfall): Metric {
  const method = 'accounts with revenue at the start, each capped at its start';
  return quotient(asked, start - contraction - churn, start, { unit: 'share', class: 'RESULT', method, n: accounts });
}

/** Accounts kept ÷ accounts with revenue at the start. */
export function logoRetention(asked: Asked, { accounts, kept }: Waterfall): Metric {
  return share(asked, kept, accounts, { class: 'RESULT', method: 'accounts with revenue at the start' });
}

/** (new + expansion + reactivation) ÷ (contraction + churn). Nothing lost → null, `NO_LOSSES`. */
export function quickRatio(asked: Asked, waterfall: Waterfall): Metric {
  const gained = waterfall.new + waterfall.expansion + waterfall.reactivation;
  return quotient(asked, gained, waterfall.contraction + waterfall.churn, {
    unit: 'ratio',
    class: 'RESULT',
    method: '(new + expansion + reactivation) ÷ (contraction + churn)',
    n: waterfall.accounts,
    reasonNull: 'NO_LOSSES',
  });
}

/** Average revenue per paying account, minor units a month. */
export function revenuePerAccount(asked: Asked, monthly: number, accounts: number, currency: string): Metric {
  return quotient(asked, monthly, accounts, { unit: 'money', class: 'RESULT', method: 'MRR ÷ paying accounts', n: accounts, currency });
}

/** How a customer who was there at the start fared in a period. */
export type Fate = {
  readonly customer: string;
  readonly cancelled?: boolean;
  /** Of a cancelled one: payment failed for good. Always shown apart. */
  readonly involuntary?: boolean;
  /** No purchase beyond the lapse rule, or the dealings ended. */
  readonly lapsed?: boolean;
  /** Paused and its `until` is not past: a freedom, no loss. */
  readonly paused?: boolean;
};

export type Churn = {
  readonly churn: Metric;
  readonly voluntary: number;
  readonly involuntary: number;
  readonly lapsed: number;
  readonly paused: number;
};

/**
 * Customers lost in the period ÷ customers at its start: distinct customers who cancelled or lapsed. Who joined in the period is not in
 * `atStart`, whether she left again or not; how many did both can be told beside (`joinedAndLeft`).
 */
export function customerChurn(asked: Asked, atStart: readonly Fate[], joinedAndLeft = 0): Churn {
  const byCustomer = new Map<string, Fate>();
  for (const fate of atStart) byCustomer.set(fate.customer, { ...byCustomer.get(fate.customer), ...fate });
  const all = [...byCustomer.values()];
  const lost = all.filter(({ cancelled, lapsed }) => cancelled === true || lapsed === true);
  const involuntary = lost.filter((fate) => fate.cancelled === true && fate.involuntary === true).length;
  const lapsed = lost.filter((fate) => fate.cancelled !== true).length;
  const paused = all.filter((fate) => fate.paused === true && fate.cancelled !== true && fate.lapsed !== true).length;
  const notes = [
    ...(involuntary > 0 ? [`${involuntary} of them involuntary`] : []),
    ...(paused > 0 ? [`${paused} paused, not counted`] : []),
    ...(joinedAndLeft > 0 ? [`${joinedAndLeft} joined and left within the period, not counted`] : []),
  ];
  const churn = share(asked, lost.length, all.length, { class: 'RESULT', method: 'lost in the period ÷ there at its start', notes });
  return { churn, voluntary: lost.length - involuntary - lapsed, involuntary, lapsed, paused };
}

/** A monthly rate over a year, 1 − (1 − c)¹²: only under a constant risk, which sBG says is false. */
export function yearlyFromMonthly(monthly: number): number {
  if (!(monthly >= 0 && monthly <= 1)) throw new RangeError('a rate from 0 to 1');
  return 1 - (1 - monthly) ** 12;
}
