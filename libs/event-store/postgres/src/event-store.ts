import { BEGINNING } from '@tsunagari/contracts';
import type { Append, AppendOutcome, EventStore } from '@tsunagari/event-store';
import { StoreUnavailable } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import type { BatchLimits } from './committer';
import { Committer } from './committer';
import type { StoreLimits } from './encode';
import { DEFAULT_LIMITS, expectedNumber, isName } from './encode';
import { readStream, readStreams, streamHead } from './read-stream';
import type { Writer } from './write-batch';
import { askAgainOnOutage, readAnswer } from './write-batch';

export type PostgresEventStoreOptions = {
  readonly pool: Pool;
  /** `recorded` is the later of this clock and the last recorded moment. By default the machine's clock. */
  readonly clock?: () => Date;
  readonly limits?: Partial<StoreLimits> & {
    /** Appends that may wait for a batch; one more is answered `overloaded`. Default 16384. */
    readonly waiting?: number;
  };
  /** How much goes into one commit. Default 512 commands, 1 MB. */
  readonly batch?: Partial<BatchLimits>;
  /** How long an append is tried again while the database is away, before it throws. Default 2000. */
  readonly retryForMs?: number;
};

/** Up to so many appends in one call are someone waiting for an answer; more is an import, which must not delay the others. */
const interactiveAppends = 64;
/** Beside an import others wait for at most one of its batches, so these are kept short. */
const importBatch: BatchLimits = { commands: 512, bytes: 1_000_000, facts: 1_000 };
const defaultBatch: BatchLimits = { commands: 512, bytes: 1_000_000, facts: 4_000 };
const overloaded: AppendOutcome = { kind: 'overloaded', retryAfterMs: 250 };

/**
 * The event store over the table `events` (see {@link eventsSchema}). Beyond the port it gives dense positions, ids unique
 * over all streams, `mismatch` for a known id with another digest, and idempotency with every expectation; nothing outside may
 * rely on these. Throws `StoreUnavailable` when the database cannot be reached for longer than `retryForMs`; it recovers by itself.
 */
export function postgresEventStore(options: PostgresEventStoreOptions): EventStore {
  const { pool } = options;
  const { waiting: mayWait = 16_384, ...limits } = options.limits ?? {};
  const storeLimits: StoreLimits = { ...DEFAULT_LIMITS, ...limits };
  const writer: Writer = { pool, now: options.clock ?? (() => new Date()), retryForMs: options.retryForMs ?? 2_000 };
  const interactive = new Committer(writer, { ...defaultBatch, ...options.batch }, storeLimits);
  const imports = new Committer(writer, { ...importBatch, ...options.batch }, storeLimits);
  let closed = false;

  const refuseWhenClosed = (): void => {
    if (closed) throw new StoreUnavailable('closed', 'The event store was closed.');
  };

  const nothing = async (stream: string): Promise<AppendOutcome> => {
    const head = await streamHead(pool, stream);
    return { kind: 'appended', ...head, duplicate: false };
  };

  const add = (committer: Committer, append: Append): Promise<AppendOutcome> =>
    append.facts.length === 0 ? nothing(append.stream) : committer.add(append);

  return {
    async append(append) {
      refuseWhenClosed();
      return interactive.waiting >= mayWait ? overloaded : add(interactive, append);
    },

    async appendMany(appends) {
      refuseWhenClosed();
      const committer = appends.length <= interactiveAppends ? interactive : imports;
      // An import larger than the queue is taken when the queue is free: its caller holds it in memory anyway.
      if (committer.waiting > 0 && committer.waiting + appends.length > mayWait) return appends.map(() => overloaded);
      return Promise.all(appends.map((append) => add(committer, append)));
    },

    readStream: (stream, read) => readStream(pool, stream, read),
    readStreams: (streams) => readStreams(pool, streams),

    async tombstone(stream, expected) {
      refuseWhenClosed();
      if (!isName(stream)) return { kind: 'refused', field: 'stream', rule: 'the name of a stream' };
      const close = async (): Promise<string> => {
        const result = await pool.query<{ answer: string }>('select close_stream($1, $2, $3) as answer', [
          writer.now().toISOString(),
          stream,
          expectedNumber(expected),
        ]);
        return result.rows[0]?.answer ?? '';
      };
      return (
        readAnswer(await askAgainOnOutage(writer, close))[0] ?? { kind: 'appended', version: 0, position: BEGINNING, duplicate: false }
      );
    },

    async close() {
      closed = true;
      await Promise.all([interactive.drain(), imports.drain()]);
    },
  };
}
