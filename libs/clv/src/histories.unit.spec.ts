import fc from 'fast-check';
import { cdnow, cdnowSummary, dayOf } from '../test-data/data-sets';
import { fitTransactions, sufficientStatistics, type PurchaseHistory } from './index';
import { tabulate, type HistoryTable } from './histories';

const day = (d: number, spend = 10): { day: number; spend: number } => ({ day: d, spend });

describe('sufficient statistics', () => {
  it('count a customer’s days, not rows, and leave the first day’s spend out', () => {
    expect(sufficientStatistics([day(0, 100), day(0, 5), day(7, 20), day(7, 10), day(21, 0)], 35)).toEqual({
      x: 2,
      tx: 3,
      T: 5,
      spend: { repeatPositive: 1, meanSpend: 30 },
    });
  });

  it('include the last day, ignore later ones, and know nobody before the first sale', () => {
    expect(sufficientStatistics([day(10), day(20)], 20)).toMatchObject({ x: 1, T: 10 / 7 });
    expect(sufficientStatistics([day(10), day(20)], 19)).toMatchObject({ x: 0, tx: 0, T: 9 / 7 });
    expect(sufficientStatistics([day(10)], 10)).toMatchObject({ x: 0, tx: 0, T: 0 });
    expect(sufficientStatistics([day(10)], 9)).toBeNull();
  });

  it('do not depend on the order of the rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ day: fc.integer({ min: 0, max: 60 }), spend: fc.integer({ min: 0, max: 100 }) }), { minLength: 1 }),
        (days) => {
          expect(sufficientStatistics(days.toReversed(), 50)).toEqual(
            sufficientStatistics(
              days.toSorted((a, b) => a.day - b.day),
              50,
            ),
          );
        },
      ),
    );
  });

  it('rebuild CDNOW: 2,457 repeats by 1997-09-30, 1,882 after it, and the published summary', () => {
    const histories = cdnow();
    const repeats = (all: PurchaseHistory[]): number => all.reduce((sum, h) => sum + h.x, 0);
    expect([histories.length, repeats(histories), repeats(cdnow(dayOf('19980630'))) - repeats(histories)]).toEqual([2357, 2457, 1882]);
    expect(repeats(cdnow(dayOf('19980630'))) - repeats(cdnow(dayOf('19971001')))).toBe(1877);
    for (const [i, published] of cdnowSummary().entries()) {
      const own = histories[i]!;
      expect(own.x).toBe(published.x);
      expect(Math.abs(own.tx - published.tx)).toBeLessThan(0.0051);
      expect(Math.abs(own.T - published.T)).toBeLessThan(0.0051);
    }
  });
});

describe('the table of histories', () => {
  it('merges equal histories above ten thousand customers and loses nobody', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.nat(5)), { minLength: 10_001, maxLength: 10_400, size: 'max' }), (rows) => {
        const histories = rows.map(([x, tx, more]) => ({ x, tx: x === 0 ? 0 : tx + 1, T: tx + 1 + more }));
        const table = tabulate(histories) as HistoryTable;
        expect(table.size).toBeLessThan(400);
        expect([table.customers, table.repeats]).toEqual([histories.length, histories.reduce((sum, h) => sum + h.x, 0)]);
        const keys = new Set(Array.from({ length: table.size }, (_, i) => `${table.x[i]} ${table.tx[i]} ${table.T[i]}`));
        expect(keys.size).toBe(table.size);
      }),
      { numRuns: 3 },
    );
  });

  it('grows beyond its first size', () => {
    const histories = Array.from({ length: 60_000 }, (_, i) => ({ x: 1, tx: ((i % 50_000) + 1) / 7, T: 8000 }));
    const table = tabulate(histories) as HistoryTable;
    expect([table.size, table.customers]).toEqual([50_000, 60_000]);
  });

  it('gives the same fit merged, weighted or one by one', () => {
    const histories = cdnow();
    const five = fitTransactions(Array.from({ length: 5 }, () => histories).flat());
    const weighted = fitTransactions(histories.map((h) => ({ ...h, weight: 5 })));
    if (five.outcome === 'refused' || weighted.outcome === 'refused') throw new Error('refused');
    expect(five.rows).toBeLessThan(2000);
    expect(five.customers).toBe(weighted.customers);
    expect(five.logLikelihood / weighted.logLikelihood).toBeCloseTo(1, 11);
    five.estimates.forEach((e, i) => expect(e.value / weighted.estimates[i]!.value).toBeCloseTo(1, 5));
  });

  it.each([
    [{ x: 1.5, tx: 1, T: 2 }, 'histories[1].x'],
    [{ x: -1, tx: 0, T: 2 }, 'histories[1].x'],
    [{ x: 1, tx: 3, T: 2 }, 'histories[1].tx'],
    [{ x: 0, tx: 1, T: 2 }, 'histories[1].tx'],
    [{ x: 1, tx: 0, T: 2 }, 'histories[1].tx'],
    [{ x: 0, tx: 0, T: NaN }, 'histories[1].T'],
    [{ x: 0, tx: 0, T: 1, weight: 0 }, 'histories[1].weight'],
  ])('refuses %j and names the field', (bad, field) => {
    const answer = fitTransactions([{ x: 1, tx: 1, T: 2 }, bad]);
    expect(answer).toMatchObject({ outcome: 'refused', refusal: { code: 'HISTORY_NOT_VALID', field } });
  });

  it('refuses to fit nobody, and a shop to which nobody came back', () => {
    expect(fitTransactions([])).toMatchObject({ refusal: { code: 'NO_CUSTOMERS' } });
    expect(fitTransactions([{ x: 0, tx: 0, T: 3 }])).toMatchObject({ refusal: { code: 'NO_REPEAT_PURCHASES' } });
  });
});
