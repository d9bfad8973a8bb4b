import {
  marginRecorded,
  orderCancelled,
  type OrderLine,
  orderPlaced,
  orderRefunded,
  orderUpdated,
  refusal,
  type Refusal,
} from '@tsunagari/contracts';
import { type Decimal, decimalOfNumber, decimalText, parseDecimal, plus, times, toMoney, ZERO } from '../decimal';
import type { FactDraft } from '../recording/observation';
import { isRecord } from './request-body';

const ORDER_EVENTS: Readonly<Record<string, 'placed' | 'updated' | 'refunded' | 'cancelled' | 'margin'>> = {
  'order completed': 'placed',
  'order updated': 'updated',
  'order refunded': 'refunded',
  'order cancelled': 'cancelled',
  'order margin recorded': 'margin',
};

/** Segment's semantic order events as order facts; null for any other event. */
export function orderFact(event: string, properties: Record<string, unknown>, messageId: string): FactDraft | Refusal | null {
  const kind = ORDER_EVENTS[event.trim().toLowerCase()];
  if (kind === undefined) return null;
  const orderId = idAt(properties, 'order_id');
  if (typeof orderId === 'object') return orderId;
  const shared = { of: 0, stream: { order: orderId }, expected: kind === 'placed' ? ('none' as const) : ('any' as const) };
  if (kind === 'cancelled') {
    const reason = properties['reason'];
    return {
      ...shared,
      definition: orderCancelled,
      data: { orderId, ...(typeof reason === 'string' ? { reason: reason.slice(0, 500) } : {}) },
    };
  }

  const currency = properties['currency'];
  if (typeof currency !== 'string' || !/^[A-Za-z]{3}$/.test(currency))
    return refusal(
      currency === undefined ? 'MISSING_FIELD' : 'INVALID_FIELD',
      'properties.currency',
      'currency is an ISO 4217 code',
      'Send the currency.',
    );
  if (kind === 'margin') return marginOf(properties, orderId, currency.toUpperCase(), shared);
  const lines = linesOf(properties['products']);
  if ('code' in lines) return lines;
  const totals = lines.map(({ quantity, unitPrice }) => ({ sale: quantity > 0, amount: times(parseDecimal(unitPrice) ?? ZERO, quantity) }));
  const sum = (amounts: readonly { readonly amount: Decimal }[]) => amounts.reduce((total, { amount }) => plus(total, amount), ZERO);
  const stated = amountAt(properties, ['total', 'revenue']);
  if (stated !== null && 'code' in stated) return stated;
  if (stated === null && lines.length === 0)
    return refusal('MISSING_FIELD', 'properties.total', 'an order has a total, a revenue or products', 'Send the total.');
  const code = currency.toUpperCase();
  const total = toMoney(stated ?? sum(totals), code);
  if (!total) return refusal('INVALID_FIELD', 'properties.total', 'an amount is less than 2^53 minor units');

  if (kind === 'refunded') {
    const refundId = properties['refund_id'] === undefined ? messageId : idAt(properties, 'refund_id');
    if (typeof refundId === 'object') return refundId;
    const refunded = { amountMinor: Math.abs(total.amountMinor), currency: code };
    return { ...shared, definition: orderRefunded, data: { refundId, orderId, lines, refunded } };
  }
  // What the customer bought is the whole total, unless some of the lines are no sales.
  const sold = totals.filter(({ sale, amount }) => sale && amount.units > 0n);
  const sales = sold.length === totals.length ? total : (toMoney(sum(sold), code) ?? total);
  const coupon = properties['coupon'];
  return {
    ...shared,
    definition: kind === 'placed' ? orderPlaced : orderUpdated,
    data: { orderId, lines, total, sales, ...(typeof coupon === 'string' && coupon !== '' ? { coupon: coupon.slice(0, 100) } : {}) },
  };
}

/** What an order left over, or one product of it where `sku` names one. */
function marginOf(
  properties: Record<string, unknown>,
  orderId: string,
  currency: string,
  shared: Pick<FactDraft, 'of' | 'stream' | 'expected'>,
): FactDraft | Refusal {
  const stated = amountAt(properties, ['margin']);
  if (stated === null) return refusal('MISSING_FIELD', 'properties.margin', 'a margin is an amount', 'Send the margin.');
  if ('code' in stated) return stated;
  const margin = toMoney(stated, currency);
  if (!margin) return refusal('INVALID_FIELD', 'properties.margin', 'an amount is less than 2^53 minor units');
  const { sku } = properties;
  if (sku !== undefined && (typeof sku !== 'string' || sku === '' || sku.length > 100))
    return refusal('INVALID_FIELD', 'properties.sku', 'sku is text of 1 to 100 characters');
  return { ...shared, definition: marginRecorded, data: { orderId, ...(sku === undefined ? {} : { sku }), margin } };
}

function idAt(properties: Record<string, unknown>, name: string): string | Refusal {
  const value = properties[name];
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const field = `properties.${name}`;
  if (text === undefined || text === null || text === '')
    return refusal('MISSING_FIELD', field, `an order event has an ${name}`, `Send ${name}.`);
  if (typeof text !== 'string' || text.length > 190 || /[\u0000-\u001f\ud800-\udfff]/.test(text))
    return refusal('INVALID_FIELD', field, `${name} is text of 1 to 190 characters without control characters`);
  return text;
}

function linesOf(products: unknown): OrderLine[] | Refusal {
  if (products === undefined || products === null) return [];
  if (!Array.isArray(products) || products.length > 5000)
    return refusal('INVALID_FIELD', 'properties.products', 'products is a list of at most 5000');
  const lines: OrderLine[] = [];
  for (const [index, product] of products.entries()) {
    const field = `properties.products.${index}`;
    if (!isRecord(product)) return refusal('INVALID_FIELD', field, 'a product is an object');
    const sku = [product['sku'], product['product_id'], product['name']].find(
      (id) => (typeof id === 'string' && id !== '') || typeof id === 'number',
    );
    if (sku === undefined) return refusal('MISSING_FIELD', `${field}.sku`, 'a product has a sku, a product_id or a name');
    const quantity: unknown = product['quantity'] ?? 1;
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || Math.abs(quantity) > 1e9)
      return refusal('INVALID_FIELD', `${field}.quantity`, 'quantity is a whole number');
    const price = amountAt(product, ['price']) ?? ZERO;
    if ('code' in price) return { ...price, field: `${field}.price` };
    const name = product['name'];
    lines.push({
      sku: String(sku).slice(0, 100),
      ...(typeof name === 'string' && name !== '' ? { description: name.slice(0, 500) } : {}),
      quantity,
      unitPrice: decimalText(price),
    });
  }
  return lines;
}

/** The first of these fields that is there, as an exact decimal. Null when none is. */
function amountAt(from: Record<string, unknown>, names: readonly string[]): Decimal | Refusal | null {
  for (const name of names) {
    const value = from[name];
    if (value === undefined || value === null) continue;
    const amount = typeof value === 'number' ? decimalOfNumber(value) : typeof value === 'string' ? parseDecimal(value) : null;
    return amount ?? refusal('INVALID_FIELD', `properties.${name}`, `${name} is a decimal number`);
  }
  return null;
}
