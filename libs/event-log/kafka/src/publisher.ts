import type { Signal } from '@tsunagari/contracts';
import type { FactPublisher, Publisher } from '@tsunagari/event-log';
import type { KafkaConfig } from 'kafkajs';
import { factRecord } from './fact-records';
import { signalRecord, stateRecord } from './signal-records';
import { openTopicPublisher } from './topic-publisher';
import { topicsOf } from './topics';

export type KafkaPublisherOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** A transaction holds so many facts at most. Default 4,000. */
  readonly batchFacts?: number;
};

/**
 * The facts topic as a {@link FactPublisher}: each batch with its watermarks is one transaction under one transactional id per
 * namespace, so the broker refuses whoever was taken over from (INVALID_PRODUCER_EPOCH).
 */
export function kafkaPublisher({ kafka, namespace, batchFacts }: KafkaPublisherOptions): FactPublisher {
  return openTopicPublisher({
    kafka,
    topic: topicsOf(namespace).facts,
    transactionalId: `${namespace}.relay`,
    record: factRecord,
    partitionKey: ({ subject, stream }) => subject ?? stream,
    watermarks: true,
    batchRecords: batchFacts,
  });
}

/** The signals topic, or the compacted state topic, as a {@link Publisher} of what projections tell. */
export function kafkaSignalPublisher({
  kafka,
  namespace,
  topic,
}: {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  readonly topic: Signal['topic'];
}): Publisher<Signal> {
  return openTopicPublisher({
    kafka,
    topic: topicsOf(namespace)[topic],
    transactionalId: `${namespace}.${topic}`,
    record: topic === 'signals' ? signalRecord : stateRecord,
    partitionKey: ({ customer }) => customer,
    watermarks: topic === 'signals',
  });
}
