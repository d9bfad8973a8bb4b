import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { AnyProjection } from './definition';
import { ReadModel } from './read-model';
import { inTransaction, quoted, SHARDS } from './schema';

export type Generation = { readonly model: ReadModel; readonly live: boolean };

type Known = { readonly version: number; readonly generation: number; readonly live: boolean };

/**
 * The generation that a definition's version is folded into; made when it is missing. The first one of a projection is live at
 * once; one of another version is built beside the live one and takes its place by {@link promote}.
 */
export function ensureGeneration(pool: Pool, schema: string, definition: AnyProjection): Promise<Generation> {
  return inTransaction(pool, async (client) => {
    await lock(client, schema, definition);
    const { rows } = await client.query<Known>(
      `select version, generation, live from ${quoted(schema)}.projections where name = $1 order by generation desc`,
      [definition.name],
    );
    const known = rows.find(({ version }) => version === definition.version);
    const live = known?.live ?? rows.length === 0;
    const model = new ReadModel(schema, definition, known?.generation ?? (rows[0]?.generation ?? 0) + 1);
    if (!known) {
      await client.query(`insert into ${quoted(schema)}.projections (name, version, generation, live) values ($1, $2, $3, $4)`, [
        definition.name,
        definition.version,
        model.generation,
        live,
      ]);
      await model.create(client);
      await client.query(
        `insert into ${quoted(schema)}.checkpoints (reader, version, shard) select $1, $2, generate_series(0, ${SHARDS - 1}) on conflict do nothing`,
        [definition.name, definition.version],
      );
      if (live) await model.show(client);
    }
    return { model, live };
  });
}

/** Makes a generation the one that readers see, in one transaction, and removes the others. */
export function promote(pool: Pool, schema: string, definition: AnyProjection, model: ReadModel): Promise<void> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    await lock(client, schema, definition);
    await client.query(`update ${s}.projections set live = false where name = $1 and live`, [definition.name]);
    await client.query(`update ${s}.projections set live = true where name = $1 and generation = $2`, [definition.name, model.generation]);
    await model.show(client);
    const { rows } = await client.query<Known>(
      `delete from ${s}.projections where name = $1 and generation <> $2 returning version, generation, live`,
      [definition.name, model.generation],
    );
    for (const { version, generation } of rows) {
      await client.query(`drop table if exists ${new ReadModel(schema, definition, generation).table}`);
      await client.query(`delete from ${s}.checkpoints where reader = $1 and version = $2`, [definition.name, version]);
      await client.query(`delete from ${s}.parked where projection = $1 and version = $2`, [definition.name, version]);
    }
  });
}

/** Empties a generation, in one transaction: everybody who folds it starts at the first fact. */
export function emptyGeneration(pool: Pool, schema: string, { name, version }: AnyProjection, model: ReadModel): Promise<void> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    // Its checkpoints first, as the fence does: whoever is about to write a page finds that it stands elsewhere.
    await client.query(
      `update ${s}.checkpoints set pos = 0, id = null, id_pos = null, strikes = 0, marker = null, lease = null where reader = $1 and version = $2`,
      [name, version],
    );
    await client.query(`truncate ${model.table}`);
    await client.query(`delete from ${s}.parked where projection = $1 and version = $2`, [name, version]);
  });
}

async function lock(client: PoolClient, schema: string, { name }: AnyProjection): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tsunagari.projection:${schema}:${name}`]);
}
