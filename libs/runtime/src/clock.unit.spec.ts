import { clockOf, dayIn, fixedClock, systemClock } from './clock';

describe('the clock', () => {
  it('stands where it was fixed until it is moved', () => {
    const clock = fixedClock('2011-12-09T12:50:00Z');
    expect(clock.now()).toBe('2011-12-09T12:50:00.000Z');
    clock.advance(86_400_000);
    expect(clock.now()).toBe('2011-12-10T12:50:00.000Z');
    clock.set('2010-12-01');
    expect(clock.now()).toBe('2010-12-01T00:00:00.000Z');
  });

  it('gives the calendar day of a time zone, also across the change to summer time', () => {
    const clock = fixedClock('2011-03-26T23:30:00Z');
    expect([clock.today('UTC'), clock.today('Europe/Berlin'), clock.today('America/New_York')]).toEqual([
      '2011-03-26',
      '2011-03-27',
      '2011-03-26',
    ]);
    expect(dayIn('Europe/Berlin', '2011-03-27T22:30:00Z')).toBe('2011-03-28');
    expect(dayIn('Europe/Berlin', '2011-10-30T22:59:59Z')).toBe('2011-10-30');
    expect(() => clock.today('Mars/Olympus')).toThrow(RangeError);
  });

  it('is the real one unless the configuration fixes it', () => {
    expect(clockOf({ fixedClock: undefined })).toBe(systemClock);
    expect(clockOf({ fixedClock: '2011-12-10T00:00:00.000Z' }).now()).toBe('2011-12-10T00:00:00.000Z');
    const before = new Date().toISOString();
    const now = systemClock.now();
    expect(now >= before && now <= new Date().toISOString()).toBe(true);
  });

  it('refuses what is no moment', () => {
    expect(() => fixedClock('yesterday')).toThrow(RangeError);
  });
});
