import type { Record } from './batch-reader';
import type { Partitions } from './partitions';

/** The last committed record of each partition that is wanted; undefined where there is none. */
export async function lastRecords(partitions: Partitions, wanted: (record: Record) => boolean): Promise<readonly (Record | undefined)[]> {
  const ends = await partitions.ends();
  const last: (Record | undefined)[] = ends.map(() => undefined);
  // The last record is a watermark and the transaction's marker follows it; aborted batches may lie behind, so look back further and further.
  let open = ends.flatMap((end, partition) => (end > 0 ? [partition] : []));
  for (let back = 2; open.length > 0; back *= 8) {
    const from = new Map(open.map((partition) => [partition, Math.max(0, (ends[partition] ?? 0) - back)]));
    const starts = new Map(from);
    while (from.size > 0)
      for (const { partition, records, next } of await partitions.fetch(from)) {
        last[partition] = records.findLast(wanted) ?? last[partition];
        if (next >= (ends[partition] ?? 0) || next === from.get(partition)) from.delete(partition);
        else from.set(partition, next);
      }
    open = open.filter((partition) => last[partition] === undefined && (starts.get(partition) ?? 0) > 0);
  }
  return last;
}
