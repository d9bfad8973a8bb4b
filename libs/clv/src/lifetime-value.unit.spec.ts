import fc from 'fast-check';
import { cdnow, cdnowSummary } from '../test-data/data-sets';
import {
  expectedPurchases,
  expectedSpend,
  explain,
  fitReturns,
  fitSpend,
  fitTransactions,
  lifetimeValue,
  productOf,
  returnRate,
  type FittedSpend,
  type FittedTransactions,
  type PurchaseHistory,
} from './index';

function fitted(
  histories: readonly PurchaseHistory[],
  model: 'bg-nbd' | 'mbg-nbd',
): { transactions: FittedTransactions; spend: FittedSpend } {
  const [transactions, spend] = [fitTransactions(histories, { model }), fitSpend(histories)];
  if (transactions.outcome === 'refused' || spend.outcome === 'refused') throw new Error('refused');
  return { transactions: transactions.model, spend: spend.model };
}

describe('spend', () => {
  it('of CDNOW’s 946 repeat buyers is gamma-gamma 6.25, 3.74, 15.44 with log-likelihood −4055.9', () => {
    const fit = fitSpend(cdnow());
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    expect(fit).toMatchObject({ customers: 946, converged: true, warning: null, model: { kind: 'gamma-gamma' } });
    [6.25, 3.74, 15.44].forEach((value, i) => expect(fit.estimates[i]!.value).toBeCloseTo(value, 2));
    expect(fit.logLikelihood).toBeCloseTo(-4055.9, 1);
    expect(fit.correlation).toBeCloseTo(0.114, 3);
    expect(fit.populationMean).toBeCloseTo((6.25 * 15.44) / 2.74, 0);
  });

  it('is the same in yen as in pounds, but for γ', () => {
    const inYen = cdnow().map((h) => ({
      ...h,
      spend: { repeatPositive: h.spend!.repeatPositive, meanSpend: 15_000 * h.spend!.meanSpend },
    }));
    const [pounds, yen] = [fitSpend(cdnow()), fitSpend(inYen)];
    if (pounds.outcome === 'refused' || yen.outcome === 'refused') throw new Error('refused');
    expect(yen.model.kind).toBe('gamma-gamma');
    [1, 1, 15_000].forEach((factor, i) => expect(yen.estimates[i]!.value / pounds.estimates[i]!.value / factor).toBeCloseTo(1, 9));
    expect(yen.logLikelihood).toBeCloseTo(pounds.logLikelihood - 946 * Math.log(15_000), 6);
  });

  it('falls back to a shrunken mean where gamma-gamma has no population mean, instead of a negative one', () => {
    const heavy = Array.from({ length: 300 }, (_, i) => ({
      x: 2,
      tx: 1,
      T: 2,
      spend: { repeatPositive: 2, meanSpend: (1 - (i + 0.5) / 300) ** -1.5 },
    }));
    const fit = fitSpend(heavy);
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    expect(fit.model.kind).toBe('shrunken-mean');
    expect(fit.reason).toContain('q = 0.');
    expect(fit.populationMean).toBeGreaterThan(0);
    const own = expectedSpend(fit.model, { repeatPositive: 10, meanSpend: 2 });
    expect(own.value).toBeGreaterThan(2);
    expect(own.value).toBeLessThan(fit.populationMean);
  });

  it('is a mixture of own mean and population; without repeats it is the population', () => {
    const model: FittedSpend = { kind: 'gamma-gamma', parameters: { p: 6.25, q: 3.74, gamma: 15.44 }, covarianceLog: null };
    const { value, ownWeight, populationMean } = expectedSpend(model, { repeatPositive: 3, meanSpend: 50 });
    expect(value).toBeCloseTo(ownWeight * 50 + (1 - ownWeight) * populationMean, 10);
    expect(expectedSpend(model)).toMatchObject({ value: populationMean, ownWeight: 0, ownMean: null });
  });

  it('warns when frequent buyers spend differently', () => {
    const related = Array.from({ length: 60 }, (_, i) => ({
      x: i + 1,
      tx: 1,
      T: 2,
      spend: { repeatPositive: i + 1, meanSpend: 10 + i + (i % 7) },
    }));
    expect(fitSpend(related)).toMatchObject({ warning: expect.stringContaining('correlation') });
  });

  it('refuses what it cannot learn from', () => {
    expect(fitSpend([{ x: 0, tx: 0, T: 1 }])).toMatchObject({ refusal: { code: 'NO_REPEAT_SPEND' } });
    expect(fitSpend([{ x: 1, tx: 1, T: 1, spend: { repeatPositive: 1, meanSpend: -5 } }])).toMatchObject({
      refusal: { code: 'SPEND_NOT_VALID' },
    });
  });
});

describe('returns', () => {
  const customers = [
    ...Array.from({ length: 90 }, (_, i) => ({ saleDays: 1 + (i % 10), gross: 100, returned: 0 })),
    ...Array.from({ length: 10 }, (_, i) => ({ saleDays: 1 + i, gross: 100, returned: 100 })),
  ];

  it('are believed the more, the more a customer has bought; the population is by money', () => {
    const fit = fitReturns(customers);
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    expect(fit.model.parameters.rate).toBeCloseTo(0.1, 12);
    const rates = [0, 10, 100, 10_000].map((gross) => returnRate(fit.model, { saleDays: 1, gross, returned: gross }));
    expect(rates[0]).toBeCloseTo(0.1, 12);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates[3]).toBeLessThanOrEqual(1);
    expect(returnRate(fit.model, { saleDays: 1, gross: 0, returned: 20 })).toBeCloseTo(0.1, 12);
  });

  it('refuse negative money and an empty shop', () => {
    expect(fitReturns([{ saleDays: 1, gross: 1, returned: -1 }])).toMatchObject({
      refusal: { code: 'RETURNS_NOT_VALID', field: 'customers[0]' },
    });
    expect(fitReturns([])).toMatchObject({ refusal: { code: 'NO_SALES' } });
  });
});

describe('lifetime value', () => {
  it('of CDNOW in 12 months is lifetimes’: sum 71,509.90, mean 30.339, the first ten, the largest, the top tenth [3.01]', () => {
    const histories = cdnowSummary();
    const models = fitted(histories, 'bg-nbd');
    const values = histories.map(
      (history) => lifetimeValue({ ...models, history, horizonMonths: 12, discountMonthly: 0.01, monthDays: 4.345 * 7 }).value,
    );
    const sum = values.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - 71_509.9)).toBeLessThan(1);
    expect(sum / 2357).toBeCloseTo(30.339, 2);
    [36.2785, 4.6375, 8.3441, 8.3441, 8.3441, 283.5236, 6.8814, 8.3441, 43.3536, 8.3441].forEach((v, i) =>
      expect(Math.abs(values[i]! - v)).toBeLessThan(0.01),
    );
    const ordered = values.toSorted((a, b) => b - a);
    expect(Math.abs(ordered[0]! - 1174.794)).toBeLessThan(0.05);
    expect(ordered.slice(0, 235).reduce((a, b) => a + b, 0) / sum).toBeCloseTo(0.567, 2);
  });

  const positive = fc.double({ min: 0.05, max: 20, noNaN: true });
  const anyTransactions = fc.oneof(
    fc.record({
      kind: fc.constantFrom('mbg-nbd' as const, 'bg-nbd' as const),
      parameters: fc.record({ r: positive, alpha: positive, a: positive, b: positive }),
    }),
    fc.record({
      kind: fc.constant('pareto-nbd' as const),
      parameters: fc.record({ r: positive, alpha: positive, s: positive, beta: positive }),
    }),
    fc.record({ kind: fc.constant('nbd' as const), parameters: fc.record({ r: positive, alpha: positive }) }),
  );
  const anyQuestion = fc.record({
    transactions: anyTransactions.map((m) => ({ ...m, unitDays: 7, covarianceLog: null }) as FittedTransactions),
    spend: fc.constant<FittedSpend>({ kind: 'gamma-gamma', parameters: { p: 6.25, q: 3.74, gamma: 15.44 }, covarianceLog: null }),
    history: fc
      .tuple(
        fc.nat(200),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(2100).map((days) => days / 7),
        fc.double({ min: 1, max: 900, noNaN: true }),
      )
      .map(([any, share, T, meanSpend]): PurchaseHistory => {
        const x = T > 0 ? any : 0;
        return { x, tx: x > 0 ? share * T : 0, T, spend: { repeatPositive: x, meanSpend: x > 0 ? meanSpend : 0 } };
      }),
    horizonMonths: fc.integer({ min: 1, max: 36 }),
    discountMonthly: fc.double({ min: 0, max: 0.05, noNaN: true }),
    returnRate: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it('is exactly the product of the parts that explain it, and each share is one', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { value, parts } = lifetimeValue(question);
        const explanation = explain(question);
        expect(explanation.value).toBe(value);
        expect(explanation.parts.reduce((product, part) => product * part.factor, 1)).toBe(value);
        expect(productOf(parts)).toBe(value);
        expect(Number.isFinite(value)).toBe(true);
        for (const part of explanation.parts) {
          expect(part.factor).toBeGreaterThanOrEqual(0);
          if (part.unit === 'share') expect(part.factor).toBeLessThanOrEqual(1 + 1e-6);
        }
        const { pace } = explanation;
        expect(pace.perDay / (pace.ownWeight * (pace.ownPerDay ?? 0) + (1 - pace.ownWeight) * pace.populationPerDay)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('without discount and returns is expected spend times expected purchases', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { value } = lifetimeValue({ ...question, discountMonthly: 0, returnRate: 0 });
        const days = (question.horizonMonths * 365.25) / 12;
        const expected =
          expectedSpend(question.spend, question.history.spend).value * expectedPurchases(question.transactions, question.history, days);
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * expected);
      }),
    );
  });

  it('falls with the return rate and the discount, and grows with the horizon', () => {
    const question = { ...fitted(cdnow(), 'mbg-nbd'), history: cdnow()[0]!, horizonMonths: 12, discountMonthly: 0.01, returnRate: 0.1 };
    const base = lifetimeValue(question).value;
    expect(lifetimeValue({ ...question, returnRate: 0.2 }).value).toBeCloseTo((base * 0.8) / 0.9, 10);
    expect(lifetimeValue({ ...question, discountMonthly: 0.02 }).value).toBeLessThan(base);
    expect(lifetimeValue({ ...question, horizonMonths: 24 }).value).toBeGreaterThan(base);
  });

  it('is explained in words that do not call anybody alive where dropout is not identified (finding 3)', () => {
    const nbd: FittedTransactions = { kind: 'nbd', unitDays: 7, parameters: { r: 0.8, alpha: 10 }, covarianceLog: null };
    const spend: FittedSpend = { kind: 'gamma-gamma', parameters: { p: 2, q: 3, gamma: 400 }, covarianceLog: null };
    const { parts, words } = explain({
      transactions: nbd,
      spend,
      history: { x: 0, tx: 0, T: 0 },
      horizonMonths: 12,
      discountMonthly: 0.01,
    });
    expect(parts.map((p) => p.name)).toEqual(['spend', 'keptAfterReturns', 'alive', 'purchasesAtPace', 'staying', 'discount']);
    expect(parts[2]!.words).toBe('Dropout is not identified in these data: nobody is counted as lost, and silence only lowers the pace.');
    expect(parts[0]!.words).toContain('No repeat purchase yet');
    expect(words).toContain('within 12 months');
  });

  it.each([{ horizonMonths: 0 }, { horizonMonths: 1.5 }, { discountMonthly: -1 }, { monthDays: 0 }])(
    'throws on terms that are none: %j',
    (bad) => {
      const question = { ...fitted(cdnow(), 'mbg-nbd'), history: { x: 0, tx: 0, T: 0 }, horizonMonths: 12, discountMonthly: 0.01, ...bad };
      expect(() => lifetimeValue(question)).toThrow(RangeError);
    },
  );
});
