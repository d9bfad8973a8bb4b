import { survivors } from '../test-data/data-sets';
import {
  discountedLifetime,
  discountedResidualLifetime,
  fitContract,
  retentionRate,
  survival,
  type ContractFit,
  type FittedContract,
} from './index';

function fit(plan: 'high end' | 'regular', model: 'sbg' | 'bdw' | 'auto'): ContractFit {
  const answer = fitContract(survivors(plan).slice(0, 8), { model });
  if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
  return answer;
}

const PUBLISHED: Record<'high end' | 'regular', FittedContract> = {
  'high end': { kind: 'sbg', parameters: { alpha: 0.668, beta: 3.806, c: 1 }, covarianceLog: null },
  regular: { kind: 'sbg', parameters: { alpha: 0.704, beta: 1.182, c: 1 }, covarianceLog: null },
};

describe('contracts', () => {
  it.each(['high end', 'regular'] as const)('sBG gives the published parameters of the plan %s', (plan) => {
    const { parameters } = fit(plan, 'sbg').model;
    expect(parameters.alpha).toBeCloseTo(PUBLISHED[plan].parameters.alpha, 3);
    expect(parameters.beta).toBeCloseTo(PUBLISHED[plan].parameters.beta, 3);
    expect(parameters.c).toBe(1);
  });

  it('projects five years beyond the data: 37.8 % and 17.0 % are left in year 12', () => {
    expect(survival(fit('high end', 'sbg').model, 12)).toBeCloseTo(0.378, 3);
    expect(survival(fit('regular', 'sbg').model, 12)).toBeCloseTo(0.17, 3);
  });

  it.each([
    ['high end' as const, 5.92225, [5.41448, 5.90138, 6.29389, 6.61992, 6.89671]],
    ['regular' as const, 3.69491, [2.9644, 4.10314, 4.8698, 5.44206, 5.8941]],
  ])('discounted lifetimes of the plan %s at 10 %%', (plan, del, derl) => {
    // The published figures come of the parameters before they were rounded to three digits.
    expect(Math.abs(discountedLifetime(PUBLISHED[plan], 0.1) / del - 1)).toBeLessThan(2e-4);
    derl.forEach((value, i) => expect(Math.abs(discountedResidualLifetime(PUBLISHED[plan], i + 1, 0.1) / value - 1)).toBeLessThan(2e-4));
    expect(discountedLifetime(fit(plan, 'sbg').model, 0.1)).toBeCloseTo(del, 3);
  });

  it('renew the more surely, the longer they last: rₜ = (β+t−1)/(α+β+t−1)', () => {
    const { alpha, beta } = PUBLISHED.regular.parameters;
    for (const t of [1, 2, 5, 12]) expect(retentionRate(PUBLISHED.regular, t)).toBeCloseTo((beta + t - 1) / (alpha + beta + t - 1), 12);
  });

  it('take duration dependence only where it helps', () => {
    expect(fit('regular', 'auto').model.kind).toBe('sbg');
    const bdw = fit('high end', 'auto');
    expect(bdw.model.kind).toBe('bdw');
    expect(bdw.logLikelihood - fit('high end', 'sbg').logLikelihood).toBeGreaterThan(1.92);
    expect(fit('regular', 'bdw').estimates.map((e) => e.name)).toEqual(['alpha', 'beta', 'c']);
    // 39.4 % were left in truth.
    expect(Math.abs(survival(bdw.model, 12) - 0.394)).toBeLessThan(Math.abs(survival(fit('high end', 'sbg').model, 12) - 0.394));
  });

  it('refuse a row that rises, is short, or loses nobody, and an endless sum without discount', () => {
    for (const row of [[], [100, 90], [100, 90, 95], [100, 100, 100], [100, NaN, 80]]) {
      expect(fitContract(row)).toMatchObject({ refusal: { code: 'SURVIVORS_NOT_VALID' } });
    }
    expect(() => discountedLifetime(PUBLISHED.regular, 0)).toThrow(RangeError);
  });
});
