import type { KafkaConfig } from 'kafkajs';
import { logLevel } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster';
import type { RawMessage } from 'kafkajs/src/cluster';
import Batch from 'kafkajs/src/consumer/batch';
import { createLogger } from 'kafkajs/src/loggers';
import socketFactory from 'kafkajs/src/network/socketFactory';

export type Record = { readonly offset: number; readonly sequence: string; readonly value: string; readonly isFact: boolean };

/** What a partition answered: `next` is where to go on, `end` where the committed records ended. */
export type Fetched = { readonly partition: number; readonly records: readonly Record[]; readonly next: number; readonly end: number };

/** The committed records of one topic by partition and offset, without a consumer group: nobody else's coming or going disturbs. */
export type Partitions = {
  readonly count: () => Promise<number>;
  /** Where each partition's committed records end, by partition. */
  readonly ends: () => Promise<readonly number[]>;
  readonly fetch: (
    from: ReadonlyMap<number, number>,
    options?: { readonly waitMs?: number; readonly maxBytes?: number },
  ) => Promise<Fetched[]>;
  readonly close: () => Promise<void>;
};

const readCommitted = 1;
const retry = { initialRetryTime: 20, retries: 8 };

export function openPartitions(config: KafkaConfig, topic: string): Partitions {
  const cluster = new Cluster({
    connectionTimeout: 1_000,
    authenticationTimeout: 10_000,
    reauthenticationThreshold: 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry,
    ...config,
    allowAutoTopicCreation: false,
    isolationLevel: readCommitted,
    socketFactory: socketFactory(),
    logger: createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined }),
  });
  let opened: Promise<void> | undefined;

  const open = (): Promise<void> => {
    opened ??= cluster
      .connect()
      .then(() => cluster.addTargetTopic(topic))
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
  /** Once more with fresh metadata: a broker that restarted or lost a leadership says so only by failing. */
  const twice = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      await open();
      return await work();
    } catch {
      opened = undefined;
      await open();
      await cluster.refreshMetadata();
      return await work();
    }
  };
  const ids = (): number[] => cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);

  return {
    count: () => twice(async () => ids().length),
    ends: () =>
      twice(async () => {
        const partitions = ids().map((partition) => ({ partition }));
        const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]);
        const ends: number[] = partitions.map(() => 0);
        for (const { partition, offset } of answer?.partitions ?? []) ends[partition] = Number(offset);
        return ends;
      }),
    fetch: (from, { waitMs = 0, maxBytes = 262_144 } = {}) =>
      twice(async () => {
        const leaders = Object.entries(cluster.findLeaderForPartitions(topic, [...from.keys()]));
        const answers = await Promise.all(
          leaders.map(async ([nodeId, partitions]) => {
            const broker = await cluster.findBroker({ nodeId });
            const wanted = partitions.map((partition) => ({ partition, fetchOffset: from.get(partition) ?? 0, maxBytes }));
            const limits = { isolationLevel: readCommitted, maxWaitTime: waitMs, minBytes: 1 };
            return (await broker.fetch({ ...limits, topics: [{ topic, partitions: wanted }] })).responses;
          }),
        );
        return answers.flat().flatMap(({ partitions }) =>
          partitions.map((answer): Fetched => {
            const start = from.get(answer.partition) ?? 0;
            const batch = new Batch(topic, String(start), answer);
            const last = batch.messagesWithinOffset.at(-1);
            return {
              partition: answer.partition,
              records: batch.messages.map(toRecord),
              next: last ? Number(last.offset) + 1 : start,
              end: Number(answer.lastStableOffset),
            };
          }),
        );
      }),
    close: async () => {
      await opened?.catch(() => undefined);
      await cluster.disconnect();
    },
  };
}

function toRecord(message: RawMessage): Record {
  const sequence = message.headers['sequence']?.toString('latin1') ?? '';
  return { offset: Number(message.offset), sequence, value: message.value?.toString('utf8') ?? '', isFact: message.key !== null };
}
