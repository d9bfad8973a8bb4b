import type { EventLog, Journal } from '@tsunagari/event-log';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { EventStore } from '@tsunagari/event-store';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import type { Pool } from '@tsunagari/postgres';
import type { Clock, Configuration } from '@tsunagari/runtime';
import type { Running } from './contexts/context';
import type { HostName } from './hosting';

/** Store, log and journal as the configuration chose them. */
export type Adapters = {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly filling: Running | null;
  readonly close: () => Promise<void>;
};

export type AdaptersOptions = {
  readonly pool: Pool;
  readonly process: HostName;
  readonly clock: Clock;
  /** Told of outages of a log that is elsewhere; filling the journal goes on by itself. */
  readonly onLogError: (error: unknown) => void;
};

/** Streams in PostgreSQL; the store's own table is the log, and the journal as well. */
export function openAdapters(configuration: Configuration, { pool, clock }: AdaptersOptions): Adapters {
  if (configuration.eventStore.kind !== 'postgres' || configuration.kafka)
    throw new Error('EVENT_STORE and KAFKA_BROKERS: this version serves facts from PostgreSQL only. Leave both out.');
  const store = postgresEventStore({ pool, clock: () => new Date(clock.now()) });
  const log = postgresEventLog({ pool });
  return {
    store,
    log,
    journal: postgresJournal({ pool }),
    filling: null,
    async close() {
      await store.close();
      await log.close();
    },
  };
}
