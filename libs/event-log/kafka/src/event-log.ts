import type { EventLog, LogPage, LogRead } from '@tsunagari/event-log';
import type { KafkaConfig } from 'kafkajs';
import { readFact, readUnparsed } from './fact-records';
import { openTopicReader } from './topic-reader';
import { topicsOf } from './topics';

export type KafkaEventLogOptions = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  /** How long the broker may hold back a listener's question when nothing is new, in ms. Default 500. */
  readonly waitMs?: number;
};

/** The log over the facts topic: its partitions merged in the order of positions up to the lowest watermark. */
export function kafkaEventLog({ kafka, namespace, waitMs = 500 }: KafkaEventLogOptions): EventLog {
  const topic = openTopicReader({ kafka, topic: topicsOf(namespace).facts, waitMs });

  const read = async <F extends { readonly type: string }>(
    { types, ...page }: LogRead,
    from: (value: string) => F,
  ): Promise<LogPage<F>> => {
    const of = types && new Set(types);
    const { items, ...rest } = await topic.read({ ...page, from, wanted: ({ type }) => !of || of.has(type) });
    return { facts: items, ...rest };
  };

  return {
    head: topic.head,
    read: (page) => read(page, readFact),
    readUnparsed: (page) => read(page, readUnparsed),
    onAppended: topic.onAppended,
    close: topic.close,
  };
}
