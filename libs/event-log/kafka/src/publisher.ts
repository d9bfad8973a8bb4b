import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { FactPublisher, Tail, UnparsedFact } from '@tsunagari/event-log';
import type { KafkaConfig } from 'kafkajs';
import { factRecord, readWatermark, watermarkRecord } from './fact-records';
import { partitionOf } from './partition-of';
import { openPartitions } from './partitions';
import type { LogRecord } from './record-batch';
import { lastRecords } from './tail';
import { topicsOf } from './topics';
import type { Transactions } from './transactions';
import { openTransactions } from './transactions';

export type KafkaPublisherOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** A transaction holds so many facts at most. Default 4,000. */
  readonly batchFacts?: number;
  /** … and about so many bytes in one partition: the broker takes a batch of up to 1 MB. Default 900,000. */
  readonly partitionBytes?: number;
};

/** One transaction: facts up to `end`, by partition, with their watermarks. */
type Batch = { readonly records: ReadonlyMap<number, readonly LogRecord[]>; readonly tail: Tail; readonly end: number };

/** Lengths, headers and the like, beside key and value. */
const recordBytes = 120;

/**
 * The facts topic as a {@link FactPublisher}: each batch with its watermarks is one transaction under one transactional id per
 * namespace, so the broker refuses whoever was taken over from (INVALID_PRODUCER_EPOCH).
 */
export function kafkaPublisher(options: KafkaPublisherOptions): FactPublisher {
  const { kafka, namespace, batchFacts = 4_000, partitionBytes = 900_000 } = options;
  const topic = topicsOf(namespace).facts;
  const partitions = openPartitions({ kafka, topic });
  let transactions: Transactions | undefined;
  let count = 0;
  /** What was given to be published, and the last transaction of it. */
  let published: Position = BEGINNING;
  let writing: Promise<void> = Promise.resolve();

  /** The facts from `start` on that fit into one transaction. */
  const batch = (facts: readonly UnparsedFact[], start: number, after: Position): Batch => {
    const byPartition = Array.from({ length: count }, (): LogRecord[] => []);
    const sizes = new Array<number>(count).fill(0);
    let end = start;
    for (; end - start < batchFacts; end++) {
      const fact = facts[end];
      if (!fact) break;
      const record = factRecord(fact);
      const key = Buffer.from(record.key ?? '');
      const partition = partitionOf(key, count);
      const size = (sizes[partition] ?? 0) + key.length + Buffer.byteLength(record.value) + recordBytes;
      if (size > partitionBytes && end > start) break;
      byPartition[partition]?.push(record);
      sizes[partition] = size;
    }
    const last = facts[end - 1];
    if (!last) throw new Error('a transaction without facts');
    const tail: Tail = { position: last.position, id: last.id, previous: facts[end - 2]?.position ?? after };
    const watermark = watermarkRecord(after, tail);
    for (const records of byPartition) records.push(watermark);
    return { records: new Map(byPartition.entries()), tail, end };
  };

  return {
    async takeOver() {
      // What an owner believes of its last transaction may be wrong after an error; a new one asks.
      await transactions?.close();
      transactions = openTransactions({ kafka, topic, transactionalId: `${namespace}.relay` });
      count = await partitions.count();
      await transactions.begin();
      const watermarks = (await lastRecords(partitions, ({ isFact }) => !isFact)).flatMap((record) => (record ? [record] : []));
      const [newest] = watermarks.sort((a, b) => (a.sequence < b.sequence ? 1 : -1));
      const tail = newest && readWatermark(newest.value).tail;
      published = tail?.position ?? BEGINNING;
      writing = Promise.resolve();
      return tail;
    },
    async publish(facts) {
      if (!transactions) throw new Error('takeOver comes first');
      const { encode, write } = transactions;
      // Encoded at once: while the transaction before this one is on its way.
      for (let start = 0; start < facts.length;) {
        const { records, tail, end } = batch(facts, start, published);
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
