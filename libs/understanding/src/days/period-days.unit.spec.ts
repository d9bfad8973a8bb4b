import { dayNumberOf, dayOf } from '../calendar';
import { daysOfPeriod } from './period-days';
import { isUnanswered, orFailure } from './unanswered';

const days = (from: string, to: string, lastDay: string | null, zone = 'UTC') =>
  daysOfPeriod(zone, { from, to }, lastDay === null ? null : dayNumberOf(lastDay));

describe('the days of a period', () => {
  it('are those that are over; what is not over is partial, its borders are midnights of the zone', () => {
    const whole = orFailure(days('2026-01-01', '2026-01-31', '2026-02-03', 'Asia/Tokyo'));
    expect(whole).toMatchObject({
      partial: false,
      interval: { from: '2025-12-31T15:00:00.000Z', to: '2026-01-31T15:00:00.000Z', timeZone: 'Asia/Tokyo' },
    });
    const part = orFailure(days('2026-01-01', '2026-01-31', '2026-01-10'));
    expect([part.partial, dayOf(part.to), part.interval.to]).toEqual([true, '2026-01-10', '2026-02-01T00:00:00.000Z']);
    expect(orFailure(days('2026-01-10', '2026-01-10', '2026-01-10'))).toMatchObject({ partial: false });
  });

  it('are none where the borders are turned round, or nothing of it is over', () => {
    expect(days('2026-02-01', '2026-01-31', '2026-03-01')).toMatchObject({ kind: 'unanswered', code: 'BAD_USER_INPUT', field: 'period' });
    for (const lastDay of [null, '2025-12-31']) {
      const answer = days('2026-01-01', '2026-01-31', lastDay);
      expect(isUnanswered(answer)).toBe(true);
      expect(() => orFailure(answer)).toThrow(expect.objectContaining({ extensions: expect.objectContaining({ code: 'NOT_FOUND' }) }));
    }
  });
});
