/** The parts of kafkajs 2.2.4 below its consumer: assigning partitions without a group is not in its public face. */
declare module 'kafkajs/src/cluster' {
  export type RawMessage = {
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: Readonly<Record<string, Buffer>>;
    readonly isControlRecord: boolean;
  };
  export type FetchedPartition = {
    readonly partition: number;
    readonly errorCode: number;
    readonly highWatermark: string;
    readonly lastStableOffset: string;
    readonly messages: RawMessage[];
    readonly abortedTransactions: unknown[];
  };
  export type Broker = {
    fetch(request: object): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
  };
  export default class Cluster {
    constructor(options: object);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    findTopicPartitionMetadata(
      topic: string,
    ): readonly { readonly partitionId: number; readonly leader: number; readonly partitionErrorCode: number }[];
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
    findBroker(node: { readonly nodeId: string }): Promise<Broker>;
    fetchTopicsOffset(
      topics: readonly object[],
    ): Promise<readonly { readonly partitions: readonly { partition: number; offset: string }[] }[]>;
  }
}
declare module 'kafkajs/src/consumer/batch' {
  import type { FetchedPartition, RawMessage } from 'kafkajs/src/cluster';
  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partition: FetchedPartition);
    readonly messages: RawMessage[];
    readonly messagesWithinOffset: RawMessage[];
  }
}
declare module 'kafkajs/src/loggers' {
  export function createLogger(options: { readonly level: number; readonly logCreator: unknown }): unknown;
}
declare module 'kafkajs/src/network/socketFactory' {
  export default function socketFactory(): unknown;
}
