import type { EventLog } from '@tsunagari/event-log';
import { type Asked, historicLifetimeValue, type Metric } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { type FactBound, factsOfTypes } from '../definitions/metrics-of-facts.query';
import { simpleValueOf } from '../definitions/metrics-of-rows.query';
import type { HoldingsState } from '../holdings/holdings.projection';
import { contractCurrency, revenueBoard, runs } from '../holdings/revenue-board.query';
import { pagesByKey } from '../pages-by-key';
import { LIVE, type Tables } from '../read-models';
import { marginToDate, netMinor, type PurchasesState, saleDayNumbers } from '../purchases/purchases.state';
import { type Base, COST_TYPES, type CostMetric, costMetrics, type Costs, costsOf } from './costs';

type Days = { readonly from: DayNumber; readonly to: DayNumber };

export type CostBoard = {
  readonly costs: Costs;
  readonly base: Base;
  readonly metrics: Readonly<Record<CostMetric, Metric>>;
};

/** What was spent in a period, on whom, and what it brought. Customers as identity stands, in the live read models or those of a moment. */
export async function costBoard(
  { pool, log }: { readonly pool: Pool; readonly log: Pick<EventLog, 'read'> },
  days: Days,
  asked: Asked,
  { tables = LIVE, bound = {} }: { readonly tables?: Tables; readonly bound?: FactBound } = {},
): Promise<CostBoard> {
  const costs = costsOf(await factsOfTypes(log, COST_TYPES, bound), days);
  const currency = costs.kind === 'one' ? costs.currency : null;
  const { converted, kept, bought } = await customersOf(pool, days, currency, tables);
  const contracts = await contractCurrency(pool, tables);
  const paid = contracts === null ? null : await accountsOf(pool, days, contracts, tables);
  const base = { converted, kept, account: paid?.account ?? null, value: paid === null ? bought : paid.value };
  return { costs, base, metrics: costMetrics(asked, costs, base) };
}

/** What an account pays, and what a contract is worth simply. */
async function accountsOf(pool: Pool, days: Days, currency: string, tables: Tables): Promise<Pick<Base, 'account' | 'value'>> {
  const { waterfall, paying } = await revenueBoard(pool, { ...days, currency }, tables);
  if (paying === 0) return { account: null, value: null };
  const { metric, monthlyMinor, margin } = await simpleValueOf(pool, { waterfall, paying }, days, currency, {}, tables);
  const { value, method, notes } = metric;
  return { account: { monthlyMinor, margin, currency }, value: value === null ? null : { minor: value, currency, method, notes } };
}

type BoughtOrHeld = { readonly key: string; readonly purchases: PurchasesState | null; readonly holdings: HoldingsState | null };

const PAGE = 2000;
/** Whoever has an order or a contract; in two, a side at a time, so that each page is a range of keys. */
const boughtOrHeld = ({ purchases, holdings }: Tables): string => `select key, p.state as purchases, h.state as holdings
  from (select key from (select key from ${purchases} where key > $1 order by key limit $2) bought
    union select key from (select key from ${holdings} where key > $1 order by key limit $2) held order by key limit $2) k
  left join ${purchases} p using (key) left join ${holdings} h using (key) order by key`;

/** Who was converted in the period, who was kept in it, and what those converted have bought to date, one by one on average. */
async function customersOf(
  pool: Pool,
  { from, to }: Days,
  currency: string | null,
  tables: Tables,
): Promise<{ readonly converted: number; readonly kept: number; readonly bought: Base['value'] }> {
  let [converted, kept, revenueMinor, marginMinor, known, mixed] = [0, 0, 0, 0, 0, 0];
  const count = ({ purchases, holdings }: BoughtOrHeld): void => {
    const days = purchases === null || purchases.kind === 'unidentified' ? [] : saleDayNumbers(purchases);
    const contracts = holdings?.contracts ?? [];
    const first = Math.min(...days.slice(0, 1), ...contracts.flatMap(({ since }) => since ?? []));
    if (first < from) {
      if (days.some((day) => day >= from && day <= to) || contracts.some((contract) => runs(contract, to))) kept += 1;
      return;
    }
    if (first > to) return;
    converted += 1;
    const inCurrency = currency === null ? undefined : purchases?.byCurrency[currency];
    if (Object.keys(purchases?.byCurrency ?? {}).length > (inCurrency === undefined ? 0 : 1)) mixed += 1;
    if (inCurrency === undefined) return;
    const margin = marginToDate(inCurrency);
    revenueMinor += netMinor(inCurrency);
    marginMinor += margin ?? 0;
    known += margin === null ? 0 : 1;
  };
  for await (const rows of pagesByKey<BoughtOrHeld>(pool, boughtOrHeld(tables), { size: PAGE })) rows.forEach(count);
  if (converted === 0 || currency === null) return { converted, kept, bought: null };
  const whole = historicLifetimeValue({}, { revenueMinor, marginMinor: known === converted ? marginMinor : null, currency });
  const notes = mixed === 0 ? whole.notes : [...whole.notes, `${mixed} bought in other currencies too: left out`];
  return {
    converted,
    kept,
    bought: { minor: (whole.value ?? 0) / converted, currency, method: `${whole.method} to date ÷ converted customers`, notes },
  };
}
