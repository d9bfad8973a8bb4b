import pg from 'pg';
import { DataSource } from 'typeorm';
import type { EntitySchema, Logger, MigrationInterface, ValueTransformer } from 'typeorm';
import type { Pool } from './pool';

/** A migration that names itself: names of classes do not survive a bundler. The name ends in 13 digits, by which TypeORM sorts. */
export type Migration = new () => MigrationInterface & { readonly name: string };

/** The PostgreSQL schema that one library owns. Its migrations are recorded in its own table `migrations`. */
export type OwnedSchema = {
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** What its tables look like to operators' reads and to the check for drift. */
  readonly entities?: readonly (EntitySchema | (new () => object))[];
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

/** An identifier inside SQL, whatever it contains. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Any number nobody else uses. */
const makingSchema = 7_483_113_690_551;

/**
 * The statement that makes a schema where it is missing. `create schema if not exists` alone fails in the second of two processes that
 * start together ("duplicate key value violates unique constraint pg_namespace_nspname_index"): here the second one waits for the first.
 */
export const schemaSql = (schema: string): string => `do $schema$ begin
  if to_regnamespace($name$${quotedName(schema)}$name$) is null then
    perform pg_advisory_xact_lock(${makingSchema});
    create schema if not exists ${quotedName(schema)};
  end if;
end $schema$;`;

/**
 * TypeORM on a pool of ours, so that a transaction may hold both TypeORM's and our own statements. The pool stays its owner's:
 * `destroy()` releases the data source's connections and leaves the pool open. Given several schemas, it reads from all of them;
 * an entity without a schema of its own belongs to the first.
 */
export async function createDataSource(pool: Pool, ...schemas: readonly [OwnedSchema, ...OwnedSchema[]]): Promise<DataSource> {
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
    schema: schemas[0].schema,
    entities: schemas.flatMap(({ entities }) => entities ?? []),
    migrations: schemas.flatMap(({ migrations }) => migrations),
    migrationsTableName: 'migrations',
    synchronize: false,
    logger: silent,
    installExtensions: false,
  });
  await dataSource.initialize();
  for (const { columns } of dataSource.entityMetadatas)
    for (const column of columns) if (column.type === 'timestamptz') column.transformer ??= momentTransformer;
  return dataSource;
}

/**
 * Makes the schemas and runs their pending migrations in the order given, each in a transaction, under an advisory lock: processes
 * that start together run them once. What is up to date costs two short reads and takes no lock. Migrations of tables that are
 * older than migrations create what is missing only. Statements in migrations name their schema themselves.
 * @returns the names of the migrations that were run.
 */
export async function migrate(pool: Pool, ...schemas: readonly OwnedSchema[]): Promise<string[]> {
  const ran: string[] = [];
  for (const owned of schemas) if (!(await upToDate(pool, owned))) ran.push(...(await runPending(pool, owned)));
  return ran;
}

async function upToDate(pool: Pool, { schema, migrations }: OwnedSchema): Promise<boolean> {
  const table = `${quotedName(schema)}.migrations`;
  const { rows } = await pool.query<{ missing: boolean }>('select to_regclass($1) is null as missing', [table]);
  if (rows[0]?.missing) return false;
  const recorded = await pool.query<{ name: string }>(`select name from ${table}`);
  const done = new Set(recorded.rows.map(({ name }) => name));
  return migrations.every((migration) => done.has(new migration().name));
}

async function runPending(pool: Pool, owned: OwnedSchema): Promise<string[]> {
  const holder = await pool.connect();
  let failed = true;
  try {
    await holder.query('select pg_advisory_lock($1)', [migrationLock]);
    await holder.query(schemaSql(owned.schema));
    const dataSource = await createDataSource(pool, owned);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.destroy();
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
const momentTransformer: ValueTransformer = {
  from: (value: Date | string | null): string | null => (value instanceof Date ? value.toISOString() : value),
  to: (value: string | null): string | null => value,
};
