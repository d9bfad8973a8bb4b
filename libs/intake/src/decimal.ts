import { minorDigits, type Money } from '@tsunagari/contracts';

/** An exact decimal number: `units / 10^scale`. */
export type Decimal = { readonly units: bigint; readonly scale: number };

/** As `decimalSchema` of contracts, which is too slow to be asked for each line of a file. */
const DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** A decimal number as text (`-11062.06`), or null when it is none. At most 12 digits behind the point and 18 before it. */
export function parseDecimal(text: string): Decimal | null {
  if (text.length > 32 || !DECIMAL.test(text)) return null;
  const point = text.indexOf('.');
  if (point < 0) return text.length > 19 ? null : { units: BigInt(text), scale: 0 };
  const scale = text.length - point - 1;
  if (scale > 12 || point > 19) return null;
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale };
}

/** A number of JSON as the decimal that its writer meant: 27.5 is `27.5`. Null when it has an exponent or is not finite. */
export function decimalOfNumber(value: number): Decimal | null {
  return parseDecimal(String(value));
}

export function decimalText({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function plus(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return { units: a.units + b.units, scale: a.scale };
  const scale = Math.max(a.scale, b.scale);
  return { units: a.units * 10n ** BigInt(scale - a.scale) + b.units * 10n ** BigInt(scale - b.scale), scale };
}

export function times(a: Decimal, whole: number): Decimal {
  return { units: a.units * BigInt(whole), scale: a.scale };
}

export function negated(a: Decimal): Decimal {
  return { units: -a.units, scale: a.scale };
}

/** The amount in the currency's minor unit, rounded once, half away from zero. Null beyond 2^53 minor units. */
export function toMoney({ units, scale }: Decimal, currency: string): Money | null {
  const digits = minorDigits(currency);
  let minor: bigint;
  if (scale <= digits) minor = units * 10n ** BigInt(digits - scale);
  else {
    const divisor = 10n ** BigInt(scale - digits);
    const magnitude = units < 0n ? -units : units;
    const rounded = (magnitude + divisor / 2n) / divisor;
    minor = units < 0n ? -rounded : rounded;
  }
  const amountMinor = Number(minor);
  return Number.isSafeInteger(amountMinor) ? { amountMinor: amountMinor === 0 ? 0 : amountMinor, currency } : null;
}
