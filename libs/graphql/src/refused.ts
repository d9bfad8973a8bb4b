import type { Refusal } from '@tsunagari/contracts';

/** A refusal as a member of a result union. */
export type CommandRefusedResult = Refusal & { readonly __typename: 'CommandRefused' };

export function commandRefused(refusal: Refusal): CommandRefusedResult {
  return { __typename: 'CommandRefused', ...refusal };
}
