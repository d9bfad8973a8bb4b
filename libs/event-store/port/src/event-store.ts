import type { Fact, NewFact, Position } from '@tsunagari/contracts';

/** What the caller believes of a stream: `none` = it does not exist, `{exact: n}` = its last version is n, `exists`, `any`. */
export type ExpectedVersion = 'none' | 'exists' | 'any' | { readonly exact: number };

/** Facts for **one** stream, appended together or not at all. An empty list is a no-op. */
export type Append = {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly facts: readonly NewFact[];
};

/**
 * What became of one append. Expected outcomes are values; an unreachable database, a closed store or a bug throws.
 * - `appended`: the facts stand at these versions and positions. `duplicate`: they stood there before, this call changed nothing.
 * - `conflict`: the stream is not what the caller believed. `actual` is its last version, 0 = missing.
 * - `closed`: the stream is tombstoned; its id is never used again.
 * - `mismatch`: an id is known with other content, in another stream, or only some of the ids are known (`IDEMPOTENCY_MISMATCH`).
 * - `refused`: the facts break a limit of the store (too large).
 * - `overloaded`: the queue is full; nothing was written; try again later.
 */
export type AppendOutcome =
  | { readonly kind: 'appended'; readonly version: number; readonly position: Position; readonly duplicate: boolean }
  | { readonly kind: 'conflict'; readonly actual: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'mismatch'; readonly ids: readonly string[] }
  | { readonly kind: 'refused'; readonly field: string; readonly rule: string }
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number };

export type ReadStreamOptions = {
  /** First version to read, inclusive; by default the first (forward) or the last (backward). */
  readonly from?: number;
  readonly direction?: 'forward' | 'backward';
  /** At most so many facts; by default all. */
  readonly limit?: number;
};

export type StreamState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly facts: readonly Fact[]; readonly lastVersion: number };

/**
 * Where a decision is made consistent: streams with an expected version.
 *
 * Promised by every adapter (one contract suite): an append to one stream is atomic; the four expectations hold under any
 * concurrency; a conflict names the actual version; positions strictly increase in commit order; an append with `none` or `exact`
 * is idempotent by the facts' ids; streams read forward and backward; an empty append is a no-op; a tombstoned id stays closed.
 *
 * **Not promised**, because EventStoreDB cannot: dense positions, ids unique over all streams, detection of a changed payload,
 * idempotency of `any`. No code outside an adapter may rely on them; the journal has `unique (id)`.
 */
export interface EventStore {
  append(append: Append): Promise<AppendOutcome>;
  /** Independent appends, in order: each succeeds or fails alone. The way to write many. Outcomes stand in the order of the input. */
  appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]>;
  readStream(stream: string, options?: ReadStreamOptions): Promise<StreamState>;
  /** Whole streams, by name: for a page of things, so that it costs no read each. Every stream is of one moment, not all of the same. */
  readStreams(streams: readonly string[]): Promise<ReadonlyMap<string, StreamState>>;
  /** Closes a stream for ever. Its facts stay readable through the log. */
  tombstone(stream: string, expected: ExpectedVersion): Promise<AppendOutcome>;
  /** Finishes what was accepted, refuses what comes after. */
  close(): Promise<void>;
}
