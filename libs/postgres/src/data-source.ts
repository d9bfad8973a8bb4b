import pg from 'pg';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntitySchema, Logger, MixedList, ValueTransformer } from 'typeorm';
import type { Pool } from './pool';

type Listed = NonNullable<DataSourceOptions['migrations']>;

export type OwnDataSourceOptions = {
  /** The PostgreSQL schema of one service; its migrations are recorded in its table `migrations`. */
  readonly schema: string;
  readonly migrations?: Listed;
  readonly entities?: MixedList<string | EntitySchema | (new () => object)>;
};

/** All migrations of a database run one after another, whichever schema they are for. Any number nobody else uses. */
const migrationLock = 7_483_113_690_551;

/** TypeORM would print what it also throws. */
const silent: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * TypeORM on a pool of ours, so that a transaction may hold both TypeORM's and our own statements. The pool stays its owner's:
 * `destroy()` releases the data source's connections and leaves the pool open.
 */
export async function createDataSource(pool: Pool, options: OwnDataSourceOptions): Promise<DataSource> {
  const borrowed = {
    connect: pool.connect.bind(pool),
    on: () => undefined,
    end: (done: () => void) => done(),
  };
  const dataSource = new DataSource({
    type: 'postgres',
    driver: {
      ...pg,
      Pool: function () {
        return borrowed;
      },
    },
    schema: options.schema,
    entities: options.entities ?? [],
    migrations: options.migrations ?? [],
    migrationsTableName: 'migrations',
    synchronize: false,
    logger: silent,
    installExtensions: false,
  });
  return dataSource.initialize();
}

/**
 * Makes the schema and runs its pending migrations, each in a transaction, under an advisory lock: processes that start together run
 * them once. Statements in migrations name their schema themselves.
 * @returns the names of the migrations that were run.
 */
export async function migrate(pool: Pool, dataSource: DataSource): Promise<string[]> {
  const { schema } = dataSource.options as { schema?: string };
  const holder = await pool.connect();
  let failed = true;
  try {
    await holder.query('select pg_advisory_lock($1)', [migrationLock]);
    if (schema) await holder.query(`create schema if not exists ${quoted(schema)}`);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    await holder.query('select pg_advisory_unlock($1)', [migrationLock]);
    failed = false;
    return done.map(({ name }) => name);
  } finally {
    // A connection that is closed gives its locks back; one returned to the pool would keep them.
    holder.release(failed);
  }
}

/** The statements that would bring the database to what the entities say; none when they agree. */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Throws and names the statements when migrations and entities disagree. */
export async function expectNoDrift(dataSource: DataSource): Promise<void> {
  const statements = await schemaDrift(dataSource);
  if (statements.length > 0)
    throw new Error(`The entities and the migrated tables differ. Missing in the migrations:\n  ${statements.join('\n  ')}`);
}

/** For timestamptz columns of entities: the property is ISO text in UTC with milliseconds, as everywhere else, not a Date. */
export const momentTransformer: ValueTransformer = {
  from: (value: Date | string | null): string | null => (value instanceof Date ? value.toISOString() : value),
  to: (value: string | null): string | null => value,
};
