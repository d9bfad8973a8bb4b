import fc from 'fast-check';
import {
  type AccountMonths,
  customerChurn,
  grossRevenueRetention,
  logoRetention,
  monthlyMinor,
  netRevenueRetention,
  quickRatio,
  recurringRevenue,
  revenuePerAccount,
  waterfallOf,
  yearlyFromMonthly,
} from './revenue';

const account = (start: number, end: number, before = false): AccountMonths => ({ account: `${start} ${end}`, start, end, before });
/** The seven accounts of docs/design/models.md. */
const seven = waterfallOf([
  account(300, 300),
  account(200, 260),
  account(120, 90),
  account(100, 100),
  account(80, 0),
  account(0, 50),
  account(0, 40, true),
]);

describe('revenue', () => {
  it('of seven accounts NRR is 750/800, GRR 690/800, logo retention 4/5', () => {
    expect(seven).toEqual({
      start: 800,
      new: 50,
      expansion: 60,
      reactivation: 40,
      contraction: 30,
      churn: 80,
      end: 840,
      accounts: 5,
      kept: 4,
    });
    expect(netRevenueRetention({}, seven)).toMatchObject({ value: 0.9375, numerator: 750, denominator: 800, n: 5, class: 'RESULT' });
    expect(grossRevenueRetention({}, seven)).toMatchObject({ value: 0.8625, numerator: 690 });
    expect(logoRetention({}, seven)).toMatchObject({ value: 0.8, n: 5, ci: { level: 0.95 } });
    expect(quickRatio({}, seven).value).toBeCloseTo(150 / 110, 12);
  });

  it('whatever the accounts, the waterfall adds up and GRR is at most 1 and at most NRR', () => {
    const any = fc.record({ account: fc.uuid(), start: fc.nat(1000), end: fc.nat(1000), before: fc.boolean() });
    fc.assert(
      fc.property(fc.array(any), (accounts) => {
        const w = waterfallOf(accounts);
        expect(w.start + w.new + w.expansion + w.reactivation - w.contraction - w.churn).toBe(w.end);
        const [grr, nrr] = [grossRevenueRetention({}, w).value, netRevenueRetention({}, w).value];
        if (grr !== null && nrr !== null) expect(grr <= 1 && grr <= nrr + 1e-12).toBe(true);
        else expect(w.start).toBe(0);
      }),
    );
  });

  it('without a base there is no value, and nothing lost is said', () => {
    expect(netRevenueRetention({}, waterfallOf([account(0, 10)]))).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
    expect(quickRatio({}, waterfallOf([account(10, 20)]))).toMatchObject({ value: null, reasonNull: 'NO_LOSSES' });
    expect(revenuePerAccount({}, 0, 0, 'EUR')).toMatchObject({ value: null, reasonNull: 'NO_BASE', currency: 'EUR' });
  });

  it('is normalised to a month; trials and paused contracts count 0 and are listed', () => {
    const contract = (amountMinor: number, interval: 'day' | 'week' | 'month' | 'year', every = 1) => ({
      account: 'a',
      amountMinor,
      interval,
      every,
    });
    expect(monthlyMinor(contract(1200, 'year'))).toBeCloseTo(100, 12);
    expect(monthlyMinor(contract(300, 'month', 3))).toBe(100);
    expect(monthlyMinor(contract(12, 'week'))).toBe(52);
    const mrr = recurringRevenue(
      {},
      [contract(1000, 'month'), { ...contract(500, 'month'), paused: true }, { ...contract(700, 'month'), trial: true }],
      'JPY',
    );
    expect(mrr).toMatchObject({ value: 1000, n: 1, unit: 'money', currency: 'JPY', notes: ['1 paused', '1 in trial'] });
  });

  it('churn is of those there at the start; a pause is none; involuntary is shown apart; one customer counts once', () => {
    const { churn, ...parts } = customerChurn(
      {},
      [
        { customer: 'a', cancelled: true },
        { customer: 'b', cancelled: true, involuntary: true },
        { customer: 'c', lapsed: true },
        { customer: 'd', paused: true },
        { customer: 'e' },
        { customer: 'a', lapsed: true },
      ],
      2,
    );
    expect(churn).toMatchObject({ value: 0.6, numerator: 3, denominator: 5 });
    expect(parts).toEqual({ voluntary: 1, involuntary: 1, lapsed: 1, paused: 1 });
    expect(churn.notes).toHaveLength(3);
    expect(customerChurn({}, []).churn).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
    expect(yearlyFromMonthly(0.05)).toBeCloseTo(0.45964, 5);
    expect(() => yearlyFromMonthly(5)).toThrow(RangeError);
  });
});
