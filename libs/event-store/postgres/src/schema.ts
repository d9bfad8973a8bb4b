import type { OwnedSchema } from '@tsunagari/postgres';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The one table `events` that event store, event log and journal share, and the only way to write to it.
 *
 * Why one lock and no sequence: whoever sees position p must see every q < p. A writer holds the lock from before it reads the
 * head until its commit is visible (PostgreSQL releases advisory locks after the transaction counts as committed), so positions
 * become visible in order and without gaps. The lock names the table itself: two deployments in one server never share it.
 *
 * `data` and `meta` are `json`, not `jsonb`: the text comes back as it was written (a digest or an export may rest on it), a
 * `\u0000` inside a string is no error, and appending and replaying are faster; nothing here asks into them.
 */
const createEvents = `
create table if not exists events (
  pos       bigint primary key,
  stream_id text collate "C" not null,
  version   bigint not null,
  id        uuid not null,
  digest    bytea not null,
  type      text collate "C" not null,
  schema    smallint not null default 1,
  subject   uuid,
  data      json not null,
  meta      json not null,
  occurred  timestamptz not null,
  recorded  timestamptz not null,
  constraint events_stream_version unique (stream_id, version),
  constraint events_id unique (id)
);
create index if not exists events_subject_pos on events (subject, pos);
create table if not exists closed_streams (stream_id text collate "C" primary key, closed timestamptz not null);

create or replace function lock_events() returns void language plpgsql volatile as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'events are appended under READ COMMITTED only: the head must be read after the lock was got'
      using errcode = 'invalid_transaction_state';
  end if;
  perform pg_advisory_xact_lock(1414744903, 'events'::regclass::oid::int);
end $$;

-- A batch of independent commands: c_* per command, e_* per event. c_expected: n = exactly this version (0 = missing), -1 = any,
-- -2 = exists. The caller sees to it that a batch holds no id twice and, beside commands with 'any', one command per stream.
-- Answers one letter per command with two numbers: 'a' appended, 'd' known already (last version:position), 'c' conflict
-- (actual version:0), 'x' closed, 'm' mismatch (0:ids).
-- The settings pin the plan to index look-ups: it is cached per session and may have been made when the table was empty.
create or replace function append_events(
  p_now timestamptz, c_stream text[], c_expected bigint[], c_count int[],
  e_command int[], e_nth int[], e_id uuid[], e_digest bytea[], e_type text[], e_schema smallint[], e_subject uuid[],
  e_data json[], e_meta json[], e_occurred timestamptz[]
) returns text language plpgsql volatile
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
declare
  v_head bigint;
  v_recorded timestamptz;
  v_answer text;
  v_appended boolean;
begin
  perform lock_events();
  select pos, recorded into v_head, v_recorded from events order by pos desc limit 1;
  v_head := coalesce(v_head, 0);
  v_recorded := greatest(p_now, v_recorded);

  with known as (
    select f.command, count(*) as hits, max(e.version) as version, max(e.pos) as pos,
      string_agg(f.id::text, ' ') filter (where e.stream_id <> c_stream[f.command] or e.digest <> f.digest) as differing,
      string_agg(f.id::text, ' ') as ids
    from unnest(e_command, e_id, e_digest) as f(command, id, digest)
    cross join lateral (select stream_id, version, pos, digest from events where events.id = f.id offset 0) e
    group by f.command
  ), command as materialized (
    select c.no, c.stream, c.expected, c.size,
      coalesce((select max(version) from events where stream_id = c.stream), 0) as actual,
      (select true from closed_streams x where x.stream_id = c.stream) as closed
    from unnest(c_stream, c_expected, c_count) with ordinality as c(stream, expected, size, no)
  ), judged as (
    select c.*, k.version as known_version, k.pos as known_pos, coalesce(k.differing, k.ids) as ids,
      case
        when k.hits = c.size and k.differing is null then 'd'
        when k.hits > 0 then 'm'
        when c.closed then 'x'
        when c.expected = -1 or c.expected = c.actual or (c.expected = -2 and c.actual > 0) then 'a'
        else 'c'
      end as kind
    from command c left join known k on k.command = c.no
  ), placed as materialized (
    select no, stream,
      actual + sum(size) over (partition by stream order by no) - size as version,
      v_head + sum(size) over (order by no) - size as pos,
      size
    from judged where kind = 'a'
  ), appended as (
    insert into events (pos, stream_id, version, id, digest, type, schema, subject, data, meta, occurred, recorded)
    select p.pos + f.nth, p.stream, p.version + f.nth, f.id, f.digest, f.type, f.schema, f.subject, f.data, f.meta, f.occurred, v_recorded
    from unnest(e_command, e_nth, e_id, e_digest, e_type, e_schema, e_subject, e_data, e_meta, e_occurred)
      as f(command, nth, id, digest, type, schema, subject, data, meta, occurred)
    join placed p on p.no = f.command
  )
  select
    string_agg(
      case j.kind
        when 'a' then 'a' || (p.version + p.size) || ':' || (p.pos + p.size)
        when 'd' then 'd' || j.known_version || ':' || j.known_pos
        when 'c' then 'c' || j.actual || ':0'
        when 'm' then 'm0:' || j.ids
        else 'x0:0'
      end, ',' order by j.no),
    bool_or(j.kind = 'a')
  into v_answer, v_appended
  from judged j left join placed p on p.no = j.no;

  if v_appended then perform pg_notify('events_appended', ''); end if;
  return v_answer;
end $$;

-- The common case, one command that finds nothing in its way, without the machinery of a batch. Everything else goes the long way.
create or replace function append_one(
  p_now timestamptz, c_stream text[], c_expected bigint[], c_count int[],
  e_command int[], e_nth int[], e_id uuid[], e_digest bytea[], e_type text[], e_schema smallint[], e_subject uuid[],
  e_data json[], e_meta json[], e_occurred timestamptz[]
) returns text language plpgsql volatile
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off
as $$
declare
  v_stream text collate "C" := c_stream[1];
  v_expected bigint := c_expected[1];
  v_head bigint;
  v_recorded timestamptz;
  v_actual bigint;
  v_in_the_way boolean;
begin
  perform lock_events();
  select pos, recorded into v_head, v_recorded from events order by pos desc limit 1;
  select coalesce((select version from events where stream_id = v_stream order by version desc limit 1), 0),
      exists (select 1 from events where id = any (e_id)) or (select true from closed_streams x where x.stream_id = v_stream) is not null
    into v_actual, v_in_the_way;
  if v_in_the_way or not (v_expected = -1 or v_expected = v_actual or (v_expected = -2 and v_actual > 0)) then
    return append_events(p_now, c_stream, c_expected, c_count, e_command, e_nth, e_id, e_digest, e_type, e_schema, e_subject, e_data, e_meta, e_occurred);
  end if;
  v_head := coalesce(v_head, 0);
  insert into events (pos, stream_id, version, id, digest, type, schema, subject, data, meta, occurred, recorded)
    select v_head + f.nth, v_stream, v_actual + f.nth, f.id, f.digest, f.type, f.schema, f.subject, f.data, f.meta, f.occurred, greatest(p_now, v_recorded)
    from unnest(e_nth, e_id, e_digest, e_type, e_schema, e_subject, e_data, e_meta, e_occurred)
      as f(nth, id, digest, type, schema, subject, data, meta, occurred);
  perform pg_notify('events_appended', '');
  return 'a' || (v_actual + c_count[1]) || ':' || (v_head + c_count[1]);
end $$;

-- Closes a stream for ever; answers as append_events does.
create or replace function close_stream(p_now timestamptz, p_stream text, p_expected bigint) returns text language plpgsql volatile
set enable_seqscan = off
as $$
declare
  v_actual bigint;
begin
  perform lock_events();
  if exists (select 1 from closed_streams where stream_id = p_stream) then return 'x0:0'; end if;
  v_actual := coalesce((select max(version) from events where stream_id = p_stream), 0);
  if not (p_expected = -1 or p_expected = v_actual or (p_expected = -2 and v_actual > 0)) then return 'c' || v_actual || ':0'; end if;
  insert into closed_streams (stream_id, closed) values (p_stream, p_now);
  return 'a' || v_actual || ':' || coalesce((select max(pos) from events), 0);
end $$;
`;

/** Wakes whoever listens; the payload means nothing, and nobody may rely on getting it. */
export const EVENTS_CHANNEL = 'events_appended';

/** Undoes {@link createEvents} where nothing is lost by it: facts are never deleted. */
const dropEvents = `
do $$ begin
  if exists (select from events) then raise exception 'the event store holds facts, which are never deleted'; end if;
end $$;
drop function close_stream(timestamptz, text, bigint);
drop function append_one;
drop function append_events;
drop table closed_streams, events;
drop function lock_events();
`;

class CreateEvents implements MigrationInterface {
  readonly name = 'CreateEvents1763769600000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createEvents);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(dropEvents);
  }
}

/** What the tables are, for the check for drift only: reading and writing go by `pg`. */
const eventEntity = new EntitySchema({
  name: 'Event',
  schema: 'public',
  tableName: 'events',
  columns: {
    pos: { type: 'bigint', primary: true },
    stream_id: { type: 'text', collation: 'C' },
    version: { type: 'bigint' },
    id: { type: 'uuid' },
    digest: { type: 'bytea' },
    type: { type: 'text', collation: 'C' },
    schema: { type: 'smallint', default: 1 },
    subject: { type: 'uuid', nullable: true },
    data: { type: 'json' },
    meta: { type: 'json' },
    occurred: { type: 'timestamptz' },
    recorded: { type: 'timestamptz' },
  },
  uniques: [
    { name: 'events_stream_version', columns: ['stream_id', 'version'] },
    { name: 'events_id', columns: ['id'] },
  ],
  indices: [{ name: 'events_subject_pos', columns: ['subject', 'pos'] }],
});

const closedStreamEntity = new EntitySchema({
  name: 'ClosedStream',
  schema: 'public',
  tableName: 'closed_streams',
  columns: { stream_id: { type: 'text', collation: 'C', primary: true }, closed: { type: 'timestamptz' } },
});

/** The event store's tables and functions; they are found by the search path, whose default is this schema. */
export const eventsSchema = {
  schema: 'public',
  migrations: [CreateEvents],
  entities: [eventEntity, closedStreamEntity],
} satisfies OwnedSchema;
