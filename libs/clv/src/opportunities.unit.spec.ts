import { donations } from '../test-data/data-sets';
import {
  discountedOpportunities,
  expectedOpportunities,
  fitOpportunities,
  opportunityAlive,
  opportunityTaken,
  type OpportunityFit,
} from './index';

const people = donations();
const answer = fitOpportunities(people);
if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
const fit: OpportunityFit = answer;

const after = (x: number, tx: number): { x: number; tx: number; n: number } => ({ x, tx, n: 6 });

describe('donations of 11,104 people', () => {
  it('give BG/BB 1.204, 0.750, 0.657, 2.783 with log-likelihood −33,225.6', () => {
    expect(fit).toMatchObject({ customers: 11_104, converged: true, dropoutIdentified: true, model: { kind: 'bg-bb' } });
    [1.204, 0.75, 0.657, 2.783].forEach((value, i) => expect(fit.estimates[i]!.value).toBeCloseTo(value, 3));
    expect(fit.logLikelihood).toBeCloseTo(-33_225.58, 2);
  });

  it('P(alive in 2002): 0.11, 0.59, 0.93', () => {
    expect(opportunityAlive(fit.model, after(0, 0))).toBeCloseTo(0.11, 2);
    expect(opportunityAlive(fit.model, after(2, 4))).toBeCloseTo(0.59, 2);
    expect(opportunityAlive(fit.model, after(6, 6))).toBeCloseTo(0.93, 2);
  });

  it('expect 12,884 gifts in 2002–2006, of which 13,260 came', () => {
    const expected = people.reduce((sum, h) => sum + (h.weight ?? 1) * expectedOpportunities(fit.model, h, 5), 0);
    expect(Math.abs(expected - 12_884.2)).toBeLessThan(0.1);
  });

  it('discounted over an endless horizon: 5.90981, 2.85524, 0.114767', () => {
    expect(discountedOpportunities(fit.model, after(6, 6), 0.1)).toBeCloseTo(5.90981, 3);
    expect(discountedOpportunities(fit.model, after(5, 5), 0.1)).toBeCloseTo(2.85524, 3);
    expect(discountedOpportunities(fit.model, after(0, 0), 0.1)).toBeCloseTo(0.114767, 4);
  });

  it('fall back to the beta-binomial where nobody leaves', () => {
    // Each of two kinds of people gives with its own probability for ever.
    const choose = [1, 6, 15, 20, 15, 6, 1];
    const loyal = choose.flatMap((ways, x) =>
      [0.2, 0.6].flatMap((p) => {
        const weight = 1000 * ways * p ** x * (1 - p) ** (6 - x);
        if (x === 0) return [{ x, tx: 0, n: 6, weight }];
        // Of the ways to give x times in six years, so many end in year tx.
        const ending = Array.from({ length: 7 }, (_, tx) => (tx < x ? 0 : binomial(tx - 1, x - 1)));
        return ending.flatMap((count, tx) => (count > 0 ? [{ x, tx, n: 6, weight: (weight * count) / ways }] : []));
      }),
    );
    const found = fitOpportunities(loyal);
    if (found.outcome === 'refused') throw new Error(found.refusal.message);
    expect(found).toMatchObject({ dropoutIdentified: false, model: { kind: 'beta-binomial' } });
    expect(opportunityAlive(found.model, after(1, 1))).toBeNull();
    expect(opportunityTaken(found.model, after(6, 6), 1)).toBe(opportunityTaken(found.model, after(6, 6), 9));
  });

  it('refuse histories that are none', () => {
    expect(fitOpportunities([{ x: 3, tx: 2, n: 6 }])).toMatchObject({ refusal: { code: 'HISTORY_NOT_VALID', field: 'histories[0]' } });
    expect(fitOpportunities([])).toMatchObject({ refusal: { code: 'NO_CUSTOMERS' } });
    expect(() => discountedOpportunities(fit.model, after(0, 0), 0)).toThrow(RangeError);
  });
});

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return ways;
}
