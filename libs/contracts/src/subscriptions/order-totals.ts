import { minorDigits, type Money } from '../money';
import type { OrderLine } from './facts';

/**
 * What an order is worth: `total` over all lines, `sales` over those with a positive quantity and price. Exact decimal arithmetic,
 * rounded once at the end to the currency's minor unit, halves away from zero; so 25,900 invoices add up to the books.
 * @throws RangeError when a sum leaves the safe integers.
 */
export function orderTotals(lines: readonly Pick<OrderLine, 'quantity' | 'unitPrice'>[], currency: string): { total: Money; sales: Money } {
  const scale = Math.max(minorDigits(currency), ...lines.map(({ unitPrice }) => fractionDigits(unitPrice)));
  let total = 0n;
  let sales = 0n;
  for (const { quantity, unitPrice } of lines) {
    const amount = BigInt(quantity) * scaled(unitPrice, scale);
    total += amount;
    if (quantity > 0 && amount > 0n) sales += amount;
  }
  const divisor = 10n ** BigInt(scale - minorDigits(currency));
  return { total: { amountMinor: rounded(total, divisor), currency }, sales: { amountMinor: rounded(sales, divisor), currency } };
}

function fractionDigits(decimal: string): number {
  const dot = decimal.indexOf('.');
  return dot < 0 ? 0 : decimal.length - dot - 1;
}

function scaled(decimal: string, scale: number): bigint {
  return BigInt(decimal.replace('.', '') + '0'.repeat(scale - fractionDigits(decimal)));
}

function rounded(amount: bigint, divisor: bigint): number {
  const sign = amount < 0n ? -1n : 1n;
  const minor = Number((sign * ((amount * sign * 2n + divisor) / (divisor * 2n))).toString());
  if (!Number.isSafeInteger(minor)) throw new RangeError('an amount of money beyond 2^53 minor units');
  return minor === 0 ? 0 : minor;
}
