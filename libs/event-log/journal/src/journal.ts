import type { Position } from '@tsunagari/contracts';
import { comparePositions } from '@tsunagari/contracts';
import type { EventLog, Journal, LogPage, UnparsedFact, Wake } from '@tsunagari/event-log';
import { age, ageAfter, isCopyOf, wakeOf } from '@tsunagari/event-log';
import { factTable, postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { Leader, LeaderState, Pool } from '@tsunagari/postgres';
import { lead, postgresLease } from '@tsunagari/postgres';
import type { Target } from './fill';
import { LostLease, writePage } from './fill';
import type { Place } from './table';
import { ensureTable, placeOf } from './table';

export type JournalOptions = {
  /** The database of whoever reads the journal. */
  readonly pool: Pool;
  /** Where its tables stand; made when missing. */
  readonly schema: string;
  /** The log that fills it. It stays its owner's: `stop` does not close it. */
  readonly log: EventLog;
  /** Keeps only these types, for a service that reads no others; by default all. Never changed for a schema that is filled. */
  readonly types?: readonly string[];
  /** Told of every outage and of a log that differs; filling goes on by itself after an outage. */
  readonly onError: (error: unknown) => void;
  /** The clock that `recorded` comes from, ISO 8601: how far behind is counted by it. By default the real time. */
  readonly now?: () => string;
  /** At most so many facts in one transaction. Default 2,000. */
  readonly pageSize?: number;
  /** The safety net beside the log's hint, ms. Default 1,000. */
  readonly pollMs?: number;
  /** How long a writer that says nothing keeps the journal, ms. Default 1,500. */
  readonly leaseMs?: number;
  /** Whether the journal's readers are woken by LISTEN. Default true. */
  readonly listen?: boolean;
};

/**
 * The log does not have the fact that the journal was given last: the log or this database was restored from an older copy, the
 * topic was made anew, or the log is another deployment's. Nothing is written any more.
 */
export type JournalLogDiffers = {
  readonly kind: 'log-differs';
  readonly position: Position;
  /** The id of the fact that the journal has there. */
  readonly expected: string;
  readonly explanation: string;
  readonly remedy: string;
};

export type JournalStart = { readonly kind: 'started' } | JournalLogDiffers;
export type JournalWait = { readonly kind: 'caught-up' | 'lagging'; readonly position: Position };

export type JournalStatus = {
  readonly state: LeaderState | 'halted';
  /** Everything up to here stands in the journal. */
  readonly position: Position;
  /** Facts that this process has written. */
  readonly written: number;
  /** What went wrong last and is not over. */
  readonly trouble?: string;
  readonly halted?: JournalLogDiffers;
};

/** The facts in position order in a table of this database, filled from a log elsewhere, exactly once each. */
export type FilledJournal = {
  /** What stands in the journal, as a log: its head is how far it is filled. */
  readonly log: EventLog;
  readonly journal: Journal;
  /** Makes the tables, checks that the log is the one that filled them so far, and begins to fill; where another process does, waits. */
  readonly start: () => Promise<JournalStart>;
  readonly stop: () => Promise<void>;
  /**
   * Age of the oldest fact of the log that the journal lacks, ms; 0 when it lacks none. Throws when the log cannot be asked. Whoever fills
   * knows it; others ask the log, one question at a time: however often it is asked, it is no load.
   */
  readonly lagMs: () => Promise<number>;
  /** Until everything up to a position stands in the journal, or the time is over. Default 2,000 ms. */
  readonly waitFor: (position: Position, options?: { readonly timeoutMs?: number }) => Promise<JournalWait>;
  readonly status: () => Promise<JournalStatus>;
};

/** Whoever fills is not behind while what the log ends with stands in the journal so soon, ms. */
const SOON_MS = 200;

/** Nothing happens before `start`. */
export function openJournal(options: JournalOptions): FilledJournal {
  const { pool, schema, log: source, types, now, onError, pageSize = 2_000, pollMs = 1_000, leaseMs = 1_500 } = options;
  const filter = types ? { types } : {};
  const table = factTable(schema);
  const lease = postgresLease({ pool, schema, name: 'journal', leaseMs });
  const target: Target = { pool, schema, table, lease };
  const log = postgresEventLog({ pool, schema, pollEveryMs: pollMs, listen: options.listen ?? true });
  let appended: Wake | undefined;
  let moved: Wake | undefined;
  let leader: Leader | undefined;
  let halted: JournalLogDiffers | undefined;
  let written = 0;
  /** What whoever fills knows of the log: when it looked last, and the first fact of the page at hand. */
  let lookedAt = -Infinity;
  let oldest: UnparsedFact | undefined;
  /** The question to the log how far behind the journal is, while it is on its way. */
  let asking: Promise<number> | undefined;

  const differs = async ({ tail }: Place): Promise<JournalLogDiffers | undefined> => {
    if (!tail || (await isCopyOf(source, tail, types))) return undefined;
    return {
      kind: 'log-differs',
      position: tail.position,
      expected: tail.id,
      explanation:
        `The journal in schema ${schema} was given fact ${tail.id} at position ${tail.position}, but the event log does not have it ` +
        'there: the log or this database was restored from an older copy, the topic was made anew, or the log is another deployment’s.',
      remedy:
        `Restore both from the same moment; or stop the service, drop schema ${schema} and the read models made from it, and start: ` +
        'everything is read again from the first fact.',
    };
  };

  /** Fills while the signal allows; the next page is fetched while this one is written. */
  const fill = async (signal: AbortSignal, well: () => void): Promise<void> => {
    let place = await placeOf(pool, schema);
    halted = await differs(place);
    if (halted) {
      onError(new Error(`${halted.explanation} ${halted.remedy}`));
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return;
    }
    const fetch = async (after: Position): Promise<LogPage<UnparsedFact>> => {
      const found = await source.readUnparsed({ after, limit: pageSize, ...filter });
      lookedAt = performance.now();
      return found;
    };
    let heard = appended?.heard() ?? 0;
    let page = await fetch(place.position);
    well();
    while (!signal.aborted) {
      if (comparePositions(page.upTo, place.position) > 0) {
        oldest = page.facts[0];
        const [done, next] = await Promise.all([writePage(target, place, page), page.atEnd ? undefined : fetch(page.upTo)]);
        written += page.facts.length;
        place = done;
        if (next) {
          page = next;
          continue;
        }
      }
      if (page.atEnd) await appended?.wait(heard, pollMs, signal);
      heard = appended?.heard() ?? 0;
      if (!signal.aborted) page = await fetch(place.position);
    }
  };

  const waitFor: FilledJournal['waitFor'] = async (position, { timeoutMs = 2_000 } = {}) => {
    for (const until = performance.now() + timeoutMs; ;) {
      const heard = moved?.heard() ?? 0;
      const at = await log.head();
      if (comparePositions(at, position) >= 0) return { kind: 'caught-up', position: at };
      const left = until - performance.now();
      if (left <= 0 || !moved) return { kind: 'lagging', position: at };
      await moved.wait(heard, Math.min(left, pollMs));
    }
  };

  /** Where a log ends is a small question, what comes next in it a big one: it is asked only where somebody fills too slowly. */
  const behind = async (): Promise<number> => {
    const { kind, position } = await waitFor(await source.head(), { timeoutMs: SOON_MS });
    return kind === 'caught-up' ? 0 : ageAfter(source, position, { ...filter, now });
  };

  return {
    log,
    journal: postgresJournal({ pool, schema }),
    async start() {
      await ensureTable(pool, schema, table);
      // A log that is away is no reason not to serve what stands here: it is checked before anything is written.
      const found = await differs(await placeOf(pool, schema)).catch((error: unknown) => onError(error));
      if (found) return found;
      appended = wakeOf(source);
      moved = wakeOf(log);
      leader = lead({
        lease,
        lead: fill,
        onError: (error) => {
          if (!(error instanceof LostLease)) onError(error);
        },
      });
      return { kind: 'started' };
    },
    async stop() {
      await leader?.stop();
      appended?.stop();
      moved?.stop();
      await log.close();
    },
    async lagMs() {
      if (leader?.state() === 'leading' && performance.now() - lookedAt < 2 * pollMs)
        return oldest === undefined || comparePositions(oldest.position, await log.head()) <= 0 ? 0 : age(oldest.recorded, now);
      asking ??= behind().finally(() => (asking = undefined));
      return asking;
    },
    waitFor,
    async status() {
      const { position } = await placeOf(pool, schema);
      const trouble = leader?.trouble();
      return {
        state: halted ? 'halted' : (leader?.state() ?? 'stopped'),
        position,
        written,
        ...(trouble === undefined ? {} : { trouble }),
        ...(halted ? { halted } : {}),
      };
    },
  };
}
