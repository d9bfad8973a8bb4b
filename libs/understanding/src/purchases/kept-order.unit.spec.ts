import fc from 'fast-check';
import { isOrder, keptOrder, type KnownOrder, knownOrder } from './kept-order';

const minor = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
const order: fc.Arbitrary<KnownOrder> = fc
  .record({
    id: fc.oneof(fc.string(), fc.constantFrom('1', '11', 'a 1', '0 GBP 1', '')),
    day: fc.integer({ min: -10_000, max: 30_000 }),
    currency: fc.constantFrom('', 'GBP', 'JPY'),
    orderedMinor: minor,
    salesMinor: minor,
    sale: fc.boolean(),
    more: fc.constantFrom({}, { void: true } as const, { pending: true } as const, { margins: { '': -5, 'a b': 3 } }),
  })
  .map(({ more, ...rest }) => ({ ...rest, ...more }));

describe('an order in a state', () => {
  it('is the order again, whatever its id, through JSON too', () => {
    fc.assert(fc.property(order, (known) => expect(knownOrder(JSON.parse(JSON.stringify(keptOrder(known))))).toEqual(known)));
  });

  it('is found by its whole id, not by the end of it', () => {
    fc.assert(fc.property(order, order, ({ id }, other) => expect(isOrder(keptOrder(other), id)).toBe(other.id === id)));
  });

  it('is a text, with what is said of few orders beside it', () => {
    const known = { id: 'o 1', day: 15000, currency: 'GBP', orderedMinor: 255, salesMinor: 200, sale: true };
    expect(keptOrder(known)).toBe('15000 255 200 1 GBP o 1');
    expect(keptOrder({ ...known, void: true })).toEqual(['15000 255 200 1 GBP o 1', { void: true }]);
  });
});
