import type { Signal } from '@tsunagari/contracts';
import type { SignalLog } from '@tsunagari/event-log';
import { kafkaConfig, kafkaSignalPublisher } from '@tsunagari/event-log-kafka';
import { createSignalRelay } from '@tsunagari/event-log-relay';
import { type Pool, postgresLease } from '@tsunagari/postgres';
import { outboxSignalLog } from '@tsunagari/projection';
import type { Configuration } from '@tsunagari/runtime';
import type { Running } from './contexts/context';

export type SignalsOptions = {
  readonly pool: Pool;
  /** Where the outbox of the projections is. */
  readonly schema: string;
  readonly kafka: NonNullable<Configuration['kafka']>;
  readonly process: string;
  readonly onError: (run: string, error: unknown) => void;
};

/** They follow what is known at leisure: a lease and a look seldom enough to cost an idle process next to nothing. */
const LEASE_MS = 4_000;
const POLL_MS = 5_000;

/** What the projections of this process tell, on its way to Kafka: signals in order, states by customer. One run a topic. */
export function signalRuns(options: SignalsOptions): readonly Running[] {
  const outbox = outboxSignalLog({ pool: options.pool, schema: options.schema });
  return (['signals', 'state'] as const).map((topic) => relayed(outbox, topic, options));
}

function relayed(signals: SignalLog, topic: Signal['topic'], { pool, kafka, process, onError }: SignalsOptions): Running {
  const name = `${topic} to Kafka`;
  const publisher = kafkaSignalPublisher({ kafka: kafkaConfig(kafka, `tsunagari-${process}`), namespace: kafka.namespace, topic });
  const relay = createSignalRelay({
    signals,
    topic,
    publisher,
    lease: postgresLease({ pool, name: `${topic} ${kafka.namespace}`, leaseMs: LEASE_MS }),
    durable: () => flushed(pool),
    onError: (error) => onError(name, error),
    pollMs: POLL_MS,
  });
  return {
    name,
    start: async () => relay.start(),
    // The outbox stops to listen with the last of them.
    async stop() {
      await relay.stop();
      await publisher.close();
    },
    lagMs: async () => (await relay.status()).lagMs,
    // What is told follows what is known: nobody waits here for it.
    caughtUp: async () => undefined,
  };
}

/** A commit that waits for the disk: what was committed before it is on the disk then, too. */
async function flushed(pool: Pool): Promise<void> {
  await pool.query('begin; set local synchronous_commit = on; select pg_current_xact_id(); commit');
}
