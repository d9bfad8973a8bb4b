import type { Position } from '@tsunagari/contracts';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { ParkedKey, ReplayOutcome } from './runner-face';
import { quoted, shardOf } from './schema';

export type NewlyParked = { readonly customer: string; readonly error: string; readonly attempts: number; readonly retryMs: number | null };

/** Keys that cannot be folded, in the transaction of the page that met them. The first position of a key that is parked again stays. */
export async function park(
  client: Pool | PoolClient,
  schema: string,
  { name, generation }: { readonly name: string; readonly generation: number },
  position: Position,
  keys: readonly NewlyParked[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query(
    `insert into ${quoted(schema)}.parked (projection, generation, customer, shard, first_pos, error, attempts, retry_at)
     select $1, $2, k.customer, k.shard, $3, k.error, k.attempts, now() + k.retry_ms * interval '1 millisecond'
     from unnest($4::uuid[], $5::int[], $6::text[], $7::int[], $8::int[]) k(customer, shard, error, attempts, retry_ms)
     on conflict (projection, generation, customer)
       do update set error = excluded.error, attempts = excluded.attempts, retry_at = excluded.retry_at`,
    [
      name,
      generation,
      position,
      keys.map(({ customer }) => customer),
      keys.map(({ customer }) => shardOf(customer)),
      keys.map(({ error }) => error.slice(0, 2000).replaceAll('\u0000', '')),
      keys.map(({ attempts }) => attempts),
      keys.map(({ retryMs }) => retryMs),
    ],
  );
}

export async function unpark(
  client: PoolClient,
  schema: string,
  { name, generation }: { readonly name: string; readonly generation: number },
  customers: readonly string[],
): Promise<void> {
  if (customers.length > 0)
    await client.query(`delete from ${quoted(schema)}.parked where projection = $1 and generation = $2 and customer = any($3::uuid[])`, [
      name,
      generation,
      customers,
    ]);
}

export async function listParked(pool: Pool, schema: string, projection?: string): Promise<readonly ParkedKey[]> {
  const { rows } = await pool.query<ParkedKey>(
    `select projection, generation, customer, first_pos as "firstPosition", error, attempts, retry_at as "retryAt"
     from ${quoted(schema)}.parked where $1::text is null or projection = $1 order by projection, first_pos, customer`,
    [projection ?? null],
  );
  return rows;
}

/** Makes a parked key due now and waits for what becomes of it; `turn` lets the owner of its shard have a look. */
export async function replayParked(
  pool: Pool,
  schema: string,
  { name, generation }: { readonly name: string; readonly generation: number },
  customer: string,
  turn: () => Promise<void>,
): Promise<ReplayOutcome> {
  const parked = `${quoted(schema)}.parked`;
  const mine = 'where projection = $1 and generation = $2 and customer = $3';
  const key = [name, generation, customer];
  const before = await pool.query<{ attempts: number }>(`select attempts from ${parked} ${mine}`, key);
  if (!before.rows[0]) return { kind: 'not-parked' };
  await pool.query(`update ${parked} set retry_at = now() ${mine}`, key);
  for (const until = performance.now() + 30_000; ;) {
    const { rows } = await pool.query<{ attempts: number; error: string }>(`select attempts, error from ${parked} ${mine}`, key);
    if (!rows[0]) return { kind: 'replayed' };
    if (rows[0].attempts > before.rows[0].attempts || performance.now() > until) return { kind: 'still-parked', error: rows[0].error };
    await turn();
  }
}
