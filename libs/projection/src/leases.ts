import type { Position } from '@tsunagari/contracts';
import type { Pool } from '@tsunagari/postgres';
import { GENERATIONS, type KnownGeneration } from './generations';
import { endSessionsOf, IDENTITY, quoted } from './schema';

export type Reader = { readonly reader: string; readonly generation: number };

/** A shard that has just become ours. */
export type TakenShard = Reader & {
  readonly shard: number;
  readonly pos: Position;
  /** How many owners died with it since its last page. */
  readonly strikes: number;
  /** The key that the last of them was folding, where it was careful. */
  readonly marker: string | null;
  /** Of a builder's row: the last customer it has written. */
  readonly lastCustomer: string | null;
};

export type Heartbeat = {
  /** Where stage 0 stands, wherever it runs. */
  readonly identity: Position;
  readonly taken: readonly TakenShard[];
  /** Shards that are ours, the taken ones included, as `reader:generation:shard`. */
  readonly owned: ReadonlySet<string>;
  /** Parked keys of ours whose next attempt is due. */
  readonly retries: readonly { readonly projection: string; readonly generation: number; readonly customer: string }[];
  /** Every generation there is, whoever folds it. */
  readonly generations: readonly KnownGeneration[];
  /** How many changes of generations still have to be told. */
  readonly changes: number;
};

/** What the tables of a schema look like: those of read models keyed by an aggregate have a checkpoint a version, and no generations. */
export type LeaseLayout = 'generations' | 'versions';

/**
 * Says that this process is alive, which renews all its leases at once; takes shards that nobody alive has, up to a fair share
 * among those who want them, and gives back what is above it or no longer wanted. Idle it writes one row. A process that lost its leases
 * while it stood still inside a transaction is thrown out of it.
 */
export async function heartbeat(
  pool: Pool,
  schema: string,
  worker: string,
  readers: readonly Reader[],
  leaseMs: number,
  layout: LeaseLayout = 'generations',
): Promise<Heartbeat> {
  const beat = await attempt(pool, schema, worker, readers, leaseMs, layout);
  if (beat.frozen.length === 0) return beat;
  // Dead by their leases, and in the middle of a transaction: they keep their shards locked until their sessions end.
  await endSessionsOf(pool, schema, beat.frozen);
  const { taken, ...again } = await attempt(pool, schema, worker, readers, leaseMs, layout);
  return { ...again, taken: [...beat.taken, ...taken] };
}

async function attempt(
  pool: Pool,
  schema: string,
  worker: string,
  readers: readonly Reader[],
  leaseMs: number,
  layout: LeaseLayout,
): Promise<Heartbeat & { readonly frozen: readonly string[] }> {
  const s = quoted(schema);
  const isVersions = layout === 'versions';
  const g = isVersions ? 'version' : 'generation';
  const { rows } = await pool.query<{
    identity: Position;
    taken: TakenShard[] | null;
    owned: string[] | null;
    retries: Heartbeat['retries'] | null;
    generations: Heartbeat['generations'] | null;
    changes: number;
    frozen: string[] | null;
  }>({
    name: `${schema}.heartbeat`,
    text: `
with beat as (
  insert into ${s}.workers (id, readers, alive_until) values ($1, $5, now() + $2 * interval '1 millisecond')
  on conflict (id) do update set readers = excluded.readers, alive_until = excluded.alive_until
), alive as (
  select id, readers from ${s}.workers where alive_until > now() and id <> $1
), wanted as (
  select r.reader, r.generation, 1 + (select count(*) from alive where r.reader || ':' || r.generation = any(alive.readers)) as workers
  from unnest($3::text[], $4::int[]) r(reader, generation)
), mine as materialized (
  select c.reader, c.${g} as generation, c.shard, row_number() over (partition by c.reader, c.${g} order by c.shard) as nth
  from ${s}.checkpoints c join wanted w on (w.reader, w.generation) = (c.reader, c.${g}) where c.lease = $1
), free as materialized (
  select c.reader, c.${g} as generation, c.shard, c.lease from ${s}.checkpoints c join wanted w on (w.reader, w.generation) = (c.reader, c.${g})
  where c.lease is null or (c.lease <> $1 and c.lease not in (select id from alive)) for update of c skip locked
), share as (
  select w.reader, w.generation, (select count(*) from mine m where (m.reader, m.generation) = (w.reader, w.generation)) as owned,
    (select ceil(count(*)::numeric / w.workers) from ${s}.checkpoints c where (c.reader, c.${g}) = (w.reader, w.generation)) as fair
  from wanted w
), given as (
  update ${s}.checkpoints c set lease = null, strikes = 0, marker = null
  from mine m join share h using (reader, generation)
  where (c.reader, c.${g}, c.shard) = (m.reader, m.generation, m.shard) and m.nth > h.fair and c.lease = $1
  returning c.reader, c.${g} as generation, c.shard
), left_behind as (
  update ${s}.checkpoints c set lease = null, strikes = 0, marker = null
  where c.lease = $1 and not exists (select from wanted w where (w.reader, w.generation) = (c.reader, c.${g}))
), taken as (
  update ${s}.checkpoints c set lease = $1, strikes = case when c.lease is null then c.strikes when c.marker is null then 1 else c.strikes + 1 end
  from (select *, row_number() over (partition by reader, generation order by shard) as nth from free) f join share h using (reader, generation)
  where (c.reader, c.${g}, c.shard) = (f.reader, f.generation, f.shard) and f.nth <= h.fair - h.owned and c.lease is not distinct from f.lease
  returning c.reader, c.${g} as generation, c.shard, c.pos::text, c.strikes, c.marker${isVersions ? '' : ', c.last_customer as "lastCustomer"'}
)
select (select pos from ${s}.checkpoints where reader = '${IDENTITY}') as identity,
  (select json_agg(taken) from taken) as taken,
  (select json_agg(distinct c.lease) from ${s}.checkpoints c join wanted w on (w.reader, w.generation) = (c.reader, c.${g})
    where c.lease <> $1 and c.lease not in (select id from alive)
      and not exists (select from free f where (f.reader, f.generation, f.shard) = (c.reader, c.${g}, c.shard))) as frozen,
  ${isVersions ? 'null as generations, 0 as changes' : `${GENERATIONS(s)} as generations, (select count(*)::int from ${s}.generation_changes) as changes`},
  (select json_agg(o.reader || ':' || o.generation || ':' || o.shard) from (
    select reader, generation, shard from mine except select reader, generation, shard from given
    union all select reader, generation, shard from taken) o) as owned,
  (select json_agg(json_build_object('projection', p.projection, 'generation', p.${g}, 'customer', p.customer)) from ${s}.parked p
    join mine m on (m.reader, m.generation, m.shard) = (p.projection, p.${g}, p.shard) where p.retry_at <= now()) as retries`,
    values: [
      worker,
      leaseMs,
      readers.map(({ reader }) => reader),
      readers.map(({ generation }) => generation),
      // By generation: a process that knows another version only takes no share of this one.
      readers.map(({ reader, generation }) => `${reader}:${generation}`),
    ],
  });
  const [row] = rows;
  return {
    identity: row?.identity ?? '0',
    taken: row?.taken ?? [],
    owned: new Set(row?.owned ?? []),
    retries: row?.retries ?? [],
    generations: row?.generations ?? [],
    changes: row?.changes ?? 0,
    frozen: row?.frozen ?? [],
  };
}

/** What is ours and where it stands: asked after a lost lease. */
export async function ownShards(
  pool: Pool,
  schema: string,
  worker: string,
  layout: LeaseLayout = 'generations',
): Promise<readonly TakenShard[]> {
  const columns = layout === 'versions' ? 'version as generation' : 'generation, last_customer as "lastCustomer"';
  const { rows } = await pool.query<TakenShard>(
    `select reader, ${columns}, shard, pos, strikes, marker from ${quoted(schema)}.checkpoints where lease = $1`,
    [worker],
  );
  return rows;
}

/**
 * Takes back the strikes for shards (`reader:generation:shard`) that another process has taken from this one, which was taken for dead: it
 * was slow, as on a machine with too much to do, and no key ended it.
 */
export async function takeBackStrikes(pool: Pool, schema: string, worker: string, shards: readonly string[]): Promise<void> {
  if (shards.length === 0) return;
  await pool.query(
    `update ${quoted(schema)}.checkpoints set strikes = strikes - 1
     where reader || ':' || generation || ':' || shard = any($1::text[]) and lease <> $2 and strikes > 0`,
    [shards, worker],
  );
}

/** Gives everything back at once: the next process need not wait. Not a death, so no strike. */
export async function giveBack(pool: Pool, schema: string, worker: string): Promise<void> {
  await pool.query(
    `with gone as (delete from ${quoted(schema)}.workers where id = $1 or alive_until < now() - interval '1 hour')
     update ${quoted(schema)}.checkpoints set lease = null, strikes = 0, marker = null where lease = $1`,
    [worker],
  );
}
