import type { EventLog } from '@tsunagari/event-log';
import { type Asked, historicLifetimeValue, type Metric, simpleLifetimeValue } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { factsOfTypes } from '../definitions/metrics-of-facts.query';
import { marginRate, monthlyRate } from '../definitions/metrics-of-rows.query';
import type { HoldingsState } from '../holdings/holdings.projection';
import { contractCurrency, revenueBoard, runs } from '../holdings/revenue-board.query';
import { marginToDate, netMinor, type PurchasesState, saleDayNumbers } from '../purchases/purchases.projection';
import { type Base, COST_TYPES, type CostMetric, costMetrics, type Costs, costsOf } from './costs';

type Days = { readonly from: DayNumber; readonly to: DayNumber };

export type CostBoard = {
  readonly costs: Costs;
  readonly base: Base;
  readonly metrics: Readonly<Record<CostMetric, Metric>>;
};

/** What was spent in a period, on whom, and what it brought. Customers as identity stands now. */
export async function costBoard(
  { pool, log }: { readonly pool: Pool; readonly log: Pick<EventLog, 'read'> },
  days: Days,
  asked: Asked,
): Promise<CostBoard> {
  const costs = costsOf(await factsOfTypes(log, COST_TYPES), days);
  const currency = costs.kind === 'one' ? costs.currency : null;
  const { converted, kept, bought } = await customersOf(pool, days, currency);
  const contracts = await contractCurrency(pool);
  const paid = contracts === null ? null : await accountsOf(pool, days, contracts);
  const base = { converted, kept, account: paid?.account ?? null, value: paid === null ? bought : paid.value };
  return { costs, base, metrics: costMetrics(asked, costs, base) };
}

/** What an account pays, and what a contract is worth simply. */
async function accountsOf(pool: Pool, days: Days, currency: string): Promise<Pick<Base, 'account' | 'value'>> {
  const { waterfall, paying } = await revenueBoard(pool, { ...days, currency });
  if (paying === 0) return { account: null, value: null };
  const margin = await marginRate(pool, currency);
  const monthlyMinor = waterfall.end / paying;
  const churnMonthly = monthlyRate(waterfall, days.to - days.from + 1);
  const { value, method, notes } = simpleLifetimeValue({}, { monthlyMinor, margin, churnMonthly, accounts: paying, currency });
  return { account: { monthlyMinor, margin, currency }, value: value === null ? null : { minor: value, currency, method, notes } };
}

const PAGE = 2000;

/** Who was converted in the period, who was kept in it, and what those converted have bought to date, one by one on average. */
async function customersOf(
  pool: Pool,
  { from, to }: Days,
  currency: string | null,
): Promise<{ readonly converted: number; readonly kept: number; readonly bought: Base['value'] }> {
  let [converted, kept, revenueMinor, marginMinor, known, mixed] = [0, 0, 0, 0, 0, 0];
  for await (const { purchases, holdings } of boughtOrHeld(pool)) {
    const days = purchases === null || purchases.kind === 'unidentified' ? [] : saleDayNumbers(purchases);
    const contracts = holdings?.contracts ?? [];
    const first = Math.min(...days.slice(0, 1), ...contracts.flatMap(({ since }) => since ?? []));
    if (first < from) {
      if (days.some((day) => day >= from && day <= to) || contracts.some((contract) => runs(contract, to))) kept += 1;
      continue;
    }
    if (first > to) continue;
    converted += 1;
    const inCurrency = currency === null ? undefined : purchases?.byCurrency[currency];
    if (Object.keys(purchases?.byCurrency ?? {}).length > (inCurrency === undefined ? 0 : 1)) mixed += 1;
    if (inCurrency === undefined) continue;
    const margin = marginToDate(inCurrency);
    revenueMinor += netMinor(inCurrency);
    marginMinor += margin ?? 0;
    known += margin === null ? 0 : 1;
  }
  if (converted === 0 || currency === null) return { converted, kept, bought: null };
  const whole = historicLifetimeValue({}, { revenueMinor, marginMinor: known === converted ? marginMinor : null, currency });
  const notes = mixed === 0 ? whole.notes : [...whole.notes, `${mixed} bought in other currencies too: left out`];
  return {
    converted,
    kept,
    bought: { minor: (whole.value ?? 0) / converted, currency, method: `${whole.method} to date ÷ converted customers`, notes },
  };
}

type BoughtOrHeld = { readonly purchases: PurchasesState | null; readonly holdings: HoldingsState | null };

async function* boughtOrHeld(pool: Pool): AsyncGenerator<BoughtOrHeld> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<BoughtOrHeld & { readonly key: string }>(
      `select key, p.state as purchases, h.state as holdings from understanding.purchases p full join understanding.holdings h using (key)
       where key > $1 order by key limit $2`,
      [after, PAGE],
    );
    yield* rows;
    after = rows.at(-1)?.key ?? after;
    if (rows.length < PAGE) return;
  }
}
