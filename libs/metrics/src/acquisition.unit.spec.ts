import { acquisitionCost, acquisitionPayback, costRatio, historicLifetimeValue, simpleLifetimeValue, valueToCost } from './acquisition';
import { sumOf } from './money';

describe('acquisition', () => {
  it('cost, payback and ratios', () => {
    expect(acquisitionCost({}, { costMinor: 90_000, customers: 30, currency: 'EUR', kind: 'paid' })).toMatchObject({
      value: 3000,
      n: 30,
      currency: 'EUR',
    });
    expect(acquisitionCost({}, { costMinor: 90_000, customers: 0, currency: 'EUR', kind: 'paid' })).toMatchObject({
      value: null,
      reasonNull: 'NO_BASE',
    });
    expect(acquisitionPayback({}, { costMinor: 3000, monthlyMinor: 1000, margin: 0.6, customers: 30 })).toMatchObject({
      value: 5,
      unit: 'months',
    });
    expect(acquisitionPayback({}, { costMinor: 3000, monthlyMinor: 1000, margin: 0, customers: 30 })).toMatchObject({
      value: null,
      reasonNull: 'NEVER',
    });
    expect(costRatio({}, { costMinor: 1000, customers: 2 }, { costMinor: 400, customers: 4 })).toMatchObject({ value: 5 });
    expect(costRatio({}, { costMinor: 1000, customers: 2 }, { costMinor: 400, customers: 0 })).toMatchObject({ value: null });
  });

  it('simple LTV: no churn is no infinity; a horizon caps it', () => {
    const terms = { monthlyMinor: 1000, margin: 0.8, churnMonthly: 0.05, accounts: 10, currency: 'EUR' };
    expect(simpleLifetimeValue({}, terms).value).toBeCloseTo(16_000, 9);
    expect(simpleLifetimeValue({}, { ...terms, churnMonthly: 0 })).toMatchObject({ value: null, reasonNull: 'NO_LOSSES' });
    expect(simpleLifetimeValue({}, { ...terms, churnMonthly: 0, horizonMonths: 12 })).toMatchObject({ value: 9600 });
    expect(simpleLifetimeValue({}, { ...terms, horizonMonths: 12 }).value).toBeCloseTo((800 * (1 - 0.95 ** 12)) / 0.05, 9);
    expect(simpleLifetimeValue({}, { ...terms, margin: null })).toMatchObject({ notes: ['the margin is unknown: this is revenue'] });
    expect(simpleLifetimeValue({}, { ...terms, accounts: 0 })).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });

  it('historic LTV says when it is revenue; LTV : CAC never mixes currencies', () => {
    expect(historicLifetimeValue({}, { revenueMinor: 100, marginMinor: 40, acquisitionMinor: 60, currency: 'EUR' })).toMatchObject({
      value: -20,
      notes: [],
    });
    expect(historicLifetimeValue({}, { revenueMinor: 100, marginMinor: null, currency: 'EUR' })).toMatchObject({
      value: 100,
      method: 'Σ revenue',
    });
    expect(valueToCost({}, { minor: 300, currency: 'EUR' }, { minor: 100, currency: 'EUR' }, 5)).toMatchObject({ value: 3 });
    expect(valueToCost({}, { minor: 300, currency: 'EUR' }, { minor: 100, currency: 'USD' }, 5)).toMatchObject({
      value: null,
      reasonNull: 'MIXED_CURRENCY',
    });
  });
});

describe('money', () => {
  const rates = [
    { from: 'USD', to: 'JPY', day: '2026-01-01', rate: 150 },
    { from: 'USD', to: 'JPY', day: '2026-02-01', rate: 160 },
  ];
  it('of one currency adds up; of several only through rates of their day', () => {
    expect(
      sumOf([
        { amountMinor: 1, currency: 'EUR' },
        { amountMinor: -3, currency: 'EUR' },
      ]),
    ).toEqual({ kind: 'sum', amountMinor: -2, currency: 'EUR', fxAsOf: null });
    expect(sumOf([])).toMatchObject({ amountMinor: 0, currency: null });
    const mixed = [
      { amountMinor: 1000, currency: 'JPY' },
      { amountMinor: 1234, currency: 'USD', day: '2026-01-31' },
      { amountMinor: 100, currency: 'USD', day: '2026-02-01' },
    ];
    expect(sumOf(mixed)).toMatchObject({ kind: 'refused', code: 'MIXED_CURRENCY' });
    expect(sumOf(mixed, { currency: 'JPY', rates })).toEqual({
      kind: 'sum',
      amountMinor: 1000 + 1851 + 160,
      currency: 'JPY',
      fxAsOf: '2026-01-01',
    });
    expect(sumOf([{ amountMinor: 1, currency: 'USD', day: '2025-12-31' }], { currency: 'JPY', rates })).toMatchObject({ kind: 'refused' });
    expect(sumOf([{ amountMinor: 1, currency: 'USD' }], { currency: 'JPY', rates })).toMatchObject({ kind: 'refused' });
  });
});
