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
import { isOrder, keptOrder, type KnownOrder, knownOrder } from './kept-order';
import {
  NOTHING,
  SILENT_AFTER_DAYS,
  betterKnown,
  currencyOf,
  firstSaleDay,
  lastSaleDay,
  netMinor,
  onlyPurchases,
  saleDayNumbers,
  type CurrencyPurchases,
  type PurchasesState,
  type SaleDayEntry,
} from './purchases.state';

/**
 * Whether an order whose goods cost nothing is a purchase: `ignored` where a price of 0 is a sample or a write-off (Online Retail), `purchases`
 * where it is an order like others, paid by a coupon (CDNOW, whose published models count them).
 */
export type FreeOrders = 'ignored' | 'purchases';

/** An order can be changed while it is among this many newest ones of its customer: a state stays below some 60 KB. */
export const KEPT_ORDERS = 500;

function withSale(days: readonly SaleDayEntry[], day: DayNumber, grossMinor: number, orders: number): readonly SaleDayEntry[] {
  let index = days.length;
  while (index > 0 && (days[index - 1]?.[0] ?? 0) >= day) index -= 1;
  const there = days[index]?.[0] === day ? days[index] : undefined;
  const entry: SaleDayEntry = [day, (there?.[1] ?? 0) + grossMinor, (there?.[2] ?? 0) + orders];
  // Mostly days come in order. (A spread would leave room to grow in an array that never does.)
  if (index === days.length && entry[2] > 0) return days.concat([entry]);
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
    // Each by name: to spread what was and to write over most of it took a microsecond a fact.
    byCurrency: changeCurrency(state, order.currency, (was) => ({
      orders: was.orders + (order.sale ? sign : 0),
      invoices: was.invoices + sign,
      refunds: was.refunds,
      salesMinor: was.salesMinor + sign * order.salesMinor,
      orderedMinor: was.orderedMinor + sign * order.orderedMinor,
      refundedMinor: was.refundedMinor,
      adjustedMinor: was.adjustedMinor,
      marginMinor: was.marginMinor + sign * (margin ?? 0),
      marginSalesMinor: was.marginSalesMinor + (margin === null ? 0 : sign * order.salesMinor),
      marginOrders: was.marginOrders + (margin === null ? 0 : sign),
      saleDays: order.sale ? withSale(was.saleDays, order.day, sign * order.salesMinor, sign) : was.saleDays,
    })),
  };
}

/** The newest order of that id that is still known, and where it stands. */
function find(state: PurchasesState, orderId: string): { readonly index: number; readonly was: KnownOrder | undefined } {
  const index = state.orders.findLastIndex((order) => isOrder(order, orderId));
  const kept = state.orders[index];
  return { index, was: kept === undefined ? undefined : knownOrder(kept) };
}

function put(state: PurchasesState, index: number, known: KnownOrder): PurchasesState {
  const order = keptOrder(known);
  if (index >= 0) return { ...state, orders: state.orders.with(index, order) };
  const full = state.orders.length >= KEPT_ORDERS;
  return {
    ...state,
    orders: (full ? state.orders.slice(1) : state.orders).concat([order]),
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
      const only = onlyPurchases(state);
      return only && of(only);
    },
  };
}

function countColumn(name: string, of: (purchases: CurrencyPurchases) => number) {
  return {
    name,
    sql: 'integer',
    value: ({ byCurrency }: PurchasesState): number => {
      let sum = 0;
      for (const currency in byCurrency) sum += of(byCurrency[currency] ?? NOTHING);
      return sum;
    },
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
    version: 4,
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
      { name: 'currency', sql: 'text', value: (state) => onlyPurchases(state) && currencyOf(state) },
      { name: 'mixed', sql: 'boolean', value: (state) => onlyPurchases(state) === null },
      countColumn('orders', ({ orders }) => orders),
      countColumn('invoices', ({ invoices }) => invoices),
      countColumn('refunds', ({ refunds }) => refunds),
      moneyColumn('sales_minor', ({ salesMinor }) => salesMinor),
      moneyColumn('refunded_minor', ({ refundedMinor }) => refundedMinor),
      moneyColumn('net_minor', netMinor),
      { name: 'sale_days', sql: 'integer', value: (state) => (onlyPurchases(state)?.saleDays ?? saleDayNumbers(state)).length },
      { name: 'first_day', sql: 'integer', value: (state) => firstSaleDay(state) ?? null },
      { name: 'last_day', sql: 'integer', value: (state) => lastSaleDay(state) ?? null },
      { name: 'silent_since', sql: 'integer', value: ({ silentSince }) => silentSince },
    ],
    // Of the list by net revenue, which runs through it backwards.
    indexes: [['net_minor', 'key']],
  });
}
