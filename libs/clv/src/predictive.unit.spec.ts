import { cdnow, CDNOW_CALIBRATION_END, CDNOW_HOLDOUT_END, cdnowDays } from '../test-data/data-sets';
import {
  backTest,
  areaUnderCurve,
  expectedPurchases,
  fitSpend,
  fitTransactions,
  lifetimeValue,
  predictiveInterval,
  predictiveIntervals,
  totalInterval,
  type FittedSpend,
  type FittedTransactions,
  type TransactionModelKind,
} from './index';
import { createRandom } from './random';

const histories = cdnow();
const spendFit = fitSpend(histories);
if (spendFit.outcome === 'refused') throw new Error(spendFit.refusal.message);
const spend: FittedSpend = spendFit.model;

function transactions(model: TransactionModelKind): FittedTransactions {
  const fit = fitTransactions(histories, { model });
  if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
  return fit.model;
}

describe('random draws', () => {
  it('have the mean and the variance of their distribution', () => {
    const random = createRandom(1);
    const moments = (draw: () => number): [number, number] => {
      const values = Array.from({ length: 100_000 }, draw);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
    };
    const check = ([mean, variance]: [number, number], [m, v]: [number, number]): void => {
      expect(Math.abs(mean - m)).toBeLessThan(5 * Math.sqrt(v / 100_000));
      expect(Math.abs(variance / v - 1)).toBeLessThan(0.06);
    };
    check(moments(random.normal), [0, 1]);
    check(moments(random.exponential), [1, 1]);
    check(
      moments(() => random.gamma(0.3)),
      [0.3, 0.3],
    );
    check(
      moments(() => random.gamma(7)),
      [7, 7],
    );
    check(
      moments(() => random.beta(0.9, 2.6)),
      [0.9 / 3.5, (0.9 * 2.6) / (3.5 ** 2 * 4.5)],
    );
  });
});

describe('predictive intervals', () => {
  const terms = { spend, horizonMonths: 9, discountMonthly: 0, monthDays: 273 / 9, seed: 42 };

  it.each<TransactionModelKind>(['mbg-nbd', 'bg-nbd', 'pareto-nbd', 'nbd'])(
    'of %s centre on the expectation when the parameters are certain',
    (kind) => {
      const certain = { ...transactions(kind), covarianceLog: null } as FittedTransactions;
      const history = histories[0]!;
      const found = predictiveInterval({
        ...terms,
        transactions: certain,
        spend: { ...spend, covarianceLog: null } as FittedSpend,
        history,
        returnRate: 0.1,
        draws: 20_000,
      });
      const expected = expectedPurchases(certain, history, 273);
      expect(Math.abs(found.purchases.mean / expected - 1)).toBeLessThan(0.05);
      const { value } = lifetimeValue({ ...terms, transactions: certain, history, returnRate: 0.1 });
      expect(Math.abs(found.mean / value - 1)).toBeLessThan(0.06);
    },
  );

  it.each<TransactionModelKind>(['mbg-nbd', 'bg-nbd', 'pareto-nbd', 'nbd'])(
    'of %s are the same for a model that was stored and came back with its keys in another order',
    (kind) => {
      const turned = <M extends object>(model: M): M =>
        JSON.parse(JSON.stringify(model), (_, value: unknown) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        ) as M;
      const question = { ...terms, transactions: transactions(kind), spend, history: histories[5]! };
      const stored = { ...question, transactions: turned(question.transactions), spend: turned(question.spend) };
      expect(predictiveInterval(stored)).toEqual(predictiveInterval(question));
    },
  );

  it('discount each purchase by its month', () => {
    const certain = { ...transactions('mbg-nbd'), covarianceLog: null } as FittedTransactions;
    const question = { ...terms, transactions: certain, history: histories[5]!, discountMonthly: 0.05, horizonMonths: 24 };
    const found = predictiveInterval({ ...question, draws: 20_000 });
    expect(Math.abs(found.mean / lifetimeValue(question).value - 1)).toBeLessThan(0.06);
  });

  it('hold the actual count for some 95 % at 90 %; intervals of the expectation hold next to nobody’s (finding 5)', () => {
    const model = transactions('bg-nbd');
    const sample = cdnowDays().map((days, i) => ({
      history: histories[i]!,
      actual: new Set(days.filter((d) => d.day > CDNOW_CALIBRATION_END).map((d) => d.day)).size,
    }));
    const every = sample.filter((_, i) => i % 5 === 0);
    const predict = predictiveIntervals({ ...terms, transactions: model, level: 0.9, draws: 200 });
    const held = every.filter(({ history, actual }) => {
      const { low, high } = predict({ history }).purchases;
      return low <= actual && actual <= high;
    });
    expect(held.length / every.length).toBeGreaterThan(0.92);
    expect(held.length / every.length).toBeLessThan(0.985);
    const some = every.filter((_, i) => i % 4 === 0);
    const expectationHeld = some.filter(({ history, actual }) => {
      const { low, high } = totalInterval({ transactions: model, histories: [history], horizonDays: 273, level: 0.9, draws: 100, seed: 1 });
      return low <= actual && actual <= high;
    });
    expect(expectationHeld.length / some.length).toBeLessThan(0.03);
  });

  it('are the same for the same seed, whoever was asked before, and differ for another', () => {
    const model = transactions('mbg-nbd');
    const ask = predictiveIntervals({ ...terms, transactions: model });
    const first = ask({ history: histories[5]! });
    ask({ history: histories[7]! });
    expect(ask({ history: histories[5]! })).toEqual(first);
    expect(predictiveInterval({ ...terms, transactions: model, history: histories[5]! })).toEqual(first);
    expect(predictiveInterval({ ...terms, transactions: model, history: histories[5]!, seed: 43 })).not.toEqual(first);
    expect(first.low).toBeLessThanOrEqual(first.median);
    expect(first.median).toBeLessThanOrEqual(first.high);
  });

  it('survive a round trip through JSON, as a fact does', () => {
    const model = transactions('mbg-nbd');
    const stored = JSON.parse(JSON.stringify({ model, spend })) as { model: FittedTransactions; spend: FittedSpend };
    const ask = { ...terms, history: histories[5]! };
    expect(predictiveInterval({ ...ask, transactions: stored.model, spend: stored.spend })).toEqual(
      predictiveInterval({ ...ask, transactions: model }),
    );
  });

  it('end, with finite numbers, after a fit of eight customers whose parameters are anybody’s guess', () => {
    const few = histories.filter((h) => h.x > 0).slice(0, 8);
    for (const model of ['mbg-nbd', 'bg-nbd', 'pareto-nbd', 'nbd'] as const) {
      const [fit, spent] = [fitTransactions(few, { model }), fitSpend(few)];
      if (fit.outcome === 'refused' || spent.outcome === 'refused') throw new Error('refused');
      const wild = {
        ...fit.model,
        covarianceLog: fit.model.covarianceLog?.map((row) => row.map((v) => 50 * v)) ?? null,
      } as FittedTransactions;
      const found = predictiveInterval({ ...terms, transactions: wild, spend: spent.model, history: { x: 0, tx: 0, T: 0 } });
      expect([found.low, found.high, found.mean].every(Number.isFinite)).toBe(true);
      expect(found.purchases.high).toBeLessThanOrEqual(273);
    }
  });

  it('work with the shrunken mean too', () => {
    const shrunken: FittedSpend = { kind: 'shrunken-mean', parameters: { mean: 30, between: 100, within: 400 }, covarianceLog: null };
    const certain = { ...transactions('mbg-nbd'), covarianceLog: null } as FittedTransactions;
    const question = { ...terms, spend: shrunken, transactions: certain, history: histories[5]! };
    const found = predictiveInterval({ ...question, draws: 10_000 });
    expect(Math.abs(found.mean / lifetimeValue(question).value - 1)).toBeLessThan(0.06);
  });

  it('of the total miss the actual 1,882: parameters know nothing of a market that moves', () => {
    const total = totalInterval({ transactions: transactions('bg-nbd'), histories, horizonDays: 273, level: 0.9, draws: 100, seed: 3 });
    expect(total.low).toBeGreaterThan(1450);
    expect(total.high).toBeLessThan(1882);
  });

  it('throw on draws and levels that are none', () => {
    const ask = { ...terms, transactions: transactions('nbd') };
    expect(() => predictiveIntervals({ ...ask, draws: 0 })).toThrow(RangeError);
    expect(() => predictiveIntervals({ ...ask, level: 1 })).toThrow(RangeError);
  });
});

describe('the back-test', () => {
  it('of CDNOW counts 1,882 against the prediction, by decile, beside the recency baseline (finding 4)', () => {
    const found = backTest(cdnowDays(), { calibrationEnd: CDNOW_CALIBRATION_END, holdoutEnd: CDNOW_HOLDOUT_END, model: 'bg-nbd' });
    if (found.outcome === 'refused') throw new Error(found.refusal.message);
    expect(found).toMatchObject({ customers: 2357, horizonDays: 273, actual: 1882 });
    expect(found.bias).toBeCloseTo(found.predicted / 1882 - 1, 12);
    expect(found.bias).toBeCloseTo(-0.121, 2);
    expect(found.deciles).toHaveLength(10);
    expect(found.deciles.reduce((sum, d) => sum + d.customers, 0)).toBe(2357);
    expect(found.deciles.reduce((sum, d) => sum + d.customers * d.actual, 0)).toBeCloseTo(1882, 8);
    expect(found.deciles.reduce((sum, d) => sum + d.customers * d.predicted, 0)).toBeCloseTo(found.predicted, 8);
    expect(found.deciles[9]!.actual).toBeGreaterThan(3);
    expect(found.auc).toBeCloseTo(0.757, 2);
    expect(found.aucRecency).toBeCloseTo(0.771, 2);
    expect(found.money!.bias).toBeCloseTo(-0.156, 2);
  });

  it('sees nothing of the holdout: later sales change the actual only', () => {
    const days = cdnowDays().slice(0, 500);
    const options = { calibrationEnd: CDNOW_CALIBRATION_END, holdoutEnd: CDNOW_HOLDOUT_END };
    const [all, none] = [
      backTest(days, options),
      backTest(
        days.map((d) => d.filter((s) => s.day <= CDNOW_CALIBRATION_END)),
        options,
      ),
    ];
    if (all.outcome === 'refused' || none.outcome === 'refused') throw new Error('refused');
    expect(none.predicted).toBe(all.predicted);
    expect(none).toMatchObject({ actual: 0, bias: null, auc: null });
  });

  it('refuses a holdout that is not after the calibration, and customers without a repeat', () => {
    expect(backTest(cdnowDays(), { calibrationEnd: 100, holdoutEnd: 100 })).toMatchObject({
      refusal: { code: 'HOLDOUT_NOT_AFTER_CALIBRATION' },
    });
    expect(backTest([[{ day: 1, spend: 1 }]], { calibrationEnd: 100, holdoutEnd: 200 })).toMatchObject({
      refusal: { code: 'NO_REPEAT_PURCHASES' },
    });
    expect(backTest([], { calibrationEnd: 100, holdoutEnd: 200 })).toMatchObject({ refusal: { code: 'NO_CUSTOMERS' } });
  });

  it('ranks with ties counting half', () => {
    expect(areaUnderCurve([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(areaUnderCurve([1, 1, 1, 1], [false, true, false, true])).toBe(0.5);
    expect(areaUnderCurve([1, 2, 2, 3], [false, true, false, true])).toBe(0.875);
    expect(areaUnderCurve([1, 2], [true, true])).toBeNull();
  });
});
