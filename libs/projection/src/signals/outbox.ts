import { createHash } from 'node:crypto';
import { comparePositions, type Position, type Signal, type SignalCause } from '@tsunagari/contracts';
import type { PoolClient } from '@tsunagari/postgres';
import { quoted } from '../schema';

/** A signal on its way into the outbox. */
export type Emitted = Pick<Signal, 'topic' | 'projection' | 'version' | 'kind' | 'customer' | 'at' | 'evidence' | 'data'> & {
  readonly cause: SignalCause;
  /** What tells it apart from others of its kind at one position; it is part of the id. */
  readonly of?: string;
};

/** What a generation's shard may emit: `after` < position ≤ `until`. Nothing at all without `after`. */
export type EmissionRange = { readonly after: Position | null; readonly until: Position | null };

export const SIGNALS_CHANNEL = 'signals_appended';

export const outboxSql = (s: string): string => `
-- What projections tell others, in the order in which it became visible: over PostgreSQL this table is the topic.
create table if not exists ${s}.outbox (
  pos bigint primary key, id uuid not null unique, topic text collate "C" not null, projection text collate "C" not null, version int not null,
  kind text collate "C" not null, customer uuid not null, at bigint not null, cause text not null, evidence uuid[] not null, data json not null,
  recorded timestamptz not null default clock_timestamp()
);
create index if not exists outbox_state on ${s}.outbox (projection, customer) where topic = 'state';
`;

export function isEmitted({ after, until }: EmissionRange, at: Position): boolean {
  return after !== null && comparePositions(at, after) > 0 && (until === null || comparePositions(at, until) <= 0);
}

/** UUID version 8 over what makes a signal the same one: a retry is the same message. */
export function signalId({
  projection,
  version,
  customer,
  at,
  kind,
  of,
}: Pick<Emitted, 'projection' | 'version' | 'customer' | 'at' | 'kind' | 'of'>): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['signal', projection, version, customer, at, kind, ...(of === undefined ? [] : [of])]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Adds signals in the transaction of what they tell; call it last. Like the log's, positions become visible in order: the lock is held
 * until the commit is, and the head is read by a later statement. What is known already is left out; of states only the newest of a
 * customer stays.
 */
export async function emit(client: PoolClient, schema: string, signals: readonly Emitted[]): Promise<void> {
  if (signals.length === 0) return;
  const s = quoted(schema);
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tsunagari.outbox:${schema}`]);
  const rows = [...new Map(signals.map((signal) => [signalId(signal), signal]))].map(([id, signal]) => ({ ...signal, id }));
  await client.query(
    `insert into ${s}.outbox (pos, id, topic, projection, version, kind, customer, at, cause, evidence, data)
     select (select coalesce(max(pos), 0) from ${s}.outbox) + row_number() over (order by n.nth), n.id, n.topic, n.projection, n.version, n.kind,
       n.customer, n.at, n.cause, array(select json_array_elements_text(n.evidence)::uuid), n.data
     from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::uuid[], $7::bigint[], $8::text[], $9::json[], $10::json[])
       with ordinality n(id, topic, projection, version, kind, customer, at, cause, evidence, data, nth)
     where not exists (select from ${s}.outbox o where o.id = n.id)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ topic }) => topic),
      rows.map(({ projection }) => projection),
      rows.map(({ version }) => version),
      rows.map(({ kind }) => kind),
      rows.map(({ customer }) => customer),
      rows.map(({ at }) => at),
      rows.map(({ cause }) => cause),
      rows.map(({ evidence }) => JSON.stringify(evidence)),
      rows.map(({ data }) => JSON.stringify(data ?? null)),
    ],
  );
  const states = rows.filter(({ topic }) => topic === 'state');
  if (states.length > 0)
    await client.query(
      `delete from ${s}.outbox o using (select projection, customer, max(pos) as newest from ${s}.outbox
         where topic = 'state' and (projection, customer) in (select * from unnest($1::text[], $2::uuid[])) group by 1, 2) n
       where o.topic = 'state' and (o.projection, o.customer) = (n.projection, n.customer) and o.pos < n.newest`,
      [states.map(({ projection }) => projection), states.map(({ customer }) => customer)],
    );
  await client.query(`select pg_notify('${SIGNALS_CHANNEL}', $1)`, [schema]);
}
