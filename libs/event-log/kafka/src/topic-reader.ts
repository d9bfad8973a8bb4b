import type { Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions, laterPosition } from '@tsunagari/contracts';
import type { KafkaConfig } from 'kafkajs';
import type { Cursor } from './cursor';
import { openCursor } from './cursor';
import { toPosition } from './fact-records';
import { openPartitions, RecordsGone } from './partitions';
import { lastRecords } from './tail';

/** A topic whose partitions carry watermarks, read in the order of positions. */
export type TopicReader = {
  /** Everything up to here can be read; `BEGINNING` when there is nothing. */
  readonly head: () => Promise<Position>;
  /** A page of what is wanted; `upTo` also advances over what is not. */
  readonly read: <T>(page: PageOf<T>) => Promise<{ readonly items: readonly T[]; readonly upTo: Position; readonly atEnd: boolean }>;
  /** Calls back soon after something was written, and once as it begins to watch; returns how to stop. */
  readonly onAppended: (listener: () => void) => () => void;
  readonly close: () => Promise<void>;
};

export type PageOf<T> = {
  readonly after: Position;
  readonly upTo?: Position | undefined;
  readonly limit: number;
  readonly from: (value: string) => T;
  readonly wanted: (item: T) => boolean;
};

export type TopicReaderOptions = {
  readonly kafka: KafkaConfig;
  readonly topic: string;
  /** How long the broker may hold back a listener's question when nothing is new, in ms. */
  readonly waitMs: number;
};

/** So many readers may go through the topic at once before they have to find their place again. */
const readers = 4;
/** A page looks at so many records at most, whatever the filter drops. */
const looksAt = 50_000;

/**
 * Merges the partitions in the order of positions up to the lowest watermark. Reads committed transactions only, in no group: it stores
 * nothing in Kafka. Memory is bounded by partition, however uneven they are.
 */
export function openTopicReader({ kafka, topic, waitMs }: TopicReaderOptions): TopicReader {
  const partitions = openPartitions({ kafka, topic });
  const cursors: Cursor[] = [];
  const listeners = new Set<() => void>();
  let watching: Promise<void> | undefined;

  /**
   * Who goes on takes the place along: one that is left behind would know the topic as it was. Who only looks at the next fact (how far
   * behind are we?) leaves the place to whoever goes on there.
   */
  const cursorAt = async (after: Position, limit: number): Promise<Cursor> => {
    const at = cursors.findIndex((cursor) => cursor.position() === after);
    if (at >= 0 && limit === 1) return cursors[at]?.copy() ?? openCursor(partitions, after);
    const [kept] = at < 0 ? [] : cursors.splice(at, 1);
    return kept ?? openCursor(partitions, after);
  };
  const keep = (cursor: Cursor): void => {
    const same = cursors.findIndex((other) => other.position() === cursor.position());
    if (same >= 0) cursors.splice(same, 1);
    cursors.push(cursor);
    if (cursors.length > readers) cursors.shift();
  };

  const tell = (): void => [...listeners].forEach((listener) => listener());
  /** A connection of its own: the broker answers a connection's requests one after the other, and these wait. */
  const watch = async (): Promise<void> => {
    const own = openPartitions({ kafka, topic });
    try {
      let next: number | undefined;
      while (listeners.size > 0)
        try {
          if (next === undefined) {
            next = (await own.ends())[0] ?? 0;
            // What was written while the end was sought, nobody would hear of.
            tell();
          }
          const [answer] = await own.fetch(new Map([[0, next]]), { waitMs });
          if (!answer || answer.next === next) continue;
          next = answer.next;
          tell();
        } catch {
          // A broker that is away has nothing new; who reads sees the error.
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
    } finally {
      await own.close();
      // Someone may have begun to listen after the last one stopped.
      watching = listeners.size > 0 ? watch() : undefined;
    }
  };

  return {
    async head() {
      const sequences = (await lastRecords(partitions, () => true)).map((record) => record?.sequence ?? '');
      // A partition that holds nothing yet is complete up to nowhere; a record of ours always has a sequence.
      return toPosition(sequences.reduce((low, sequence) => (sequence < low ? sequence : low))) || BEGINNING;
    },
    async read<T>({ after, upTo, limit, from, wanted }: PageOf<T>) {
      if (upTo !== undefined && comparePositions(after, upTo) >= 0) return { items: [], upTo: after, atEnd: true };
      const cursor = await cursorAt(after, limit);
      // Offsets of a topic that is gone mean nothing in the one that took its place.
      const lost = (error: unknown): never => {
        if (error instanceof RecordsGone) cursors.length = 0;
        throw error;
      };
      const items: T[] = [];
      for (let looked = 0; ;) {
        const { records, atEnd } = await cursor.take(limit - items.length, upTo).catch(lost);
        looked += records.length;
        for (const { value } of records) {
          const item = from(value);
          if (wanted(item)) items.push(item);
        }
        if (!atEnd && items.length < limit && looked < looksAt) continue;
        keep(cursor);
        return { items, upTo: laterPosition(after, cursor.position()), atEnd };
      }
    },
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
