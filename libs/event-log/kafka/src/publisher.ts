import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { FactPublisher, Tail } from '@tsunagari/event-log';
import type { KafkaConfig, Message, Producer } from 'kafkajs';
import { Kafka, Partitioners } from 'kafkajs';
import { factRecord, readWatermark, watermarkRecord } from './fact-records';
import { openPartitions } from './partitions';
import { lastRecords } from './tail';
import { topicsOf } from './topics';

export type KafkaPublisherOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** A transaction holds so many facts at most. Default 2,000. */
  readonly batchFacts?: number;
  /** … and so many bytes of values. Default 1 MB. */
  readonly batchBytes?: number;
};

/**
 * The facts topic as a {@link FactPublisher}: each batch with its watermarks is one transaction under one transactional id per
 * namespace, so the broker refuses whoever was taken over from (INVALID_PRODUCER_EPOCH).
 */
export function kafkaPublisher(options: KafkaPublisherOptions): FactPublisher {
  const { kafka, namespace, batchFacts = 2_000, batchBytes = 1_000_000 } = options;
  const topic = topicsOf(namespace).facts;
  const partitions = openPartitions({ kafka, topic });
  let producer: Producer | undefined;
  let count = 0;
  let published: Position = BEGINNING;

  const newProducer = (): Producer =>
    new Kafka(kafka).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      transactionalId: `${namespace}.relay`,
      transactionTimeout: 10_000,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // After a commit the broker answers "concurrent transactions" for a moment; with the default of 300 ms p99 is 0.8 s.
      retry: { initialRetryTime: 10, maxRetryTime: 500, retries: 12 },
    });

  const inTransaction = async (messages: Message[], tail: Tail): Promise<void> => {
    if (!producer) throw new Error('takeOver comes first');
    const transaction = await producer.transaction();
    try {
      const watermarks = Array.from({ length: count }, (_, partition) => watermarkRecord(published, tail, partition));
      await transaction.send({ topic, messages: [...messages, ...watermarks], acks: -1 });
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    published = tail.position;
  };

  return {
    async takeOver() {
      // What a producer believes of its last transaction may be wrong after an error; a new one asks.
      await producer?.disconnect();
      producer = newProducer();
      await producer.connect();
      count = await partitions.count();
      // The first transaction takes the producer's epoch, which ends what a dead relay left open.
      await (await producer.transaction()).abort();
      const watermarks = (await lastRecords(partitions, ({ isFact }) => !isFact)).flatMap((record) => (record ? [record] : []));
      const [newest] = watermarks.sort((a, b) => (a.sequence < b.sequence ? 1 : -1));
      const tail = newest && readWatermark(newest.value).tail;
      published = tail?.position ?? BEGINNING;
      return tail;
    },
    async publish(facts) {
      let batch: Message[] = [];
      let bytes = 0;
      for (const [at, fact] of facts.entries()) {
        const record = factRecord(fact);
        batch.push(record);
        bytes += record.value?.length ?? 0;
        if (batch.length < batchFacts && bytes < batchBytes && at < facts.length - 1) continue;
        await inTransaction(batch, { position: fact.position, id: fact.id, previous: facts[at - 1]?.position ?? published });
        batch = [];
        bytes = 0;
      }
    },
    async close() {
      await producer?.disconnect();
      await partitions.close();
    },
  };
}
