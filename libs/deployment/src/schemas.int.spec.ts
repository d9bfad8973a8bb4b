import { createDataSource, expectNoDrift, migrate } from '@tsunagari/postgres';
import { readConfiguration } from '@tsunagari/runtime';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EntitySchema } from 'typeorm';
import { openDeployment } from './deployment';
import { schemas } from './schemas';

let db: TestDatabase;
beforeEach(async () => (db = await testDatabase()));
afterEach(() => db.drop());

/** Tables, columns, indices, constraints and functions of all schemas, but for the lists of migrations. */
async function catalogue(): Promise<unknown> {
  const { rows } = await db.pool.query(
    `select table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as what
       from information_schema.columns where table_schema = any ($1) and table_name <> 'migrations'
     union all
     select indexdef from pg_indexes where schemaname = any ($1) and tablename <> 'migrations'
     union all
     select conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) from pg_constraint c join pg_namespace n on n.oid = connamespace
       where nspname = any ($1) and conrelid::regclass::text !~ 'migrations'
     union all
     select proname || ' ' || md5(prosrc) from pg_proc join pg_namespace n on n.oid = pronamespace where nspname = any ($1)
     order by 1`,
    [schemas.map(({ schema }) => schema)],
  );
  return rows;
}

const recorded = async (schema: string): Promise<string[]> =>
  (await db.pool.query<{ name: string }>(`select name from ${schema}.migrations order by id`)).rows.map(({ name }) => name);

it('two starts at once run every migration once, and a later start none', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'tsunagari-test-'));
  const open = () => openDeployment(readConfiguration({ DATABASE_URL: db.url, TSUNAGARI_HOME: home }), { role: 'own' });
  try {
    for (const opened of await Promise.all([open(), open()])) await opened.close();
    for (const { schema, migrations } of schemas)
      expect(await recorded(schema)).toEqual(migrations.map((Migration) => new Migration().name));
    expect(await migrate(db.pool, ...schemas)).toEqual([]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

describe.each(schemas.map((owned) => [owned.schema, owned] as const))('the schema %s', (name, owned) => {
  it('comes to the same tables again after its migrations were undone', async () => {
    await migrate(db.pool, owned);
    const before = await catalogue();
    const dataSource = await createDataSource(db.pool, owned);
    for (const _ of owned.migrations) await dataSource.undoLastMigration();
    expect(await recorded(name)).toEqual([]);
    expect(await catalogue()).toEqual([]);
    await migrate(db.pool, owned);
    expect(await catalogue()).toEqual(before);
  });

  it('takes over tables that are older than its migrations, with what they hold', async () => {
    await migrate(db.pool, owned);
    const before = await catalogue();
    await db.pool.query(`drop table ${name}.migrations`);
    expect(await migrate(db.pool, owned)).toHaveLength(owned.migrations.length);
    expect(await catalogue()).toEqual(before);
  });

  it('has entities that are the tables its migrations make, and a column more would be noticed', async () => {
    await migrate(db.pool, owned);
    await expectNoDrift(await createDataSource(db.pool, owned));
    for (const entity of owned.entities ?? []) {
      if (!(entity instanceof EntitySchema)) throw new Error('entities are schemas here');
      const { options } = entity;
      const changed = new EntitySchema({ ...options, columns: { ...options.columns, more: { type: 'text' } } });
      await expect(expectNoDrift(await createDataSource(db.pool, { ...owned, entities: [changed] }))).rejects.toThrow('ADD "more"');
    }
  });
});

it('facts and keys are not lost by undoing a migration', async () => {
  await migrate(db.pool, ...schemas);
  await db.pool.query(`insert into keyring.subjects (subject, wrapped) values (gen_random_uuid(), '')`);
  await db.pool.query(
    `insert into events values (1, 's', 1, gen_random_uuid(), '', 't', 1, null, '{}', '{}', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z')`,
  );
  for (const owned of schemas.slice(0, 2))
    await expect((await createDataSource(db.pool, owned)).undoLastMigration()).rejects.toThrow(/never deleted|only an erasure/);
  expect((await db.pool.query('select from events, keyring.subjects')).rowCount).toBe(1);
});
