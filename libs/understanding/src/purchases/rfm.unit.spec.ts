import fc from 'fast-check';
import { purchasesProjection } from './purchases.projection';
import { NOTHING, type PurchasesState } from './purchases.state';
import { rfmScores } from '@tsunagari/metrics';
import { rfmValues } from './rfm';

const nothing = purchasesProjection().initial;
const withDays = (saleDays: readonly (readonly [number, number, number])[]): PurchasesState => ({
  ...nothing,
  byCurrency: {
    GBP: {
      ...NOTHING,
      orders: saleDays.length,
      invoices: saleDays.length,
      salesMinor: saleDays.reduce((sum, [, gross]) => sum + gross, 0),
      saleDays,
    },
  },
});

describe('RFM', () => {
  it('keeps the two recencies apart: since the last purchase, and from the first to the last', () => {
    expect(
      rfmValues(
        withDays([
          [100, 500, 1],
          [130, 700, 2],
        ]),
        200,
      ),
    ).toMatchObject({ recencyDays: 70, spanDays: 30, frequency: 2, monetaryMinor: 600 });
    expect(rfmValues(nothing, 200)).toBeNull();
  });

  it('gives equal values equal scores, and never a lower score to the better one', () => {
    const thresholds = { lastDay: [10, 20, 30, 40], frequency: [1, 1, 2, 3], monetaryMinor: [100, 200, 300, 400] };
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (a, b) => {
        const score = (value: number) => rfmScores({ lastDay: value, frequency: value, monetaryMinor: value }, thresholds);
        const [low, high] = [score(Math.min(a, b)), score(Math.max(a, b))];
        for (const part of ['recency', 'frequency', 'monetary'] as const) {
          expect(low[part]).toBeLessThanOrEqual(high[part]);
          expect(high[part]).toBeLessThanOrEqual(5);
          expect(low[part]).toBeGreaterThanOrEqual(1);
        }
      }),
    );
    expect(rfmScores({ lastDay: 10, frequency: 1, monetaryMinor: 401 }, thresholds)).toEqual({ recency: 1, frequency: 1, monetary: 5 });
  });
});
