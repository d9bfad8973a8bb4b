import { BEGINNING, type DayClosed, dayClosed, type Position, streamName } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId, type Keyring, type PlainFact } from '@tsunagari/privacy';
import type { Day } from '@tsunagari/projection';
import { calendarOf, type DayNumber, dayNumberOf, dayOf, startOfDay } from '../calendar';

export const CALENDAR_STREAM = streamName('calendar', 'days');

export type CloseDays = {
  readonly store: EventStore;
  readonly log: Pick<EventLog, 'read'>;
  readonly keyring: Pick<Keyring, 'seal'>;
  /** The last day that is over. */
  readonly upTo: Day;
  readonly timeZone: string;
  /** Where the calendar begins when no day is closed yet; by default the earliest day among the first facts of the log. */
  readonly from?: Day;
};

export type DaysClosed = {
  /** How many days this call closed. */
  readonly closed: number;
  /** The last day that is closed now; null when there is no fact to begin with. */
  readonly lastDay: Day | null;
  /** Where the last `DayClosed` of this call stands; null when it appended nothing. */
  readonly position: Position | null;
};

/** The log's first facts among which the earliest day is looked for: an import is in order of time but for a few lines. */
const FIRST_FACTS = 1000;
const ATTEMPTS = 5;
/** A history of many years is closed in several appends: a store takes so many facts at once. */
const DAYS_AT_ONCE = 1000;

/** The last closed day; null before the first. One read of the end of a stream. */
export async function lastClosedDay(store: EventStore): Promise<Day | null> {
  return (await endOfCalendar(store)).lastDay;
}

/**
 * Appends `DayClosed` for every day up to `upTo` that is not closed yet, a thousand in one append with an exact version: two processes cannot
 * both close a day, and whoever loses the race reads again. Closing again changes nothing. Days before the first closed one stay
 * open: a fold looks at the last closed day only.
 */
export async function closeDays({ store, log, keyring, upTo, timeZone, from }: CloseDays): Promise<DaysClosed> {
  let closed = 0;
  for (let attempt = 1; ; attempt += 1) {
    const { lastDay, version } = await endOfCalendar(store);
    const first = lastDay === null ? await firstDay(log, timeZone, from) : dayNumberOf(lastDay) + 1;
    const wanted = dayNumberOf(upTo);
    if (first === null || first > wanted) return { closed, lastDay, position: null };
    const last = Math.min(wanted, first + DAYS_AT_ONCE - 1);
    const sealed = await keyring.seal(Array.from({ length: last - first + 1 }, (_, i) => closing(first + i, timeZone)));
    const facts = sealed.map((outcome) => {
      if (outcome.kind !== 'sealed') throw new Error(`DayClosed broke its own contract: ${JSON.stringify(outcome.refusal)}`);
      return outcome.fact;
    });
    const [outcome] = await store.appendMany([{ stream: CALENDAR_STREAM, expected: version === 0 ? 'none' : { exact: version }, facts }]);
    if (outcome?.kind === 'appended') {
      closed += outcome.duplicate ? 0 : facts.length;
      if (last === wanted) return { closed, lastDay: upTo, position: outcome.position };
      attempt = 0;
      continue;
    }
    if (outcome?.kind !== 'conflict' || attempt === ATTEMPTS) throw new Error(`days were not closed: ${JSON.stringify(outcome)}`);
  }
}

async function endOfCalendar(store: EventStore): Promise<{ lastDay: Day | null; version: number }> {
  const stream = await store.readStream(CALENDAR_STREAM, { direction: 'backward', limit: 1 });
  if (stream.kind !== 'open') return { lastDay: null, version: 0 };
  const data = stream.facts[0]?.data as DayClosed | undefined;
  return { lastDay: data?.date ?? null, version: stream.lastVersion };
}

async function firstDay(log: Pick<EventLog, 'read'>, timeZone: string, from: Day | undefined): Promise<DayNumber | null> {
  if (from !== undefined) return dayNumberOf(from);
  const { facts } = await log.read({ after: BEGINNING, limit: FIRST_FACTS });
  const dayAt = calendarOf(timeZone);
  return facts.length === 0 ? null : Math.min(...facts.map(({ occurred }) => dayAt(occurred)));
}

function closing(day: DayNumber, timeZone: string): PlainFact {
  const date = dayOf(day);
  const id = commandFactId(`close day ${date} ${timeZone}`, 0);
  return {
    id,
    definition: dayClosed,
    subject: null,
    data: { date, timeZone },
    meta: { actor: 'system:understanding', source: 'tsunagari', correlationId: id },
    occurred: startOfDay(day + 1, timeZone),
  };
}
