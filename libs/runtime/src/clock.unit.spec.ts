import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clockInFile, clockOf, dayIn, fixedClock, systemClock } from './clock';

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
    expect(clockOf({ fixedClock: undefined, clockFile: undefined })).toBe(systemClock);
    expect(clockOf({ fixedClock: '2011-12-10T00:00:00.000Z', clockFile: undefined }).now()).toBe('2011-12-10T00:00:00.000Z');
    const before = new Date().toISOString();
    const now = systemClock.now();
    expect(now >= before && now <= new Date().toISOString()).toBe(true);
  });

  it('in a file is the same for everybody who looks at it, also after it was moved', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tsunagari-clock-'));
    try {
      const clockFile = path.join(folder, 'clock');
      writeFileSync(clockFile, '2026-01-05T00:00:00Z\n');
      const one = clockInFile(clockFile);
      const other = clockOf({ fixedClock: '2011-12-10T00:00:00.000Z', clockFile });
      expect(other.now()).toBe('2026-01-05T00:00:00.000Z');
      one.advance(86_400_000);
      expect([one.now(), other.now(), other.today('Asia/Tokyo')]).toEqual([
        '2026-01-06T00:00:00.000Z',
        '2026-01-06T00:00:00.000Z',
        '2026-01-06',
      ]);
      // Spoiled or gone: time stays where it was.
      writeFileSync(clockFile, 'soon');
      expect(other.now()).toBe('2026-01-06T00:00:00.000Z');
      rmSync(clockFile);
      expect(other.now()).toBe('2026-01-06T00:00:00.000Z');
      expect(() => clockInFile(clockFile)).toThrow('holds no moment');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what is no moment', () => {
    expect(() => fixedClock('yesterday')).toThrow(RangeError);
  });
});
