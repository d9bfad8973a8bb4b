import type { Admin, Kafka } from 'kafkajs';
import { ConfigSource } from 'kafkajs';
import { reasonOf, whatToSet } from './what-to-set';

export type Topics = { readonly facts: string; readonly signals: string; readonly state: string };

/** Never changed for a topic that holds facts: a key would move to another partition. Create `.v2` and replay. */
export const PARTITIONS = 24;

/** The topics of a deployment: deployments that share a cluster have namespaces of their own. */
export function topicsOf(namespace: string): Topics {
  return { facts: `${namespace}.facts.v1`, signals: `${namespace}.signals.v1`, state: `${namespace}.state.v1` };
}

const settings: Readonly<Record<keyof Topics, Readonly<Record<string, string>>>> = {
  facts: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
  signals: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
  state: { 'cleanup.policy': 'compact', 'delete.retention.ms': String(7 * 86_400_000) },
};
const kinds = Object.keys(settings) as (keyof Topics)[];
const settleForMs = 30_000;
const notYet = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);
/** kafkajs' ConfigResourceTypes.TOPIC */
const topicResource = 2;

export type EnsureTopics = {
  readonly kafka: Kafka;
  readonly namespace: string;
  /** Default: the broker's. */
  readonly replicationFactor?: number;
};

/** `made`: it was missing. `mended`: it had other settings. `right`: nothing was to be done. */
export type EnsuredTopic = { readonly name: string; readonly outcome: 'made' | 'mended' | 'right' };

/** The topics cannot be what they must be; the message says what is in the way. */
export class TopicsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TopicsError';
  }
}

/**
 * Creates what is missing with the settings facts need, and sets them again on what is there.
 * @throws TopicsError when a topic has another number of partitions (order by key would be lost), or Kafka does not answer or refuses.
 */
export async function ensureTopics({ kafka, namespace, replicationFactor = -1 }: EnsureTopics): Promise<readonly EnsuredTopic[]> {
  const topics = topicsOf(namespace);
  const admin = kafka.admin();
  try {
    await admin.connect();
    const before = new Set(await admin.listTopics());
    const missing = kinds.filter((kind) => !before.has(topics[kind]));
    if (missing.length > 0)
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map((kind) => ({
          topic: topics[kind],
          numPartitions: PARTITIONS,
          replicationFactor,
          configEntries: entriesOf(kind),
        })),
      });
    await eventually(() => checkPartitions(admin, topics));
    const mended = await eventually(() => mend(admin, topics));
    return kinds.map((kind) => ({
      name: topics[kind],
      outcome: !before.has(topics[kind]) ? 'made' : mended.has(kind) ? 'mended' : 'right',
    }));
  } catch (error) {
    throw error instanceof TopicsError ? error : new TopicsError(explained(error), { cause: error });
  } finally {
    await admin.disconnect();
  }
}

/** A topic that was just made is not known to every broker at once, nor are its leaders: asks again for a while. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + settleForMs; ; await new Promise((resolve) => setTimeout(resolve, 50)))
    try {
      return await ask();
    } catch (error) {
      const type = error instanceof Error && 'type' in error ? error.type : undefined;
      if (!notYet.has(String(type)) || performance.now() > until) throw error;
    }
}

async function checkPartitions(admin: Admin, topics: Topics): Promise<void> {
  const found = await admin.fetchTopicMetadata({ topics: Object.values(topics) });
  const wrong = found.topics.find(({ partitions }) => partitions.length !== PARTITIONS);
  if (wrong)
    throw new TopicsError(
      `topic ${wrong.name} has ${wrong.partitions.length} partitions, not ${PARTITIONS}, and keys would move if that changed: choose another ` +
        'KAFKA_NAMESPACE, or delete the topic if it holds nothing that is needed',
    );
}

function entriesOf(kind: keyof Topics): { readonly name: string; readonly value: string }[] {
  return Object.entries(settings[kind]).map(([name, value]) => ({ name, value }));
}

/** Sets right what differs; settings that are none of ours stay. */
async function mend(admin: Admin, topics: Topics): Promise<ReadonlySet<keyof Topics>> {
  const asked = kinds.map((kind) => ({ type: topicResource, name: topics[kind] }));
  const { resources: described } = await admin.describeConfigs({ resources: asked, includeSynonyms: false });
  const mended = new Set<keyof Topics>();
  for (const kind of kinds) {
    const now = described.find(({ resourceName }) => resourceName === topics[kind])?.configEntries ?? [];
    if (entriesOf(kind).every(({ name, value }) => now.find((entry) => entry.configName === name)?.configValue === value)) continue;
    const others = now
      .filter(({ configName, configSource }) => configSource === ConfigSource.TOPIC_CONFIG && !(configName in settings[kind]))
      .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
    const configEntries = [...others, ...entriesOf(kind)];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: topicResource, name: topics[kind], configEntries }] });
    mended.add(kind);
  }
  return mended;
}

function explained(error: unknown): string {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors))
    return `Kafka refuses: ${error.errors.map((each) => reasonOf(each)).join('; ')}`;
  return `Kafka does not answer, or refuses: ${reasonOf(error)}. ${whatToSet(error)}.`;
}
