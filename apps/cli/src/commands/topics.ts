import { ensureTopics, kafkaConfig, PARTITIONS, TopicsError } from '@tsunagari/event-log-kafka';
import { readConfiguration } from '@tsunagari/runtime';
import { Kafka } from 'kafkajs';
import { answer, type Command, UsageError } from '../command';

export const topicsCommand: Command = {
  usage: 'topics ensure',
  summary: 'makes the Kafka topics of this deployment, with the settings that facts need',
  help: `Reads KAFKA_BROKERS, KAFKA_NAMESPACE and, where set, KAFKA_SSL… and KAFKA_SASL_…. What is missing is made, what has other settings is set right, what is right is left
alone: it may run at every deployment. A topic whose number of partitions differs is refused, because keys would move: exit code 1.`,
  options: { replication: { type: 'string', what: 'copies of each partition when a topic is made; by default what the brokers say' } },
  async run(call) {
    if (call.positionals.length !== 1 || call.positionals[0] !== 'ensure') throw new UsageError('say what is to be done: topics ensure');
    const copies = call.options['replication'];
    if (copies !== undefined && !/^[1-9]\d?$/.test(String(copies)))
      throw new UsageError('--replication is a number of copies from 1 to 99');
    const { kafka } = readConfiguration();
    if (!kafka) throw new UsageError('KAFKA_BROKERS is not set: set it to the Kafka brokers as host:port, separated by commas');
    try {
      const topics = await ensureTopics({
        kafka: new Kafka({ ...kafkaConfig(kafka, 'tsunagari-topics'), retry: { retries: 3 } }),
        namespace: kafka.namespace,
        ...(copies === undefined ? {} : { replicationFactor: Number(copies) }),
      });
      const value = topics.map(({ name, outcome }) => ({ topic: name, partitions: PARTITIONS, outcome }));
      answer(call, value, value.map(({ topic, partitions, outcome }) => `${topic}: ${outcome}, ${partitions} partitions`).join('\n'));
      return 0;
    } catch (error) {
      if (!(error instanceof TopicsError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
};
