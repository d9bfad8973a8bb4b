import fc from 'fast-check';
import { kaplanMeier, survivalAt } from './survival';

const toy = [1, 3, 4, 6, 6, 8, 10, 12, 12, 12].map((duration, i) => ({ duration, happened: [1, 0, 1, 1, 1, 0, 1, 0, 0, 0][i] === 1 }));

describe('Kaplan–Meier', () => {
  it('of the ten of docs/design/models.md', () => {
    const curve = kaplanMeier(toy);
    for (const [time, survival] of [
      [1, 0.9],
      [4, 0.7875],
      [6, 0.5625],
      [10, 0.421875],
    ] as const)
      expect(survivalAt(curve, time)).toBeCloseTo(survival, 12);
    expect(curve).toMatchObject({ median: 10, n: 10, meanRestricted: true });
    expect(survivalAt(curve, 0.5)).toBe(1);
  });

  it('counts events before censorings at the same time, and has no median while the curve stays above a half', () => {
    const both = kaplanMeier([
      { duration: 5, happened: false },
      { duration: 5, happened: true },
    ]);
    expect(both.steps).toMatchObject([{ atRisk: 2, happened: 1, censored: 1, survival: 0.5 }]);
    expect(kaplanMeier([{ duration: 5, happened: false }]).median).toBeNull();
    expect(kaplanMeier([]).median).toBeNull();
    expect(() => kaplanMeier([{ duration: -1, happened: true }])).toThrow(RangeError);
  });

  it('without censoring it is the share that is left, and the mean is the mean', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1 }), fc.nat(20), (durations, time) => {
        const curve = kaplanMeier(durations.map((duration) => ({ duration, happened: true })));
        expect(survivalAt(curve, time)).toBeCloseTo(durations.filter((each) => each > time).length / durations.length, 10);
        expect(curve.mean).toBeCloseTo(durations.reduce((sum, each) => sum + each, 0) / durations.length, 10);
        for (const { ci, survival } of curve.steps)
          if (ci) expect(0 <= ci.low && ci.low <= survival && survival <= ci.high && ci.high <= 1).toBe(true);
      }),
    );
  });
});
