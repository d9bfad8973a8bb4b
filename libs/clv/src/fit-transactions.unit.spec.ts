import fc from 'fast-check';
import { cdnow, cdnowSummary, dayOf } from '../test-data/data-sets';
import {
  discountedResidualTransactions,
  expectedPurchases,
  fitTransactions,
  logLikelihood,
  probabilityAlive,
  probabilityOfPurchase,
  type DiscountRate,
  type FittedTransactions,
  type PurchaseHistory,
  type TransactionFit,
  type TransactionModelKind,
} from './index';
import { tabulate, type HistoryTable } from './histories';
import { betaGeometricLikelihood, betaGeometricPurchasesIfActive } from './models/beta-geometric';
import { nbdLikelihood } from './models/nbd';
import { paretoLikelihood } from './models/pareto';

const histories = cdnow();

const fits = new Map<TransactionModelKind, TransactionFit>();

function freshFit(kind: TransactionModelKind, of: readonly PurchaseHistory[], unitDays = 7): TransactionFit {
  const answer = fitTransactions(of, { model: kind, unitDays });
  if (answer.outcome === 'refused') throw new Error(answer.refusal.message);
  return answer;
}

/** The fit of CDNOW, made once. */
function fit(kind: TransactionModelKind): TransactionFit {
  const known = fits.get(kind) ?? freshFit(kind, histories);
  fits.set(kind, known);
  return known;
}

function model(kind: 'mbg-nbd' | 'bg-nbd', r: number, alpha: number, a: number, b: number): FittedTransactions {
  return { kind, unitDays: 7, parameters: { r, alpha, a, b }, covarianceLog: null };
}

describe('fits of CDNOW', () => {
  it.each<[TransactionModelKind, number[], number]>([
    ['bg-nbd', [0.243, 4.414, 0.793, 2.426], -9582.4],
    ['mbg-nbd', [0.525, 6.183, 0.891, 1.614], -9582.1],
    ['pareto-nbd', [0.553, 10.578, 0.606, 11.669], -9595.0],
  ])('%s gives the published parameters', (kind, parameters, ll) => {
    const found = fit(kind);
    expect(found.converged).toBe(true);
    expect(found.iterations).toBeLessThan(30);
    expect(found.dropout.identified).toBe(true);
    expect(found.model.kind).toBe(kind);
    found.estimates.forEach((e, i) => expect(e.value).toBeCloseTo(parameters[i]!, 3));
    expect(found.logLikelihood).toBeCloseTo(ll, 1);
  });

  it('reaches lifetimes’ optimum on the rounded summary: −9582.425560567', () => {
    expect(freshFit('bg-nbd', cdnowSummary()).logLikelihood).toBeCloseTo(-9582.425560567, 6);
  });

  it('finds the other optimum when the calibration ends one day later', () => {
    expect(freshFit('bg-nbd', cdnow(dayOf('19971001'))).logLikelihood).toBeCloseTo(-9602.86, 2);
    expect(freshFit('pareto-nbd', cdnow(dayOf('19971001'))).logLikelihood).toBeCloseTo(-9615.24, 2);
  });

  it('gains 181.2 in log-likelihood over the NBD, so dropout is identified', () => {
    expect(fit('bg-nbd').dropout.gainOverNbd).toBeCloseTo(181.2, 1);
  });

  it('is the same in days as in weeks, but for α', () => {
    const weeks = fit('bg-nbd');
    const days = freshFit(
      'bg-nbd',
      histories.map((h) => ({ ...h, tx: 7 * h.tx, T: 7 * h.T })),
      1,
    );
    const ratio = days.estimates.map((e, i) => e.value / weeks.estimates[i]!.value);
    [1, 7, 1, 1].forEach((factor, i) => expect(ratio[i]! / factor).toBeCloseTo(1, 4));
    expect(expectedPurchases(days.model, { x: 2, tx: 213, T: 272 }, 273)).toBeCloseTo(
      expectedPurchases(weeks.model, { x: 2, tx: 213 / 7, T: 272 / 7 }, 273),
      5,
    );
  });

  it('knows how its parameters hang together: r–α 0.780, a–b 0.94', () => {
    const { correlations, estimates } = fit('bg-nbd');
    expect(correlations![0]![1]).toBeCloseTo(0.78, 3);
    expect(correlations![2]![3]).toBeCloseTo(0.941, 2);
    for (const { value, standardError, low, high } of estimates) {
      expect(standardError).toBeGreaterThan(0);
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });

  it('gives the same bits again', () => {
    expect(JSON.stringify(freshFit('mbg-nbd', histories))).toBe(JSON.stringify(fit('mbg-nbd')));
  });

  it('takes MBG/NBD when nothing is asked for, and fits the NBD when it is', () => {
    const answer = fitTransactions(histories);
    expect(answer).toMatchObject({ outcome: 'fitted', model: { kind: 'mbg-nbd', unitDays: 7 } });
    expect(fit('nbd')).toMatchObject({ model: { kind: 'nbd' }, dropout: { identified: false, candidate: null } });
  });

  it('finds the optimum of seven customers without an error', () => {
    const few = histories.filter((h) => h.x > 1).slice(0, 7);
    for (const kind of ['mbg-nbd', 'bg-nbd', 'pareto-nbd', 'nbd'] as const) {
      const found = freshFit(kind, few);
      expect(Number.isFinite(found.logLikelihood)).toBe(true);
      expect(Number.isFinite(expectedPurchases(found.model, few[0]!, 90))).toBe(true);
    }
  });
});

describe('the gradients', () => {
  const table = tabulate(histories.filter((_, i) => i % 7 === 0)) as HistoryTable;
  it.each([
    ['bg-nbd', betaGeometricLikelihood('bg-nbd', table), [0.3, 5, 0.7, 2]],
    ['mbg-nbd', betaGeometricLikelihood('mbg-nbd', table), [0.6, 5, 0.9, 1.5]],
    ['pareto-nbd', paretoLikelihood(table), [0.6, 9, 0.5, 13]],
    ['pareto-nbd with β below α', paretoLikelihood(table), [0.6, 9, 0.5, 2]],
    ['nbd', nbdLikelihood(table), [0.4, 10]],
  ])('of %s are the slopes of the log-likelihood', (_, likelihood, at) => {
    const gradient = new Float64Array(at.length);
    const unused = new Float64Array(at.length);
    likelihood.evaluate(Float64Array.from(at), gradient);
    at.forEach((value, i) => {
      const step = 1e-5 * value;
      const side = (s: number): number =>
        likelihood.evaluate(
          Float64Array.from(at, (v, j) => (i === j ? v + s : v)),
          unused,
        );
      const slope = (side(step) - side(-step)) / (2 * step);
      expect(Math.abs(gradient[i]! - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
    });
  });
});

describe('published values', () => {
  it('BG/NBD: x = 2, t = 30.43, T = 38.86 is expected to buy 1.226 times in 39 weeks', () => {
    expect(expectedPurchases(model('bg-nbd', 0.243, 4.414, 0.793, 2.426), { x: 2, tx: 30.43, T: 38.86 }, 39 * 7)).toBeCloseTo(1.226, 3);
  });

  it('BG/NBD: log-likelihoods at fixed parameters, x = 0 and x = 200', () => {
    const m = model('bg-nbd', 0.25, 4, 0.8, 2.5);
    expect(logLikelihood(m, [{ x: 0, tx: 0, T: 40 }])).toBeCloseTo(-0.59947382, 8);
    expect(logLikelihood(m, [{ x: 200, tx: 38, T: 40 }])).toBeCloseTo(100.7957, 4);
  });

  it('Euler’s form holds to fifteen digits where the textbook form is NaN', () => {
    const term = (
      kind: 'mbg-nbd' | 'bg-nbd',
      [r, alpha, a, b]: readonly [number, number, number, number],
      h: PurchaseHistory,
      ahead: number,
    ): number => {
      const m = model(kind, r, alpha, a, b);
      if (m.kind === 'nbd' || m.kind === 'pareto-nbd') throw new Error(m.kind);
      const c = a + b + h.x - (kind === 'bg-nbd' ? 1 : 0);
      return 1 - (betaGeometricPurchasesIfActive(m, h, ahead) * (a - 1)) / c;
    };
    const bg = [0.243, 4.414, 0.793, 2.426] as const;
    expect(term('bg-nbd', bg, { x: 1000, tx: 100, T: 100 }, 39)).toBeCloseTo(1.067783422668636, 13);
    expect(term('bg-nbd', bg, { x: 500, tx: 100, T: 100 }, 390)).toBeCloseTo(1.378840749522354, 13);
    expect(term('mbg-nbd', [0.525, 6.183, 0.891, 1.614], { x: 2, tx: 30, T: 38.86 }, 39)).toBeCloseTo(1.0432705491296, 12);
  });

  it('expected cumulative repeats of the cohort at week 78: 4165.63 by BTYD’s clock, 4160.61 by one at 39', () => {
    const found = fit('bg-nbd').model;
    const total = (clock: number): number =>
      histories.reduce((sum, h) => sum + expectedPurchases(found, { x: 0, tx: 0, T: 0 }, (h.T + 78 - clock) * 7), 0);
    expect(Math.abs(total(272 / 7) - 4165.63)).toBeLessThan(0.1);
    expect(Math.abs(total(39) - 4160.61)).toBeLessThan(0.1);
  });

  it('Pareto/NBD: the log-likelihood of the CDNOW summary at the published parameters, to thirteen digits', () => {
    expect(logLikelihood(pareto(0.553, 10.578, 0.606, 11.669), cdnowSummary())).toBeCloseTo(-9594.974010040967, 9);
  });

  it('Pareto/NBD: customers at whom the textbook form overflows or loses its digits', () => {
    const overflow = pareto(10.465, 7.98565181e-3, 3.0516, 2.82);
    expect(logLikelihood(overflow, [{ x: 500, tx: 1, T: 37 }])).toBeCloseTo(2594.40445462, 7);
    expect(logLikelihood(overflow, [{ x: 400, tx: 5, T: 6 }])).toBeCloseTo(1323.18893097, 7);
    expect(logLikelihood(pareto(0.5143, 2.8845, 0.2856, 14.1087), [{ x: 254, tx: 97.14286, T: 97.28571 }])).toBeCloseTo(-19.62329222, 7);
  });

  it('Pareto/NBD: discounted residual transactions, by customer and for the cohort', () => {
    const m = pareto(0.55339714, 10.58019854, 0.6060625, 11.65622367);
    const dert = (x: number, tx: number, T: number, rate: number): number =>
      discountedResidualTransactions(m, { x, tx, T }, { rate, per: 'week', compounding: 'continuous' });
    expect(dert(26, 30.86, 31, 0.0027)).toBeCloseTo(86.035, 3);
    expect(dert(2, 30.43, 38.86, 0.0027)).toBeCloseTo(6.48294, 4);
    expect(dert(0, 0, 39, 0.0027)).toBeCloseTo(0.474727, 5);
    expect([dert(26, 30.86, 31, 0.1), dert(2, 30.43, 38.86, 0.1), dert(0, 0, 39, 0.1)]).toEqual([
      expect.closeTo(5.68931, 4),
      expect.closeTo(0.406754, 5),
      expect.closeTo(0.0297599, 6),
    ]);
    const cohort = (discount: DiscountRate): number =>
      histories.reduce((sum, h) => sum + discountedResidualTransactions(m, h, discount), 0);
    expect(cohort({ rate: 0.0027, per: 'week', compounding: 'continuous' })).toBeCloseTo(7186.499, 1);
    // A yearly rate taken for a weekly one makes the base eighteen times too cheap: the unit is part of the type.
    expect(cohort({ rate: Math.log(1.1), per: 'week', compounding: 'continuous' })).toBeCloseTo(490.9, 0);
    expect(cohort({ rate: Math.log(1.1) / 52, per: 'week', compounding: 'continuous' }) / 9012.3).toBeCloseTo(1, 3);
    expect(() => dert(1, 1, 2, 0)).toThrow(RangeError);
  });
});

function pareto(r: number, alpha: number, s: number, beta: number): Extract<FittedTransactions, { kind: 'pareto-nbd' }> {
  return { kind: 'pareto-nbd', unitDays: 7, parameters: { r, alpha, s, beta }, covarianceLog: null };
}

describe('P(alive) and P(purchase)', () => {
  it('at a = 1, where the formula is 0/0, the expectation is smooth', () => {
    for (const kind of ['mbg-nbd', 'bg-nbd'] as const) {
      const at = (a: number): number => expectedPurchases(model(kind, 0.5, 6, a, 1.6), { x: 2, tx: 20, T: 39 }, 273);
      expect(at(1) / ((at(1.001) + at(0.999)) / 2)).toBeCloseTo(1, 5);
      expect(Math.abs(at(1) - at(1.00002))).toBeLessThan(1e-4);
    }
  });

  it('for every history lie where they must: 0 ≤ P(purchase) ≤ P(alive) ≤ 1, P(purchase) ≤ E[purchases], growing with the horizon', () => {
    const positive = fc.double({ min: 0.05, max: 20, noNaN: true });
    const history = fc.tuple(
      fc.nat(300),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(3500).map((days) => days / 7),
    );
    fc.assert(
      fc.property(
        fc.tuple(positive, positive, positive, positive),
        history,
        fc.integer({ min: 1, max: 2000 }),
        ([r, alpha, c, d], [x, share, T], days) => {
          const h = { x, tx: x === 0 ? 0 : share * T, T };
          const all: FittedTransactions[] = [model('bg-nbd', r, alpha, c, d), model('mbg-nbd', r, alpha, c, d), pareto(r, alpha, c, d)];
          for (const m of all) {
            const alive = probabilityAlive(m, h)!;
            const p = probabilityOfPurchase(m, h, days);
            const e = expectedPurchases(m, h, days);
            expect(alive).toBeGreaterThanOrEqual(0);
            expect(alive).toBeLessThanOrEqual(1);
            expect(p).toBeGreaterThanOrEqual(0);
            expect(p).toBeLessThanOrEqual(alive * (1 + 1e-9));
            expect(p).toBeLessThanOrEqual(e * (1 + 1e-6) + 1e-12);
            expect(probabilityOfPurchase(m, h, 2 * days)).toBeGreaterThanOrEqual(p * (1 - 1e-9));
            expect(expectedPurchases(m, h, 2 * days)).toBeGreaterThanOrEqual(e * (1 - 1e-6));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('BG/NBD says 1 without a repeat purchase; MBG/NBD does not', () => {
    const never: PurchaseHistory = { x: 0, tx: 0, T: 30 };
    expect(probabilityAlive(fit('bg-nbd').model, never)).toBe(1);
    expect(probabilityAlive(fit('mbg-nbd').model, never)).toBeLessThan(0.7);
    expect(probabilityAlive(fit('nbd').model, never)).toBeNull();
  });

  it('accept a first purchase on the last day', () => {
    for (const kind of ['mbg-nbd', 'bg-nbd', 'pareto-nbd', 'nbd'] as const) {
      const found = fit(kind).model;
      const p = probabilityOfPurchase(found, { x: 0, tx: 0, T: 0 }, 90);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThan(expectedPurchases(found, { x: 0, tx: 0, T: 0 }, 90));
      expect(probabilityOfPurchase(found, { x: 0, tx: 0, T: 0 }, 0)).toBe(0);
    }
  });
});
