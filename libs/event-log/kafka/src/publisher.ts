import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING, laterPosition } from '@tsunagari/contracts';
import type { KafkaConfig, Message } from 'kafkajs';
import { Kafka, Partitioners } from 'kafkajs';
import { factRecord, watermarkRecord } from './fact-records';
import { committedTail } from './tail';
import { openPartitions } from './partitions';
import { topicsOf } from './topics';

export type KafkaPublisherOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** A transaction holds so many facts at most. Default 2,000. */
  readonly batchFacts?: number;
  /** … and so many bytes of values. Default 1 MB. */
  readonly batchBytes?: number;
};

/** Writes facts to the topic in the order of positions, each batch with its watermarks in one transaction. One call at a time. */
export type KafkaPublisher = {
  /**
   * Takes over from whoever published before: aborts what it left open and fences it. Answers the position up to which the topic
   * is complete; publishing goes on after it.
   */
  readonly takeOver: () => Promise<Position>;
  /** Throws when another publisher has taken over, or when Kafka is away; what was not committed is then aborted. */
  readonly publish: (facts: readonly Fact[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

export function kafkaPublisher(options: KafkaPublisherOptions): KafkaPublisher {
  const { namespace, batchFacts = 2_000, batchBytes = 1_000_000 } = options;
  const topic = topicsOf(namespace).facts;
  const producer = new Kafka(options.kafka).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: `${namespace}.relay`,
    transactionTimeout: 10_000,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // After a commit the broker answers "concurrent transactions" for a moment; with the default of 300 ms p99 is 0.8 s.
    retry: { initialRetryTime: 10, retries: 12 },
  });
  const partitions = openPartitions(options.kafka, topic);
  let count = 0;

  const inTransaction = async (messages: Message[], last: Position): Promise<void> => {
    const transaction = await producer.transaction();
    try {
      const watermarks = Array.from({ length: count }, (_, partition) => watermarkRecord(last, partition));
      await transaction.send({ topic, messages: [...messages, ...watermarks], acks: -1 });
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  };

  return {
    async takeOver() {
      await producer.connect();
      count = await partitions.count();
      // The first transaction takes the producer's epoch, which ends what a dead relay left open.
      await (await producer.transaction()).abort();
      const tails = await committedTail(partitions);
      return tails.reduce(laterPosition, BEGINNING);
    },
    async publish(facts) {
      let batch: Message[] = [];
      let bytes = 0;
      for (const [at, fact] of facts.entries()) {
        const record = factRecord(fact);
        batch.push(record);
        bytes += record.value?.length ?? 0;
        if (batch.length < batchFacts && bytes < batchBytes && at < facts.length - 1) continue;
        await inTransaction(batch, fact.position);
        batch = [];
        bytes = 0;
      }
    },
    async close() {
      await producer.disconnect();
      await partitions.close();
    },
  };
}
