import fc from 'fast-check';
import { calendarOf, dayNumberOf, dayOf, firstDayOfMonth, monthNumberOf, monthOf, startOfDay } from './calendar';

describe('the calendar', () => {
  it('counts days as the rest of the world does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (number) => {
        const day = new Date(number * 86_400_000).toISOString().slice(0, 10);
        expect(dayOf(number)).toBe(day);
        expect(dayNumberOf(day)).toBe(number);
        expect(monthOf(monthNumberOf(number))).toBe(day.slice(0, 7));
        expect(dayOf(firstDayOfMonth(monthNumberOf(number)))).toBe(`${day.slice(0, 7)}-01`);
      }),
    );
  });

  it('takes the day of the zone, also where the clocks change', () => {
    const tokyo = calendarOf('Asia/Tokyo');
    expect(dayOf(tokyo('2010-12-01T14:59:59.999Z'))).toBe('2010-12-01');
    expect(dayOf(tokyo('2010-12-01T15:00:00.000Z'))).toBe('2010-12-02');
    const london = calendarOf('Europe/London');
    expect(dayOf(london('2011-03-26T23:30:00.000Z'))).toBe('2011-03-26');
    expect(dayOf(london('2011-03-27T23:30:00.000Z'))).toBe('2011-03-28');
  });

  it('begins a day when the zone does', () => {
    expect(startOfDay(dayNumberOf('2011-12-10'), 'UTC')).toBe('2011-12-10T00:00:00.000Z');
    expect(startOfDay(dayNumberOf('2011-12-10'), 'Asia/Tokyo')).toBe('2011-12-09T15:00:00.000Z');
    expect(startOfDay(dayNumberOf('2011-03-28'), 'Europe/London')).toBe('2011-03-27T23:00:00.000Z');
  });

  it('refuses a zone that does not exist before any fact is folded', () => {
    expect(() => calendarOf('Mars/Olympus')).toThrow(RangeError);
  });
});
