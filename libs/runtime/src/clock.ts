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

/** The clock a configuration asks for: fixed at a moment, or the real time. */
export function clockOf(configuration: { readonly fixedClock: string | undefined }): Clock {
  return configuration.fixedClock === undefined ? systemClock : fixedClock(configuration.fixedClock);
}
