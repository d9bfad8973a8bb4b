import type { AppendExpectedRevision, EventData, EventStoreDBClient, ExpectedRevision } from '@eventstore/db-client';
import {
  ANY,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions, laterPosition } from '@tsunagari/contracts';
import type { Append, AppendOutcome, EventStore, ExpectedVersion } from '@tsunagari/event-store';
import { StoreUnavailable } from '@tsunagari/event-store';
import { Calls } from './calls';
import type { StoreLimits } from './fact-events';
import { DEFAULT_LIMITS, isName, isRefused, toEvents, toPosition } from './fact-events';
import { NoAnswer, askAgain, within } from './outage';
import { readStream, streamHead } from './read-stream';
import type { ClientOptions } from './shared-client';
import { leaseClient } from './shared-client';
import { Slots } from './slots';

export type EventStoreDbOptions = ClientOptions & {
  readonly limits?: Partial<StoreLimits> & {
    /** Appends that may wait for their turn; one more is answered `overloaded`. Default 16384. */
    readonly waiting?: number;
  };
  /** How long the server may take for one answer. Default 10000. */
  readonly answerWithinMs?: number;
  /** How long a call is tried again while the server is away, before it throws. Default 2000. */
  readonly retryForMs?: number;
};

/** One below the 16 writes at which the client begins to wait; see {@link Slots}. */
const inFlight = 15;
/** The server's own answer that it ran out of time comes a little after that time. */
const graceMs = 250;
const overloaded: AppendOutcome = { kind: 'overloaded', retryAfterMs: 250 };

/**
 * The event store over EventStoreDB (23.10 or newer). It gives what the port promises and no more; in particular, an append with `any`
 * or `exists` whose outcome got lost is not repeated by itself: it throws with `outcomeUnknown`, and appending again may leave a second
 * copy with the same ids. `duplicate` is true where it is certain: the position stood before the call; a repetition right after a start
 * may be answered as if it were new. Streams are closed by tombstones only, because deleted ones can return; a scavenge removes the
 * facts of closed streams for good, so it may run only when the journals hold them. `recorded` is the server's clock.
 * Throws `StoreUnavailable` when the server is away for longer than `retryForMs`; it recovers by itself, also to another leader.
 */
export function eventStoreDbStore(options: EventStoreDbOptions): EventStore {
  const { client, renew, release } = leaseClient(options);
  const { waiting: mayWait = 16_384, ...limits } = options.limits ?? {};
  const storeLimits: StoreLimits = { ...DEFAULT_LIMITS, ...limits };
  const answerWithinMs = options.answerWithinMs ?? 10_000;
  const retryForMs = options.retryForMs ?? 2_000;
  const slots = new Slots(inFlight);
  const calls = new Calls();
  let closed = false;
  /** The latest position known to stand. */
  let seen: Position = BEGINNING;

  const accept = async <T>(call: () => Promise<T>): Promise<T> => {
    if (closed) throw new StoreUnavailable('closed', 'The event store was closed.');
    return calls.run(call);
  };

  const asking = <T>(ask: () => Promise<T>): Promise<T> => askAgain(Date.now() + retryForMs, true, ask);

  const headOf = async (stream: string): Promise<AppendOutcome> => {
    const head = await asking(() => streamHead(client(), answerWithinMs, stream));
    return head === 'closed' ? { kind: 'closed' } : { kind: 'appended', ...head, duplicate: false };
  };

  /** A client that was not answered may write into a stream that nobody reads any more, and would go on so: another takes its place. */
  const writing = async <T>(write: (to: EventStoreDBClient) => Promise<T>): Promise<T> => {
    const to = client();
    try {
      return await within(answerWithinMs + graceMs, write(to));
    } catch (error) {
      if (error instanceof NoAnswer) await renew(to);
      throw error;
    }
  };

  const send = async (append: Append, events: readonly EventData[], until: number): Promise<AppendOutcome> => {
    const before = seen;
    // With `none` and an exact version the server compares ids first, so asking again is safe whatever became of the first try.
    const repeatable = append.expected === 'none' || typeof append.expected === 'object';
    const sent = await answered(() =>
      askAgain(until, repeatable, () =>
        // No credentials on the call: with them the client leaves batch appends for slow single ones.
        writing((to) =>
          to.appendToStream(append.stream, [...events], { expectedRevision: expectedRevision(append.expected), deadline: answerWithinMs }),
        ),
      ),
    );
    if ('kind' in sent) return sent;
    const version = Number(sent.nextExpectedRevision) + 1;
    const position = toPosition(sent.position) ?? (await positionOf(append.stream, version));
    seen = laterPosition(seen, position);
    return { kind: 'appended', version, position, duplicate: comparePositions(position, before) <= 0 };
  };

  /** Some servers do not say where an append stands that they had taken before. */
  const positionOf = async (stream: string, version: number): Promise<Position> => {
    const state = await asking(() => readStream(client(), answerWithinMs, stream, { from: version, limit: 1 }));
    const position = state.kind === 'open' ? state.facts[0]?.position : undefined;
    if (position === undefined) throw new Error(`Version ${version} of stream ${stream} was appended and cannot be read.`);
    return position;
  };

  const add = async (append: Append): Promise<AppendOutcome> => {
    const events = toEvents(append, storeLimits);
    if (isRefused(events)) return events;
    if (events.length === 0) return headOf(append.stream);
    // From here, not from its turn: who waits behind others in an outage need not wait for each of them.
    const until = Date.now() + retryForMs;
    await slots.take();
    try {
      return await send(append, events, until);
    } finally {
      slots.give();
    }
  };

  const close = async (stream: string, expected: ExpectedVersion): Promise<AppendOutcome> => {
    if (!isName(stream)) return { kind: 'refused', field: 'stream', rule: 'the name of a stream' };
    const head = await headOf(stream);
    if (head.kind !== 'appended') return head;
    // The type leaves out STREAM_EXISTS, which the client sends all the same.
    const expectedThere = expectedRevision(expected) as ExpectedRevision;
    const sent = await answered(() =>
      askAgain(Date.now() + retryForMs, false, () =>
        writing((to) => to.tombstoneStream(stream, { expectedRevision: expectedThere, deadline: answerWithinMs })),
      ),
    );
    if ('kind' in sent) return sent;
    const position = toPosition(sent.position) ?? head.position;
    seen = laterPosition(seen, position);
    return { ...head, position };
  };

  return {
    append: (append) => accept(async () => (slots.waiting >= mayWait ? overloaded : add(append))),

    appendMany: (appends) =>
      accept(async () =>
        slots.waiting > 0 && slots.waiting + appends.length > mayWait ? appends.map(() => overloaded) : inOrder(appends, add),
      ),

    readStream: (stream, read) => accept(() => asking(() => readStream(client(), answerWithinMs, stream, read))),

    readStreams: (streams) =>
      accept(
        async () =>
          new Map(
            await Promise.all(
              [...new Set(streams)].map(
                async (stream) => [stream, await asking(() => readStream(client(), answerWithinMs, stream))] as const,
              ),
            ),
          ),
      ),

    tombstone: (stream, expected) => accept(() => close(stream, expected)),

    async close() {
      closed = true;
      await calls.ended();
      await release();
    },
  };
}

/**
 * Starts the appends in their order, one at a time for each stream: a later one that succeeds while an earlier one is tried again
 * would turn the stream's order round. The first goes alone, because the client may swap the first two writes of a new batch stream.
 */
async function inOrder(appends: readonly Append[], add: (append: Append) => Promise<AppendOutcome>): Promise<AppendOutcome[]> {
  const started: Promise<AppendOutcome>[] = [];
  const lastOf = new Map<string, Promise<unknown>>();
  const window: Promise<unknown>[] = [];
  let outage = false;
  for (const [index, append] of appends.entries()) {
    await lastOf.get(append.stream);
    if (window.length >= inFlight) await window.shift();
    // The call throws anyway; the rest would only wait for the same server, one after the other.
    if (outage) break;
    const outcome = add(append);
    const settled = outcome.catch(() => (outage = true));
    started.push(outcome);
    window.push(settled);
    lastOf.set(append.stream, settled);
    if (index === 0) await settled;
  }
  // An outage is thrown once nothing is on its way any more.
  await Promise.allSettled(started);
  return Promise.all(started);
}

/** Expected outcomes as values; everything else is thrown on. */
async function answered<T extends object>(ask: () => Promise<T>): Promise<T | AppendOutcome> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof StreamDeletedError) return { kind: 'closed' };
    if (error instanceof WrongExpectedVersionError)
      return { kind: 'conflict', actual: typeof error.actualVersion === 'bigint' ? Number(error.actualVersion) + 1 : 0 };
    if (error instanceof MaxAppendSizeExceededError)
      return { kind: 'refused', field: 'facts', rule: `at most ${error.maxAppendSize} bytes in one append, says the server` };
    throw error;
  }
}

function expectedRevision(expected: ExpectedVersion): AppendExpectedRevision {
  if (expected === 'any') return ANY;
  if (expected === 'exists') return STREAM_EXISTS;
  return expected === 'none' || expected.exact === 0 ? NO_STREAM : BigInt(expected.exact - 1);
}
