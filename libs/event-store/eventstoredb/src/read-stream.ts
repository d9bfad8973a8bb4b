import type { EventStoreDBClient, ReadStreamOptions as ClientReadOptions } from '@eventstore/db-client';
import { BACKWARDS, END, FORWARDS, START, StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { ReadStreamOptions, StreamState } from '@tsunagari/event-store';
import { within } from './outage';
import type { RecordedEvent } from './fact-events';
import { toFact } from './fact-events';

export type StreamHead = { readonly version: number; readonly position: Position };

/** The facts the options ask for, read at a head that is at least as old: a decision never rests on fewer facts than it says it saw. */
export async function readStream(
  client: EventStoreDBClient,
  answerWithinMs: number,
  stream: string,
  options: ReadStreamOptions = {},
): Promise<StreamState> {
  const { from, direction = 'forward', limit } = options;
  const read = (range: ClientReadOptions): Promise<Fact[]> => collect(client, answerWithinMs, stream, range);
  try {
    if (direction === 'forward' && limit === undefined) {
      const facts = await read({ direction: FORWARDS, fromRevision: from === undefined ? START : revisionOf(from) });
      const last = facts[facts.length - 1];
      if (last) return { kind: 'open', facts, lastVersion: last.version };
    }
    const [last] = await read({ direction: BACKWARDS, fromRevision: END, maxCount: 1 });
    if (!last) return { kind: 'missing' };
    const lastVersion = last.version;
    if (limit !== undefined && limit <= 0) return { kind: 'open', facts: [], lastVersion };
    const count = limit === undefined ? {} : { maxCount: limit };
    if (direction === 'backward') {
      if (from !== undefined && from < 1) return { kind: 'open', facts: [], lastVersion };
      const facts = await read({ direction: BACKWARDS, fromRevision: revisionOf(Math.min(from ?? lastVersion, lastVersion)), ...count });
      return { kind: 'open', facts, lastVersion };
    }
    if ((from ?? 1) > lastVersion) return { kind: 'open', facts: [], lastVersion };
    const facts = await read({ direction: FORWARDS, fromRevision: revisionOf(from ?? 1), ...count });
    return { kind: 'open', facts: facts.filter((fact) => fact.version <= lastVersion), lastVersion };
  } catch (error) {
    if (error instanceof StreamNotFoundError) return { kind: 'missing' };
    if (error instanceof StreamDeletedError) return { kind: 'closed' };
    throw error;
  }
}

/** The last version and position of a stream; 0 and the beginning where there is none. */
export async function streamHead(client: EventStoreDBClient, answerWithinMs: number, stream: string): Promise<StreamHead | 'closed'> {
  const state = await readStream(client, answerWithinMs, stream, { direction: 'backward', limit: 1 });
  if (state.kind === 'closed') return 'closed';
  if (state.kind === 'missing') return { version: 0, position: BEGINNING };
  return { version: state.lastVersion, position: state.facts[0]?.position ?? BEGINNING };
}

/** All of a read or none of it: a stream that breaks off or falls silent throws. From the leader, because decisions rest on it. */
async function collect(client: EventStoreDBClient, answerWithinMs: number, stream: string, range: ClientReadOptions): Promise<Fact[]> {
  const facts: Fact[] = [];
  const events = client.readStream(stream, { ...range, requiresLeader: true });
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Each event has its own time: the client sets no limit, and a long stream is no outage.
      const next = await within(answerWithinMs, iterator.next());
      if (next.done) return facts;
      if (next.value.event) facts.push(toFact(next.value.event as RecordedEvent));
    }
  } catch (error) {
    events.on('error', () => undefined);
    void events.cancel().catch(() => undefined);
    throw error;
  }
}

/** Versions count from 1, EventStoreDB's revisions from 0. */
function revisionOf(version: number): bigint {
  return BigInt(Math.max(1, version) - 1);
}
