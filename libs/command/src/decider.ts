import type { Fact, FactDefinition, Refusal } from '@tsunagari/contracts';

/** A fact that a decision wants recorded; ids, time of recording and sealing come from the command path. */
export type DecidedFact = {
  readonly definition: FactDefinition;
  readonly subject: string | null;
  readonly data: unknown;
  /** Business time; by default the command's own time. */
  readonly occurred?: string;
};

export type Decision =
  { readonly kind: 'accepted'; readonly facts: readonly DecidedFact[] } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A fact for a decision; of no customer unless a subject is given. */
export function decided(definition: FactDefinition, data: unknown, subject: string | null = null): DecidedFact {
  return { definition, subject, data };
}

export function accept(...facts: readonly DecidedFact[]): Decision {
  return { kind: 'accepted', facts };
}

export function refuse(refusal: Refusal): Decision {
  return { kind: 'refused', refusal };
}

/**
 * `decide(command, state) → facts | refusal` and `evolve(state, fact) → state`. Pure: no I/O, no clock, no chance; time and ids
 * come in with the command. The state is folded from the command's own stream only.
 */
export type Decider<C, S> = {
  readonly initial: S;
  readonly evolve: (state: S, fact: Fact) => S;
  readonly decide: (command: C, state: S) => Decision;
};
