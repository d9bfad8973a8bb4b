import { type AccountMonths, type Churn, customerChurn, type Fate, type Waterfall, waterfallOf } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { pagesByKey } from '../pages-by-key';
import { LIVE, type Tables } from '../read-models';
import type { HoldingsState } from './holdings.projection';

export type RevenueQuestion = { readonly from: DayNumber; readonly to: DayNumber; readonly currency: string };

export type RevenueBoard = {
  readonly waterfall: Waterfall;
  readonly churn: Churn;
  /** At the end: accounts that pay, and what they pay a month. */
  readonly paying: number;
};

type Contract = HoldingsState['contracts'][number];

/** What a contract brought a month at the close of a day. */
function monthly({ history }: Contract, day: DayNumber): number {
  return history.findLast(([from]) => from <= day)?.[1] ?? 0;
}

/** It had begun and had not ended, paused or not. */
export function runs({ since, ended }: Contract, day: DayNumber): boolean {
  return since !== null && since <= day && (ended === null || ended > day);
}

/** One customer's months from the close of the day before `from` to the close of `to`. Pure. */
export function accountMonths(customer: string, { contracts }: HoldingsState, { from, to, currency }: RevenueQuestion): AccountMonths {
  const own = contracts.filter((contract) => contract.currency === currency);
  const sum = (day: DayNumber): number => own.reduce((total, contract) => total + monthly(contract, day), 0);
  return {
    account: customer,
    start: sum(from - 1),
    end: sum(to),
    before: own.some(({ history }) => history.some(([day, minor]) => day < from && minor > 0)),
  };
}

/** What became of a customer who had a running contract at the start; undefined when she had none. Pure. */
export function fateOf(customer: string, { contracts }: HoldingsState, { from, to, currency }: RevenueQuestion): Fate | undefined {
  const then = contracts.filter((contract) => contract.currency === currency && runs(contract, from - 1));
  if (then.length === 0) return undefined;
  const now = contracts.filter((contract) => contract.currency === currency && runs(contract, to));
  // Who changed from one contract to another is still there.
  if (now.length === 0) return { customer, cancelled: true, involuntary: then.every(({ voluntary }) => voluntary === false) };
  return { customer, paused: now.every((contract) => monthly(contract, to) === 0) };
}

const PAGE = 2000;

/** The board of a period in one currency, over all customers, in pages: memory holds four numbers a customer with contracts. */
export async function revenueBoard(pool: Pool, question: RevenueQuestion, { holdings }: Tables = LIVE): Promise<RevenueBoard> {
  const accounts: AccountMonths[] = [];
  const fates: Fate[] = [];
  let joinedAndLeft = 0;
  const text = `select key, state from ${holdings} where key > $1 order by key limit $2`;
  for await (const rows of pagesByKey<{ key: string; state: HoldingsState }>(pool, text, { size: PAGE }))
    for (const { key, state } of rows) {
      const account = accountMonths(key, state, question);
      if (account.start > 0 || account.end > 0) accounts.push(account);
      const fate = fateOf(key, state, question);
      if (fate) fates.push(fate);
      else if (
        state.contracts.some(
          ({ since, ended }) => since !== null && since >= question.from && since <= question.to && ended !== null && ended <= question.to,
        )
      )
        joinedAndLeft += 1;
    }
  return {
    waterfall: waterfallOf(accounts),
    churn: customerChurn({}, fates, joinedAndLeft),
    paying: accounts.filter(({ end }) => end > 0).length,
  };
}

/** The currency that most customers with contracts pay in; null before the first contract. */
export async function contractCurrency(pool: Pool, { holdings }: Tables = LIVE): Promise<string | null> {
  const { rows } = await pool.query<{ currency: string }>(
    `select currency from ${holdings} where currency is not null group by currency order by count(*) desc, currency limit 1`,
  );
  return rows[0]?.currency ?? null;
}
