import type { KafkaConfig } from 'kafkajs';
import { logLevel } from 'kafkajs';
import Cluster from 'kafkajs/src/cluster';
import { createLogger } from 'kafkajs/src/loggers';
import { sockets } from './sockets';

const readCommitted = 1;

/** Below our own retries: enough to go round the list of brokers once. */
export type ClusterRetry = { readonly initialRetryTime: number; readonly maxRetryTime: number; readonly retries: number };

/** kafkajs' connections to a cluster, below its consumers and producers, and what it logs with: nothing. */
export function openCluster(kafka: KafkaConfig, retry: ClusterRetry): { readonly cluster: Cluster; readonly logger: unknown } {
  const logger = createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined });
  const cluster = new Cluster({
    connectionTimeout: 1_000,
    authenticationTimeout: 10_000,
    reauthenticationThreshold: 10_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    socketFactory: sockets,
    ...kafka,
    retry,
    allowAutoTopicCreation: false,
    isolationLevel: readCommitted,
    logger,
  });
  return { cluster, logger };
}
