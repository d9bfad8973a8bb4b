import type { Position } from '@tsunagari/contracts';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { ParkedKey } from './runner-face';
import { quoted, shardOf } from './schema';

export type NewlyParked = { readonly customer: string; readonly error: string; readonly attempts: number; readonly retryMs: number | null };

/** Keys that cannot be folded, in the transaction of the page that met them. The first position of a key that is parked again stays. */
export async function park(
  client: Pool | PoolClient,
  schema: string,
  { name, version }: { readonly name: string; readonly version: number },
  position: Position,
  keys: readonly NewlyParked[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query(
    `insert into ${quoted(schema)}.parked (projection, version, customer, shard, first_pos, error, attempts, retry_at)
     select $1, $2, k.customer, k.shard, $3, k.error, k.attempts, now() + k.retry_ms * interval '1 millisecond'
     from unnest($4::uuid[], $5::int[], $6::text[], $7::int[], $8::int[]) k(customer, shard, error, attempts, retry_ms)
     on conflict (projection, version, customer)
       do update set error = excluded.error, attempts = excluded.attempts, retry_at = excluded.retry_at`,
    [
      name,
      version,
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
  { name, version }: { readonly name: string; readonly version: number },
  customers: readonly string[],
): Promise<void> {
  if (customers.length > 0)
    await client.query(`delete from ${quoted(schema)}.parked where projection = $1 and version = $2 and customer = any($3::uuid[])`, [
      name,
      version,
      customers,
    ]);
}

export async function listParked(pool: Pool, schema: string, projection?: string): Promise<readonly ParkedKey[]> {
  const { rows } = await pool.query<ParkedKey>(
    `select projection, version, customer, first_pos as "firstPosition", error, attempts, retry_at as "retryAt"
     from ${quoted(schema)}.parked where $1::text is null or projection = $1 order by projection, first_pos, customer`,
    [projection ?? null],
  );
  return rows;
}
