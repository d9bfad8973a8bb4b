import type { CustomerErased, FactDefinition, FactMeta, IdentifierType, NewFact, Redacted, Refusal, Sealed } from '@tsunagari/contracts';

export type Identifier = { readonly type: IdentifierType; readonly value: string };

/**
 * The subject of an identifier. `isNew` = its `IdentifierRegistered` is due: it was given just now, or by somebody who died before
 * the fact was recorded. It stays so until {@link Keyring.registered} is told, so two callers may see it at once; the fact's id is
 * `registrationFactId(subject)`, which makes the second append harmless.
 */
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

/**
 * A sealed value and the subject whose key opens it. Who says where the value belongs gets `Redacted` when it was sealed for
 * another type or field of the same subject.
 */
export type SealedOf = {
  readonly subject: string;
  readonly sealed: Sealed;
  readonly of?: { readonly type: string; readonly field: string };
};

/** What an erasure covers: the data of `CustomerErased`. */
export type Erasure = Pick<CustomerErased, 'subjects' | 'scope'>;

/**
 * Subjects and their keys. Everything works in batches: one round trip for many identifiers, facts or values.
 */
export interface Keyring {
  /** The subjects of identifiers, in order; unknown ones are given one when `create` is set. Values are normalised here. */
  subjectsOf(identifiers: readonly Identifier[], options: { readonly create: boolean }): Promise<readonly SubjectOf[]>;
  /** The `IdentifierRegistered` of these subjects stand in the store. */
  registered(subjects: readonly string[]): Promise<void>;
  /** Checks each fact against its contract, seals its personal fields with its subject's key, computes its digest. */
  seal(facts: readonly PlainFact[]): Promise<readonly SealOutcome[]>;
  /** The plain values, in order; `Redacted` where the key is gone. Only resolvers and the message dispatcher may call this. */
  open(values: readonly SealedOf[]): Promise<readonly (unknown | Redacted)[]>;
  /** Destroys the keys of these subjects. Repeating it is harmless. `CustomerErased` must stand in the log before. */
  forget(subjects: readonly string[], scope: Erasure['scope']): Promise<void>;
  /** Hex HMAC of the canonical JSON of a command's body: tells a repeated idempotency key with another body apart, reveals nothing. */
  fingerprint(body: unknown): string;
  /** At every start, also after a restore: forgets again what the log says was erased. Returns how many keys were still alive. */
  forgetAgain(erasures: { readonly erasedSubjects: readonly Erasure[] }): Promise<number>;
  /** Which of these subjects are erased. Asks the database, not the cache. */
  erased(subjects: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Seals what belongs to no subject yet (quarantined bodies) under a key that is thrown away after a time. */
export interface ExpiringKeyring {
  /** Readable for at least `ttlDays` days, at most one more, in order. `ttlDays` is 1…3650, else throws. */
  sealExpiring(bodies: readonly (string | Uint8Array)[], ttlDays: number): Promise<readonly string[]>;
  /** The bodies, in order; `Redacted` once the key is gone. */
  openExpiring(sealed: readonly string[]): Promise<readonly (Uint8Array | Redacted)[]>;
  /** Destroys the keys whose time is over. Returns how many. Run it once a day. */
  expireKeys(now: Date): Promise<number>;
}
