import {
  activeUsers,
  type Asked,
  historicLifetimeValue,
  type Metric,
  metric,
  reciprocity,
  simpleLifetimeValue,
  type Waterfall,
} from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import type { DayCount, ExperienceState } from '../experience/experience.projection';
import { pagesByKey } from '../pages-by-key';
import { LIVE, type Tables } from '../read-models';
import { type CurrencyPurchases, marginToDate, netMinor } from '../purchases/purchases.state';

type Days = { readonly from: DayNumber; readonly to: DayNumber };

const PAGE = 2000;

async function* rowsOf<S>(pool: Pool, table: string): AsyncGenerator<{ readonly key: string; readonly state: S }> {
  const text = `select key, state from ${table} where key > $1 order by key limit $2`;
  for await (const rows of pagesByKey<{ key: string; state: S }>(pool, text, { size: PAGE })) yield* rows;
}

function within(counts: readonly DayCount[], { from, to }: Days): number {
  return counts.reduce((sum, [day, count]) => sum + (day >= from && day <= to ? count : 0), 0);
}

/** Distinct customers who used something in the period. The folds keep the newest 400 days with a use of each. */
export async function activeUsersOf(pool: Pool, days: Days, asked: Asked, { experience }: Tables = LIVE): Promise<Metric> {
  const active: string[] = [];
  for await (const { key, state } of rowsOf<ExperienceState>(pool, experience)) if (within(state.uses, days) > 0) active.push(key);
  return activeUsers(asked, active, 'as of the report');
}

/** Interactions of the period that customers began ÷ all. */
export async function reciprocityOf(pool: Pool, days: Days, asked: Asked, { experience }: Tables = LIVE): Promise<Metric> {
  const sum = { byCustomer: 0, all: 0 };
  for await (const { state } of rowsOf<ExperienceState>(pool, experience)) {
    sum.byCustomer += within(state.interactionsByCustomer, days);
    sum.all += within(state.interactions, days);
  }
  return reciprocity(asked, sum);
}

/**
 * What a known customer has brought to date, on average over those who bought in one currency: margin where that of every order is known,
 * else revenue, and said so.
 */
export async function historicValueOf(pool: Pool, currency: string, asked: Asked, tables: Tables = LIVE): Promise<Metric> {
  let [n, revenueMinor, marginMinor, known] = [0, 0, 0, 0];
  for await (const { state } of rowsOf<{ readonly kind: string; readonly byCurrency: Readonly<Record<string, CurrencyPurchases>> }>(
    pool,
    tables.purchases,
  )) {
    const purchases = state.byCurrency[currency];
    if (state.kind === 'unidentified' || purchases === undefined) continue;
    const margin = marginToDate(purchases);
    n += 1;
    revenueMinor += netMinor(purchases);
    marginMinor += margin ?? 0;
    known += margin === null ? 0 : 1;
  }
  if (n === 0) return metric(asked, { unit: 'money', class: 'RESULT', method: 'Σ revenue ÷ customers', n, currency });
  const whole = historicLifetimeValue(asked, { revenueMinor, marginMinor: known === n ? marginMinor : null, currency });
  const total = whole.value ?? 0;
  return {
    ...whole,
    method: `${whole.method} ÷ customers`,
    n,
    value: total / n,
    numerator: total,
    denominator: n,
    notes: [...whole.notes, ...(known > 0 && known < n ? [`known of ${known} of ${n} customers: not mixed with revenue`] : [])],
  };
}

/** The monthly rate at which revenue is lost that makes what was lost of it within so many days, under a constant risk. */
function monthlyRate({ start, churn, contraction }: Pick<Waterfall, 'start' | 'churn' | 'contraction'>, days: number): number {
  const lost = start === 0 ? 0 : (churn + contraction) / start;
  return 1 - (1 - Math.min(1, lost)) ** (365 / 12 / days);
}

/** The margin of all orders whose margin is known, as a share of their sales; null where none is. */
async function marginRate(pool: Pool, currency: string, { purchases }: Tables): Promise<number | null> {
  const { rows } = await pool.query<{ margin: string | null; sales: string | null }>(
    `select sum((state->'byCurrency'->$1->>'marginMinor')::bigint) as margin, sum((state->'byCurrency'->$1->>'marginSalesMinor')::bigint) as sales
     from ${purchases}`,
    [currency],
  );
  const sales = Number(rows[0]?.sales ?? 0);
  return sales > 0 ? Number(rows[0]?.margin ?? 0) / sales : null;
}

/** What a contract is worth simply, with what it was reckoned from, of the revenue of a period; `method` and `notes` say what is known of the margin. */
export async function simpleValueOf(
  pool: Pool,
  { waterfall, paying }: { readonly waterfall: Waterfall; readonly paying: number },
  { from, to }: Days,
  currency: string,
  asked: Asked = {},
  tables: Tables = LIVE,
): Promise<{ readonly metric: Metric; readonly monthlyMinor: number; readonly margin: number | null }> {
  const margin = await marginRate(pool, currency, tables);
  const monthlyMinor = paying === 0 ? 0 : waterfall.end / paying;
  const churnMonthly = monthlyRate(waterfall, to - from + 1);
  const simple = simpleLifetimeValue(asked, { monthlyMinor, margin, churnMonthly, accounts: paying, currency });
  const notes = margin === null ? simple.notes : [...simple.notes, 'the margin is that of the orders whose margin is known'];
  return { metric: { ...simple, notes }, monthlyMinor, margin };
}
