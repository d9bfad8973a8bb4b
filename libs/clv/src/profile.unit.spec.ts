import { cdnow } from '../test-data/data-sets';
import { fitContract, fitSpend, fitTransactions, type Estimate, type PurchaseHistory } from './index';
import { tabulate, type HistoryTable } from './histories';
import { estimatesOf, maximise, type Likelihood } from './maximum';
import { betaGeometricLikelihood } from './models/beta-geometric';
import { paretoLikelihood } from './models/pareto';

const HALF_CHI_SQUARE = 3.841458820694124 / 2;

function estimates(likelihood: Likelihood): Estimate[] {
  return estimatesOf(likelihood, maximise(likelihood));
}

/** The best log-likelihood with one parameter held, by a fit of its own. */
function heldAt(likelihood: Likelihood, held: number, value: number, start: readonly number[]): number {
  const free = likelihood.names.map((_, i) => i).filter((i) => i !== held);
  const whole = new Float64Array(likelihood.names.length);
  const slopes = new Float64Array(likelihood.names.length);
  return maximise({
    names: free.map((i) => likelihood.names[i]!),
    start: free.map((i) => start[i]!),
    weight: likelihood.weight,
    evaluate: (parameters, gradient) => {
      whole[held] = value;
      free.forEach((i, k) => (whole[i] = parameters[k]!));
      const ll = likelihood.evaluate(whole, slopes);
      free.forEach((i, k) => (gradient[k] = slopes[i]!));
      return ll;
    },
  }).logLikelihood;
}

/** n waiting times of a Poisson process that sum to `sum`: ll = n ln λ − λ Σ. */
function exponential(n: number, sum: number): Likelihood {
  return {
    names: ['rate'],
    start: [1],
    weight: n,
    evaluate: (parameters, gradient) => {
      gradient[0] = n / parameters[0]! - sum;
      return n * Math.log(parameters[0]!) - parameters[0]! * sum;
    },
  };
}

describe('profile-likelihood intervals', () => {
  it('of a rate from three waiting times end where 3 (λ/λ̂ − 1 − ln(λ/λ̂)) = 1.92: skewed, as they must be', () => {
    const [{ value, low, high, reason }] = estimates(exponential(3, 6)) as [Estimate];
    expect(value).toBeCloseTo(0.5, 8);
    for (const end of [low!, high!]) expect(3 * (end / value - 1 - Math.log(end / value))).toBeCloseTo(HALF_CHI_SQUARE, 3);
    expect(Math.log(value / low!) / Math.log(high! / value)).toBeGreaterThan(1.3);
    expect(reason).toBeNull();
  });

  it('are those of the curvature where data are plenty', () => {
    const [{ value, standardError, low, high }] = estimates(exponential(1e6, 2e6)) as [Estimate];
    const half = (1.959963984540054 * standardError!) / value;
    expect(Math.log(high! / value) / half).toBeCloseTo(1, 2);
    expect(Math.log(value / low!) / half).toBeCloseTo(1, 2);
  });

  const every4th = tabulate(cdnow().filter((_, i) => i % 4 === 0)) as HistoryTable;
  it.each([
    ['BG/NBD', betaGeometricLikelihood('bg-nbd', every4th)],
    ['MBG/NBD', betaGeometricLikelihood('mbg-nbd', every4th)],
    ['Pareto/NBD', paretoLikelihood(every4th)],
  ])('of %s end where the best of the other parameters loses 1.92 of log-likelihood', (_, likelihood) => {
    const found = maximise(likelihood);
    let ends = 0;
    estimatesOf(likelihood, found).forEach(({ low, high }, i) => {
      for (const end of [low, high]) {
        if (end === null) continue;
        ends += 1;
        expect(found.logLikelihood - heldAt(likelihood, i, end, found.parameters)).toBeCloseTo(HALF_CHI_SQUARE, 1);
      }
    });
    expect(ends).toBeGreaterThanOrEqual(6);
  });

  it('are the same in days as in weeks, but for α', () => {
    const weeks = cdnow();
    const days = weeks.map((h): PurchaseHistory => ({ ...h, tx: 7 * h.tx, T: 7 * h.T }));
    const [inWeeks, inDays] = [weeks, days].map((of, i) => {
      const fit = fitTransactions(of, { model: 'mbg-nbd', unitDays: i === 0 ? 7 : 1 });
      if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
      return fit.estimates;
    });
    [1, 7, 1, 1].forEach((factor, i) => {
      expect(inDays![i]!.low! / inWeeks![i]!.low! / factor).toBeCloseTo(1, 3);
      expect(inDays![i]!.high! / inWeeks![i]!.high! / factor).toBeCloseTo(1, 3);
    });
  });

  it('of spend are in its unit', () => {
    const histories = cdnow();
    const inCents = histories.map((h) => ({ ...h, spend: { ...h.spend!, meanSpend: 100 * h.spend!.meanSpend } }));
    const [dollars, cents] = [histories, inCents].map((of) => {
      const fit = fitSpend(of);
      if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
      return fit.estimates;
    });
    [1, 1, 100].forEach((factor, i) => {
      for (const key of ['value', 'standardError', 'low', 'high'] as const)
        expect(cents![i]![key]! / dollars![i]![key]! / factor).toBeCloseTo(1, 6);
    });
  });

  it('are open where the data set no limit, and say so; where a parameter ran away there is none, with the reason', () => {
    const fit = (survivors: number[]): readonly Estimate[] => {
      const answer = fitContract(survivors, { model: 'sbg' });
      if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
      return answer.estimates;
    };
    // Customers who differ a little in how surely they renew may as well all be alike, which is α and β without end.
    const [alpha] = fit([1000, 700, 496, 355]);
    expect(alpha).toMatchObject({ high: null, reason: 'The data set no upper limit to alpha.' });
    expect(alpha!.low).toBeGreaterThan(1);
    expect(alpha!.low).toBeLessThan(alpha!.value);
    for (const estimate of fit([1000, 700, 490, 343]))
      expect(estimate).toMatchObject({ standardError: null, low: null, high: null, reason: expect.stringContaining('ran to the bound') });
  });
});
