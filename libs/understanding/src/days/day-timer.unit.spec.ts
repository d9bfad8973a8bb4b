import { lastDayOver, startDayTimer } from './day-timer';

describe('the day timer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('closes at once what is over, and each day as it ends in the zone', async () => {
    jest.setSystemTime(new Date('2011-12-09T13:30:00.000Z'));
    const closed: string[] = [];
    const timer = startDayTimer({
      now: () => new Date().toISOString(),
      timeZone: 'Asia/Tokyo',
      close: (day) => Promise.resolve(closed.push(day)),
    });
    await jest.advanceTimersByTimeAsync(0);
    expect(closed).toEqual(['2011-12-08']);
    // Midnight in Tokyo is 15:00 UTC.
    await jest.advanceTimersByTimeAsync(90 * 60_000);
    expect(closed.at(-1)).toBe('2011-12-09');
    await timer.stop();
    const before = closed.length;
    await jest.advanceTimersByTimeAsync(48 * 3_600_000);
    expect(closed).toHaveLength(before);
  });

  it('asks for nothing new under a fixed clock', async () => {
    const closed = new Set<string>();
    const timer = startDayTimer({
      now: () => '2011-12-10T00:00:00.000Z',
      timeZone: 'UTC',
      close: (day) => Promise.resolve(closed.add(day)),
    });
    await jest.advanceTimersByTimeAsync(10 * 24 * 3_600_000);
    expect([...closed]).toEqual(['2011-12-09']);
    expect(lastDayOver('2011-12-09T23:59:59.999Z', 'UTC')).toBe('2011-12-08');
    await timer.stop();
  });

  it('follows a clock that others move, and closes nothing twice', async () => {
    let moment = '2011-12-10T00:00:00.000Z';
    const closed: string[] = [];
    const timer = startDayTimer({ now: () => moment, timeZone: 'UTC', movable: true, close: (day) => Promise.resolve(closed.push(day)) });
    await jest.advanceTimersByTimeAsync(5_000);
    moment = '2011-12-17T09:00:00.000Z';
    await jest.advanceTimersByTimeAsync(5_000);
    expect(closed).toEqual(['2011-12-09', '2011-12-16']);
    await timer.stop();
  });

  it('says what failed and tries again a minute later', async () => {
    const errors: unknown[] = [];
    let away = true;
    const closed: string[] = [];
    const timer = startDayTimer({
      now: () => '2011-12-10T00:00:00.000Z',
      timeZone: 'UTC',
      close: (day) => (away ? Promise.reject(new Error('the database is away')) : Promise.resolve(closed.push(day))),
      onError: (error) => errors.push(error),
    });
    await jest.advanceTimersByTimeAsync(0);
    expect(errors).toHaveLength(1);
    away = false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(closed).toEqual(['2011-12-09']);
    await timer.stop();
  });
});
