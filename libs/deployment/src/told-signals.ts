import type { SeenSignals, SignalLog } from '@tsunagari/event-log';
import { kafkaConfig, kafkaSignalLog } from '@tsunagari/event-log-kafka';
import { outboxSignalLog } from '@tsunagari/projection';
import type { Deployment } from './deployment';
import { schemaOf } from './hosting';

/** What understanding tells, as any process of the deployment reads it. */
export type ToldSignals = {
  readonly signals: SignalLog & SeenSignals;
  /** They are not in this database: they may be away while it is there. */
  readonly elsewhere: boolean;
  /** The safety net beside the hint, milliseconds, where looking costs a request to a broker. */
  readonly pollMs?: number;
};

/** What follows from signals follows at leisure; the broker holds a question back for so long while nothing is new. */
const LEISURE_MS = 5_000;

/**
 * Where projections tell is a table of the deployment's database: the process that keeps them reads it, and every other one, too, while no
 * Kafka is configured. With Kafka the others read its topic, which holds the same signals at the same positions.
 */
export function toldSignals({ configuration: { kafka }, pool, process }: Deployment): ToldSignals {
  const schema = schemaOf('understanding');
  if (kafka === undefined || schemaOf(process) === schema) return { signals: outboxSignalLog({ pool, schema }), elsewhere: false };
  const signals = kafkaSignalLog({ kafka: kafkaConfig(kafka, `tsunagari-${process}`), namespace: kafka.namespace, waitMs: LEISURE_MS });
  return { signals, elsewhere: true, pollMs: LEISURE_MS };
}
