/** Milliseconds since 1970 of an ISO 8601 moment. */
export function milliseconds(moment: string): number {
  return Date.parse(moment);
}

/** So many days of 24 hours later. */
export function daysAfter(moment: string, days: number): string {
  return new Date(milliseconds(moment) + days * 86_400_000).toISOString();
}

/**
 * A calendar month later in a time zone: the same day and hour on the wall, or the last day of a shorter month. Where clocks change
 * in between, the hour on the wall stays; one that does not exist that night becomes the next one that does.
 */
export function aMonthAfter(moment: string, timeZone: string): string {
  const { year, month, day, ...time } = wall(milliseconds(moment), timeZone);
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const wanted = Date.UTC(year, month, Math.min(day, last), time.hour, time.minute, time.second);
  // Zones differ from UTC by a day at most; two rounds settle an offset that changes on the way.
  let at = wanted;
  for (let round = 0; round < 2; round++) {
    const shown = wall(at, timeZone);
    at += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second);
  }
  return new Date(at + (milliseconds(moment) % 1000)).toISOString();
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wall(at: number, timeZone: string) {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA-u-ca-gregory-hc-h23', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (part: string): number => parts[part] ?? 0;
  return { year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute'), second: of('second') };
}
