import fc from 'fast-check';
import { addMonths, monthly, periodEnd } from './recurring-revenue';

describe('what a price brings a month [4.02]', () => {
  it.each([
    ['month', 1980, 1980],
    ['quarter', 5000, 1667],
    ['year', 10_000, 833],
    ['week', 300, 1300],
    ['week', 1, 4],
    ['year', 6, 1],
    ['year', -6, -1],
    ['month', 0, 0],
  ] as const)('a %s of %d brings %d', (interval, amountMinor, expected) => {
    expect(monthly({ amountMinor, currency: 'JPY' }, interval)).toEqual({ amountMinor: expected, currency: 'JPY' });
  });
});

describe('the end of a period', () => {
  it.each([
    ['2026-01-31T10:00:00.000Z', 'month', 31, '2026-02-28T10:00:00.000Z'],
    ['2026-02-28T10:00:00.000Z', 'month', 31, '2026-03-31T10:00:00.000Z'],
    ['2024-02-29T00:00:00.000Z', 'year', 29, '2025-02-28T00:00:00.000Z'],
    ['2025-12-15T00:00:00.000Z', 'quarter', 15, '2026-03-15T00:00:00.000Z'],
    ['2026-03-28T00:00:00.000Z', 'week', 28, '2026-04-04T00:00:00.000Z'],
  ] as const)('of %s by the %s anchored at %d is %s', (start, interval, anchor, end) => {
    expect(periodEnd(start, interval, anchor)).toBe(end);
  });

  it('lies in the month asked for, whatever the day', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 60 }),
        (day, months) => {
          const end = new Date(addMonths(day.toISOString(), months));
          const expected = day.getUTCFullYear() * 12 + day.getUTCMonth() + months;
          expect(end.getUTCFullYear() * 12 + end.getUTCMonth()).toBe(expected);
        },
      ),
    );
  });
});
