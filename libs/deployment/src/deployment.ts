import { commandPath, type CommandPath } from '@tsunagari/command';
import type { EventLog, Journal } from '@tsunagari/event-log';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { EventStore } from '@tsunagari/event-store';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import {
  createDataSource,
  createPool,
  migrate,
  runningServerUrl,
  startEmbeddedServer,
  type Pool,
  type SupervisorNotice,
} from '@tsunagari/postgres';
import { postgresKeyring, type ExpiringKeyring, type Keyring } from '@tsunagari/privacy';
import { clockOf, loadOrCreateSecrets, type Clock, type Configuration, type Secrets } from '@tsunagari/runtime';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { schemas } from './schemas';

/** An open deployment: the adapters that its configuration chose, all on one database. */
export type Deployment = {
  readonly configuration: Configuration;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly databaseUrl: string;
  /** Whether this process supervises the PostgreSQL itself. */
  readonly embedded: boolean;
  readonly pool: Pool;
  /** TypeORM on that pool, for operators' reads: it knows the entities of all {@link schemas}. */
  readonly dataSource: DataSource;
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly keyring: Keyring & ExpiringKeyring;
  readonly path: CommandPath;
  /** Finishes what was accepted, then lets go of the database; an embedded server that this process started stops. */
  readonly close: () => Promise<void>;
};

export type OpenOptions = {
  /**
   * `own`: this process is the platform and supervises the embedded server; a second one on the folder is refused.
   * `join`: a tool beside it; uses the server that runs, or starts it for the time being.
   */
  readonly role: 'own' | 'join';
  readonly onNotice?: (notice: SupervisorNotice | { readonly kind: 'connection-lost'; readonly error: Error }) => void;
};

/** Folder of the embedded PostgreSQL below the deployment's home. */
export function serverFolder(configuration: Configuration): string {
  return path.join(configuration.home, 'postgres');
}

/**
 * Opens the deployment that the configuration names and brings its schemas up.
 * @throws SupervisorError when the embedded server cannot start (its message says what to do), or the database's own error.
 */
export async function openDeployment(configuration: Configuration, options: OpenOptions): Promise<Deployment> {
  const secrets = loadOrCreateSecrets(configuration.home);
  const clock = clockOf(configuration);
  const notice = options.onNotice ?? (() => undefined);
  const server = await databaseOf(configuration, options);
  let closing = false;
  const pool = createPool({
    url: server.url,
    max: 16,
    onConnectionLost: (error) => (closing ? undefined : notice({ kind: 'connection-lost', error })),
  });
  let dataSource: DataSource;
  try {
    await migrate(pool, ...schemas);
    dataSource = await createDataSource(pool, ...schemas);
  } catch (error) {
    await pool.end();
    await server.stop?.();
    throw error;
  }
  const store = postgresEventStore({ pool, clock: () => new Date(clock.now()) });
  const log = postgresEventLog({ pool });
  const journal = postgresJournal({ pool });
  const keyring = postgresKeyring({ pool, secrets });
  return {
    configuration,
    secrets,
    clock,
    databaseUrl: server.url,
    embedded: server.stop !== undefined,
    pool,
    dataSource,
    store,
    log,
    journal,
    keyring,
    path: commandPath({ store, keyring }),
    async close() {
      // From here on the server cuts connections because we asked it to.
      closing = true;
      await store.close();
      await log.close();
      await dataSource.destroy();
      await pool.end();
      await server.stop?.();
    },
  };
}

async function databaseOf(configuration: Configuration, options: OpenOptions): Promise<{ url: string; stop?: () => Promise<void> }> {
  if (configuration.databaseUrl !== undefined) return { url: configuration.databaseUrl };
  const folder = serverFolder(configuration);
  const running = options.role === 'join' ? runningServerUrl(folder) : undefined;
  if (running !== undefined) return { url: running };
  const server = await startEmbeddedServer({ folder, ...(options.onNotice ? { onNotice: options.onNotice } : {}) });
  return { url: server.url, stop: server.stop };
}
