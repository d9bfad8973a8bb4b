import { LapseCount } from './lapse';

/** A period of days 100 to 129, and a lapse rule of ten days. */
const question = { from: 100, to: 129, lapseDays: 10 };
function counted(customers: readonly (readonly number[])[], over = {}) {
  const count = new LapseCount({ ...question, ...over });
  for (const days of customers) count.add(days);
  return count.result({});
}

describe('lapse, the churn of customers without a contract', () => {
  it('is who fell silent in the period ÷ who had not at its start; newcomers and the long gone are not in it', () => {
    const { lapse, regained, customers, lapsed } = counted([
      [95], // lapses on day 105
      [95, 104, 113, 122], // never ten days without
      [95, 125], // lapses on 105, comes back on 125
      [50], // gone before
      [50, 110], // regained, and lapsed once more at the end
      [115], // a newcomer
      [130], // nothing is known of her yet
      [],
    ]);
    expect(lapse).toMatchObject({
      value: 2 / 3,
      numerator: 2,
      denominator: 3,
      class: 'RESULT',
      notes: ['1 of them bought again within the period'],
    });
    expect(regained).toMatchObject({ value: 0.5, numerator: 1, denominator: 2, notes: [] });
    // At the end: the first, the long gone, the regained one, the newcomer of day 115.
    expect({ customers, lapsed }).toEqual({ customers: 6, lapsed: 4 });
  });

  it('falls due at the close of its last day: a purchase on that day comes in time', () => {
    const lapsedOf = (days: readonly number[]) => counted([days]).lapse.numerator;
    expect([lapsedOf([95, 105, 115, 125]), lapsedOf([95, 106, 115, 125])]).toEqual([0, 1]);
    // Last bought on day 119: due on 129, within; on day 120: due on 130, not yet.
    expect([lapsedOf([95, 105, 112, 119]), lapsedOf([95, 105, 112, 120])]).toEqual([1, 0]);
    // Due on day 100 she had not lapsed at the start, due on day 99 she had.
    expect([counted([[90]]), counted([[89]])].map(({ lapse }) => lapse.denominator)).toEqual([1, 0]);
  });

  it('has no value without a base', () => {
    for (const metric of [counted([]).lapse, counted([[115]]).lapse, counted([[95]]).regained])
      expect(metric).toMatchObject({ value: null, reasonNull: 'NO_BASE', ci: null });
  });

  it('refuses what is no period and no rule', () => {
    expect(() => new LapseCount({ from: 2, to: 1, lapseDays: 1 })).toThrow(RangeError);
    expect(() => new LapseCount({ from: 1, to: 1, lapseDays: 0 })).toThrow(RangeError);
  });
});
