import fc from 'fast-check';
import { isQuiet, quietUntil } from './moments';

const night = { from: '21:00', to: '08:00' };

describe('quiet hours in her own zone', () => {
  it.each([
    ['Asia/Tokyo', '2026-01-02T14:00:00.000Z', true, '2026-01-02T23:00:00.000Z'],
    ['Asia/Tokyo', '2026-01-02T11:59:00.000Z', false, null],
    ['Europe/Berlin', '2026-01-02T20:00:00.000Z', true, '2026-01-03T07:00:00.000Z'],
    // The night of 23 hours, in which 02:00 is 03:00, and the night of 25, in which it is 02:00 twice.
    ['Europe/Berlin', '2026-03-28T20:00:00.000Z', true, '2026-03-29T06:00:00.000Z'],
    ['Europe/Berlin', '2026-10-24T20:00:00.000Z', true, '2026-10-25T07:00:00.000Z'],
    ['America/New_York', '2026-11-01T05:30:00.000Z', true, '2026-11-01T13:00:00.000Z'],
    ['Asia/Kathmandu', '2026-01-02T02:14:00.000Z', true, '2026-01-02T02:15:00.000Z'],
  ] as const)('in %s at %s: %s, until %s', (zone, moment, quiet, until) => {
    expect(isQuiet(night, zone, moment)).toBe(quiet);
    if (until !== null) expect(quietUntil(night, zone, moment)).toBe(until);
  });

  it('over an hour that a clock on the wall leaves out, they end when it comes back', () => {
    expect(quietUntil({ from: '01:30', to: '02:30' }, 'Europe/Berlin', '2026-03-29T00:45:00.000Z')).toBe('2026-03-29T01:00:00.000Z');
  });

  it('end at a later moment that is not quiet, in every zone and at every change of clocks', () => {
    const two = (n: number): string => String(n).padStart(2, '0');
    const time = fc.tuple(fc.nat(23), fc.nat(59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
    const zones = fc.constantFrom('Asia/Tokyo', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC');
    const date = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, zones, date, (from, to, zone, day) => {
        fc.pre(from !== to);
        const until = quietUntil({ from, to }, zone, day.toISOString());
        expect(isQuiet({ from, to }, zone, until)).toBe(false);
        expect(Date.parse(until)).toBeGreaterThan(day.getTime());
      }),
      { numRuns: 60 },
    );
  });
});
