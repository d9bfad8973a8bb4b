import type { FactDefinition, FactMeta, IdentifierType, NewFact, Redacted, Refusal, Sealed } from '@tsunagari/contracts';

export type Identifier = { readonly type: IdentifierType; readonly value: string };

/** The subject of an identifier. `isNew` = it was given in this call, so its `IdentifierRegistered` is due. */
export type SubjectOf =
  | { readonly kind: 'known'; readonly subject: string; readonly isNew: boolean }
  | { readonly kind: 'erased'; readonly subject: string }
  | { readonly kind: 'unknown' };

/** A fact in plain words, before it is checked and sealed. */
export type PlainFact = {
  readonly id: string;
  readonly definition: FactDefinition;
  readonly subject: string | null;
  readonly data: unknown;
  readonly meta: FactMeta;
  readonly occurred: string;
};

export type SealOutcome = { readonly kind: 'sealed'; readonly fact: NewFact } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A sealed value and the subject whose key opens it. */
export type SealedOf = { readonly subject: string; readonly sealed: Sealed };

/**
 * Subjects and their keys. Everything works in batches: one round trip for many identifiers, facts or values.
 */
export interface Keyring {
  /** The subjects of identifiers, in order; unknown ones are given one when `create` is set. Values are normalised here. */
  subjectsOf(identifiers: readonly Identifier[], options: { readonly create: boolean }): Promise<readonly SubjectOf[]>;
  /** Checks each fact against its contract, seals its personal fields with its subject's key, computes its digest. */
  seal(facts: readonly PlainFact[]): Promise<readonly SealOutcome[]>;
  /** The plain values, in order; `Redacted` where the key is gone. Only resolvers and the message dispatcher may call this. */
  open(values: readonly SealedOf[]): Promise<readonly (unknown | Redacted)[]>;
  /** Destroys the keys of these subjects. Repeating it is harmless. `CustomerErased` must stand in the log before. */
  forget(subjects: readonly string[], scope: 'keep-suppression' | 'forget-suppression'): Promise<void>;
  /** Hex HMAC of the canonical JSON of a command's body: tells a repeated idempotency key with another body apart, reveals nothing. */
  fingerprint(body: unknown): string;
  /** Which of these subjects are erased. */
  erased(subjects: readonly string[]): Promise<ReadonlySet<string>>;
}
