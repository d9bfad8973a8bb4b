/** The parts of kafkajs 2.2.4 below its consumer: assigning partitions without a group is not in its public face. */
declare module 'kafkajs/src/cluster' {
  import type { Socket } from 'node:net';
  export type Connection = {
    readonly requestQueue: {
      push(request: {
        readonly entry: {
          readonly apiKey: number;
          readonly apiVersion: number;
          readonly apiName: string;
          readonly correlationId: number;
          readonly resolve: (answer: { readonly payload: Buffer }) => void;
          readonly reject: (error: unknown) => void;
        };
        readonly expectResponse: boolean;
        readonly requestTimeout: number | null;
        readonly sendRequest: () => void;
      }): void;
    };
    readonly socket: Socket;
    authenticate(): Promise<void>;
    nextCorrelationId(): number;
  };
  export type Broker = {
    readonly connectionPool: { getConnection(index?: number): Promise<Connection> };
  };
  export default class Cluster {
    constructor(options: object);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findGroupCoordinator(group: { readonly groupId: string; readonly coordinatorType: number }): Promise<Broker>;
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
declare module 'kafkajs/src/loggers' {
  export function createLogger(options: { readonly level: number; readonly logCreator: unknown }): unknown;
}
declare module 'kafkajs/src/network/socketFactory' {
  import type { ISocketFactory } from 'kafkajs';
  export default function socketFactory(): ISocketFactory;
}
declare module 'kafkajs/src/producer/eosManager' {
  import type { Broker } from 'kafkajs/src/cluster';
  export type EosManager = {
    initProducerId(): Promise<void>;
    getProducerId(): string;
    getProducerEpoch(): number;
    beginTransaction(): void;
    addPartitionsToTransaction(
      topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[],
    ): Promise<void>;
    commit(): Promise<void>;
    abort(): Promise<void>;
  };
  export default function createEosManager(options: {
    readonly logger: unknown;
    /** What it uses of a cluster. */
    readonly cluster: {
      readonly retry: object;
      refreshMetadataIfNecessary(): Promise<void>;
      findGroupCoordinator(group: { readonly groupId: string; readonly coordinatorType: number }): Promise<Broker>;
    };
    readonly transactional: true;
    readonly transactionalId: string;
    readonly transactionTimeout: number;
  }): EosManager;
}
declare module 'kafkajs/src/protocol/requests/produce/v7/response' {
  export function decode(data: Buffer): Promise<unknown>;
  export function parse(data: unknown): Promise<unknown>;
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  export default function crc32C(bytes: Uint8Array): number;
}
declare module 'kafkajs/src/protocol/error' {
  export function createErrorFromCode(code: number): Error;
}
declare module 'kafkajs/src/protocol/message/compression' {
  export function lookupCodecByAttributes(attributes: number): { decompress(bytes: Buffer): Promise<Buffer> } | null;
}
declare module 'kafkajs/src/retry' {
  export default function createRetry(options: object): <T>(ask: (bail: (error: unknown) => void) => Promise<T>) => Promise<T>;
}
declare module 'kafkajs/src/utils/long' {
  const Long: { readonly fromValue: (value: string) => object };
  export default Long;
}
/** What ours is compared with in tests. */
declare module 'kafkajs/src/protocol/requests/fetch/v4/request' {
  const request: (of: object) => { encode(): Promise<{ readonly buffer: Buffer }> };
  export default request;
}
declare module 'kafkajs/src/protocol/requests/fetch/v4/response' {
  export type Message = {
    readonly offset: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: Readonly<{ [name: string]: Buffer }>;
    readonly isControlRecord: boolean;
  };
  export type Partition = { readonly partition: number; readonly lastStableOffset: string; readonly messages: readonly Message[] };
  export function decode(data: Buffer): Promise<{ readonly responses: readonly { readonly partitions: readonly Partition[] }[] }>;
}
declare module 'kafkajs/src/consumer/batch' {
  import type { Message, Partition } from 'kafkajs/src/protocol/requests/fetch/v4/response';
  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partition: Partition);
    readonly messages: readonly Message[];
    readonly messagesWithinOffset: readonly Message[];
  }
}
declare module 'kafkajs/src/protocol/recordBatch/record/v0' {
  export default function Record(record: object): { readonly buffer: Buffer };
}
declare module 'kafkajs/src/protocol/recordBatch/v0' {
  export function RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
}
