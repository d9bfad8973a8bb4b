import { comparePositions, eventQuarantined, type EventReleased, eventReleased } from '@tsunagari/contracts';
import type { EventLog, Journal, UnparsedFact } from '@tsunagari/event-log';
import type { FactBound } from '../definitions/metrics-of-facts.query';

/** What intake received within a period, by when it was recorded. */
export type Received = {
  /** Recorded or put into quarantine, each input once. */
  readonly inputs: number;
  readonly quarantined: number;
  /** As it happened, not from a file: only of these can be said whether they came late. */
  readonly collected: number;
  readonly late: number;
};

/** Facts recorded as they happened come from a collector's source; files name theirs otherwise. */
const COLLECTED = 'source:';
const IMPORTED = 'import:';

/** Unless another limit is asked for: a device that was offline for a day is nothing unusual. */
export const LATE_AFTER_SECONDS = 86_400;

/**
 * Counts inputs, fact by fact. An input is known by its first fact, whose id is the correlation of all that it became. One that is recorded from quarantine
 * was received once, and was quarantined.
 */
export class ReceivedCount {
  private readonly counts = { recorded: 0, released: 0, quarantined: 0, collected: 0, late: 0 };

  constructor(private readonly lateAfterSeconds: number) {}

  add({ id, type, meta, occurred, recorded, json }: UnparsedFact): void {
    const { counts } = this;
    if (type === eventQuarantined.type) counts.quarantined += 1;
    else if (type === eventReleased.type) {
      const { outcome } = JSON.parse(json) as EventReleased;
      if (outcome === 'recorded') counts.released += 1;
    } else if (meta.correlationId === id && (meta.source.startsWith(COLLECTED) || meta.source.startsWith(IMPORTED))) {
      counts.recorded += 1;
      if (!meta.source.startsWith(COLLECTED)) return;
      counts.collected += 1;
      if (Date.parse(recorded) - Date.parse(occurred) > this.lateAfterSeconds * 1000) counts.late += 1;
    }
  }

  result(): Received {
    const { recorded, released, quarantined, collected, late } = this.counts;
    return { inputs: Math.max(0, recorded - released) + quarantined, quarantined, collected, late };
  }
}

const PAGE = 2000;

/** Reads the part of the log that was recorded within [from, to), ISO 8601, in pages; its data stay text. */
export async function receivedWithin(
  { log, journal }: { readonly log: Pick<EventLog, 'readUnparsed'>; readonly journal: Pick<Journal, 'positionAt'> },
  { from, to }: { readonly from: string; readonly to: string },
  lateAfterSeconds = LATE_AFTER_SECONDS,
  { upTo, occurredBy = null }: FactBound = {},
): Promise<Received> {
  const justBefore = (moment: string): string => new Date(Date.parse(moment) - 1).toISOString();
  const [first, last] = await Promise.all([journal.positionAt(justBefore(from)), journal.positionAt(justBefore(to))]);
  const end = upTo !== undefined && comparePositions(upTo, last) < 0 ? upTo : last;
  const count = new ReceivedCount(lateAfterSeconds);
  for (let after = first; ;) {
    const page = await log.readUnparsed({ after, upTo: end, limit: PAGE });
    for (const fact of page.facts) if (occurredBy === null || fact.occurred <= occurredBy) count.add(fact);
    if (page.atEnd || page.upTo === after) return count.result();
    after = page.upTo;
  }
}
