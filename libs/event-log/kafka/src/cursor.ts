import type { Position } from '@tsunagari/contracts';
import { BEGINNING, toSequence } from '@tsunagari/contracts';
import { readWatermark, toPosition } from './fact-records';
import type { Record } from './batch-reader';
import type { Partitions } from './partitions';
import { RecordsGone } from './partitions';

/**
 * `next` is the offset to go on at, `end` where the partition ended when it was last asked, `complete` the sequence up to which it is
 * known, `watermark` that of its last watermark.
 */
type Place = { next: number; end: number; complete: string; watermark: string; readonly buffered: Record[] };

/** A place in the ordered merge of all partitions. One call at a time. */
export type Cursor = {
  readonly position: () => Position;
  /** At most `limit` facts at or before `upTo` in the order of positions. */
  readonly take: (limit: number, upTo?: Position) => Promise<{ readonly records: readonly Record[]; readonly atEnd: boolean }>;
  /** Another cursor at the same place, with what this one has read ahead: nothing is asked of the broker. */
  readonly copy: () => Cursor;
};

/** A partition with so many facts in memory waits for the others: so much memory at most, however uneven the partitions are. */
const aheadAtMost = 2_000;

/** Merges the partitions by sequence from after a position, up to the lowest watermark: beyond it a quiet partition may still hold something. */
export async function openCursor(partitions: Partitions, after: Position): Promise<Cursor> {
  const seen = toSequence(after);
  const starts = await offsetsAfter(partitions, seen);
  const places: Place[] = starts.map((next) => ({ next, end: Infinity, complete: seen, watermark: seen, buffered: [] }));
  return cursorAt(partitions, places, seen);
}

function cursorAt(partitions: Partitions, places: readonly Place[], seen: string): Cursor {
  let at = seen;

  const lowest = (): string => places.reduce((low, { complete }) => (complete < low ? complete : low), '9'.repeat(20));

  /** Reads on in all partitions but those that are far ahead. The ones that hold the merge back are never far ahead. */
  const fetch = async (low: string): Promise<void> => {
    const behind = ({ buffered, complete }: Place): boolean => buffered.length < aheadAtMost || complete === low;
    const from = new Map(places.flatMap((place, partition) => (behind(place) ? [[partition, place.next]] : [])));
    for (const fetched of await partitions.fetch(from, { continues: true })) {
      const place = places[fetched.partition];
      if (!place) continue;
      for (const record of fetched.records) take(place, record);
      place.next = fetched.next;
      place.end = fetched.end;
    }
  };
  /** Whether what holds the merge back was read to its end: waiting is all that is left. */
  const atEndAt = (low: string): boolean => places.some(({ complete, next, end }) => complete === low && next >= end);

  return {
    position: () => toPosition(at),
    copy: () =>
      cursorAt(
        partitions,
        places.map((place) => ({ ...place, buffered: [...place.buffered] })),
        at,
      ),
    async take(limit, upTo) {
      const bound = upTo === undefined ? undefined : toSequence(upTo);
      let low = lowest();
      const ready = (): number =>
        places.reduce((sum, { buffered }) => {
          const beyond = buffered.findIndex(({ sequence }) => sequence > low);
          return sum + (beyond < 0 ? buffered.length : beyond);
        }, 0);
      let drained = false;
      while (ready() < limit && (bound === undefined || low < bound)) {
        await fetch(low);
        low = lowest();
        drained = atEndAt(low);
        if (drained) break;
      }
      const reach = bound !== undefined && bound < low ? bound : low;
      const facts = places.flatMap(({ buffered }) => buffered.filter(({ sequence }) => sequence <= reach));
      facts.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
      const taken = facts.slice(0, limit);
      const last = taken.at(-1);
      at = facts.length > limit && last ? last.sequence : reach > at ? reach : at;
      for (const { buffered } of places) {
        const left = buffered.findIndex(({ sequence }) => sequence > at);
        buffered.splice(0, left < 0 ? buffered.length : left);
      }
      return { records: taken, atEnd: facts.length <= limit && (drained || (bound !== undefined && at >= bound)) };
    },
  };
}

/** A partition's distance that is read through rather than halved again. */
const nearEnough = 500;
/** Bytes in which the next record is found mostly: a transaction's marker and an aborted batch have none. */
const enough = 8_192;

/** What was delivered before has no effect; what follows a watermark that was never seen is refused: something between is gone. */
function take(place: Place, record: Record): void {
  if (record.isFact) {
    if (record.sequence <= place.complete) return;
    place.buffered.push(record);
  } else if (record.sequence > place.watermark) {
    const { after } = readWatermark(record.value);
    if (after > place.watermark) throw new RecordsGone(`watermark ${after} was never seen, the one before it was ${place.watermark}`);
    place.watermark = record.sequence;
  }
  if (record.sequence > place.complete) place.complete = record.sequence;
}

/** By partition, an offset at or before the first record after the sequence: halving, all partitions at once. */
async function offsetsAfter(partitions: Partitions, sequence: string): Promise<number[]> {
  const spans = (await partitions.ends()).map((end) => ({ from: 0, to: end }));
  if (sequence === toSequence(BEGINNING)) return spans.map(() => 0);
  for (;;) {
    const wide = spans.flatMap(({ from, to }, partition) => (to - from > nearEnough ? [partition] : []));
    if (wide.length === 0) return spans.map(({ from }) => from);
    const middles = new Map(wide.map((partition) => [partition, middle(spans[partition])]));
    for (const { partition, records, next } of await partitions.fetch(middles, { maxBytes: enough })) {
      const span = spans[partition];
      const first = records[0];
      if (!span) continue;
      const half = middle(span);
      if (first && first.sequence <= sequence) span.from = half;
      // Only markers or an aborted batch here: what follows decides, and nothing lies between.
      else if (!first && next > half && next < span.to) span.from = await skipped(partitions, partition, next, sequence, span);
      else span.to = half;
    }
  }
}

function middle(span: { readonly from: number; readonly to: number } | undefined): number {
  return span ? Math.floor((span.from + span.to) / 2) : 0;
}

/** Looks on from an offset where nothing was committed; answers the new lower end of the span, and lowers its upper one if that is it. */
async function skipped(
  partitions: Partitions,
  partition: number,
  offset: number,
  sequence: string,
  span: { from: number; to: number },
): Promise<number> {
  const half = middle(span);
  for (let next = offset; next < span.to;) {
    const [answer] = await partitions.fetch(new Map([[partition, next]]), { maxBytes: enough });
    const first = answer?.records[0];
    if (first && first.sequence <= sequence) return first.offset;
    if (first || !answer || answer.next === next) break;
    next = answer.next;
  }
  span.to = half;
  return span.from;
}
