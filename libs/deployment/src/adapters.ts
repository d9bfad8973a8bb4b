import type { Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import { openJournal } from '@tsunagari/event-log-journal';
import { kafkaConfig, kafkaEventLog } from '@tsunagari/event-log-kafka';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { EventStore } from '@tsunagari/event-store';
import { eventStoreDbLog, eventStoreDbStore } from '@tsunagari/event-store-eventstoredb';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import type { Pool } from '@tsunagari/postgres';
import type { Clock, Configuration } from '@tsunagari/runtime';
import type { Running } from './contexts/context';
import { type HostName, schemaOf } from './hosting';

/** Store, log and journal as the configuration chose them. */
export type Adapters = {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  /** What fills the journal, where the log is elsewhere. */
  readonly filling: Running | null;
  /** The position of the newest fact in the store, whether or not it has reached the log. */
  readonly recorded: () => Promise<Position>;
  readonly close: () => Promise<void>;
};

export type AdaptersOptions = {
  readonly pool: Pool;
  readonly process: HostName;
  readonly clock: Clock;
  /** Told of outages of a log that is elsewhere; filling the journal goes on by itself. */
  readonly onLogError: (error: unknown) => void;
};

const CATCH_UP_MS = 20_000;

/**
 * Streams in PostgreSQL or EventStoreDB; facts shared by Kafka, else by the store itself. With the store's own table as the log it is
 * the journal as well; from anywhere else a journal is filled in the schema of the process, and the process reads what stands there.
 */
export function openAdapters(configuration: Configuration, { pool, process, clock, onLogError }: AdaptersOptions): Adapters {
  const { eventStore, kafka } = configuration;
  const [store, own] =
    eventStore.kind === 'postgres'
      ? [postgresEventStore({ pool, clock: () => new Date(clock.now()) }), postgresEventLog({ pool })]
      : [eventStoreDbStore({ connectionString: eventStore.url }), eventStoreDbLog({ connectionString: eventStore.url })];
  const recorded = (): Promise<Position> => own.head();
  if (!kafka && eventStore.kind === 'postgres')
    return {
      store,
      log: own,
      journal: postgresJournal({ pool }),
      filling: null,
      recorded,
      async close() {
        await store.close();
        await own.close();
      },
    };

  const shared = kafka ? kafkaEventLog({ kafka: kafkaConfig(kafka, `tsunagari-${process}`), namespace: kafka.namespace }) : own;
  const filled = openJournal({ pool, schema: schemaOf(process), log: shared, now: () => clock.now(), onError: onLogError });
  return {
    store,
    log: filled.log,
    journal: filled.journal,
    recorded,
    filling: {
      name: 'journal',
      async start() {
        const started = await filled.start();
        if (started.kind === 'log-differs') throw new Error(`${started.explanation} ${started.remedy}`);
      },
      stop: filled.stop,
      lagMs: filled.lagMs,
      async caughtUp() {
        const wanted = await own.head();
        const { kind, position } = await filled.waitFor(wanted, { timeoutMs: CATCH_UP_MS });
        if (kind !== 'caught-up') throw new Error(`the journal stands at ${position}, wanted ${wanted}`);
      },
    },
    async close() {
      await filled.stop();
      await store.close();
      if (shared !== own) await shared.close();
      await own.close();
    },
  };
}
