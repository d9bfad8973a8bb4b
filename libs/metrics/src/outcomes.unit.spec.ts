import { achievementLift, achievementRate, outcomeToRetention, sustainRate, timeToValue } from './outcomes';

const on = (day: number): string => `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
const goal = (confirmed: number, achieved: number | null, more = {}) => ({
  customer: `${confirmed}`,
  confirmed: on(confirmed),
  achieved: achieved === null ? null : on(achieved),
  ...more,
});

describe('outcomes', () => {
  it('the achievement rate leaves young goals pending and keeps abandoned ones in the base', () => {
    const goals = [goal(1, 5), goal(1, 20), goal(1, null, { abandoned: true }), goal(25, null), goal(25, 26)];
    expect(achievementRate({}, goals, { withinDays: 10, asOf: on(30) })).toMatchObject({
      value: 1 / 3,
      n: 3,
      partial: true,
      class: 'OUTCOME',
      notes: ['2 pending: confirmed less than 10 days ago', '1 abandoned, in the base'],
    });
    expect(achievementRate({}, [], { withinDays: 10, asOf: on(30) })).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });

  it('what was not observed does not hold', () => {
    const goals = [
      { achieved: on(1), after: 'holding' },
      { achieved: on(1), after: 'unknown' },
      { achieved: on(1), after: 'lost' },
      { achieved: on(28), after: 'holding' },
    ] as const;
    expect(sustainRate({}, goals, { sustainDays: 7, asOf: on(30) })).toMatchObject({ value: 1 / 3, n: 3, partial: true });
  });

  it('time to value censors those without it', () => {
    expect(timeToValue({}, [goal(1, 3), goal(1, 7), goal(1, null)], on(30))).toMatchObject({ value: 6, numerator: 2, denominator: 3 });
    expect(timeToValue({}, [goal(1, 3), goal(1, null), goal(1, null)], on(30))).toMatchObject({ value: null, reasonNull: 'NOT_REACHED' });
    expect(timeToValue({}, [], on(30))).toMatchObject({ reasonNull: 'NO_BASE' });
  });

  it('a lift without a holdout is called an association', () => {
    expect(achievementLift({}, { achieved: 60, n: 100 }, { achieved: 50, n: 100 }, false).method).toContain('association');
    const lift = achievementLift({}, { achieved: 60, n: 100 }, { achieved: 50, n: 100 }, true);
    expect(lift.value).toBeCloseTo(0.1, 12);
    expect(lift.ci?.low).toBeCloseTo(0.1 - 1.959964 * 0.07, 5);
    expect(achievementLift({}, { achieved: 0, n: 0 }, { achieved: 5, n: 10 }, true)).toMatchObject({ value: null });
  });

  it('a landmark does not give achievers the days that they had to survive to achieve', () => {
    // Leaving has nothing to do with achieving here: everybody leaves on day 10 or 40, achievers achieve on day 20 if they are there.
    const customers = Array.from({ length: 400 }, (_, i) => {
      const lastDay = i % 2 === 0 ? 10 : i % 3 === 0 ? 40 : 90;
      return { lastDay, left: lastDay < 90, achievedDay: lastDay > 20 && i % 5 === 0 ? 20 : null };
    });
    const [early, late] = outcomeToRetention({}, customers, { landmarks: [5, 25], horizonDays: 30 });
    expect(early).toMatchObject({ achievers: 0, difference: { value: null, reasonNull: 'NO_BASE' } });
    expect(late?.difference.n).toBe(200);
    expect(Math.abs(late?.difference.value ?? 1)).toBeLessThan(0.02);
    expect(late?.difference.method).toContain('association');
    // The naive comparison from day 0 would claim a large effect.
    const survived = (group: typeof customers) => group.filter(({ lastDay }) => lastDay > 30).length / group.length;
    expect(
      survived(customers.filter((c) => c.achievedDay !== null)) - survived(customers.filter((c) => c.achievedDay === null)),
    ).toBeGreaterThan(0.3);
  });
});
