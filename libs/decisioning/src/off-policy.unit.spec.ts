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
  it('over nothing, and no value where there is nothing to divide by', () => {
    expect(evaluatePolicy([])).toMatchObject({ doubts: ['NO_DATA', 'FEW_EFFECTIVE'], ips: { value: null } });
    expect(evaluatePolicy([{ reward: 1, logged: 0.5, target: 0 }]).snips.value).toBeNull();
    expect(() => evaluatePolicy([{ reward: 1, logged: 0, target: 1 }])).toThrow(RangeError);
  });
});
