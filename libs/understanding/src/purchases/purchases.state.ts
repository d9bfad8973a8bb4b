import type { DayNumber } from '../calendar';
import type { KeptOrder } from './kept-order';

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

export type PurchasesState = {
  readonly kind: CustomerKind;
  readonly byCurrency: Readonly<Record<string, CurrencyPurchases>>;
  /** The newest orders in fold order, as many as the fold keeps: what an update or a cancellation has to take back. */
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

/** Days without a purchase after which a customer is called silent. */
export const SILENT_AFTER_DAYS = 90;

/** Nothing bought yet in a currency. */
export const NOTHING: CurrencyPurchases = {
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

/** What was bought in the one currency; nothing where nothing was, null where there are several. */
export function onlyPurchases({ byCurrency }: Pick<PurchasesState, 'byCurrency'>): CurrencyPurchases | null {
  let only: CurrencyPurchases | undefined;
  for (const currency in byCurrency) {
    if (only) return null;
    only = byCurrency[currency];
  }
  return only ?? NOTHING;
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

/** The first day with a sale in any currency. */
export function firstSaleDay({ byCurrency }: Pick<PurchasesState, 'byCurrency'>): DayNumber | undefined {
  let first: DayNumber | undefined;
  for (const currency in byCurrency) {
    const day = byCurrency[currency]?.saleDays[0]?.[0];
    if (day !== undefined && (first === undefined || day < first)) first = day;
  }
  return first;
}

/** The last day with a sale in any currency. */
export function lastSaleDay({ byCurrency }: Pick<PurchasesState, 'byCurrency'>): DayNumber | undefined {
  let last: DayNumber | undefined;
  for (const currency in byCurrency) {
    const day = byCurrency[currency]?.saleDays.at(-1)?.[0];
    if (day !== undefined && (last === undefined || day > last)) last = day;
  }
  return last;
}
