import {
  achievementLift,
  achievementLiftByAssignment,
  achievementRate,
  outcomeToRetention,
  survivalEffect,
  sustainRate,
  timeToValue,
} from './outcomes';

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

  it('a landmark is partial while some are not watched to its horizon, and says nothing where nobody is', () => {
    const still = (lastDay: number, achievedDay: number | null) => ({ lastDay, left: false, achievedDay });
    const [landmark] = outcomeToRetention({}, [still(50, 5), still(30, 5), still(50, null)], { landmarks: [10], horizonDays: 40 });
    expect(landmark).toMatchObject({ achievers: 2, others: 1, difference: { value: 0, partial: true, n: 3, class: 'RESULT' } });
    const [open] = outcomeToRetention({}, [still(40, 5), still(50, null)], { landmarks: [10], horizonDays: 40 });
    expect(open?.difference).toMatchObject({ value: null, reasonNull: 'PERIOD_NOT_OVER', partial: true });
    // Whoever all left need not be watched any longer.
    const gone = { lastDay: 20, left: true, achievedDay: null };
    const [over] = outcomeToRetention({}, [still(50, 5), gone], { landmarks: [10], horizonDays: 40 });
    expect(over?.difference).toMatchObject({ value: 1, numerator: 1, denominator: 0, partial: false });
  });

  it('a holdout is an effect on retention only where the arms are as planned and large enough', () => {
    const arm = (n: number, left: number) => Array.from({ length: n }, (_, i) => ({ duration: i < left ? 5 : 90, happened: i < left }));
    const how = { horizonDays: 30, weights: [0.5, 0.5] as const };
    expect(survivalEffect({}, arm(40, 10), arm(40, 20), how)).toMatchObject({
      value: 0.25,
      numerator: 0.75,
      denominator: 0.5,
      class: 'RESULT',
      sampleRatio: { mismatch: false },
      method: expect.stringContaining('intention to treat'),
    });
    expect(survivalEffect({}, arm(40, 10), arm(29, 20), how)).toMatchObject({ value: null, reasonNull: 'ARM_TOO_SMALL', n: 69 });
    expect(survivalEffect({}, arm(300, 10), arm(40, 20), how)).toMatchObject({ value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' });
    expect(survivalEffect({}, [], [], how)).toMatchObject({ value: null, reasonNull: 'ARM_TOO_SMALL', sampleRatio: { p: 1 } });
  });

  it('a lift by assignment needs arms as planned and large enough', () => {
    const weights = [0.75, 0.25] as const;
    const lift = achievementLiftByAssignment({}, { achieved: 60, n: 90 }, { achieved: 10, n: 30 }, { weights });
    expect(lift).toMatchObject({ n: 120, class: 'OUTCOME', sampleRatio: { mismatch: false }, method: expect.stringContaining('holdout') });
    expect(lift.value).toBeCloseTo(1 / 3, 12);
    expect(achievementLiftByAssignment({}, { achieved: 60, n: 90 }, { achieved: 10, n: 29 }, { weights })).toMatchObject({
      ...{ value: null, numerator: null, ci: null, reasonNull: 'ARM_TOO_SMALL', notes: ['at least 30 in each arm'] },
    });
    expect(achievementLiftByAssignment({}, { achieved: 6, n: 30 }, { achieved: 10, n: 90 }, { weights })).toMatchObject({
      ...{ value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' },
    });
  });
});
