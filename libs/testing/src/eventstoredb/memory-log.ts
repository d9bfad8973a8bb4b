import { randomUUID } from 'node:crypto';

/** One recorded event as EventStoreDB keeps it: revisions count from 0, `created` is in ticks of 100 ns since 1970. */
export type StoredEvent = {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly created: bigint;
};

export type ProposedEvent = Pick<StoredEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** A number is a revision. */
export type ExpectedRevision = 'any' | 'no-stream' | 'stream-exists' | number;

export type Written =
  | { readonly kind: 'written'; readonly revision: number; readonly position: bigint }
  | { readonly kind: 'wrong-version'; readonly current: number | undefined }
  | { readonly kind: 'deleted' };

type Stream = { readonly events: StoredEvent[]; tombstoned: boolean };

const nothing = new Uint8Array();
/** EventStoreDB remembers this many of the latest ids; only these make a repeated append with `any` harmless. */
const remembered = 10_000;

/**
 * The streams and the one log of an EventStoreDB node, in memory, with its rules: expected revisions, idempotency by event id (exact
 * for a revision or `no-stream`, best effort for the others), tombstones that stay, system events among the others, positions with gaps.
 */
export class MemoryLog {
  readonly events: StoredEvent[] = [];
  private readonly streams = new Map<string, Stream>();
  private readonly recent = new Map<string, StoredEvent>();
  private readonly listeners = new Set<() => void>();
  private next: bigint;

  /** A node's log begins with records of its own, so the first event of a client never stands at position 0. */
  constructor(firstPosition = 250n) {
    this.next = firstPosition;
    this.record('$node', [{ id: '00000000-0000-4000-8000-000000000001', type: '$epoch-information', contentType: 'application/json' }]);
  }

  stream(name: string): readonly StoredEvent[] | 'tombstoned' | undefined {
    const stream = this.streams.get(name);
    return stream?.tombstoned ? 'tombstoned' : stream?.events;
  }

  /** Index of the first event after a position in the whole log. */
  indexAfter(position: bigint): number {
    let low = 0;
    for (let high = this.events.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((this.events[middle] as StoredEvent).position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  append(name: string, expected: ExpectedRevision, proposed: readonly ProposedEvent[]): Written {
    const stream = this.streams.get(name);
    if (stream?.tombstoned) return { kind: 'deleted' };
    const current = stream && stream.events.length > 0 ? stream.events.length - 1 : undefined;
    const wrong: Written = { kind: 'wrong-version', current };
    if (expected === 'stream-exists' && current === undefined) return wrong;
    if (expected === 'any' || expected === 'stream-exists') {
      const known = proposed.map(({ id }) => this.recent.get(id)).filter((event) => event?.stream === name) as StoredEvent[];
      if (proposed[0] && known[0]?.id === proposed[0].id) return known.length === proposed.length ? answer(known) : wrong;
      return answer(this.record(name, proposed));
    }
    const last = expected === 'no-stream' ? -1 : expected;
    if (last === (current ?? -1)) return answer(this.record(name, proposed));
    const stands = proposed.map(({ id }, index) => stream?.events[last + 1 + index]?.id === id);
    if (stands.length > 0 && stands.every(Boolean)) return answer((stream as Stream).events.slice(last + 1, last + 1 + proposed.length));
    return wrong;
  }

  tombstone(name: string, expected: ExpectedRevision): Written {
    const stream = this.streams.get(name) ?? this.create(name);
    if (stream.tombstoned) return { kind: 'deleted' };
    const current = stream.events.length > 0 ? stream.events.length - 1 : undefined;
    const holds =
      expected === 'any' ||
      (expected === 'no-stream' && current === undefined) ||
      (expected === 'stream-exists' && current !== undefined) ||
      expected === current;
    if (!holds) return { kind: 'wrong-version', current };
    const id = `00000000-0000-4000-9000-${String(this.events.length).padStart(12, '0')}`;
    const [record] = this.record(`$deleted-${name}`, [{ id, type: '$streamDeleted', contentType: 'application/json' }]);
    stream.tombstoned = true;
    return { kind: 'written', revision: current ?? 0, position: (record as StoredEvent).position };
  }

  /** Many events nobody asked for, cheaply: they share their bytes, and nobody is woken by them. */
  fill(name: string, type: string, count: number): void {
    const { events } = this.streams.get(name) ?? this.create(name);
    const [id, contentType, data, metadata, created] = [randomUUID(), 'application/json', Buffer.from('{}'), nothing, now()];
    for (let revision = events.length; count > 0; revision++, count--) {
      const event = { position: this.next, stream: name, revision, id, type, contentType, data, metadata, created };
      this.next += 122n;
      events.push(event);
      this.events.push(event);
    }
  }

  onAppended(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private record(name: string, proposed: readonly (Omit<ProposedEvent, 'data' | 'metadata'> & Partial<ProposedEvent>)[]): StoredEvent[] {
    const { events } = this.streams.get(name) ?? this.create(name);
    const created = now();
    const recorded: StoredEvent[] = [];
    for (const { id, type, contentType, data = nothing, metadata = nothing } of proposed) {
      const event = { position: this.next, stream: name, revision: events.length, id, type, contentType, data, metadata, created };
      this.next += BigInt(120 + data.length + metadata.length);
      events.push(event);
      this.events.push(event);
      recorded.push(event);
      this.recent.set(id, event);
      if (this.recent.size > remembered) this.recent.delete(this.recent.keys().next().value as string);
    }
    for (const listener of [...this.listeners]) listener();
    return recorded;
  }

  private create(name: string): Stream {
    const stream: Stream = { events: [], tombstoned: false };
    this.streams.set(name, stream);
    return stream;
  }
}

function now(): bigint {
  return BigInt(Date.now()) * 10_000n;
}

function answer(events: readonly StoredEvent[]): Written {
  const last = events[events.length - 1] as StoredEvent;
  return { kind: 'written', revision: last.revision, position: last.position };
}
