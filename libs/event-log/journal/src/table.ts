import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { Tail } from '@tsunagari/event-log';
import type { FactTable } from '@tsunagari/event-log-postgres';
import type { Pool } from '@tsunagari/postgres';
import { quotedName, schemaSql } from '@tsunagari/postgres';

/** How far a journal is filled, and the last fact that it was given. */
export type Place = { readonly position: Position; readonly tail: Tail | undefined };

/** Any number nobody else uses: several processes start together. */
const making = 7_483_113_690_553;

/**
 * The event store's table without what only a store needs (digest, versions that are unique), and one row that says how far it is
 * filled. A second copy of a fact, which a log may hold, has the same id and no effect.
 */
export async function ensureTable(pool: Pool, schema: string, { events }: FactTable): Promise<void> {
  const owner = quotedName(schema);
  // What is there is left alone: making an index that exists would wait for whoever writes just now, be it a process that is frozen.
  const { rows } = await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${owner}.journal`]);
  if (rows[0]?.there) return;
  const client = await pool.connect();
  try {
    await client.query(`begin;
select pg_advisory_xact_lock(${making});
${schemaSql(schema)}
create table if not exists ${events} (
  pos       bigint primary key,
  stream_id text collate "C" not null,
  version   bigint not null,
  id        uuid not null,
  type      text collate "C" not null,
  schema    smallint not null,
  subject   uuid,
  data      json not null,
  meta      json not null,
  occurred  timestamptz not null,
  recorded  timestamptz not null,
  constraint events_id unique (id)
);
create index if not exists events_subject_pos on ${events} (subject, pos);
create table if not exists ${owner}.journal (
  one      boolean primary key default true check (one),
  pos      bigint not null,
  id       uuid,
  id_pos   bigint,
  previous bigint
) with (fillfactor = 50);
insert into ${owner}.journal (pos) values (${BEGINNING}) on conflict do nothing;
commit`);
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

export async function placeOf(pool: Pool, schema: string): Promise<Place> {
  type Row = { readonly pos: Position; readonly id: string | null; readonly id_pos: Position; readonly previous: Position };
  const { rows } = await pool.query<Row>(`select pos, id, id_pos, previous from ${quotedName(schema)}.journal`);
  const [row] = rows;
  if (!row) throw new Error(`the journal in schema ${schema} does not say how far it is filled`);
  return { position: row.pos, tail: row.id === null ? undefined : { id: row.id, position: row.id_pos, previous: row.previous } };
}
