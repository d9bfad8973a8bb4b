import { commandPath, type CommandPath } from '@tsunagari/command';
import type { Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
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
import { openAdapters } from './adapters';
import type { Running } from './contexts/context';
import type { HostName } from './hosting';
import { schemasOf } from './schemas';

/** An open deployment: the adapters that its configuration chose, all on one database. */
export type Deployment = {
  readonly configuration: Configuration;
  /** Which process it was opened for: what it hosts, and whose schema its read models are in. */
  readonly process: HostName;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly databaseUrl: string;
  /** Whether this process supervises the PostgreSQL itself. */
  readonly embedded: boolean;
  readonly pool: Pool;
  /** TypeORM on that pool, for operators' reads: it knows the entities of this process' schemas. */
  readonly dataSource: DataSource;
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  /** Where the log is not in this database: what fills the journal from it. {@link log} is then what stands in the journal. */
  readonly filling: Running | null;
  /** The position of the newest fact in the store, whether or not it has reached the log. */
  readonly recorded: () => Promise<Position>;
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
  /** Default: the platform, which hosts everything. */
  readonly process?: HostName;
  readonly onNotice?: (
    notice:
      SupervisorNotice | { readonly kind: 'connection-lost'; readonly error: Error } | { readonly kind: 'log'; readonly error: unknown },
  ) => void;
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
  const process = options.process ?? 'platform';
  const server = await databaseOf(configuration, options);
  let closing = false;
  const pool = createPool({
    url: server.url,
    max: 16,
    onConnectionLost: (error) => (closing ? undefined : notice({ kind: 'connection-lost', error })),
  });
  let dataSource: DataSource;
  try {
    const schemas = schemasOf(process, configuration);
    await migrate(pool, ...schemas);
    dataSource = await createDataSource(pool, ...schemas);
  } catch (error) {
    await pool.end();
    await server.stop?.();
    throw error;
  }
  const adapters = openAdapters(configuration, {
    pool,
    process,
    clock,
    onLogError: (error) => (closing ? undefined : notice({ kind: 'log', error })),
  });
  const { store } = adapters;
  const keyring = postgresKeyring({ pool, secrets });
  return {
    configuration,
    process,
    secrets,
    clock,
    databaseUrl: server.url,
    embedded: server.stop !== undefined,
    pool,
    dataSource,
    store,
    log: adapters.log,
    journal: adapters.journal,
    filling: adapters.filling,
    recorded: adapters.recorded,
    keyring,
    path: commandPath({ store, keyring }),
    async close() {
      // From here on the server cuts connections because we asked it to.
      closing = true;
      await adapters.close();
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
