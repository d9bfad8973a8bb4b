import { moneySchema, refusal, type Money, type Refusal } from '@tsunagari/contracts';

/** Money as the graph shows it. */
export function moneyOut({ amountMinor, currency }: Money): { amountMinor: string; currency: string } {
  return { amountMinor: String(amountMinor), currency };
}

/** Money as a caller writes it; `INVALID_FIELD` names the part that is none. */
export function moneyIn(input: { readonly amountMinor: string; readonly currency: string }, field: string): Money | Refusal {
  if (!/^-?\d{1,15}$/.test(input.amountMinor))
    return refusal('INVALID_FIELD', `${field}.amountMinor`, 'amountMinor is a whole number of at most 15 digits, in the minor unit');
  const money = moneySchema.safeParse({ amountMinor: Number(input.amountMinor), currency: input.currency });
  return money.success ? money.data : refusal('INVALID_FIELD', `${field}.currency`, 'currency is an ISO 4217 code');
}
