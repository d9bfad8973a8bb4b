import type { Position } from '@tsunagari/contracts';
import type { PoolClient } from '@tsunagari/postgres';
import { LostLease } from '../checkpoints';
import { quoted } from '../schema';

/** Where a reader stands as it is written (`stored`), and a fact by which a restored database is noticed. */
export type Standing = { readonly reader: string; readonly version: number; readonly stored: Position };

/**
 * The fence of readers that take one page together: moves their checkpoints, if all stand where we believe and are ours; the first
 * statement of the transaction that writes. Else throws {@link LostLease} and nothing is written.
 */
export async function moveReaders(
  client: PoolClient,
  schema: string,
  worker: string,
  readers: readonly Standing[],
  upTo: Position,
  last: { readonly id: string; readonly position: Position } | undefined,
): Promise<void> {
  const moved = await client.query({
    name: `${schema}.fence-readers`,
    text: `update ${quoted(schema)}.checkpoints c set pos = $4, id = coalesce($6, id), id_pos = coalesce($7, id_pos), strikes = 0
      from unnest($1::text[], $2::int[], $3::bigint[]) r(reader, version, pos)
      where c.reader = r.reader and c.version = r.version and c.shard = 0 and c.pos = r.pos and c.lease = $5`,
    values: [
      readers.map(({ reader }) => reader),
      readers.map(({ version }) => version),
      readers.map(({ stored }) => stored),
      upTo,
      worker,
      last?.id ?? null,
      last?.position ?? null,
    ],
  });
  if (moved.rowCount !== readers.length) throw new LostLease(readers.map(({ reader }) => reader).join(', '));
}
