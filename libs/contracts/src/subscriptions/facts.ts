import { z } from 'zod';
import { decimalSchema, moneySchema } from '../money';
import { type DataOf, defineFact } from '../registry';

/** One line of an order. `amountMinor` is not kept: `quantity × unitPrice` is exact, and rounding belongs to the order. */
export const orderLineSchema = z.strictObject({
  sku: z.string().min(1).max(100),
  description: z.string().max(500).optional(),
  /** Negative for a stock movement that a shop wrote as a sale. */
  quantity: z.int(),
  unitPrice: decimalSchema,
});

const orderData = {
  orderId: z.string().min(1).max(200),
  lines: z.array(orderLineSchema).max(5000),
  /** What the order is worth after discounts, rounded once. */
  total: moneySchema,
  /** The part of `total` from lines with a positive quantity and price: what the customer bought. */
  sales: moneySchema,
  country: z.string().max(100).optional(),
  coupon: z.string().max(100).optional(),
  /** Rules of our own that another system's order broke; it is recorded all the same (`ANOMALY_…`). */
  anomalies: z.array(z.string().regex(/^ANOMALY_[A-Z_]+$/)).optional(),
};

export const orderPlaced = defineFact({
  name: 'OrderPlaced',
  context: 'subscriptions',
  data: z.strictObject(orderData),
  examples: [
    {
      orderId: '536365',
      lines: [{ sku: '85123A', description: 'WHITE HANGING HEART T-LIGHT HOLDER', quantity: 6, unitPrice: '2.55' }],
      total: { amountMinor: 1530, currency: 'GBP' },
      sales: { amountMinor: 1530, currency: 'GBP' },
      country: 'United Kingdom',
    },
  ],
});

/** The order as it now stands, whole; it takes the place of what was known of the order. */
export const orderUpdated = defineFact({
  name: 'OrderUpdated',
  context: 'subscriptions',
  data: z.strictObject(orderData),
  examples: [
    { orderId: '536365', lines: [], total: { amountMinor: 1200, currency: 'GBP' }, sales: { amountMinor: 1200, currency: 'GBP' } },
  ],
});

/** Money that went back. `orderId` is null where the source does not name the order (Online Retail's C-invoices). */
export const orderRefunded = defineFact({
  name: 'OrderRefunded',
  context: 'subscriptions',
  data: z.strictObject({
    refundId: z.string().min(1).max(200),
    orderId: z.string().min(1).max(200).nullable(),
    lines: z.array(orderLineSchema).max(5000),
    /** What went back to the customer: positive. */
    refunded: moneySchema,
    country: z.string().max(100).optional(),
    anomalies: z.array(z.string().regex(/^ANOMALY_[A-Z_]+$/)).optional(),
  }),
  examples: [
    {
      refundId: 'C536379',
      orderId: null,
      lines: [{ sku: 'D', description: 'Discount', quantity: -1, unitPrice: '27.50' }],
      refunded: { amountMinor: 2750, currency: 'GBP' },
      country: 'United Kingdom',
    },
  ],
});

/** The whole order is void; its total no longer counts. */
export const orderCancelled = defineFact({
  name: 'OrderCancelled',
  context: 'subscriptions',
  data: z.strictObject({ orderId: z.string().min(1).max(200), reason: z.string().max(500).optional() }),
  examples: [{ orderId: '536365', reason: 'out of stock' }],
});

/** A correction in the books that is neither sale nor refund (Online Retail's A-invoices: bad debt). Signed. */
export const adjustmentRecorded = defineFact({
  name: 'AdjustmentRecorded',
  context: 'subscriptions',
  data: z.strictObject({
    adjustmentId: z.string().min(1).max(200),
    reason: z.string().min(1).max(500),
    adjustment: moneySchema,
    country: z.string().max(100).optional(),
  }),
  examples: [{ adjustmentId: 'A563185', reason: 'Adjust bad debt', adjustment: { amountMinor: 1106206, currency: 'GBP' } }],
});

/**
 * What an order, or one of its products, left over after its costs, as another system reckoned it. The newest word on an order or a product
 * of it counts; a word on the whole order comes before those on its products. Signed: an order may lose money.
 */
export const marginRecorded = defineFact({
  name: 'MarginRecorded',
  context: 'subscriptions',
  data: z.strictObject({
    orderId: z.string().min(1).max(200),
    /** Of this product of the order only. */
    sku: z.string().min(1).max(100).optional(),
    margin: moneySchema,
  }),
  examples: [{ orderId: '536365', margin: { amountMinor: 612, currency: 'GBP' } }],
});

export type OrderLine = z.infer<typeof orderLineSchema>;
export type OrderPlaced = DataOf<typeof orderPlaced>;
export type OrderUpdated = DataOf<typeof orderUpdated>;
export type OrderRefunded = DataOf<typeof orderRefunded>;
export type OrderCancelled = DataOf<typeof orderCancelled>;
export type AdjustmentRecorded = DataOf<typeof adjustmentRecorded>;
export type MarginRecorded = DataOf<typeof marginRecorded>;

export const subscriptionsFacts = [orderPlaced, orderUpdated, orderRefunded, orderCancelled, adjustmentRecorded, marginRecorded];
