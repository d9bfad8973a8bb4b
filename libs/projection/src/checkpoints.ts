import { comparePositions, type Position } from '@tsunagari/contracts';
import type { PoolClient } from '@tsunagari/postgres';
import type { Page } from './pages';
import { quoted } from './schema';
import type { EmissionRange } from './signals/outbox';

export type ShardsOf = { readonly reader: string; readonly generation: number; readonly shards: readonly number[] };

/**
 * The fence. Moves the checkpoints of these shards from the page's beginning to its end, if all of them stand there and are ours;
 * the first statement of the transaction that writes what the page became. Otherwise another process has a shard or was here
 * before: throws {@link LostLease}, the transaction rolls back, and the caller forgets what it folded. Answers what each shard may
 * emit; a page that `mayCut` and passes the place where that changes is refused: {@link Straddles}.
 */
export async function moveCheckpoints(
  client: PoolClient,
  schema: string,
  worker: string,
  { reader, generation, shards }: ShardsOf,
  { after, upTo, last }: Pick<Page, 'after' | 'upTo' | 'last'>,
  mayCut = false,
): Promise<ReadonlyMap<number, EmissionRange>> {
  const moved = await client.query<{ shard: number; emits_after: Position | null; emits_until: Position | null }>({
    name: `${schema}.fence`,
    text: `update ${quoted(schema)}.checkpoints set pos = $6, id = coalesce($7, id), id_pos = coalesce($8, id_pos), strikes = 0, marker = null
      where reader = $1 and generation = $2 and shard = any($3::int[]) and pos = $4 and lease = $5 returning shard, emits_after, emits_until`,
    values: [reader, generation, shards, after, worker, upTo, last?.id ?? null, last?.position ?? null],
  });
  if (moved.rowCount !== shards.length) throw new LostLease(reader);
  const ranges = new Map<number, EmissionRange>();
  for (const { shard, emits_after, emits_until } of moved.rows) {
    for (const edge of [emits_after, emits_until])
      if (mayCut && edge !== null && comparePositions(after, edge) < 0 && comparePositions(edge, upTo) < 0) throw new Straddles(edge);
    ranges.set(shard, { after: emits_after, until: emits_until });
  }
  return ranges;
}

/** The page lies on both sides of where another generation became the emitting one: it is to be taken in two. */
export class Straddles extends Error {
  constructor(readonly at: Position) {
    super(`a page is to be cut at ${at}`);
  }
}

/** A shard is another process's now. Nothing was written; whoever folded forgets it and asks what is still its own. */
export class LostLease extends Error {
  constructor(readonly reader: string) {
    super(`${reader}: another process has taken over`);
  }
}
