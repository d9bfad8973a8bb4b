import type { KafkaConfig } from 'kafkajs';
import { openCluster } from './cluster';
import { fetch, type Fetched } from './fetch';
import { isSignInRefused, reasonOf, whatToSet } from './what-to-set';

/** The committed records of one topic by partition and offset, without a consumer group: nobody else's coming or going disturbs. */
export type Partitions = {
  readonly count: () => Promise<number>;
  /** Where each partition's committed records end, by partition. */
  readonly ends: () => Promise<readonly number[]>;
  readonly fetch: (
    from: ReadonlyMap<number, number>,
    options?: {
      readonly waitMs?: number;
      readonly maxBytes?: number;
      /** The offsets follow on what was read before: then a topic that is not there now is no longer the one that was read. */
      readonly continues?: boolean;
    },
  ) => Promise<readonly Fetched[]>;
  readonly close: () => Promise<void>;
};

/** Below our own retries: enough to go round the list of brokers once. */
const retry = { initialRetryTime: 20, maxRetryTime: 200, retries: 2 };
const firstPauseMs = 20;
const longestPauseMs = 500;

/**
 * Records that were read, or should follow what was read, are not there: the topic was deleted and made anew, or cut. Whoever holds a
 * copy compares it with the log again; nothing was handed out.
 */
export class RecordsGone extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`the topic no longer continues what was read from it (${what}): it was made anew, or cut`, options);
    this.name = 'RecordsGone';
  }
}

/** Refusals of the broker that no waiting changes. */
const finalTypes = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
]);

export type PartitionsOptions = {
  readonly kafka: KafkaConfig;
  readonly topic: string;
  /** How long a question is asked again, with fresh metadata, while a broker is away or a partition has no leader yet, ms. Default 10,000. */
  readonly retryForMs?: number;
};

/**
 * Every question waits until each partition has a leader that answers: right after a topic is made, a broker restarts or a leadership
 * moves, some have none, and an answer without them would be a wrong one.
 */
export function openPartitions({ kafka, topic, retryForMs = 10_000 }: PartitionsOptions): Partitions {
  const { cluster } = openCluster(kafka, retry);
  const { clientId = 'tsunagari' } = kafka;
  let opened: Promise<void> | undefined;
  let closed = false;

  const open = (): Promise<void> => {
    opened ??= cluster.connect().then(() => cluster.addTargetTopic(topic));
    return opened;
  };
  const asked = new Set<Promise<unknown>>();
  const asking = <T>(ask: () => Promise<T>, continues = false): Promise<T> => {
    const answer = askAgain(ask, continues).finally(() => asked.delete(answer));
    asked.add(answer);
    return answer;
  };
  const askAgain = async <T>(ask: () => Promise<T>, continues: boolean): Promise<T> => {
    const until = performance.now() + retryForMs;
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await open();
        return await ask();
      } catch (error) {
        const type = typeOf(error);
        // A topic that was there and is not may be another one when it is there again.
        if (type === 'OFFSET_OUT_OF_RANGE' || (type === 'UNKNOWN_TOPIC_OR_PARTITION' && continues))
          throw new RecordsGone(type, { cause: error });
        if (closed || finalTypes.has(type) || isSignInRefused(error) || performance.now() + pause > until)
          throw explained(error, topic, kafka);
        opened = undefined;
        await new Promise((resolve) => setTimeout(resolve, pause));
        // It would connect again.
        if (closed) throw explained(error, topic, kafka);
        await cluster.refreshMetadata().catch(() => undefined);
      }
    }
  };
  /** All partitions of the topic, each with a leader; throws where one has none. */
  const ids = (): number[] => {
    const found = cluster.findTopicPartitionMetadata(topic);
    if (found.length === 0 || found.some(({ leader, partitionErrorCode }) => leader < 0 || partitionErrorCode !== 0))
      throw new Error(`topic ${topic} has partitions without a leader`);
    return found.map(({ partitionId }) => partitionId).sort((a, b) => a - b);
  };

  return {
    count: () => asking(async () => ids().length),
    ends: () =>
      asking(async () => {
        const wanted = ids();
        const partitions = wanted.map((partition) => ({ partition }));
        const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]);
        const ends = new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        return wanted.map((partition) => ends.get(partition) ?? raise(`partition ${partition} of ${topic} did not say where it ends`));
      }),
    fetch: (from, { waitMs = 0, maxBytes = 262_144, continues = false } = {}) =>
      asking(async () => {
        ids();
        const leaders = Object.entries(cluster.findLeaderForPartitions(topic, [...from.keys()]));
        const answers = await Promise.all(
          leaders.map(async ([nodeId, partitions]) => {
            const wanted = new Map(partitions.map((partition) => [partition, from.get(partition) ?? 0]));
            return fetch(await cluster.findBroker({ nodeId }), { clientId, topic, from: wanted, waitMs, maxBytes });
          }),
        );
        const fetched = answers.flat();
        if (fetched.length !== from.size) throw new Error(`only ${fetched.length} of ${from.size} partitions of ${topic} answered`);
        return fetched;
      }, continues),
    close: async () => {
      closed = true;
      await Promise.allSettled(asked);
      await cluster.disconnect();
    },
  };
}

function typeOf(error: unknown): string {
  return error instanceof Error && 'type' in error ? String(error.type) : '';
}

function explained(error: unknown, topic: string, { brokers }: KafkaConfig): Error {
  const at = Array.isArray(brokers) ? brokers.join(', ') : 'its brokers';
  const message =
    typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
      ? `Kafka at ${at} has no topic ${topic}: make it with \`tsunagari topics ensure\``
      : `Kafka at ${at} does not answer for topic ${topic}, or refuses: ${reasonOf(error)}. ${whatToSet(error)}.`;
  return new KafkaUnavailable(message, { cause: error });
}

/** An outage, thrown after the question was asked again and again: nothing was read, ask later. The message says what to do. */
export class KafkaUnavailable extends Error {
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.name = 'KafkaUnavailable';
  }
}

function raise(message: string): never {
  throw new Error(message);
}
