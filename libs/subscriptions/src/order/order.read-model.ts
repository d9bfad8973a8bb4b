import {
  compareForFold,
  orderCancelled,
  orderPlaced,
  orderUpdated,
  type Fact,
  type OrderCancelled,
  type OrderLine,
  type OrderPlaced,
  type Money,
} from '@tsunagari/contracts';

/** An order as it now stands. */
export type OrderView = {
  readonly orderId: string;
  readonly subject: string;
  readonly placedAt: string;
  readonly total: Money;
  readonly sales: Money;
  readonly lines: readonly OrderLine[];
  readonly country: string | null;
  readonly coupon: string | null;
  readonly cancelled: boolean;
  readonly anomalies: readonly string[];
  readonly version: number;
};

/** What an order's view is folded from. */
export const orderFactTypes = [orderPlaced.type, orderUpdated.type, orderCancelled.type] as const;

/**
 * The orders in these facts, newest first. An update that comes before its order (sources overtake each other) stands as the order;
 * a cancellation of an order that nobody recorded is no order.
 */
export function foldOrders(facts: readonly Fact[]): readonly OrderView[] {
  const orders = new Map<string, OrderView>();
  for (const fact of [...facts].sort(compareForFold)) {
    switch (fact.type) {
      case orderPlaced.type:
      case orderUpdated.type: {
        const data = fact.data as OrderPlaced;
        const known = orders.get(data.orderId);
        orders.set(data.orderId, {
          orderId: data.orderId,
          subject: fact.subject ?? '',
          placedAt: known?.placedAt ?? fact.occurred,
          total: data.total,
          sales: data.sales,
          lines: data.lines,
          country: data.country ?? null,
          coupon: data.coupon ?? null,
          cancelled: known?.cancelled ?? false,
          anomalies: data.anomalies ?? [],
          version: Math.max(fact.version, known?.version ?? 0),
        });
        break;
      }
      case orderCancelled.type: {
        const known = orders.get((fact.data as OrderCancelled).orderId);
        if (known) orders.set(known.orderId, { ...known, cancelled: true, version: Math.max(fact.version, known.version) });
        break;
      }
    }
  }
  return [...orders.values()].sort((a, b) =>
    a.placedAt === b.placedAt ? (a.orderId < b.orderId ? 1 : -1) : a.placedAt < b.placedAt ? 1 : -1,
  );
}
