/** Milliseconds since 1970 of an ISO 8601 moment. */
export function ms(moment: string): number {
  return Date.parse(moment);
}

export function addMinutes(moment: string, count: number): string {
  return new Date(ms(moment) + count * 60_000).toISOString();
}

/** Minutes since midnight of `HH:MM`. */
function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The time of day, `HH:MM`, of a moment in an IANA zone. @throws RangeError for an unknown zone */
export function timeIn(zone: string, moment: string): string {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    clocks.set(zone, clock);
  }
  return clock.format(new Date(moment));
}

export type QuietHours = { readonly from: string; readonly to: string };

/** Whether a moment lies in the quiet hours of a zone: from inclusive, to exclusive, over midnight when `from` is later than `to`. */
export function isQuiet({ from, to }: QuietHours, zone: string, moment: string): boolean {
  const [now, begin, end] = [minutes(timeIn(zone, moment)), minutes(from), minutes(to)];
  return begin <= end ? now >= begin && now < end : now >= begin || now < end;
}

/**
 * The first whole minute after `moment` at which the quiet hours of the zone are over. It is looked for on the real time line, so it is
 * right on days of 23 and 25 hours, where a clock on the wall leaves out an hour or shows it twice.
 */
export function quietUntil(hours: QuietHours, zone: string, moment: string): string {
  const first = Math.floor(ms(moment) / 60_000) + 1;
  for (let minute = first; minute < first + 26 * 60; minute++) {
    const at = new Date(minute * 60_000).toISOString();
    if (!isQuiet(hours, zone, at)) return at;
  }
  throw new RangeError('quiet hours that never end: from and to must differ');
}
