import {
  type AdjustmentRecorded,
  adjustmentRecorded,
  type Fact,
  type IdentifierRegistered,
  identifierRegistered,
  type MarginRecorded,
  marginRecorded,
  orderCancelled,
  type OrderPlaced,
  orderPlaced,
  type OrderRefunded,
  orderRefunded,
  orderUpdated,
} from '@tsunagari/contracts';
import { defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import { calendarOf, type DayNumber, dayOf } from '../calendar';
import { withEvidence } from '../evidence-ids';

/** Who it is, as far as it is known: `unidentified` is a buyer of whom only an invoice is known. */
export type CustomerKind = 'person' | 'account' | 'unidentified';

/** One calendar day with a sale: day, gross sales of that day in minor units, orders of that day. */
export type SaleDayEntry = readonly [day: DayNumber, grossMinor: number, orders: number];

/** What was bought in one currency, in its minor unit. Sums across currencies are never made. */
export type CurrencyPurchases = {
  /** Orders with at least one sale line (quantity and price positive). */
  readonly orders: number;
  /** Documents: orders of any content, refunds, adjustments. */
  readonly invoices: number;
  readonly refunds: number;
  /** What the sale lines are worth. */
  readonly salesMinor: number;
  /** What the orders are worth, lines that are no sale included. */
  readonly orderedMinor: number;
  /** What went back: positive. */
  readonly refundedMinor: number;
  /** Corrections of the books, signed. */
  readonly adjustedMinor: number;
  /** What the orders left over whose margin is known, signed; what their sale lines are worth; how many they are. */
  readonly marginMinor: number;
  readonly marginSalesMinor: number;
  readonly marginOrders: number;
  /** Ascending, one entry a day: the sufficient statistics of every model at any calibration day derive from it. */
  readonly saleDays: readonly SaleDayEntry[];
};

/** An order that may still be updated or cancelled. `void` once cancelled: it counts nothing and nothing revives it. */
export type KnownOrder = {
  readonly id: string;
  readonly day: DayNumber;
  readonly currency: string;
  readonly orderedMinor: number;
  readonly salesMinor: number;
  readonly sale: boolean;
  readonly void?: true;
  /** A margin came before the order itself: it counts nothing yet. */
  readonly pending?: true;
  /** Its margin as a whole (under the empty text) or by product, minor units of its currency. */
  readonly margins?: Readonly<Record<string, number>>;
};

/** An order as the state keeps it: orders are most of a state, and lists take less than half of what members with names take. */
export type KeptOrder = readonly [
  id: string,
  day: DayNumber,
  currency: string,
  orderedMinor: number,
  salesMinor: number,
  sale: 0 | 1,
  rest?: Pick<KnownOrder, 'void' | 'pending' | 'margins'>,
];

export type PurchasesState = {
  readonly kind: CustomerKind;
  readonly byCurrency: Readonly<Record<string, CurrencyPurchases>>;
  /** The newest orders in fold order, at most {@link KEPT_ORDERS}: what an update or a cancellation has to take back. */
  readonly orders: readonly KeptOrder[];
  /** Orders that fell out of `orders`; their money stays counted. */
  readonly settledOrders: number;
  /** Changes of orders that had fallen out: without effect here, so that money is never counted twice. */
  readonly missedChanges: number;
  /** The day at whose close the customer had bought nothing for {@link SILENT_AFTER_DAYS} days; null while she buys. */
  readonly silentSince: DayNumber | null;
  /** The newest facts of what she bought, sent back and was corrected in, oldest first. */
  readonly evidence: readonly string[];
};

/**
 * Whether an order whose goods cost nothing is a purchase: `ignored` where a price of 0 is a sample or a write-off (Online Retail), `purchases`
 * where it is an order like others, paid by a coupon (CDNOW, whose published models count them).
 */
export type FreeOrders = 'ignored' | 'purchases';

/** An order can be changed while it is among this many newest ones of its customer: a state stays below some 60 KB. */
export const KEPT_ORDERS = 500;

/** Days without a purchase after which a customer is called silent. */
export const SILENT_AFTER_DAYS = 90;

const NOTHING: CurrencyPurchases = {
  orders: 0,
  invoices: 0,
  refunds: 0,
  salesMinor: 0,
  orderedMinor: 0,
  refundedMinor: 0,
  adjustedMinor: 0,
  marginMinor: 0,
  marginSalesMinor: 0,
  marginOrders: 0,
  saleDays: [],
};

const KIND_RANK: Readonly<Record<CustomerKind, number>> = { unidentified: 0, account: 1, person: 2 };

/** The better known of two kinds: what a customer of several identifiers is. */
export function betterKnown(a: CustomerKind, b: CustomerKind): CustomerKind {
  return KIND_RANK[a] >= KIND_RANK[b] ? a : b;
}

/** The one currency a customer has bought in: null for none, `MIXED_CURRENCY` for several. */
export function currencyOf(state: PurchasesState): string | null | 'MIXED_CURRENCY' {
  const currencies = Object.keys(state.byCurrency);
  return currencies.length === 0 ? null : currencies.length === 1 ? (currencies[0] ?? null) : 'MIXED_CURRENCY';
}

/** Net revenue: what the orders are worth, less refunds, adjustments included. */
export function netMinor(purchases: CurrencyPurchases): number {
  return purchases.orderedMinor - purchases.refundedMinor + purchases.adjustedMinor;
}

/** What is known of a customer's margin in a currency: its share of the sales it is known of; null where nobody said. */
export type KnownMargin = { readonly rate: number; readonly orders: number; readonly of: number };

export function knownMargin({ marginMinor, marginSalesMinor, marginOrders, orders }: CurrencyPurchases): KnownMargin | null {
  return marginSalesMinor > 0 ? { rate: marginMinor / marginSalesMinor, orders: marginOrders, of: orders } : null;
}

/**
 * What she has left over to date, minor units: the margin of her orders, less that share of what went back. Null unless the margin of every
 * order is known: a sum over some of them would be neither margin nor revenue.
 */
export function marginToDate(purchases: CurrencyPurchases): number | null {
  const margin = knownMargin(purchases);
  if (margin === null || purchases.marginOrders < purchases.orders) return null;
  return purchases.marginMinor - Math.round(purchases.refundedMinor * margin.rate);
}

/** The days with a sale in any currency, ascending and distinct. */
export function saleDayNumbers(state: Pick<PurchasesState, 'byCurrency'>): readonly DayNumber[] {
  const lists = Object.values(state.byCurrency).map(({ saleDays }) => saleDays);
  if (lists.length === 1) return (lists[0] ?? []).map(([day]) => day);
  return [...new Set(lists.flat().map(([day]) => day))].sort((a, b) => a - b);
}

function lastSaleDay(state: PurchasesState): DayNumber | undefined {
  let last: DayNumber | undefined;
  for (const { saleDays } of Object.values(state.byCurrency)) {
    const day = saleDays.at(-1)?.[0];
    if (day !== undefined && (last === undefined || day > last)) last = day;
  }
  return last;
}

function withSale(days: readonly SaleDayEntry[], day: DayNumber, grossMinor: number, orders: number): readonly SaleDayEntry[] {
  let index = days.length;
  while (index > 0 && (days[index - 1]?.[0] ?? 0) >= day) index -= 1;
  const there = days[index]?.[0] === day ? days[index] : undefined;
  const entry: SaleDayEntry = [day, (there?.[1] ?? 0) + grossMinor, (there?.[2] ?? 0) + orders];
  return [...days.slice(0, index), ...(entry[2] > 0 ? [entry] : []), ...days.slice(there ? index + 1 : index)];
}

function changeCurrency(
  state: PurchasesState,
  currency: string,
  change: (was: CurrencyPurchases) => CurrencyPurchases,
): Readonly<Record<string, CurrencyPurchases>> {
  const now = change(state.byCurrency[currency] ?? NOTHING);
  if (now.invoices > 0) return { ...state.byCurrency, [currency]: now };
  // A currency of which nothing is left (its only order was cancelled) must not make the customer a mixed one.
  return Object.fromEntries(Object.entries(state.byCurrency).filter(([other]) => other !== currency));
}

/** What an order left over; null while nobody said. */
function marginOf({ margins }: KnownOrder): number | null {
  if (margins === undefined) return null;
  return margins[''] ?? Object.values(margins).reduce((sum, minor) => sum + minor, 0);
}

function count(state: PurchasesState, order: KnownOrder, sign: 1 | -1): PurchasesState {
  const margin = marginOf(order);
  return {
    ...state,
    byCurrency: changeCurrency(state, order.currency, (was) => ({
      ...was,
      orders: was.orders + (order.sale ? sign : 0),
      invoices: was.invoices + sign,
      salesMinor: was.salesMinor + sign * order.salesMinor,
      orderedMinor: was.orderedMinor + sign * order.orderedMinor,
      marginMinor: was.marginMinor + sign * (margin ?? 0),
      marginSalesMinor: was.marginSalesMinor + (margin === null ? 0 : sign * order.salesMinor),
      marginOrders: was.marginOrders + (margin === null ? 0 : sign),
      saleDays: order.sale ? withSale(was.saleDays, order.day, sign * order.salesMinor, sign) : was.saleDays,
    })),
  };
}

function knownOrder([id, day, currency, orderedMinor, salesMinor, sale, rest]: KeptOrder): KnownOrder {
  return { id, day, currency, orderedMinor, salesMinor, sale: sale === 1, ...rest };
}

/** The newest order of that id that is still known, and where it stands. */
function find(state: PurchasesState, orderId: string): { readonly index: number; readonly was: KnownOrder | undefined } {
  const index = state.orders.findLastIndex(([id]) => id === orderId);
  const kept = state.orders[index];
  return { index, was: kept && knownOrder(kept) };
}

function put(state: PurchasesState, index: number, known: KnownOrder): PurchasesState {
  const { id, day, currency, orderedMinor, salesMinor, sale, ...rest } = known;
  const kept = [id, day, currency, orderedMinor, salesMinor, sale ? 1 : 0] as const;
  const order: KeptOrder = Object.keys(rest).length === 0 ? kept : [...kept, rest];
  if (index >= 0) return { ...state, orders: state.orders.with(index, order) };
  const full = state.orders.length >= KEPT_ORDERS;
  return {
    ...state,
    orders: [...(full ? state.orders.slice(1) : state.orders), order],
    settledOrders: state.settledOrders + (full ? 1 : 0),
  };
}

/** Whether an order is a purchase, by its lines or its worth. */
export function isSale(order: OrderPlaced, freeOrders: FreeOrders): boolean {
  // Not by the amount alone: a line of a tenth of a penny is a sale too, and an update may come without its lines.
  if (order.sales.amountMinor > 0) return true;
  return order.lines.some(({ quantity, unitPrice }) => quantity > 0 && (freeOrders === 'purchases' || /^[0-9.]*[1-9]/.test(unitPrice)));
}

/** The order as it stands takes the place of what was known of it; it keeps the day on which it was first seen. */
function place(state: PurchasesState, day: DayNumber, order: OrderPlaced, isUpdate: boolean, freeOrders: FreeOrders): PurchasesState {
  const { index, was } = find(state, order.orderId);
  if (was?.void) return state;
  if (!was && isUpdate && state.settledOrders > 0) return { ...state, missedChanges: state.missedChanges + 1 };
  const now: KnownOrder = {
    id: order.orderId,
    day: was && !was.pending ? was.day : day,
    currency: order.total.currency,
    orderedMinor: order.total.amountMinor,
    salesMinor: order.sales.amountMinor,
    sale: isSale(order, freeOrders),
    // A margin in another currency than the order's says nothing of it.
    ...(was?.margins === undefined || was.currency !== order.total.currency ? {} : { margins: was.margins }),
  };
  return put(count(was && !was.pending ? count(state, was, -1) : state, now, 1), index, now);
}

function cancel(state: PurchasesState, day: DayNumber, orderId: string): PurchasesState {
  const { index, was } = find(state, orderId);
  if (was?.void) return state;
  if (was) return put(was.pending ? state : count(state, was, -1), index, { ...was, void: true });
  if (state.settledOrders > 0) return { ...state, missedChanges: state.missedChanges + 1 };
  return put(state, -1, { id: orderId, day, currency: '', orderedMinor: 0, salesMinor: 0, sale: false, void: true });
}

function margin(
  state: PurchasesState,
  day: DayNumber,
  { orderId, sku = '', margin: { amountMinor, currency } }: MarginRecorded,
): PurchasesState {
  const { index, was } = find(state, orderId);
  if (!was) {
    if (state.settledOrders > 0) return { ...state, missedChanges: state.missedChanges + 1 };
    const pending = {
      id: orderId,
      day,
      currency,
      orderedMinor: 0,
      salesMinor: 0,
      sale: false,
      pending: true,
      margins: { [sku]: amountMinor },
    } as const;
    return put(state, -1, pending);
  }
  if (was.void || was.currency !== currency) return state;
  const now = { ...was, margins: { ...was.margins, [sku]: amountMinor } };
  return put(was.pending ? state : count(count(state, was, -1), now, 1), index, now);
}

function refund(state: PurchasesState, { refunded }: OrderRefunded): PurchasesState {
  return {
    ...state,
    byCurrency: changeCurrency(state, refunded.currency, (was) => ({
      ...was,
      invoices: was.invoices + 1,
      refunds: was.refunds + 1,
      refundedMinor: was.refundedMinor + refunded.amountMinor,
    })),
  };
}

function adjust(state: PurchasesState, { adjustment }: AdjustmentRecorded): PurchasesState {
  return {
    ...state,
    byCurrency: changeCurrency(state, adjustment.currency, (was) => ({
      ...was,
      invoices: was.invoices + 1,
      adjustedMinor: was.adjustedMinor + adjustment.amountMinor,
    })),
  };
}

function evolve(state: PurchasesState, fact: Fact, day: (moment: string) => DayNumber, freeOrders: FreeOrders): PurchasesState {
  switch (fact.type) {
    case identifierRegistered.type: {
      const kind = betterKnown(state.kind, (fact.data as IdentifierRegistered).kind);
      return kind === state.kind ? state : { ...state, kind };
    }
    case orderPlaced.type:
    case orderUpdated.type:
      return place(state, day(fact.occurred), fact.data as OrderPlaced, fact.type === orderUpdated.type, freeOrders);
    case orderCancelled.type:
      return cancel(state, day(fact.occurred), (fact.data as { orderId: string }).orderId);
    case orderRefunded.type:
      return refund(state, fact.data as OrderRefunded);
    case marginRecorded.type:
      return margin(state, day(fact.occurred), fact.data as MarginRecorded);
    case adjustmentRecorded.type:
      return adjust(state, fact.data as AdjustmentRecorded);
    default:
      return state;
  }
}

function silentFrom(state: PurchasesState): DayNumber | undefined {
  const last = lastSaleDay(state);
  return last === undefined ? undefined : last + SILENT_AFTER_DAYS;
}

/** The money of the one currency; null for a customer who bought in several (`MIXED_CURRENCY`), 0 for one who bought nothing. */
function moneyColumn(name: string, of: (purchases: CurrencyPurchases) => number) {
  return {
    name,
    sql: 'bigint',
    value: (state: PurchasesState): number | null => {
      const all = Object.values(state.byCurrency);
      return all.length > 1 ? null : of(all[0] ?? NOTHING);
    },
  };
}

function countColumn(name: string, of: (purchases: CurrencyPurchases) => number) {
  return {
    name,
    sql: 'integer',
    value: (state: PurchasesState): number => Object.values(state.byCurrency).reduce((sum, purchases) => sum + of(purchases), 0),
  };
}

/**
 * What a customer bought, sent back and is worth so far: orders, refunds, adjustments, the days of sale, and since when she is silent.
 * A day is one of the deployment's time zone. Money is in minor units, by currency. Read model `understanding.purchases`.
 * Zone and `freeOrders` are chosen once for a deployment: after a change of either the projection must be rebuilt.
 */
export function purchasesProjection(timeZone = 'UTC', freeOrders: FreeOrders = 'ignored'): ProjectionDefinition<PurchasesState> {
  const day = calendarOf(timeZone);
  return defineProjection<PurchasesState>({
    name: 'purchases',
    version: 3,
    types: [identifierRegistered, orderPlaced, orderUpdated, orderRefunded, orderCancelled, adjustmentRecorded, marginRecorded].map(
      ({ type }) => type,
    ),
    key: 'customer',
    initial: { kind: 'unidentified', byCurrency: {}, orders: [], settledOrders: 0, missedChanges: 0, silentSince: null, evidence: [] },
    evolve: (state, fact) => {
      const evolved = evolve(state, fact, day, freeOrders);
      const next = fact.type === identifierRegistered.type ? evolved : { ...evolved, evidence: withEvidence(evolved.evidence, fact.id) };
      // A purchase ends the silence; a cancellation may move the last purchase back, and the next tick says so.
      return next.silentSince !== null && next.silentSince !== silentFrom(next) ? { ...next, silentSince: null } : next;
    },
    nextDue: (state) => {
      const due = state.silentSince === null ? silentFrom(state) : undefined;
      return due === undefined ? undefined : dayOf(due);
    },
    tick: (state) => ({ ...state, silentSince: silentFrom(state) ?? null }),
    columns: [
      { name: 'kind', sql: 'text', value: ({ kind }) => kind },
      { name: 'currency', sql: 'text', value: (state) => (Object.keys(state.byCurrency).length > 1 ? null : currencyOf(state)) },
      { name: 'mixed', sql: 'boolean', value: (state) => Object.keys(state.byCurrency).length > 1 },
      countColumn('orders', ({ orders }) => orders),
      countColumn('invoices', ({ invoices }) => invoices),
      countColumn('refunds', ({ refunds }) => refunds),
      moneyColumn('sales_minor', ({ salesMinor }) => salesMinor),
      moneyColumn('refunded_minor', ({ refundedMinor }) => refundedMinor),
      moneyColumn('net_minor', netMinor),
      { name: 'sale_days', sql: 'integer', value: (state) => saleDayNumbers(state).length },
      { name: 'first_day', sql: 'integer', value: (state) => saleDayNumbers(state)[0] ?? null },
      { name: 'last_day', sql: 'integer', value: (state) => lastSaleDay(state) ?? null },
      { name: 'silent_since', sql: 'integer', value: ({ silentSince }) => silentSince },
    ],
    // Of the list by net revenue, which runs through it backwards; every index costs each fact of a customer one write more.
    indexes: [['net_minor', 'key']],
  });
}
