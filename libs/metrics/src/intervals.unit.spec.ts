import { chiSquareTail, moments, normalQuantile, wilson } from './intervals';

describe('intervals', () => {
  it.each([
    [0, 10, 0, 0.2775328],
    [1, 10, 0.01787621, 0.40415003],
    [46, 10_000, 0.00345066, 0.00612981],
  ])('Wilson 95 %% of %d in %d is %d to %d', (count, of, low, high) => {
    const interval = wilson(count, of);
    expect(interval.low).toBeCloseTo(low, 8);
    expect(interval.high).toBeCloseTo(high, 7);
  });

  it('Wilson stays within 0 and 1', () => expect(wilson(10, 10)).toMatchObject({ high: 1 }));

  it('quantiles are those of the tables', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12);
    expect(normalQuantile(1e-30)).toBeCloseTo(-11.46402469, 7);
    expect(() => normalQuantile(0)).toThrow(RangeError);
  });

  it('the tail of χ² too', () => {
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(10.8275661706627, 1)).toBeCloseTo(0.001, 12);
    expect(chiSquareTail(5.991464547107979, 2)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(2, 10)).toBeCloseTo(0.9963401531726563, 12);
    expect(chiSquareTail(0, 3)).toBe(1);
  });

  it('the variance of one value is 0, not nothing', () => expect(moments([5])).toEqual({ n: 1, mean: 5, variance: 0 }));
});
