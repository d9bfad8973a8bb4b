import fc from 'fast-check';
import { evaluatePolicy, type LoggedChoice } from './off-policy';
import { createRandom } from './random';

/** Three offers that are taken with these rates; the log chose evenly, the judged policy prefers the last. */
const rates = [0.1, 0.2, 0.5] as const;
const judged = [0.1, 0.2, 0.7] as const;
const truth = rates.reduce((value, rate, arm) => value + rate * (judged[arm] ?? 0), 0);
function log(n: number, seed: number, model: readonly number[] = rates): readonly LoggedChoice[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, () => {
    const arm = Math.floor(random.uniform() * 3);
    return {
      reward: random.uniform() < (rates[arm] ?? 0) ? 1 : 0,
      logged: 1 / 3,
      target: judged[arm] ?? 0,
      model: { chosen: model[arm] ?? 0, target: model.reduce((value, rate, at) => value + rate * (judged[at] ?? 0), 0) },
    };
  });
}

describe('what another policy would have earned', () => {
  it('by hand', () => {
    const { ips, snips, dm, dr, effectiveSampleSize, meanWeight } = evaluatePolicy([
      { reward: 1, logged: 0.5, target: 1, model: { chosen: 0.5, target: 0.6 } },
      { reward: 0, logged: 0.5, target: 0, model: { chosen: 0.5, target: 0.6 } },
      { reward: 0, logged: 0.25, target: 0.25, model: { chosen: 0.2, target: 0.6 } },
    ]);
    expect(ips.value).toBeCloseTo(2 / 3, 12);
    expect(snips.value).toBeCloseTo(2 / 3, 12);
    expect(dm.value).toBeCloseTo(0.6, 12);
    // (0.6 + 2 · 0.5) + 0.6 + (0.6 − 0.2), by three.
    expect(dr.value).toBeCloseTo(2.6 / 3, 12);
    expect(effectiveSampleSize).toBeCloseTo(9 / 5, 12);
    expect(meanWeight).toBe(1);
  });
  it('has standard errors and intervals, by hand', () => {
    const evaluation = evaluatePolicy(
      [
        { reward: 1, logged: 0.5, target: 1, model: { chosen: 0.5, target: 0.6 } },
        { reward: 0, logged: 0.5, target: 0, model: { chosen: 0.5, target: 0.6 } },
        { reward: 0, logged: 0.25, target: 0.25, model: { chosen: 0.2, target: 0.5 } },
      ],
      { clip: 1.5 },
    );
    expect([evaluation.n, evaluation.largestWeight, evaluation.unsupportedShare, evaluation.doubts]).toEqual([3, 2, 0, ['FEW_EFFECTIVE']]);
    // w·r is 2, 0, 0: the variance 4/3, by three. Cut at 1.5 it is 1.5, 0, 0.
    expect(evaluation.ips.stdErr).toBeCloseTo(2 / 3, 12);
    expect([evaluation.clippedIps.value, evaluation.clippedIps.stdErr]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
    // w·(r − 2/3) is 2/3, 0, −2/3; the weights add up to 3.
    expect(evaluation.snips.stdErr).toBeCloseTo(Math.sqrt(8) / 9, 12);
    expect(evaluation.dm.stdErr).toBeCloseTo(1 / 30, 12);
    // (0.6 + 2 · 0.5), 0.6, (0.5 − 0.2).
    expect(evaluation.dr.value).toBeCloseTo(2.5 / 3, 12);
    for (const { value, stdErr, interval } of [evaluation.ips, evaluation.clippedIps, evaluation.snips, evaluation.dm, evaluation.dr]) {
      expect(interval?.[0]).toBeCloseTo((value ?? 0) - 1.959963984540054 * (stdErr ?? 0), 12);
      expect(interval?.[1]).toBeCloseTo((value ?? 0) + 1.959963984540054 * (stdErr ?? 0), 12);
    }
  });
  it('of one choice has no interval, and of models only where every choice has one', () => {
    const one = { reward: 1, logged: 0.5, target: 0.25 };
    const { ips, dm, dr } = evaluatePolicy([one]);
    expect(ips).toEqual({ value: 0.5, stdErr: null, interval: null });
    const none = { value: null, stdErr: null, interval: null };
    expect([dm, dr]).toEqual([none, none]);
    const half = evaluatePolicy([one, { ...one, model: { chosen: 0.5, target: 0.5 } }]);
    expect([half.dm, half.dr]).toEqual([none, none]);
  });
  it('cuts weights at ten unless another bound is named', () => {
    const row = { reward: 1, logged: 0.01, target: 0.5 };
    expect(evaluatePolicy([row, row]).clippedIps.value).toBe(10);
    expect(evaluatePolicy([row, row], { clip: 20 }).clippedIps.value).toBe(20);
    expect(evaluatePolicy([row, row]).ips.value).toBe(50);
  });
  it('holds the truth in its interval, and the log is healthy', () => {
    const evaluation = evaluatePolicy(log(20_000, 7));
    expect(evaluation.doubts).toEqual([]);
    for (const { interval } of [evaluation.ips, evaluation.snips, evaluation.dr]) {
      expect(interval?.[0]).toBeLessThan(truth);
      expect(interval?.[1]).toBeGreaterThan(truth);
    }
    expect(evaluation.dr.stdErr).toBeLessThan(evaluation.ips.stdErr ?? 0);
  });
  it('doubly robust is right with a wrong model, the direct method is not', () => {
    const evaluation = evaluatePolicy(log(20_000, 7, [0.9, 0.9, 0.9]));
    expect(evaluation.dm.value).toBeCloseTo(0.9, 9);
    expect(Math.abs((evaluation.dr.value ?? 0) - truth)).toBeLessThan(0.03);
  });
  it('is the logged mean when the policies are the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 10, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })), { minLength: 1 }),
        (rows) => {
          const { ips, snips } = evaluatePolicy(rows.map(([reward, p]) => ({ reward, logged: p, target: p })));
          const mean = rows.reduce((total, [reward]) => total + reward, 0) / rows.length;
          expect(ips.value).toBeCloseTo(mean, 9);
          expect(snips.value).toBeCloseTo(mean, 9);
        },
      ),
    );
  });
});

describe('no verdict', () => {
  it('when one tiny probability makes ten thousand rows worth two', () => {
    const rows = [...log(10_000, 3), { reward: 1, logged: 0.000001, target: 0.5 }];
    const { doubts, effectiveSampleSize, clippedIps, ips } = evaluatePolicy(rows);
    expect(effectiveSampleSize).toBeLessThan(2);
    expect(doubts).toContain('FEW_EFFECTIVE');
    expect(clippedIps.value).toBeLessThan(ips.value ?? 0);
  });
  it('when the logged probabilities cannot be right', () => {
    expect(evaluatePolicy(log(5000, 5).map((row) => ({ ...row, logged: 0.2 }))).doubts).toContain('WEIGHTS_OFF');
  });
  it('when the judged policy does what the log never did', () => {
    expect(evaluatePolicy(log(5000, 5).map((row) => ({ ...row, unsupported: 0.2 }))).doubts).toContain('UNSUPPORTED');
  });
  it('at the very bounds is one still', () => {
    const fair = { reward: 1, logged: 0.5, target: 0.5 };
    const rows = (n: number, outside = 0) => [
      ...Array.from({ length: n - outside }, () => fair),
      ...Array.from({ length: outside }, () => ({ ...fair, target: 0, unsupported: 1 })),
    ];
    expect(evaluatePolicy(rows(100))).toMatchObject({ effectiveSampleSize: 100, doubts: [] });
    expect(evaluatePolicy(rows(99)).doubts).toEqual(['FEW_EFFECTIVE']);
    expect(evaluatePolicy(rows(200, 2))).toMatchObject({ unsupportedShare: 0.01, doubts: [] });
    expect(evaluatePolicy(rows(200, 3))).toMatchObject({ unsupportedShare: 0.015, doubts: ['UNSUPPORTED'] });
  });
  it('over nothing, and no value where there is nothing to divide by', () => {
    const none = { value: null, stdErr: null, interval: null };
    expect(evaluatePolicy([])).toEqual({
      ...{ n: 0, effectiveSampleSize: 0, meanWeight: 0, largestWeight: 0, unsupportedShare: 0, doubts: ['NO_DATA', 'FEW_EFFECTIVE'] },
      ...{ ips: none, clippedIps: none, snips: none, dm: none, dr: none },
    });
    expect(evaluatePolicy([{ reward: 1, logged: 0.5, target: 0 }]).snips.value).toBeNull();
    expect(() => evaluatePolicy([{ reward: 1, logged: 0, target: 1 }])).toThrow(
      new RangeError('a logged choice has a probability above 0'),
    );
  });
});
