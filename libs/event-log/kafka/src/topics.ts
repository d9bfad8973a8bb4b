import type { Kafka } from 'kafkajs';
import { ConfigSource } from 'kafkajs';

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

export type EnsureTopics = {
  readonly kafka: Kafka;
  readonly namespace: string;
  /** Default: the broker's. */
  readonly replicationFactor?: number;
};

/**
 * Creates what is missing with the settings facts need, and sets them again on what is there. Throws when a topic has another
 * number of partitions: order by key would be lost.
 */
export async function ensureTopics({ kafka, namespace, replicationFactor = -1 }: EnsureTopics): Promise<Topics> {
  const topics = topicsOf(namespace);
  const kinds = Object.keys(settings) as (keyof Topics)[];
  const entries = (kind: keyof Topics) => Object.entries(settings[kind]).map(([name, value]) => ({ name, value }));
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: kinds.map((kind) => ({ topic: topics[kind], numPartitions: PARTITIONS, replicationFactor, configEntries: entries(kind) })),
    });
    const found = await admin.fetchTopicMetadata({ topics: Object.values(topics) });
    for (const { name, partitions } of found.topics)
      if (partitions.length !== PARTITIONS) throw new Error(`topic ${name} has ${partitions.length} partitions, not ${PARTITIONS}`);
    // ConfigResourceTypes.TOPIC
    const resources = kinds.map((kind) => ({ type: 2, name: topics[kind], configNames: Object.keys(settings[kind]) }));
    const { resources: described } = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const kind of kinds) {
      const now = described.find(({ resourceName }) => resourceName === topics[kind])?.configEntries ?? [];
      const own = now.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
      const differs = entries(kind).some(({ name, value }) => now.find((entry) => entry.configName === name)?.configValue !== value);
      const others = own.map(({ configName, configValue }) => ({ name: configName, value: configValue }));
      if (differs)
        await admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: 2,
              name: topics[kind],
              configEntries: [...others.filter(({ name }) => !(name in settings[kind])), ...entries(kind)],
            },
          ],
        });
    }
    return topics;
  } finally {
    await admin.disconnect();
  }
}
