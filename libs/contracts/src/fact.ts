import type { Position } from './position';

/** Who and what led to a fact: the chain of command → facts → decision → message. */
export type FactMeta = {
  /** Who did it: `system:<part>`, `source:<name>`, `user:<id>` or `customer:<subject>`. Never a personal value. */
  readonly actor: string;
  /** CloudEvents `source`: where the fact comes from. With `id` it is the duplicate key. */
  readonly source: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  /** Of a collected event: the four clocks of `intake.md`, ISO 8601. They are not part of the digest. */
  readonly sentAt?: string;
  readonly receivedAt?: string;
  readonly originalTimestamp?: string;
  /** Of a command's fact: HMAC of the command's body, so that a repeated idempotency key with another body is told apart. */
  readonly command?: string;
  /** Of a fact that came by a historical import. */
  readonly imported?: true;
};

/** A fact ready to be appended: checked against its contract, personal fields sealed. Made by `privacy`, never by hand. */
export type NewFact<T = unknown> = {
  /** UUID: of a command the hash of (idempotency key, number), of an intake event the hash of (source, messageId). See {@link factId}. */
  readonly id: string;
  /** `retention.<context>.<event-in-kebab-case>`, without version. */
  readonly type: string;
  readonly schema: number;
  /** The random id of the identifier under which it was seen; null for a fact of no customer. */
  readonly subject: string | null;
  readonly data: T;
  /** The JSON text of `data`, where whoever made the fact has it at hand: a store writes it as it is instead of making it again. */
  readonly json?: string;
  readonly meta: FactMeta;
  /** Business time, ISO 8601 UTC with milliseconds. */
  readonly occurred: string;
  /** Hex HMAC of the canonical plaintext: ciphertext with a fresh nonce never compares equal. */
  readonly digest: string;
};

/** A recorded fact, as the event log and the journal show it. Never rewritten. */
export type Fact<T = unknown> = Omit<NewFact<T>, 'digest' | 'json'> & {
  readonly position: Position;
  readonly stream: string;
  /** Place in its stream; the first fact has version 1. */
  readonly version: number;
  /** When the platform recorded it: never runs backwards along positions. */
  readonly recorded: string;
};

/** The order of folding: by (occurred, id). Delivery follows position, a customer's state follows this. */
export function compareForFold(a: Pick<Fact, 'occurred' | 'id'>, b: Pick<Fact, 'occurred' | 'id'>): number {
  if (a.occurred !== b.occurred) return a.occurred < b.occurred ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
