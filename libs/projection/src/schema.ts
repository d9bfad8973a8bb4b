import { type Pool, type PoolClient, schemaSql } from '@tsunagari/postgres';
import { outboxSql } from './signals/outbox';

/** Shards of every projection keyed by customer. Never changed: it stands in every row. */
export const SHARDS = 16;

/** Reader of stage 0 in `checkpoints`: one shard. */
export const IDENTITY = 'identity';

/** A schema's name inside SQL. Throws on what is no plain name: it comes from configuration, never from a request. */
export function quoted(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,20}$/.test(name)) throw new RangeError(`a schema's name is lower case with underscores: ${name}`);
  return `"${name}"`;
}

/** The shard of a customer: the last hexadecimal digit of the id, which is random in every version of UUID that is in use. */
export function shardOf(customer: string): number {
  return Number.parseInt(customer.slice(-1), SHARDS);
}

/**
 * The row of a generation's builder in `checkpoints`, beside those of the shards: whoever holds its lease builds, verifies and promotes.
 */
export const BUILDER = -1;

/** Brings tables that were made before generations had rows of their own to what they are now. */
const upgradeSql = (s: string): string => `
do $$ begin
  if exists (select from information_schema.columns where table_schema = '${s.replaceAll('"', '')}' and table_name = 'checkpoints' and column_name = 'version') then
    alter table ${s}.checkpoints rename column version to generation;
    alter table ${s}.checkpoints add column last_customer uuid, add column emits_after bigint, add column emits_until bigint;
    alter table ${s}.parked rename column version to generation;
    alter table ${s}.projections add column phase text not null default 'ready', add column promotes boolean not null default false,
      add column label text collate "C", add column up_to bigint, add column bound bigint not null default 0,
      add column facts bigint not null default 0, add column customers bigint not null default 0, add column busy_ms bigint not null default 0,
      add column done double precision not null default 1, add column started timestamptz not null default now(), add column built timestamptz,
      add column verification json, add column error text, add column actor text not null default 'system:understanding', add column replaced int,
      add column columns json;
    update ${s}.checkpoints c set generation = p.generation, emits_after = case when p.live then c.pos end
      from ${s}.projections p where p.name = c.reader and p.version = c.generation;
    update ${s}.parked k set generation = p.generation from ${s}.projections p where p.name = k.projection and p.version = k.generation;
  end if;
end $$;`;

const runnerSql = (s: string): string => `
-- Where a shard of a reader's generation stands. id is the last event seen, id_pos its position: a restored database is noticed by it.
-- lease names the worker who may move it; strikes count its unclean deaths since the last page: the first, and those at a key, which marker
-- names. Shard -1 is the builder's: pos is how far it builds, last_customer how far it has come. Signals are emitted for
-- emits_after < position <= emits_until.
create table if not exists ${s}.checkpoints (
  reader     text collate "C" not null,
  generation int not null,
  shard      int not null,
  pos        bigint not null default 0,
  id         uuid,
  id_pos     bigint,
  lease      uuid,
  strikes    int not null default 0,
  marker     uuid,
  last_customer uuid,
  emits_after bigint,
  emits_until bigint,
  primary key (reader, generation, shard)
) with (fillfactor = 50);
-- One row a process: renewing it renews all its leases.
create table if not exists ${s}.workers (id uuid primary key, readers text[] not null, alive_until timestamptz not null) with (fillfactor = 50);
-- The generations of every projection. live is the pointer: the one that readers see and that may emit. up_to bounds a generation that
-- shows the whole base as of a moment; label is its name.
create table if not exists ${s}.projections (
  name text collate "C" not null, version int not null, generation int not null, live boolean not null,
  phase text not null default 'ready', promotes boolean not null default false, label text collate "C", up_to bigint,
  bound bigint not null default 0, facts bigint not null default 0, customers bigint not null default 0, busy_ms bigint not null default 0,
  done double precision not null default 0, started timestamptz not null default now(), built timestamptz, verification json, error text,
  actor text not null default 'system:understanding', replaced int, columns json, primary key (name, generation)
);
create unique index if not exists projections_live on ${s}.projections (name) where live;
create unique index if not exists projections_label on ${s}.projections (name, label);
create table if not exists ${s}.parked (
  projection text collate "C" not null, generation int not null, customer uuid not null, shard int not null,
  first_pos bigint not null, error text not null, attempts int not null, retry_at timestamptz,
  primary key (projection, generation, customer)
);
-- What happened to generations and still has to be told as a fact.
create table if not exists ${s}.generation_changes (
  id uuid primary key, change json not null, made timestamptz not null default clock_timestamp()
);
-- Identity. Only subjects that evidence ever connected have rows: everyone else is her own customer.
create table if not exists ${s}.identity_subjects (subject uuid primary key, component uuid not null, customer uuid not null);
create index if not exists identity_subjects_component on ${s}.identity_subjects (component);
create table if not exists ${s}.identity_history (
  subject uuid not null, pos bigint not null, previous uuid not null, customer uuid not null, primary key (subject, pos)
);
create index if not exists identity_history_pos on ${s}.identity_history (pos);
create index if not exists identity_history_customer on ${s}.identity_history (customer);
create table if not exists ${s}.identity_rules (pos bigint primary key, rules json not null);
create table if not exists ${s}.identity_held (
  component uuid not null, pos bigint not null, fact_id uuid not null, one uuid not null, other uuid not null, reason text not null
);
create index if not exists identity_held_component on ${s}.identity_held (component);
create index if not exists identity_held_pos on ${s}.identity_held (pos, fact_id);
create table if not exists ${s}.closed_days (pos bigint primary key, day text collate "C" not null, time_zone text not null);
`;

/** Creates what is missing. Safe to call from many processes at once. */
export async function ensureSchema(pool: Pool, schema: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('tsunagari.projection:${schema}', 0))`);
    await client.query(upgradeSql(quoted(schema)));
    await client.query(schemaSql(schema) + runnerSql(quoted(schema)));
    await client.query(outboxSql(quoted(schema)));
    await client.query(
      `insert into ${quoted(schema)}.checkpoints (reader, generation, shard) values ('${IDENTITY}', 1, 0) on conflict do nothing`,
    );
  });
}

/** Class of the advisory locks that a process holds while it writes by its leases. Any number nobody else uses. */
const WRITING = 1_414_744_906;

/** Which process writes by its leases in a schema: whoever takes these over ends its sessions. */
export type Writer = { readonly schema: string; readonly worker: string };

export type TransactionOptions = {
  /** A session that stands still inside the transaction for so long is ended by the server. Default 10,000. */
  readonly idleMs?: number;
  readonly writer?: Writer;
};

/**
 * One transaction on a connection of the pool. A session that stands still inside it (a frozen process) is ended: by whoever takes over
 * the leases of its `writer`, see {@link endSessionsOf}, and else by the server after `idleMs`; so its locks keep nobody waiting. The
 * commit does not wait for the disk: everything here can be folded again, and a crash of the server loses rows and checkpoint together
 * or neither.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { idleMs = 10_000, writer }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  const held = writer
    ? `; select pg_advisory_xact_lock_shared(${WRITING}, hashtext('${quoted(writer.schema)} ${uuid(writer.worker)}'))`
    : '';
  let broken: Error | undefined;
  try {
    await client.query(
      `begin; set local synchronous_commit = off; set local idle_in_transaction_session_timeout = ${Math.round(idleMs)}${held}`,
    );
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((lost: Error) => (broken = lost));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Ends the sessions in which processes that have lost their leases still write: their locks would keep the next one out. */
export async function endSessionsOf(pool: Pool, schema: string, workers: readonly string[]): Promise<void> {
  await pool.query(
    `select pg_terminate_backend(l.pid, 1000) from pg_locks l join unnest($2::text[]) w(worker)
       on l.objid::bigint = hashtext($1 || ' ' || w.worker)::bigint & 4294967295
     where l.locktype = 'advisory' and l.objsubid = 2 and l.classid::bigint = ${WRITING}
       and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()`,
    [quoted(schema), workers],
  );
}

function uuid(text: string): string {
  if (!/^[0-9a-f-]{36}$/.test(text)) throw new RangeError(`a worker is a UUID: ${text}`);
  return text;
}
