/** A calendar day, `yyyy-mm-dd`. */
export type Day = string;

/** A day as an integer: days since 1970-01-01 on the deployment's calendar. What folds and statistics count with. */
export type DayNumber = number;

/** The day number of `yyyy-mm-dd` (the first ten characters count). Gregorian calendar; no clock, no time zone. */
export function dayNumberOf(day: Day): DayNumber {
  return fromCivil(Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8, 10)));
}

/** `yyyy-mm-dd` of a day number. */
export function dayOf(number: DayNumber): Day {
  const { year, month, day } = civilOf(number);
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`;
}

/** Months since year 0: `year × 12 + month − 1`, so that a difference is a number of calendar months. */
export function monthNumberOf(number: DayNumber): number {
  const { year, month } = civilOf(number);
  return year * 12 + month - 1;
}

/** `yyyy-mm` of a month number. */
export function monthOf(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${pad((month % 12) + 1)}`;
}

/** The first day of a month number. */
export function firstDayOfMonth(month: number): DayNumber {
  return fromCivil(Math.floor(month / 12), (month % 12) + 1, 1);
}

/**
 * The calendar of a time zone: turns a moment (ISO 8601, UTC) into the day it falls on there. Daylight saving is that of the zone.
 * Throws a RangeError for an unknown zone, so a wrong configuration stops the start and not a fold.
 */
export function calendarOf(timeZone: string): (moment: string) => DayNumber {
  if (timeZone === 'UTC') return dayNumberOf;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (moment) => {
    const milliseconds =
      dayNumberOf(moment) * 86_400_000 +
      Number(moment.slice(11, 13)) * 3_600_000 +
      Number(moment.slice(14, 16)) * 60_000 +
      Number(moment.slice(17, 19)) * 1000;
    const [month, day, year] = format.format(milliseconds).split('/').map(Number);
    return fromCivil(year ?? 1970, month ?? 1, day ?? 1);
  };
}

/** The first moment of a day in a time zone, ISO 8601 UTC. Where midnight is skipped by a change of clocks, the first one after it. */
export function startOfDay(day: DayNumber, timeZone: string): string {
  const dayAt = calendarOf(timeZone);
  // Zones lie within 15 hours of UTC, and the day of a moment never falls as time goes on: search the minute where it begins.
  let [before, from] = [day * 1440 - 900, day * 1440 + 900];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (dayAt(momentOf(middle)) >= day) from = middle;
    else before = middle;
  }
  return momentOf(from);
}

function momentOf(minutes: number): string {
  const day = Math.floor(minutes / 1440);
  const minute = minutes - day * 1440;
  return `${dayOf(day)}T${pad(Math.floor(minute / 60))}:${pad(minute % 60)}:00.000Z`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil. */
function fromCivil(year: number, month: number, day: number): DayNumber {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The same source: civil_from_days. */
function civilOf(number: DayNumber): { year: number; month: number; day: number } {
  const z = number + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}
