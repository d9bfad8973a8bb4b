import { comparePositions, type Signal } from '@tsunagari/contracts';
import type { SeenSignals, SignalLog } from '@tsunagari/event-log';
import type { KafkaEventLogOptions } from './event-log';
import { readSignal } from './signal-records';
import { openTopicReader } from './topic-reader';
import { topicsOf } from './topics';

/**
 * The signals of a deployment as another process reads them: the signals topic in the order in which they became visible. States are
 * not read in an order but by key, from the compacted topic: asking for them here throws. One that was seen is found again where it was.
 */
export function kafkaSignalLog({ kafka, namespace, waitMs = 500 }: KafkaEventLogOptions): SignalLog & SeenSignals {
  const reader = openTopicReader({ kafka, topic: topicsOf(namespace).signals, waitMs });
  return {
    async read({ after, kinds, topic = 'signals', limit }) {
      if (topic !== 'signals') throw new RangeError(`states are read by key from ${topicsOf(namespace).state}`);
      const wanted = kinds && new Set(kinds);
      const { items, ...page } = await reader.read({ after, limit, from: readSignal, wanted: ({ kind }) => !wanted || wanted.has(kind) });
      return { signals: items, ...page };
    },
    head: reader.head,
    async byIds(ids, positions) {
      const wanted = new Set(ids);
      const found: Signal[] = [];
      for (const upTo of [...new Set(positions)].toSorted(comparePositions)) {
        const after = String(BigInt(upTo) - 1n);
        found.push(...(await reader.read({ after, upTo, limit: 1, from: readSignal, wanted: ({ id }) => wanted.has(id) })).items);
      }
      return found;
    },
    onAppended: reader.onAppended,
    close: reader.close,
  };
}
