import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Configuration } from './configuration';

/** Where time comes from. Deciders and projections never ask it: the edge does and hands the moment on. */
export interface Clock {
  /** The moment as ISO 8601 in UTC with milliseconds: `2010-12-01T08:26:00.000Z`. */
  now(): string;
  /** The calendar day of the moment, `YYYY-MM-DD`, in an IANA time zone. */
  today(zone: string): string;
}

/** A clock that stands still until it is moved. */
export type MovableClock = Clock & {
  /** Moves forward by milliseconds (backward when negative). */
  advance(milliseconds: number): void;
  /** Sets to an ISO 8601 moment. */
  set(moment: string): void;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day, `YYYY-MM-DD`, of an ISO 8601 moment in an IANA time zone. @throws RangeError for an unknown zone */
export function dayIn(zone: string, moment: string): string {
  let format = formats.get(zone);
  if (!format) {
    // The Swedish way to write a date is ISO 8601.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(zone, format);
  }
  return format.format(new Date(moment));
}

/** The real time. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  today: (zone) => dayIn(zone, new Date().toISOString()),
};

/** A clock that stands at `moment` (ISO 8601), for demonstrations on old data and for tests. @throws RangeError for no moment */
export function fixedClock(moment: string): MovableClock {
  let current = new Date(moment).toISOString();
  return {
    now: () => current,
    today: (zone) => dayIn(zone, current),
    advance: (milliseconds) => {
      current = new Date(Date.parse(current) + milliseconds).toISOString();
    },
    set: (next) => {
      current = new Date(next).toISOString();
    },
  };
}

/**
 * A clock that stands where a file says: all processes of a deployment that look at the file see the same time, also after it was
 * moved. The file is read at each `now`, so it is for demonstrations and tests; whoever may write it may move the time.
 * @throws Error when the file holds no moment from the beginning; one that is spoiled later leaves the clock where it was.
 */
export function clockInFile(file: string): MovableClock {
  let current = momentIn(file);
  if (current === undefined) throw new Error(`${file} holds no moment: write one like 2011-12-10T00:00:00.000Z, or remove it`);
  const now = (): string => (current = momentIn(file) ?? current ?? '');
  const set = (moment: string): void => {
    // Whole or not at all: others read it meanwhile.
    writeFileSync(`${file}.new`, `${new Date(moment).toISOString()}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return {
    now,
    today: (zone) => dayIn(zone, now()),
    advance: (milliseconds) => set(new Date(Date.parse(now()) + milliseconds).toISOString()),
    set,
  };
}

function momentIn(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
  } catch {
    return undefined;
  }
}

/** The clock a configuration asks for: one in a file that may be moved, fixed at a moment, or the real time. */
export function clockOf({ fixedClock: moment, clockFile }: Pick<Configuration, 'fixedClock' | 'clockFile'>): Clock {
  if (clockFile !== undefined) return clockInFile(clockFile);
  return moment === undefined ? systemClock : fixedClock(moment);
}
