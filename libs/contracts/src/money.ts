import { z } from 'zod';

/** An amount in the minor unit of its currency (pence, cents; JPY has no minor unit), ISO 4217. Negative for what goes back to the customer. */
export const moneySchema = z.strictObject({
  amountMinor: z.int(),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code'),
});
export type Money = z.infer<typeof moneySchema>;

/** Digits of a currency's minor unit (ISO 4217); 2 where nothing else is said. */
export function minorDigits(currency: string): number {
  return ({ JPY: 0, KRW: 0, VND: 0, CLP: 0, ISK: 0, BHD: 3, KWD: 3, OMR: 3, TND: 3, JOD: 3 } as Record<string, number>)[currency] ?? 2;
}

/** A decimal number as text, as a source wrote it: unit prices may have more digits than the minor unit. */
export const decimalSchema = z.string().regex(/^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/, 'a decimal number');
