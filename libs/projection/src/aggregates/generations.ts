import { type Pool, type PoolClient, schemaSql } from '@tsunagari/postgres';
import { inTransaction, quoted } from '../schema';
import type { AnyReadModel } from './definition';
import { readersSql, ReadModelTable } from './table';

/** Creates the schema and what a runner keeps in it, where missing. Safe to call from many processes at once. */
export function ensureReaders(pool: Pool, schema: string): Promise<void> {
  return inTransaction(pool, async (client) => {
    await lock(client, schema, 'schema');
    await client.query(schemaSql(schema) + readersSql(quoted(schema)));
  });
}

/** The table that a definition's version is folded into, made when missing. The first version of a read model is shown at once. */
export function ensureTable(
  pool: Pool,
  schema: string,
  definition: AnyReadModel,
): Promise<{ readonly table: ReadModelTable; readonly shown: boolean }> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    await lock(client, schema, definition.name);
    const { rows } = await client.query<{ version: number; generation: number; live: boolean }>(
      `select version, generation, live from ${s}.projections where name = $1 order by generation desc`,
      [definition.name],
    );
    const known = rows.find(({ version }) => version === definition.version);
    const shown = known?.live ?? rows.length === 0;
    const table = new ReadModelTable(schema, definition, known?.generation ?? (rows[0]?.generation ?? 0) + 1);
    if (!known) {
      const { name, version } = definition;
      await client.query(`insert into ${s}.projections values ($1, $2, $3, $4)`, [name, version, table.generation, shown]);
      await client.query(`insert into ${s}.checkpoints (reader, version) values ($1, $2) on conflict do nothing`, [name, version]);
      await table.create(client);
      if (shown) await table.show(client);
    }
    return { table, shown };
  });
}

/** Shows a generation to readers and removes the others, in one transaction. */
export function showInstead(pool: Pool, schema: string, definition: AnyReadModel, table: ReadModelTable): Promise<void> {
  const s = quoted(schema);
  const { name } = definition;
  return inTransaction(pool, async (client) => {
    await lock(client, schema, name);
    await client.query(`update ${s}.projections set live = false where name = $1 and live`, [name]);
    await client.query(`update ${s}.projections set live = true where name = $1 and generation = $2`, [name, table.generation]);
    await table.show(client);
    const { rows } = await client.query<{ version: number; generation: number }>(
      `delete from ${s}.projections where name = $1 and generation <> $2 returning version, generation`,
      [name, table.generation],
    );
    for (const { version, generation } of rows) {
      await client.query(`drop table if exists ${new ReadModelTable(schema, definition, generation).table}`);
      await client.query(`delete from ${s}.checkpoints where reader = $1 and version = $2`, [name, version]);
      await forgetParked(client, s, name, version);
    }
  });
}

/** Empties a generation and puts its reader at the beginning, in one transaction. */
export function emptyTable(pool: Pool, schema: string, { name, version }: AnyReadModel, table: ReadModelTable): Promise<void> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    await client.query(`update ${s}.checkpoints set pos = 0, id = null, id_pos = null, lease = null where reader = $1 and version = $2`, [
      name,
      version,
    ]);
    await client.query(`truncate ${table.table}`);
    await forgetParked(client, s, name, version);
  });
}

async function forgetParked(client: PoolClient, s: string, name: string, version: number): Promise<void> {
  await client.query(`delete from ${s}.parked where projection = $1 and version = $2`, [name, version]);
  await client.query(`delete from ${s}.waiting_facts where projection = $1 and version = $2`, [name, version]);
}

async function lock(client: PoolClient, schema: string, name: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tsunagari.readers:${schema}:${name}`]);
}
