import type { Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions, laterPosition } from '@tsunagari/contracts';
import type { EventLog, LogPage, LogRead } from '@tsunagari/event-log';
import type { KafkaConfig } from 'kafkajs';
import type { Cursor } from './cursor';
import { openCursor } from './cursor';
import { readFact, readUnparsed, toPosition } from './fact-records';
import { openPartitions, RecordsGone } from './partitions';
import { lastRecords } from './tail';
import { topicsOf } from './topics';

export type KafkaEventLogOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** How long the broker may hold back a listener's question when nothing is new, in ms. Default 500. */
  readonly waitMs?: number;
};

/** So many readers may go through the log at once before they have to find their place again. */
const readers = 4;
/** A page looks at so many facts at most, whatever the filter drops. */
const looksAt = 50_000;

/**
 * The log over the facts topic: its partitions merged in the order of positions up to the lowest watermark. Reads committed
 * transactions only, in no group: it stores nothing in Kafka. Memory is bounded by partition, however uneven they are.
 */
export function kafkaEventLog(options: KafkaEventLogOptions): EventLog {
  const topic = topicsOf(options.namespace).facts;
  const partitions = openPartitions({ kafka: options.kafka, topic });
  const cursors: Cursor[] = [];
  const listeners = new Set<() => void>();
  let watching: Promise<void> | undefined;

  const head = async (): Promise<Position> => {
    const sequences = (await lastRecords(partitions, () => true)).map((record) => record?.sequence ?? '');
    // A partition that holds nothing yet is complete up to nowhere; a record of ours always has a sequence.
    return toPosition(sequences.reduce((low, sequence) => (sequence < low ? sequence : low))) || BEGINNING;
  };

  /** A copy: who looks once at what comes next (how far behind are we?) does not take the place of whoever goes on there. */
  const cursorAt = (after: Position): Cursor | Promise<Cursor> =>
    cursors.findLast((cursor) => cursor.position() === after)?.copy() ?? openCursor(partitions, after);
  const keep = (cursor: Cursor): void => {
    const same = cursors.findIndex((other) => other.position() === cursor.position());
    if (same >= 0) cursors.splice(same, 1);
    cursors.push(cursor);
    if (cursors.length > readers) cursors.shift();
  };

  /** A connection of its own: the broker answers a connection's requests one after the other, and these wait. */
  const watch = async (): Promise<void> => {
    const own = openPartitions({ kafka: options.kafka, topic });
    try {
      let next: number | undefined;
      while (listeners.size > 0)
        try {
          next ??= (await own.ends())[0] ?? 0;
          const [answer] = await own.fetch(new Map([[0, next]]), { waitMs: options.waitMs ?? 500 });
          if (!answer || answer.next === next) continue;
          next = answer.next;
          for (const listener of [...listeners]) listener();
        } catch {
          // A broker that is away has nothing new; who reads sees the error.
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
    } finally {
      await own.close();
      watching = undefined;
    }
  };

  const read = async <F extends { readonly type: string }>(
    { after, limit, types, upTo }: LogRead,
    from: (value: string) => F,
  ): Promise<LogPage<F>> => {
    if (upTo !== undefined && comparePositions(after, upTo) >= 0) return { facts: [], upTo: after, atEnd: true };
    const cursor = await cursorAt(after);
    // Offsets of a topic that is gone mean nothing in the one that took its place.
    const lost = (error: unknown): never => {
      if (error instanceof RecordsGone) cursors.length = 0;
      throw error;
    };
    const wanted = types && new Set(types);
    const facts: F[] = [];
    for (let looked = 0; ;) {
      const { records, atEnd } = await cursor.take(limit - facts.length, upTo).catch(lost);
      looked += records.length;
      for (const { value } of records) {
        const fact = from(value);
        if (!wanted || wanted.has(fact.type)) facts.push(fact);
      }
      if (!atEnd && facts.length < limit && looked < looksAt) continue;
      keep(cursor);
      return { facts, upTo: laterPosition(after, cursor.position()), atEnd };
    }
  };

  return {
    head,
    read: (wanted) => read(wanted, readFact),
    readUnparsed: (wanted) => read(wanted, readUnparsed),
    onAppended(listener) {
      const own = (): void => listener();
      listeners.add(own);
      watching ??= watch();
      return () => void listeners.delete(own);
    },
    async close() {
      listeners.clear();
      await watching;
      await partitions.close();
    },
  };
}
