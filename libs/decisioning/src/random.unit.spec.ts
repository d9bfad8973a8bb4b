import { createRandom } from './random';

/** Decisions are replayed years later: these sequences never change. */
describe('draws', () => {
  it.each([
    [0, [0.2057643415931245, 0.9150261413431053, 0.23178615173151595]],
    [1, [0.0432719179083777, 0.49097104016640947, 0.1382302552590995]],
    [-7, [0.20232537710191534, 0.006783480148460641, 0.7218992992879999]],
  ])('from seed %d are the same for ever', (seed, expected) => {
    const { uniform } = createRandom(seed);
    expect(expected.map(() => uniform())).toEqual(expected);
  });

  it.each([
    [0, [0.2542261481308164, 0.32106071418612037, 0.9010898611304313, 0.9602850248832656]],
    [1, [0.19086814570763544, 0.17344856505408585, 0.4029869307256359, 0.9185965317974975]],
    [-7, [0.3793874225267701, 0.5261325335730552, 0.5400847537442094, 0.9680777497990475]],
  ])('of beta from seed %d are the same for ever', (seed, expected) => {
    const { beta } = createRandom(seed);
    const found = [beta(3, 8), beta(0.5, 0.5), beta(1, 1), beta(40, 2)];
    for (const [at, value] of found.entries()) expect(value).toBeCloseTo(expected[at] ?? 0, 13);
  });

  it('of beta are the same after thousands of proposals that were rejected', () => {
    const { beta } = createRandom(5);
    const values = Array.from({ length: 5000 }, () => beta(1, 1));
    expect(values.at(-1)).toBeCloseTo(0.7627264257034647, 13);
  });

  it('of shapes too small for float64 are the mean', () => {
    expect(createRandom(1).beta(1e-5, 3e-5)).toBe(0.25);
  });

  it.each([
    [3, 8],
    [0.4, 0.6],
    [40, 2],
  ])('of beta(%d, %d) have its mean and its variance', (a, b) => {
    const { beta } = createRandom(11);
    const n = 8000;
    const values = Array.from({ length: n }, () => beta(a, b));
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    const expected = (a * b) / ((a + b) ** 2 * (a + b + 1));
    expect(Math.abs(mean - a / (a + b))).toBeLessThan(4 * Math.sqrt(expected / n));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.06);
  });

  it.each([
    [Number.NaN, 1],
    [1, Number.POSITIVE_INFINITY],
  ])('of beta(%d, %d) are refused, not sought for ever', (a, b) => {
    const { beta } = createRandom(1);
    expect(() => beta(a, b)).toThrow(new RangeError('no draw fits: 1000 in a row were rejected'));
  });
});
