import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { Publisher, Tail } from '@tsunagari/event-log';
import type { KafkaConfig } from 'kafkajs';
import { readWatermark, toPosition, watermarkRecord } from './fact-records';
import { partitionOf } from './partition-of';
import { openPartitions } from './partitions';
import type { LogRecord } from './record-batch';
import { lastRecords } from './tail';
import type { Transactions } from './transactions';
import { openTransactions } from './transactions';

export type TopicPublisherOptions<R> = {
  readonly kafka: KafkaConfig;
  readonly topic: string;
  /** Its newest owner alone may publish. */
  readonly transactionalId: string;
  readonly record: (item: R) => LogRecord;
  /** What decides the partition. */
  readonly partitionKey: (item: R) => string;
  /** Whether every partition says with each transaction that it is complete up to there. A compacted topic takes no record without key. */
  readonly watermarks: boolean;
  /** A transaction holds so many records at most. Default 4,000. */
  readonly batchRecords?: number | undefined;
  /** … and about so many bytes in one partition: the broker takes a batch of up to 1 MB. Default 900,000. */
  readonly partitionBytes?: number | undefined;
};

type Placed = { readonly position: Position; readonly id: string };
/** One transaction: items up to `end`, by partition. */
type Batch = { readonly records: ReadonlyMap<number, readonly LogRecord[]>; readonly tail: Tail; readonly end: number };

/** Lengths, headers and the like, beside key and value. */
const recordBytes = 120;

/** Writes one topic in the order of positions, each batch in one transaction under one transactional id: whoever was taken over from is refused. */
export function openTopicPublisher<R extends Placed>(options: TopicPublisherOptions<R>): Publisher<R> {
  const { kafka, topic, transactionalId, watermarks, batchRecords = 4_000, partitionBytes = 900_000 } = options;
  const partitions = openPartitions({ kafka, topic });
  let transactions: Transactions | undefined;
  let count = 0;
  /** What was given to be published, and the last transaction of it. */
  let published: Position = BEGINNING;
  let writing: Promise<void> = Promise.resolve();

  /** The items from `start` on that fit into one transaction. */
  const batch = (items: readonly R[], start: number, after: Position): Batch => {
    const byPartition = Array.from({ length: count }, (): LogRecord[] => []);
    const sizes = new Array<number>(count).fill(0);
    let end = start;
    for (; end - start < batchRecords; end++) {
      const item = items[end];
      if (!item) break;
      const record = options.record(item);
      const key = Buffer.from(options.partitionKey(item));
      const partition = partitionOf(key, count);
      const size = (sizes[partition] ?? 0) + key.length + Buffer.byteLength(record.value ?? '') + recordBytes;
      if (size > partitionBytes && end > start) break;
      byPartition[partition]?.push(record);
      sizes[partition] = size;
    }
    const last = items[end - 1];
    if (!last) throw new Error('a transaction without records');
    const tail: Tail = { position: last.position, id: last.id, previous: items[end - 2]?.position ?? after };
    const watermark = watermarkRecord(after, tail);
    if (watermarks) for (const records of byPartition) records.push(watermark);
    return { records: new Map([...byPartition.entries()].filter(([, records]) => records.length > 0)), tail, end };
  };

  const tailOfTopic = async (): Promise<Tail | undefined> => {
    const records = (await lastRecords(partitions, ({ isFact }) => !isFact || !watermarks)).flatMap((record) => (record ? [record] : []));
    const [newest] = records.sort((a, b) => (a.sequence < b.sequence ? 1 : -1));
    if (!newest) return undefined;
    return watermarks ? readWatermark(newest.value).tail : { position: toPosition(newest.sequence), id: newest.id, previous: BEGINNING };
  };

  return {
    async takeOver() {
      // What an owner believes of its last transaction may be wrong after an error; a new one asks.
      await transactions?.close();
      transactions = openTransactions({ kafka, topic, transactionalId });
      // First: where the topic is missing, it says what to do.
      count = await partitions.count();
      await transactions.begin();
      const tail = await tailOfTopic();
      published = tail?.position ?? BEGINNING;
      writing = Promise.resolve();
      return tail;
    },
    async publish(items) {
      if (!transactions) throw new Error('takeOver comes first');
      const { encode, write } = transactions;
      // Encoded at once: while the transaction before this one is on its way.
      for (let start = 0; start < items.length;) {
        const { records, tail, end } = batch(items, start, published);
        const encoded = encode(records);
        writing = writing.then(() => write(encoded));
        [start, published] = [end, tail.position];
      }
      await writing;
    },
    async close() {
      await transactions?.close();
      await partitions.close();
    },
  };
}
