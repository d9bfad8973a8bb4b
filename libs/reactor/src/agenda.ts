import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { Reaction } from './definition';

/** A command that is to be sent: at once, or when its time has come. */
export type Entry = {
  readonly id: string;
  readonly reactor: string;
  readonly key: string;
  readonly timer: string | null;
  readonly dueAt: string;
  readonly command: string;
  readonly input: unknown;
  readonly eventId: string;
  readonly correlationId: string;
  readonly attempts: number;
};

/** An entry that has been tried and failed, or that nobody here can carry out: for operations. */
export type StuckEntry = Entry & { readonly error: string | null; readonly retryAt: string | null };

export const agendaSql = (s: string): string => `
-- Everything that is to be done once: commands that follow from facts, and timers. A row stands until its command has been decided.
create table if not exists ${s}.agenda (
  id uuid primary key, seq bigint generated always as identity, reactor text collate "C" not null, key text collate "C" not null,
  timer text collate "C", due_at timestamptz not null, command text not null, input json not null, event_id uuid not null,
  correlation_id text not null, attempts int not null default 0, claimed_until timestamptz, retry_at timestamptz, error text
);
create unique index if not exists agenda_timer on ${s}.agenda (reactor, key, timer) where timer is not null;
create index if not exists agenda_due on ${s}.agenda (due_at, seq);
-- From where on a reactor reacts: facts up to here are folded, and nothing follows from them.
create table if not exists ${s}.reactors (
  name text collate "C" not null, version int not null, go_live bigint not null, primary key (name, version)
);
`;

const COLUMNS = `id, reactor, key, timer, due_at as "dueAt", command, input, event_id as "eventId", correlation_id as "correlationId", attempts`;

/** The id of a reaction: the idempotency key of its command. UUID version 8 of reactor, fact, key and number. */
export function reactionId(reactor: string, eventId: string, key: string, n: number): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['reaction', reactor, eventId, key, n]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export type Noted = { readonly reactor: string; readonly key: string; readonly eventId: string; readonly correlationId: string };

/**
 * Writes down what follows from a page, inside the caller's transaction: two statements, however much it is. What stands already is
 * left alone; of a timer that is set and cancelled within the page the last word counts.
 */
export async function note(
  client: PoolClient,
  s: string,
  now: string,
  reactions: readonly { readonly of: Noted; readonly n: number; readonly reaction: Reaction }[],
): Promise<void> {
  if (reactions.length === 0) return;
  const timers = new Map<string, Noted & { readonly timer: string }>();
  const entries = new Map<string, NewEntry>();
  for (const { of, n, reaction } of reactions) {
    const id = reactionId(of.reactor, of.eventId, of.key, n);
    const timer = reaction.kind === 'send' ? null : reaction.timer;
    const place = timer === null ? id : JSON.stringify([of.reactor, of.key, timer]);
    if (timer !== null) timers.set(place, { ...of, timer });
    entries.delete(place);
    if (reaction.kind === 'cancel-timer') continue;
    const { command, input } = reaction;
    entries.set(place, {
      ...of,
      id,
      timer,
      dueAt: reaction.kind === 'set-timer' ? reaction.at : now,
      command,
      input: JSON.stringify(input),
    });
  }
  const moved = [...timers.values()];
  if (moved.length > 0)
    await client.query(
      `delete from ${s}.agenda a using unnest($1::text[], $2::text[], $3::text[]) t(reactor, key, timer)
       where a.reactor = t.reactor and a.key = t.key and a.timer = t.timer`,
      [moved.map(({ reactor }) => reactor), moved.map(({ key }) => key), moved.map(({ timer }) => timer)],
    );
  const added = [...entries.values()];
  if (added.length > 0)
    await client.query(
      `insert into ${s}.agenda (id, reactor, key, timer, due_at, command, input, event_id, correlation_id)
       select id, reactor, key, timer, due_at, command, input, event_id, correlation_id
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::json[], $8::uuid[], $9::text[])
         with ordinality e(id, reactor, key, timer, due_at, command, input, event_id, correlation_id, nth)
       order by nth on conflict (id) do nothing`,
      [
        added.map(({ id }) => id),
        added.map(({ reactor }) => reactor),
        added.map(({ key }) => key),
        added.map(({ timer }) => timer),
        added.map(({ dueAt }) => dueAt),
        added.map(({ command }) => command),
        added.map(({ input }) => input),
        added.map(({ eventId }) => eventId),
        added.map(({ correlationId }) => correlationId),
      ],
    );
}

type NewEntry = Noted & {
  readonly id: string;
  readonly timer: string | null;
  readonly dueAt: string;
  readonly command: string;
  readonly input: string;
};

/**
 * Takes what is due by the deployment's clock, for so long; nobody else gets it meanwhile. Whoever dies lets go of it when the time
 * is over, and the next one sends the same command under the same idempotency key.
 */
export async function claim(
  pool: Pool,
  s: string,
  now: string,
  commands: readonly string[],
  { limit, claimMs }: { readonly limit: number; readonly claimMs: number },
): Promise<readonly Entry[]> {
  const { rows } = await pool.query<Entry & { seq: string }>(
    `with due as (
       select id from ${s}.agenda where due_at <= $1 and command = any($2::text[])
         and (claimed_until is null or claimed_until < now()) and (retry_at is null or retry_at <= now())
       order by due_at, seq limit $3 for update skip locked
     )
     update ${s}.agenda a set claimed_until = now() + $4 * interval '1 millisecond' from due where a.id = due.id
     returning seq, ${COLUMNS.replace('id,', 'a.id,')}`,
    [now, commands, limit, claimMs],
  );
  return rows.sort((a, b) => (a.dueAt === b.dueAt ? Number(BigInt(a.seq) - BigInt(b.seq)) : a.dueAt < b.dueAt ? -1 : 1));
}

/** These were decided: they are off the agenda. */
export async function strike(pool: Pool, s: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await pool.query(`delete from ${s}.agenda where id = any($1::uuid[])`, [ids]);
}

/** Could not be decided now; the next attempt comes later, at most ten minutes. */
export async function postpone(pool: Pool, s: string, id: string, error: string, firstPauseMs: number): Promise<void> {
  await pool.query(
    `update ${s}.agenda set attempts = attempts + 1, claimed_until = null, error = $2,
       retry_at = now() + least($3 * 2 ^ least(attempts, 20), 600000) * interval '1 millisecond' where id = $1`,
    [id, error.slice(0, 2000).replaceAll('\u0000', ''), firstPauseMs],
  );
}

export async function stuckEntries(pool: Pool, s: string): Promise<readonly StuckEntry[]> {
  const { rows } = await pool.query<StuckEntry>(
    `select ${COLUMNS}, error, retry_at as "retryAt" from ${s}.agenda where attempts > 0 order by due_at, seq limit 1000`,
  );
  return rows;
}
