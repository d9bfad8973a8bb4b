import type { KafkaConfig } from 'kafkajs';
import type { Broker } from 'kafkajs/src/cluster';
import createEosManager from 'kafkajs/src/producer/eosManager';
import createRetry from 'kafkajs/src/retry';
import { openCluster } from './cluster';
import { produce, produceRequest } from './produce';
import type { LogRecord } from './record-batch';
import { measureBatch, writeBatch } from './record-batch';

/** Records ready to be sent: the partitions, and a request for each broker that leads some of them. */
export type EncodedRecords = {
  readonly partitions: readonly number[];
  readonly requests: readonly { readonly nodeId: string; readonly request: Buffer }[];
};

/** Writes to one topic, one transaction after the other, under a transactional id that its newest owner alone may use. */
export type Transactions = {
  /** Takes the id over: what its owner before left open is aborted, what that one still sends is refused. */
  readonly begin: () => Promise<void>;
  /** By partition. To be written in the order of encoding: the broker counts. */
  readonly encode: (records: ReadonlyMap<number, readonly LogRecord[]>) => EncodedRecords;
  /** All of them or none. Throws when another owner has taken over, or the broker is away: then nothing more can be written. */
  readonly write: (records: EncodedRecords) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type TransactionsOptions = {
  readonly kafka: KafkaConfig;
  readonly topic: string;
  readonly transactionalId: string;
};

const abortedAfterMs = 10_000;
/** After a commit the broker answers "concurrent transactions" for a moment; with kafkajs' default of 300 ms p99 is 0.8 s. */
const retry = { initialRetryTime: 10, maxRetryTime: 500, retries: 12 };

/**
 * kafkajs' connections and its conversation with the coordinator of transactions, with our own records between them: its producer
 * groups and encodes at half the speed that the relay has to have.
 */
export function openTransactions({ kafka, topic, transactionalId }: TransactionsOptions): Transactions {
  const { cluster, logger } = openCluster(kafka, retry);
  let coordinator: Promise<Broker> | undefined;
  const owner = createEosManager({
    logger,
    cluster: {
      retry,
      refreshMetadataIfNecessary: () => cluster.refreshMetadataIfNecessary(),
      // Asked once: kafkajs asks before each of its requests. When it has moved, the request fails, and the next owner asks again.
      findGroupCoordinator: (group) => (coordinator ??= cluster.findGroupCoordinator(group)),
    },
    transactional: true,
    transactionalId,
    transactionTimeout: abortedAfterMs,
  });
  const again = createRetry(retry);
  const written = new Map<number, number>();

  const add = (partitions: readonly number[]): Promise<void> =>
    again((bail) =>
      owner
        .addPartitionsToTransaction([{ topic, partitions: partitions.map((partition) => ({ partition })) }])
        .catch((error: unknown) => (isConcurrent(error) ? Promise.reject(error) : bail(error))),
    );

  return {
    async begin() {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      await owner.initProducerId();
    },
    encode(byPartition) {
      const of = { producerId: BigInt(owner.getProducerId()), producerEpoch: owner.getProducerEpoch(), timestamp: Date.now() };
      const partitions = [...byPartition.keys()];
      // Where another leads when it is sent, it is refused, and the next owner knows better.
      const leaders = Object.entries(cluster.findLeaderForPartitions(topic, partitions));
      const requests = leaders.map(([nodeId, led]) => {
        const batches = led.map((partition) => ({ partition, batch: measureBatch(byPartition.get(partition) ?? []) }));
        const request = produceRequest(
          { clientId: kafka.clientId ?? 'kafkajs', transactionalId, topic },
          batches,
          (target, at, partition, batch) => {
            const sequence = written.get(partition) ?? 0;
            writeBatch(target, at, batch, { ...of, sequence });
            written.set(partition, (sequence + batch.records.length) % 2 ** 31);
          },
        );
        return { nodeId, request };
      });
      return { partitions, requests };
    },
    async write({ partitions, requests }) {
      await cluster.refreshMetadataIfNecessary();
      owner.beginTransaction();
      try {
        await add(partitions);
        await Promise.all(requests.map(async ({ nodeId, request }) => produce(await cluster.findBroker({ nodeId }), request)));
        await owner.commit();
      } catch (error) {
        await owner.abort().catch(() => undefined);
        throw error;
      }
    },
    close: () => cluster.disconnect(),
  };
}

function isConcurrent(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
}
