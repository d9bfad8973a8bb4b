import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import { toPosition } from './fact-records';
import type { Partitions } from './partitions';

/** Up to where each partition is known to be complete: the sequence of its last committed record. */
export async function committedTail(partitions: Partitions): Promise<Position[]> {
  const ends = await partitions.ends();
  const tails: Position[] = ends.map(() => BEGINNING);
  // The last record is a watermark and the transaction's marker follows it; aborted batches may lie behind, so look back further and further.
  let open = ends.flatMap((end, partition) => (end > 0 ? [partition] : []));
  for (let back = 2; open.length > 0; back *= 8) {
    const from = new Map(open.map((partition) => [partition, Math.max(0, (ends[partition] ?? 0) - back)]));
    const starts = new Map(from);
    while (from.size > 0)
      for (const { partition, records, next } of await partitions.fetch(from)) {
        const last = records.at(-1);
        if (last) tails[partition] = toPosition(last.sequence);
        if (next >= (ends[partition] ?? 0) || next === from.get(partition)) from.delete(partition);
        else from.set(partition, next);
      }
    open = open.filter((partition) => tails[partition] === BEGINNING && (starts.get(partition) ?? 0) > 0);
  }
  return tails;
}
