import { inOrder } from '@tsunagari/projection';
import type { Pool } from 'pg';
import type { PurchasesState } from './purchases.state';

/** The live rows; a named generation of the whole base has a table of its own. */
export const PURCHASES = 'understanding.purchases';

export type PurchasesRow = { readonly key: string; readonly state: PurchasesState };

/** What these customers bought, by id; those nobody has heard of are missing. One query for a page of customers. */
export async function purchasesOf(pool: Pool, keys: readonly string[]): Promise<ReadonlyMap<string, PurchasesState>> {
  const { rows } = await pool.query<PurchasesRow>('select key, state from understanding.purchases where key = any($1::uuid[])', [keys]);
  return new Map(rows.map(({ key, state }) => [key, state]));
}

/** Whose sums these are: money in the minor unit of one currency, decimal text, because sums pass 2^53. */
export type CurrencyTotals = {
  readonly currency: string;
  /** Orders less refunds, adjustments included, of everybody. */
  readonly netMinor: string;
  readonly refundedMinor: string;
  /** Orders of any content, refunds, adjustments. */
  readonly invoices: number;
  /** Of known customers only: what the sale lines of their orders are worth, and who and how many they are. */
  readonly salesMinor: string;
  readonly salesOrders: number;
  readonly salesCustomers: number;
};

export type Totals = {
  /** Customers of whom more than an invoice is known, with at least one document. */
  readonly knownCustomers: number;
  readonly unidentifiedBuyers: number;
  readonly byCurrency: readonly CurrencyTotals[];
};

/** The totals of the whole base. Sums over currencies are not made: there is a line for each. `purchases` is the table, by default the live one. */
export async function totals(pool: Pool, purchases = PURCHASES): Promise<Totals> {
  const [customers, currencies] = await Promise.all([
    pool.query<{ known: number; unidentified: number }>(
      `select count(*) filter (where kind <> 'unidentified')::int as known, count(*) filter (where kind = 'unidentified')::int as unidentified
       from ${purchases} where invoices > 0`,
    ),
    // The columns speak for customers of one currency; only those of several need their state taken apart.
    pool.query<CurrencyTotals>(
      `with lines as (
         select kind <> 'unidentified' as known, currency, net_minor, refunded_minor, invoices, sales_minor, orders
         from ${purchases} where currency is not null
         union all
         select kind <> 'unidentified', entry.key,
           (entry.value->>'orderedMinor')::bigint - (entry.value->>'refundedMinor')::bigint + (entry.value->>'adjustedMinor')::bigint,
           (entry.value->>'refundedMinor')::bigint, (entry.value->>'invoices')::int, (entry.value->>'salesMinor')::bigint, (entry.value->>'orders')::int
         from ${purchases}, lateral jsonb_each((state->'byCurrency')::jsonb) entry where mixed
       )
       select currency, sum(net_minor)::text as "netMinor", sum(refunded_minor)::text as "refundedMinor", sum(invoices)::int as invoices,
         coalesce(sum(sales_minor) filter (where known), 0)::text as "salesMinor",
         coalesce(sum(orders) filter (where known), 0)::int as "salesOrders",
         (count(*) filter (where known and orders > 0))::int as "salesCustomers"
       from lines group by currency order by currency`,
    ),
  ]);
  const { known = 0, unidentified = 0 } = customers.rows[0] ?? {};
  return { knownCustomers: known, unidentifiedBuyers: unidentified, byCurrency: currencies.rows };
}

export type CustomerOrder = 'LTV' | 'NET_REVENUE' | 'RISK';

/** One customer in a sorted list. `sort` is the value it is sorted by, as text, for the cursor. */
export type RankedCustomer = { readonly key: string; readonly sort: string };

/** `currency` of the sums that are compared; a list by net revenue holds the customers of that one currency. */
export type CustomersPage = {
  readonly orderBy: CustomerOrder;
  readonly currency: string;
  readonly limit: number;
  readonly after: RankedCustomer | null;
  /** Of the whole base as of a moment, which NET_REVENUE alone can be listed of; the live one unless given. */
  readonly label?: string | null;
};

type List = { readonly from: string; readonly sort: string; readonly type: string; readonly descending: boolean };

const BY_SCORE: Readonly<Record<Exclude<CustomerOrder, 'NET_REVENUE'>, List>> = {
  LTV: {
    from: `understanding.customer_scores s join ${PURCHASES} p using (key) where s.ltv_minor is not null and p.currency = $1`,
    sort: 's.ltv_minor',
    type: 'bigint',
    descending: true,
  },
  // The risk is 1 − P(purchase): the lowest probability first, and nobody has to compute it.
  RISK: {
    from: `understanding.customer_scores s join ${PURCHASES} p using (key) where p.currency = $1`,
    sort: 's.purchase_probability',
    type: 'double precision',
    descending: false,
  },
};

async function byNetRevenue(pool: Pool, label: string | null): Promise<List | undefined> {
  const order = await inOrder(pool, { projection: 'purchases', label });
  return (
    order && {
      from: `${order.index} i join ${order.rows} p using (key) where p.kind <> 'unidentified' and p.currency = $1`,
      sort: 'i.net_minor',
      type: 'bigint',
      descending: true,
    }
  );
}

/**
 * A page of known customers, most valuable or most at risk first, with one row more than `limit` when there is a next page. Keyset: the
 * next page begins behind the last row's (value, id), whatever was added meanwhile.
 */
export async function customersPage(
  pool: Pool,
  { orderBy, currency, limit, after, label = null }: CustomersPage,
): Promise<readonly RankedCustomer[]> {
  const list = orderBy === 'NET_REVENUE' ? await byNetRevenue(pool, label) : BY_SCORE[orderBy];
  if (!list) return [];
  const { from, sort, type, descending } = list;
  const behind = after === null ? '' : `and (${sort}, key) ${descending ? '<' : '>'} ($3::${type}, $4::uuid)`;
  const direction = descending ? 'desc' : 'asc';
  const { rows } = await pool.query<RankedCustomer>(
    `select key, ${sort}::text as sort from ${from} ${behind} order by ${sort} ${direction}, key ${direction} limit $2`,
    [currency, limit + 1, ...(after === null ? [] : [after.sort, after.key])],
  );
  return rows;
}

/** The currency in which most known customers buy; null before the first sale. What lists are sorted in unless another is asked for. */
export async function mainCurrency(pool: Pool, purchases = PURCHASES): Promise<string | null> {
  const { rows } = await pool.query<{ currency: string }>(
    `select currency from ${purchases} where kind <> 'unidentified' and currency is not null group by currency order by count(*) desc, currency limit 1`,
  );
  return rows[0]?.currency ?? null;
}
