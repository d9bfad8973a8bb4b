import type { PoolClient } from '@tsunagari/postgres';
import type { Page } from './pages';
import { quoted } from './schema';

export type ShardsOf = { readonly reader: string; readonly generation: number; readonly shards: readonly number[] };

/**
 * The fence. Moves the checkpoints of these shards from the page's beginning to its end, if all of them stand there and are ours;
 * the first statement of the transaction that writes what the page became. Otherwise another process has a shard or was here
 * before: throws {@link LostLease}, the transaction rolls back, and the caller forgets what it folded.
 */
export async function moveCheckpoints(
  client: PoolClient,
  schema: string,
  worker: string,
  { reader, generation, shards }: ShardsOf,
  { after, upTo, last }: Pick<Page, 'after' | 'upTo' | 'last'>,
): Promise<void> {
  const moved = await client.query({
    name: `${schema}.fence`,
    text: `update ${quoted(schema)}.checkpoints set pos = $6, id = coalesce($7, id), id_pos = coalesce($8, id_pos), strikes = 0, marker = null
      where reader = $1 and generation = $2 and shard = any($3::int[]) and pos = $4 and lease = $5`,
    values: [reader, generation, shards, after, worker, upTo, last?.id ?? null, last?.position ?? null],
  });
  if (moved.rowCount !== shards.length) throw new LostLease(reader);
}

/** A shard is another process's now. Nothing was written; whoever folded forgets it and asks what is still its own. */
export class LostLease extends Error {
  constructor(readonly reader: string) {
    super(`${reader}: another process has taken over`);
  }
}
