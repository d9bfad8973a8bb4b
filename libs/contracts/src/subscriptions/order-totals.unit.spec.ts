import fc from 'fast-check';
import { orderTotals } from './order-totals';

describe('what an order is worth', () => {
  it('rounds once, not per line', () => {
    const lines = Array.from({ length: 4 }, () => ({ quantity: 1, unitPrice: '0.001' }));
    expect(orderTotals(lines, 'GBP').total.amountMinor).toBe(0);
    expect(orderTotals([...lines, { quantity: 1, unitPrice: '0.001' }], 'GBP').total.amountMinor).toBe(1);
  });

  it('counts as sales only what has a positive quantity and price', () => {
    expect(
      orderTotals(
        [
          { quantity: 6, unitPrice: '2.55' },
          { quantity: -1, unitPrice: '1.00' },
          { quantity: 2, unitPrice: '0.00' },
          { quantity: 1, unitPrice: '-3.00' },
        ],
        'GBP',
      ),
    ).toEqual({ total: { amountMinor: 1130, currency: 'GBP' }, sales: { amountMinor: 1530, currency: 'GBP' } });
  });

  it('knows currencies without a minor unit', () => {
    expect(orderTotals([{ quantity: 3, unitPrice: '1200.5' }], 'JPY').total).toEqual({ amountMinor: 3602, currency: 'JPY' });
  });

  it('is exact where floating point is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ quantity: fc.integer({ min: -500, max: 500 }), pence: fc.integer({ min: 0, max: 99_999 }) })),
        (rows) => {
          const lines = rows.map(({ quantity, pence }) => ({
            quantity,
            unitPrice: `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`,
          }));
          expect(orderTotals(lines, 'GBP').total.amountMinor).toBe(
            rows.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0) + 0,
          );
        },
      ),
    );
  });

  it('refuses to be wrong silently', () => {
    expect(() => orderTotals([{ quantity: 2 ** 40, unitPrice: '99999999999.99' }], 'GBP')).toThrow(RangeError);
  });
});
