export { ensureTopics, PARTITIONS, TopicsError, topicsOf } from './topics';
export type { EnsuredTopic, EnsureTopics, Topics } from './topics';
export { kafkaPublisher } from './publisher';
export type { KafkaPublisherOptions } from './publisher';
export { kafkaEventLog } from './event-log';
export type { KafkaEventLogOptions } from './event-log';
export { KafkaUnavailable, RecordsGone } from './partitions';
