import { aMonthAfter, daysAfter } from './calendar';

describe('a month of the calendar', () => {
  it.each([
    ['2026-01-15T10:00:00.000Z', 'UTC', '2026-02-15T10:00:00.000Z'],
    // The last day of a shorter month.
    ['2026-01-31T10:00:00.000Z', 'UTC', '2026-02-28T10:00:00.000Z'],
    ['2024-01-31T10:00:00.000Z', 'UTC', '2024-02-29T10:00:00.000Z'],
    ['2026-12-31T10:00:00.123Z', 'UTC', '2027-01-31T10:00:00.123Z'],
    // In Tokyo it is the first already.
    ['2026-01-31T15:00:00.000Z', 'Asia/Tokyo', '2026-02-28T15:00:00.000Z'],
    // Clocks go forward in between: the hour on the wall stays, the time between is an hour shorter.
    ['2026-03-15T09:00:00.000Z', 'Europe/Berlin', '2026-04-15T08:00:00.000Z'],
    // … and back.
    ['2026-10-10T08:00:00.000Z', 'Europe/Berlin', '2026-11-10T09:00:00.000Z'],
    ['2026-02-08T10:30:00.000Z', 'America/New_York', '2026-03-08T09:30:00.000Z'],
  ])('after %s in %s is %s', (moment, zone, expected) => {
    expect(aMonthAfter(moment, zone)).toBe(expected);
  });

  it('an hour that does not exist that night becomes one that does', () => {
    // 02:30 on the 8th of March 2026 does not exist in New York: clocks go from 02:00 to 03:00.
    expect(['2026-03-08T06:30:00.000Z', '2026-03-08T07:30:00.000Z']).toContain(aMonthAfter('2026-02-08T07:30:00.000Z', 'America/New_York'));
  });

  it('days are 24 hours', () => {
    expect(daysAfter('2026-03-28T22:00:00.000Z', 1)).toBe('2026-03-29T22:00:00.000Z');
  });
});
