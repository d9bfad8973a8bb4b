import { averageEffect, qiniCurve, sampleRatioTest } from './experiment';
import { fifthsOf, rfmScores } from './rfm';

describe('sample-ratio mismatch', () => {
  it.each([
    [[500, 500], [1, 1], 1],
    [[1000, 1100], [1, 1], 0.029097],
    [[821_588, 815_482], [1, 1], 0.00000182],
    [[310, 340, 350], [1, 1, 1], 0.2725],
  ])('of %p is a chi-square test', (sizes, weights, p) => {
    expect(sampleRatioTest(sizes, weights).p).toBeCloseTo(p, 4);
  });
  // Tails by numerical integration of the density.
  it.each([
    [[1000, 1100], [1, 1], 100 ** 2 / 2100, 0.029096331741],
    [[310, 340, 350], [1, 1, 1], 2.6, 0.272531793034],
    [[70, 30, 50, 50, 50], [1, 1, 1, 1, 1], 16, 0.003019163651],
    [[12, 18, 31, 39], [1, 2, 3, 4], 0.4 + 0.2 + 1 / 30 + 1 / 40, 0.882957786874],
    [[120, 80], [3, 2], 0, 1],
  ])('of %p by weights %p is known to many places', (sizes, weights, chiSquare, p) => {
    const found = sampleRatioTest(sizes, weights);
    expect(found.chiSquare).toBeCloseTo(chiSquare, 12);
    expect(found.p).toBeCloseTo(p, 11);
  });
  it('is an alarm below 0.001 only', () => {
    expect(sampleRatioTest([1000, 1100], [1, 1]).mismatch).toBe(false);
    expect(sampleRatioTest([821_588, 815_482], [1, 1]).mismatch).toBe(true);
  });
  it('finds nothing in nobody, and refuses an arm without a weight, and one arm alone', () => {
    expect(sampleRatioTest([0, 0], [1, 1])).toEqual({ chiSquare: 0, p: 1, mismatch: false });
    expect(() => sampleRatioTest([1, 2], [1, 0])).toThrow(new RangeError('as many positive weights as arms, at least two'));
    expect(() => sampleRatioTest([1, 2], [1, 1, 1])).toThrow(RangeError);
    expect(() => sampleRatioTest([1, 2], [1, -1])).toThrow(RangeError);
    expect(() => sampleRatioTest([5], [1])).toThrow(RangeError);
    expect(() => sampleRatioTest([], [])).toThrow(RangeError);
  });
});

describe('experiments', () => {
  it('a sample-ratio mismatch is found before an effect is believed', () => {
    expect(sampleRatioTest([5000, 5000], [1, 1])).toMatchObject({ chiSquare: 0, p: 1, mismatch: false });
    const off = sampleRatioTest([5200, 4800], [1, 1]);
    expect(off.chiSquare).toBe(16);
    expect(off.p).toBeCloseTo(6.334e-5, 8);
    const treated = Array.from({ length: 520 }, () => 1);
    expect(
      averageEffect(
        {},
        treated,
        Array.from({ length: 300 }, () => 0),
      ),
    ).toMatchObject({ value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' });
    expect(averageEffect({}, [1, 2], [1, 2])).toMatchObject({ value: null, reasonNull: 'ARM_TOO_SMALL' });
    expect(() => sampleRatioTest([1, 2], [1])).toThrow(RangeError);
  });

  it('the effect is the difference of means with its interval', () => {
    const arm = (ones: number) => Array.from({ length: 100 }, (_, i) => (i < ones ? 1 : 0));
    const effect = averageEffect({}, arm(60), arm(50));
    expect(effect.value).toBeCloseTo(0.1, 12);
    expect(effect.ci?.low).toBeCloseTo(0.1 - 1.959964 * Math.sqrt((0.24 + 0.25) / 99), 5);
    expect(effect).toMatchObject({ class: 'MEASUREMENT', n: 200 });
  });

  it('Qini is above 0 for a good order, below for a bad one, and 0 when everybody has one score', () => {
    const population = Array.from({ length: 400 }, (_, i) => {
      const persuadable = i % 4 < 2;
      const treated = i % 2 === 0;
      return { persuadable, treated, outcome: persuadable && treated ? 1 : 0 };
    });
    const qini = (score: (persuadable: boolean) => number): number | null =>
      qiniCurve(
        {},
        population.map(({ persuadable, ...each }) => ({ ...each, score: score(persuadable) })),
      ).qini.value;
    expect(qini((persuadable) => (persuadable ? 1 : 0))).toBeCloseTo(0.0625, 12);
    expect(qini((persuadable) => (persuadable ? 0 : 1))).toBeCloseTo(-0.0625, 12);
    expect(qini(() => 1)).toBeCloseTo(0, 12);
    expect(qiniCurve({}, [{ score: 1, treated: true, outcome: 1 }]).qini).toMatchObject({ value: null });
  });

  it('says nothing of a curve whose arms would mislead', () => {
    const arms = (treated: number, control: number) =>
      Array.from({ length: treated + control }, (_, n) => ({ score: n, treated: n < treated, outcome: 1 }));
    const of = (treated: number, control: number, how: Parameters<typeof qiniCurve>[2]) => qiniCurve({}, arms(treated, control), how);
    expect(of(40, 120, { weights: [1, 1] }).auuc).toMatchObject({ value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' });
    expect(of(20, 20, { minimum: 30 }).qini).toMatchObject({
      value: null,
      reasonNull: 'ARM_TOO_SMALL',
      notes: ['at least 30 in each arm'],
    });
    expect(of(40, 0, { minimum: 30 }).qini).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
    expect(of(40, 120, { weights: [0.25, 0.75], minimum: 30 }).auuc).toMatchObject({ value: expect.any(Number), reasonNull: null });
  });

  it('is the area under gains counted by hand', () => {
    // Best first: treated 1, control 0, treated 1, control 1. Gains: 1 − 0 of two customers, 2 − 0 · 2 of three, 2 − 1 · 2 ÷ 2 of four.
    const { points, auuc, qini } = qiniCurve({}, [
      { score: 4, treated: true, outcome: 1 },
      { score: 3, treated: false, outcome: 0 },
      { score: 2, treated: true, outcome: 1 },
      { score: 1, treated: false, outcome: 1 },
    ]);
    expect(points).toEqual([
      { targeted: 0, gain: 0 },
      { targeted: 0.5, gain: 0.25 },
      { targeted: 0.75, gain: 0.5 },
      { targeted: 1, gain: 0.25 },
    ]);
    // 0.5 · 0.125 + 0.25 · 0.375 + 0.25 · 0.375 = 0.25; a random order would have 0.125.
    expect(auuc).toMatchObject({ value: 0.25, class: 'MEASUREMENT', n: 4 });
    expect(qini).toMatchObject({ value: 0.125, class: 'MEASUREMENT', n: 4 });
  });

  it('a step without a control customer waits for the next one', () => {
    const { points } = qiniCurve({}, [
      { score: 3, treated: true, outcome: 1 },
      { score: 2, treated: false, outcome: 0 },
      { score: 1, treated: true, outcome: 0 },
    ]);
    expect(points.map(({ targeted }) => targeted)).toEqual([0, 2 / 3, 1]);
  });
});

it('RFM: fifths by value, ties together', () => {
  const bounds = fifthsOf([1, 1, 1, 1, 2, 3, 4, 5, 6, 7]);
  expect(bounds).toEqual([1, 1, 3, 5]);
  const thresholds = { lastDay: [10, 20, 30, 40], frequency: bounds, monetaryMinor: [] };
  expect(rfmScores({ lastDay: 41, frequency: 1, monetaryMinor: 5 }, thresholds)).toEqual({ recency: 5, frequency: 1, monetary: 1 });
  expect(fifthsOf([])).toEqual([]);
});
