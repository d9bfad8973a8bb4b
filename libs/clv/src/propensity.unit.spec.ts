import fc from 'fast-check';
import { type FeatureRow, type FittedPropensity, fitPropensity, leakingFeatures, propensityOf, testPropensity } from './propensity';
import { createRandom } from './random';

/** Log-odds −1 + 1.5 x − 0.8 y + 1.2 where y is unknown. */
function population(n: number, seed: number) {
  const random = createRandom(seed);
  const rows: FeatureRow[] = [];
  const happened: boolean[] = [];
  for (let i = 0; i < n; i += 1) {
    const x = random.normal();
    const y = random.uniform() < 0.3 ? null : 10 + 5 * random.normal();
    rows.push({ x, y, constant: 3 });
    const z = -1 + 1.5 * x + (y === null ? 1.2 : (-0.8 * (y - 10)) / 5);
    happened.push(random.uniform() < 1 / (1 + Math.exp(-z)));
  }
  return { rows, happened };
}

const { rows, happened } = population(20_000, 1);
const fitted = fitPropensity(rows, happened, ['x', 'y', 'constant']);
if ('outcome' in fitted) throw new Error(fitted.refusal.message);
const model: FittedPropensity = fitted;

describe('a propensity', () => {
  it('finds the slopes that made the data, and what not knowing means', () => {
    const [x, y, constant] = model.terms;
    expect(x?.slope).toBeCloseTo(1.5, 1);
    expect(y?.slope).toBeCloseTo(-0.8, 1);
    expect(y?.unknown).toBeCloseTo(1.2, 0);
    expect(y?.knownShare).toBeCloseTo(0.7, 1);
    expect(constant).toMatchObject({ slope: 0, unknown: 0, deviation: 0 });
    expect(x?.standardError).toBeGreaterThan(0.005);
  });

  it('is the sum of its drivers, strongest first', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), fc.option(fc.double({ min: -50, max: 50, noNaN: true })), (x, y) => {
        const { probability, logOdds, intercept, drivers } = propensityOf(model, { x, y });
        expect(drivers.reduce((sum, { adds }) => sum + adds, intercept)).toBeCloseTo(logOdds, 10);
        expect(probability).toBeCloseTo(1 / (1 + Math.exp(-logOdds)), 12);
        expect(drivers.every(({ adds }, i) => i === 0 || Math.abs(adds) <= Math.abs(drivers[i - 1]?.adds ?? 0))).toBe(true);
      }),
    );
    expect(propensityOf(model, {}).drivers.find(({ feature }) => feature === 'y')).toMatchObject({ value: null });
  });

  it('is calibrated on customers that it has not seen', () => {
    const other = population(20_000, 2);
    const test = testPropensity(
      other.rows.map((row) => propensityOf(model, row).probability),
      other.happened,
    );
    expect(test.calibrationSlope).toBeCloseTo(1, 1);
    expect(Math.abs(test.bias)).toBeLessThan(0.01);
    expect(test.auc).toBeGreaterThan(0.8);
    expect(test.brier).toBeLessThan(test.brierBase);
    expect(test.liftTopDecile).toBeGreaterThan(1.8);
    for (const { predicted, actual } of test.deciles) expect(actual).toBeCloseTo(predicted, 1);
  });

  it('says when it promises too much, and is too sure', () => {
    const other = population(5000, 3);
    const sure = other.rows.map((row) => {
      const { logOdds } = propensityOf(model, row);
      return 1 / (1 + Math.exp(-(2 * logOdds + 1)));
    });
    const test = testPropensity(sure, other.happened);
    expect(test.bias).toBeGreaterThan(0.03);
    expect(test.calibrationSlope).toBeCloseTo(0.5, 1);
  });

  it('stays finite where a feature separates the outcomes, and names that feature', () => {
    const label = happened.slice(0, 1000);
    const told = rows.slice(0, 1000).map((row, i) => ({ ...row, later: label[i] ? 1 : 0 }));
    expect(leakingFeatures(told, label, ['x', 'later'])).toEqual(['later']);
    const separated = fitPropensity(told, label, ['later']);
    if ('outcome' in separated) throw new Error('refused');
    expect(Number.isFinite(separated.terms[0]?.slope)).toBe(true);
  });

  it('refuses too few outcomes, and is the same for the same rows', () => {
    expect(fitPropensity(rows.slice(0, 40), happened.slice(0, 40), ['x'])).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'TOO_FEW_OUTCOMES' },
    });
    expect(fitPropensity(rows.slice(0, 100), Array<boolean>(100).fill(true), ['x'])).toMatchObject({ outcome: 'refused' });
    expect(fitPropensity(rows, happened, ['x', 'y', 'constant'])).toEqual(model);
    expect(testPropensity([], [])).toMatchObject({ customers: 0, auc: null });
  });
});
