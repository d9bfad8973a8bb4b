import { accept, type Decider, refuse } from '@tsunagari/command';
import { purposeValueSet, refusal, type Fact, type Money, type PurposeValueSet } from '@tsunagari/contracts';

export type SetPurposeValue = {
  readonly kind: 'SetPurposeValue';
  readonly purposeId: string;
  readonly value: Money;
  readonly reason: string;
  readonly by: string;
};

/** The value that stands; null before the first. */
export type PurposeValueState = { readonly valueVersion: number; readonly value: Money } | null;

/** V(purpose): what one achieved outcome is worth to the brand, version by version. */
export const purposeValueDecider: Decider<SetPurposeValue, PurposeValueState> = {
  initial: null,

  evolve(state, fact: Fact) {
    if (fact.type !== purposeValueSet.type) return state;
    const { valueVersion, value } = fact.data as PurposeValueSet;
    return { valueVersion, value };
  },

  decide({ kind: _, ...command }, state) {
    const { value } = command;
    if (value.amountMinor < 0) return refuse(refusal('INVALID_FIELD', 'value.amountMinor', 'an outcome is worth 0 or more'));
    if (state !== null && state.value.currency !== value.currency)
      return refuse(
        refusal('MIXED_CURRENCY', 'value.currency', `the value of this purpose is in ${state.value.currency}`, 'keep the currency'),
      );
    if (state?.value.amountMinor === value.amountMinor) return accept();
    return accept({
      definition: purposeValueSet,
      subject: null,
      data: { ...command, valueVersion: (state?.valueVersion ?? 0) + 1 },
    });
  },
};
