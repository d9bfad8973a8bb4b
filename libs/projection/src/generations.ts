import { randomUUID } from 'node:crypto';
import type { Position } from '@tsunagari/contracts';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { AnyProjection } from './definition';
import { tablesOfModel } from './deferred-index';
import { ReadModel } from './read-model';
import type { GenerationChange, GenerationPhase, GenerationStatus, Verification } from './generation-face';
import { BUILDER, inTransaction, quoted, SHARDS } from './schema';

/** A generation as every process sees it. Its definition may be unknown here: an older or a newer process folds it. */
export type KnownGeneration = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  readonly live: boolean;
  readonly phase: GenerationPhase;
  readonly promotes: boolean;
  readonly label: string | null;
  readonly upTo: Position | null;
};

/** All generations as one JSON value, for a statement that asks for more. */
export const GENERATIONS = (s: string): string =>
  `(select json_agg(json_build_object('name', g.name, 'version', g.version, 'generation', g.generation, 'live', g.live, 'phase', g.phase,
    'promotes', g.promotes, 'label', g.label, 'upTo', g.up_to::text)) from ${s}.projections g)`;

export type NewGeneration = {
  /** How far it is built in customer order. */
  readonly bound: Position;
  readonly promotes: boolean;
  readonly actor: string;
  /** Set for a generation that stays as of its bound. */
  readonly label?: string;
};

/**
 * Sees to it that the version of a definition has a generation. The first one of a projection is live at once; another version is
 * built beside the live one. Nothing is made for a version below the live one: an older process must not take over.
 * Answers whether there is one.
 */
export function ensureGeneration(pool: Pool, schema: string, definition: AnyProjection, bound: Position): Promise<boolean> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    await lockProjection(client, schema, definition.name);
    const { rows } = await client.query<{ version: number; generation: number; live: boolean; phase: string }>(
      `select version, generation, live, phase from ${s}.projections where name = $1 and label is null order by generation desc`,
      [definition.name],
    );
    const ours = rows.filter(({ version }) => version === definition.version);
    for (const { generation, phase } of ours)
      await new ReadModel(schema, definition, generation).index?.takeOver(client, phase === 'building' || phase === 'failed');
    const [known] = ours;
    if (known?.phase === 'failed') await startOver(client, schema, new ReadModel(schema, definition, known.generation), definition.name);
    if (known) return true;
    const live = rows.find((row) => row.live);
    if (live && live.version > definition.version) return false;
    await createGeneration(client, schema, definition, { bound, promotes: true, actor: 'system:understanding' });
    return true;
  });
}

/** Makes the next generation: its table, its row, its builder's checkpoint. The caller holds {@link lockProjection}. */
export async function createGeneration(
  client: PoolClient,
  schema: string,
  definition: AnyProjection,
  { bound, promotes, actor, label }: NewGeneration,
): Promise<number> {
  const s = quoted(schema);
  const { rows } = await client.query<{ generation: number; first: boolean }>(
    `select coalesce(max(generation), 0) + 1 as generation, count(*) filter (where live) = 0 as first from ${s}.projections where name = $1`,
    [definition.name],
  );
  const { generation = 1, first = true } = rows[0] ?? {};
  const live = first && label === undefined;
  const model = new ReadModel(schema, definition, generation);
  await model.create(client);
  await client.query(
    `insert into ${s}.projections (name, version, generation, live, phase, promotes, label, up_to, bound, actor, columns)
     values ($1, $2, $3, $4, 'building', $5, $6, $7, $8, $9, $10)`,
    [
      definition.name,
      definition.version,
      generation,
      live,
      promotes && !live,
      label ?? null,
      label === undefined ? null : bound,
      bound,
      actor,
      JSON.stringify(definition.columns.map(({ name }) => name)),
    ],
  );
  await client.query(`insert into ${s}.checkpoints (reader, generation, shard, pos) values ($1, $2, ${BUILDER}, $3)`, [
    definition.name,
    generation,
    bound,
  ]);
  if (live) await showView(client, schema, definition.name, definition.name, generation);
  else
    await tell(client, schema, {
      kind: 'RebuildStarted',
      projection: definition.name,
      version: definition.version,
      generation,
      bound,
      by: actor,
      label: label ?? null,
    });
  return generation;
}

/** A build that failed begins anew: the code that made it fail may be another one now. */
async function startOver(client: PoolClient, schema: string, model: ReadModel, name: string): Promise<void> {
  const s = quoted(schema);
  await model.empty(client);
  await client.query(
    `update ${s}.projections set phase = 'building', error = null, facts = 0, customers = 0, busy_ms = 0, done = 0 where name = $1 and generation = $2`,
    [name, model.generation],
  );
  await client.query(`update ${s}.checkpoints set last_customer = null where reader = $1 and generation = $2 and shard = ${BUILDER}`, [
    name,
    model.generation,
  ]);
}

/** Who holds this is the only one who makes, promotes or drops generations of a projection. */
export async function lockProjection(client: PoolClient, schema: string, name: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tsunagari.projection:${schema}:${name}`]);
}

/** Points a view at a generation's table. Waits for readers' locks no longer than the transaction's `lock_timeout`. */
export async function showView(client: PoolClient, schema: string, view: string, name: string, generation: number): Promise<void> {
  const s = quoted(schema);
  const { rows } = await client.query<{ columns: string[] | null }>(
    `select columns from ${s}.projections where name = $1 and generation = $2`,
    [name, generation],
  );
  const columns = (rows[0]?.columns ?? []).map((column) => `, "${column}"`).join('');
  const select = `select key, state::json as state${columns} from ${s}."${name}_g${generation}"`;
  await client.query('savepoint shown');
  try {
    await client.query(`create or replace view ${s}."${view}" as ${select}`);
  } catch (error) {
    // Other columns than the view had: it is made anew.
    if ((error as { code?: unknown }).code !== '42P16') throw error;
    await client.query(`rollback to savepoint shown; drop view ${s}."${view}"; create view ${s}."${view}" as ${select}`);
  }
}

/** The view of a generation that shows the whole base as of a moment. */
export function labelledView(name: string, label: string): string {
  return `${name}_at_${label}`;
}

/** States were of type json, and each was parsed once more whenever it was written. Tables from then are taken over, with what shows them. */
export function keepStatesAsText(pool: Pool, schema: string): Promise<void> {
  const s = quoted(schema);
  return inTransaction(pool, async (client) => {
    await lockProjection(client, schema, '');
    const { rows } = await client.query<Pick<KnownGeneration, 'name' | 'generation' | 'live' | 'label'>>(
      `select name, generation, live, label from ${s}.projections where exists (select from information_schema.columns
         where table_schema = $1 and table_name = name || '_g' || generation and column_name = 'state' and data_type = 'json')`,
      [schema],
    );
    for (const { name, generation, live, label } of rows) {
      const view = label !== null ? labelledView(name, label) : live ? name : undefined;
      if (view !== undefined) await client.query(`drop view if exists ${s}."${view}"`);
      await client.query(`alter table ${s}."${name}_g${generation}" alter column state type text`);
      if (view !== undefined) await showView(client, schema, view, name, generation);
    }
  });
}

/** Keeps a change until it has been told as a fact. In the transaction that makes it. */
export async function tell(client: PoolClient, schema: string, change: GenerationChange): Promise<void> {
  await client.query(`insert into ${quoted(schema)}.generation_changes (id, change) values ($1, $2)`, [
    randomUUID(),
    JSON.stringify(change),
  ]);
}

/** Removes a generation with everything that is kept of it. */
export async function removeGeneration(
  client: PoolClient,
  schema: string,
  name: string,
  generation: number,
  label: string | null,
): Promise<void> {
  const s = quoted(schema);
  if (label !== null) await client.query(`drop view if exists ${s}."${labelledView(name, label)}"`);
  await client.query(`delete from ${s}.checkpoints where reader = $1 and generation = $2`, [name, generation]);
  await client.query(`delete from ${s}.parked where projection = $1 and generation = $2`, [name, generation]);
  await client.query(`delete from ${s}.projections where name = $1 and generation = $2`, [name, generation]);
  await client.query(`drop table if exists ${tablesOfModel(schema, `${name}_g${generation}`).join(', ')}`);
}

/** The checkpoints of the shards, where a build ends and folding by position begins. A live generation emits what comes after. */
export async function placeShards(
  client: PoolClient,
  schema: string,
  name: string,
  generation: number,
  pos: Position,
  emits: boolean,
): Promise<void> {
  await client.query(
    `insert into ${quoted(schema)}.checkpoints (reader, generation, shard, pos, emits_after)
     select $1, $2, generate_series(0, ${SHARDS - 1}), $3, $4`,
    [name, generation, pos, emits ? pos : null],
  );
}

type Listed = Omit<GenerationStatus, 'factsPerSecond' | 'remainingMs' | 'verification'> & {
  readonly busyMs: number;
  readonly verification: Verification | null;
};

/** All generations with where they stand, newest first by projection. */
export async function listGenerations(pool: Pool, schema: string): Promise<readonly GenerationStatus[]> {
  const s = quoted(schema);
  const { rows } = await pool.query<Listed>({
    name: `${schema}.generations`,
    text: `select g.name as projection, g.version, g.generation, g.live, g.phase, g.promotes, g.label, g.up_to as "upTo",
       coalesce((select min(pos) from ${s}.checkpoints c where c.reader = g.name and c.generation = g.generation and c.shard >= 0), 0) as position,
       exists (select from ${s}.checkpoints c join ${s}.workers w on w.id = c.lease and w.alive_until > now()
         where c.reader = g.name and c.generation = g.generation) as followed,
       g.bound, g.facts::float8 as facts, g.customers::float8 as customers, g.busy_ms::float8 as "busyMs", g.done, g.started, g.built, g.verification,
       g.error, g.replaced,
       (select count(*)::int from ${s}.parked p where p.projection = g.name and p.generation = g.generation) as parked
     from ${s}.projections g order by g.name, g.generation desc`,
  });
  return rows.map(({ busyMs, ...row }) => ({
    ...row,
    factsPerSecond: busyMs > 0 ? Math.round((row.facts / busyMs) * 1000) : 0,
    remainingMs: row.phase === 'building' ? (row.done > 0 ? Math.round((busyMs * (1 - row.done)) / row.done) : null) : 0,
  }));
}
