import type { Fact } from '@tsunagari/contracts';
import fc from 'fast-check';
import { dayNumberOf, dayOf } from '../calendar';
import { knownOrder } from './kept-order';
import { KEPT_ORDERS, purchasesProjection } from './purchases.projection';
import { currencyOf, knownMargin, marginToDate, netMinor, type PurchasesState } from './purchases.state';

const definition = purchasesProjection('UTC');
let number = 0;

function fact(name: string, occurred: string, data: unknown): Fact {
  number += 1;
  const context = name === 'identifier-registered' ? 'customers' : 'subscriptions';
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    type: `retention.${context}.${name}`,
    schema: 1,
    subject: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f',
    data,
    meta: { actor: 'system:test', source: 'test', correlationId: 'test' },
    occurred: occurred.length === 10 ? `${occurred}T12:00:00.000Z` : occurred,
    position: String(number),
    stream: 'order-test',
    version: 1,
    recorded: occurred,
  };
}

function order(name: 'order-placed' | 'order-updated', occurred: string, orderId: string, minor: number, currency = 'GBP'): Fact {
  const money = { amountMinor: minor, currency };
  return fact(name, occurred, { orderId, lines: [], total: money, sales: money });
}
const placed = (occurred: string, id: string, minor: number, currency?: string) => order('order-placed', occurred, id, minor, currency);
const cancelled = (occurred: string, orderId: string) => fact('order-cancelled', occurred, { orderId });
const refunded = (occurred: string, minor: number) =>
  fact('order-refunded', occurred, {
    refundId: `C${occurred}`,
    orderId: null,
    lines: [],
    refunded: { amountMinor: minor, currency: 'GBP' },
  });

const margin = (occurred: string, orderId: string, minor: number, sku?: string, currency = 'GBP') =>
  fact('margin-recorded', occurred, { orderId, ...(sku === undefined ? {} : { sku }), margin: { amountMinor: minor, currency } });

function given(...facts: readonly Fact[]): PurchasesState {
  return facts.reduce((state, each) => definition.evolve(state, each), definition.initial);
}
const day = dayNumberOf;
const column = (state: PurchasesState, name: string) => definition.columns.find((each) => each.name === name)?.value(state);

describe('what a customer bought', () => {
  it('counts orders, refunds and adjustments into net revenue, days with a sale once', () => {
    const state = given(
      placed('2011-01-03T09:00:00.000Z', '1', 1000),
      placed('2011-01-03T18:00:00.000Z', '2', 500),
      refunded('2011-01-05', 300),
      fact('adjustment-recorded', '2011-01-06', {
        adjustmentId: 'A1',
        reason: 'bad debt',
        adjustment: { amountMinor: -50, currency: 'GBP' },
      }),
      placed('2011-02-01', '3', 700),
    );
    const gbp = state.byCurrency['GBP']!;
    expect(gbp).toMatchObject({ orders: 3, invoices: 5, refunds: 1, salesMinor: 2200, refundedMinor: 300, adjustedMinor: -50 });
    expect(netMinor(gbp)).toBe(1850);
    expect(gbp.saleDays).toEqual([
      [day('2011-01-03'), 1500, 2],
      [day('2011-02-01'), 700, 1],
    ]);
    expect(column(state, 'net_minor')).toBe(1850);
    expect(column(state, 'sale_days')).toBe(2);
  });

  it('does not call an order without a sale line a purchase, but counts its document and its money', () => {
    const stock = fact('order-placed', '2011-01-03', {
      orderId: '1',
      lines: [{ sku: 'x', quantity: -3, unitPrice: '1.00' }],
      total: { amountMinor: -300, currency: 'GBP' },
      sales: { amountMinor: 0, currency: 'GBP' },
    });
    const state = given(stock);
    expect(state.byCurrency['GBP']).toMatchObject({ orders: 0, invoices: 1, orderedMinor: -300, saleDays: [] });
    expect(definition.nextDue?.(state)).toBeUndefined();
  });

  it('calls a line of a tenth of a penny a sale', () => {
    const money = { amountMinor: 0, currency: 'GBP' };
    const line = (unitPrice: string) => ({ orderId: '1', lines: [{ sku: 'PADS', quantity: 1, unitPrice }], total: money, sales: money });
    expect(given(fact('order-placed', '2011-01-03', line('0.001'))).byCurrency['GBP']?.orders).toBe(1);
    expect(given(fact('order-placed', '2011-01-03', line('0.00'))).byCurrency['GBP']?.orders).toBe(0);
    expect(given(fact('order-placed', '2011-01-03', line('-5.00'))).byCurrency['GBP']?.orders).toBe(0);
  });

  it('takes an order that cost nothing for a purchase only where the deployment says so', () => {
    const money = { amountMinor: 0, currency: 'USD' };
    const free = fact('order-placed', '1997-01-01', {
      orderId: '1',
      lines: [{ sku: 'CD', quantity: 1, unitPrice: '0.00' }],
      total: money,
      sales: money,
    });
    const counting = purchasesProjection('UTC', 'purchases');
    expect(counting.evolve(counting.initial, free).byCurrency['USD']).toMatchObject({ orders: 1, saleDays: [[day('1997-01-01'), 0, 1]] });
    expect(given(free).byCurrency['USD']).toMatchObject({ orders: 0, saleDays: [] });
  });

  it('takes an update as the whole order, on the day on which it was placed', () => {
    const state = given(placed('2011-01-03', '1', 1000), order('order-updated', '2011-01-09', '1', 400));
    expect(state.byCurrency['GBP']).toMatchObject({ orders: 1, invoices: 1, orderedMinor: 400, saleDays: [[day('2011-01-03'), 400, 1]] });
  });

  it('takes a cancelled order back as if it had never been, and nothing revives it', () => {
    const state = given(placed('2011-01-03', '1', 1000), cancelled('2011-01-04', '1'), order('order-updated', '2011-01-05', '1', 900));
    expect(state.byCurrency).toEqual({});
    expect(column(state, 'currency')).toBeNull();
    expect(column(state, 'net_minor')).toBe(0);
    expect(given(cancelled('2011-01-02', '1'), placed('2011-01-03', '1', 1000)).byCurrency).toEqual({});
  });

  it('keeps currencies apart and refuses their sum', () => {
    const state = given(placed('2011-01-03', '1', 1000), placed('2011-01-04', '2', 90, 'JPY'));
    expect(currencyOf(state)).toBe('MIXED_CURRENCY');
    expect(column(state, 'net_minor')).toBeNull();
    expect(column(state, 'mixed')).toBe(true);
    expect(state.byCurrency['JPY']?.salesMinor).toBe(90);
  });

  it('never counts money twice when a change comes for an order that fell out of the newest ones', () => {
    const many = Array.from({ length: KEPT_ORDERS + 1 }, (_, i) => placed(dayOf(day('2009-01-01') + i), `o${i}`, 100));
    const state = given(...many, order('order-updated', '2011-01-01', 'o0', 999), cancelled('2011-01-02', 'o0'));
    expect(state.byCurrency['GBP']).toMatchObject({ orders: KEPT_ORDERS + 1, salesMinor: 100 * (KEPT_ORDERS + 1) });
    expect(state).toMatchObject({ settledOrders: 1, missedChanges: 2 });
    expect(state.orders).toHaveLength(KEPT_ORDERS);
  });

  it('is silent at the close of the ninetieth day after the last purchase, until the next one', () => {
    const bought = given(placed('2011-01-01', '1', 100));
    expect(definition.nextDue?.(bought)).toBe('2011-04-01');
    const silent = definition.tick!(bought, '2011-04-01');
    expect(silent.silentSince).toBe(day('2011-04-01'));
    expect(definition.nextDue?.(silent)).toBeUndefined();
    const back = definition.evolve(silent, placed('2011-06-01', '2', 100));
    expect(back.silentSince).toBeNull();
    expect(definition.nextDue?.(back)).toBe('2011-08-30');
    expect(definition.evolve(silent, refunded('2011-06-01', 100)).silentSince).toBe(day('2011-04-01'));
  });

  it('knows a person from a buyer of whom only an invoice is known', () => {
    const registered = (kind: string) =>
      fact('identifier-registered', '2011-01-01', { identifierType: 'user_id', value: 'sealed.1.x', verified: true, kind });
    expect(given(registered('unidentified')).kind).toBe('unidentified');
    expect(given(registered('person'), registered('unidentified')).kind).toBe('person');
  });

  it('has totals that are the sums of its orders, whatever happened to them', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 5 }),
      what: fc.constantFrom('placed', 'updated', 'cancelled'),
      minor: fc.integer({ min: 1, max: 1000 }),
      day: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ordered = [...steps].sort((a, b) => a.day - b.day);
        const state = given(
          ...ordered.map(({ id, what, minor, day: on }) => {
            const when = dayOf(day('2011-01-01') + on);
            if (what === 'cancelled') return cancelled(when, `${id}`);
            return order(what === 'placed' ? 'order-placed' : 'order-updated', when, `${id}`, minor);
          }),
        );
        const live = state.orders.map(knownOrder).filter((each) => !each.void);
        const sum = live.reduce((total, { salesMinor }) => total + salesMinor, 0);
        const gbp = state.byCurrency['GBP'];
        expect(gbp?.salesMinor ?? 0).toBe(sum);
        expect((gbp?.saleDays ?? []).reduce((total, [, gross]) => total + gross, 0)).toBe(sum);
        expect(gbp?.orders ?? 0).toBe(live.length);
        const days = (gbp?.saleDays ?? []).map(([each]) => each);
        expect(days).toEqual([...new Set(days)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('margin', () => {
  const [one, two] = [placed('2011-01-03', '1', 1000), placed('2011-01-04', '2', 3000)];
  const known = (...facts: readonly Fact[]) => {
    const gbp = given(...facts).byCurrency['GBP'];
    return gbp === undefined ? null : { rate: knownMargin(gbp)?.rate ?? null, toDate: marginToDate(gbp) };
  };

  it('is known order by order; to date only when that of every order is', () => {
    expect(known(one, two)).toEqual({ rate: null, toDate: null });
    expect(known(one, two, margin('2011-01-05', '1', 400))).toEqual({ rate: 0.4, toDate: null });
    expect(known(one, two, margin('2011-01-05', '1', 400), margin('2011-01-05', '2', 600))).toEqual({ rate: 0.25, toDate: 1000 });
  });

  it('of products of an order adds up, and gives way to a word on the whole order; the newest word counts', () => {
    expect(known(one, margin('2011-01-05', '1', 100, 'A'), margin('2011-01-05', '1', 50, 'B'))).toEqual({ rate: 0.15, toDate: 150 });
    expect(known(one, margin('2011-01-05', '1', 100, 'A'), margin('2011-01-05', '1', 90, 'A'))).toEqual({ rate: 0.09, toDate: 90 });
    expect(known(one, margin('2011-01-05', '1', 100, 'A'), margin('2011-01-06', '1', -200))).toEqual({ rate: -0.2, toDate: -200 });
  });

  it('goes with its order: cancelled it is gone, updated it stays, refunded its share goes back', () => {
    const all = [one, two, margin('2011-01-05', '1', 400), margin('2011-01-05', '2', 600)];
    expect(known(...all, cancelled('2011-01-06', '1'))).toEqual({ rate: 0.2, toDate: 600 });
    expect(known(...all, order('order-updated', '2011-01-06', '2', 2000))).toEqual({ rate: 1000 / 3000, toDate: 1000 });
    expect(known(...all, refunded('2011-01-07', 400))).toEqual({ rate: 0.25, toDate: 900 });
    expect(known(one, margin('2011-01-05', '1', 400, undefined, 'EUR'))).toEqual({ rate: null, toDate: null });
  });

  it('may come before its order does, and counts with it', () => {
    const early = margin('2011-01-02', '1', 400);
    expect(known(early)).toBeNull();
    expect(known(early, one)).toEqual({ rate: 0.4, toDate: 400 });
    expect(given(early, one).byCurrency['GBP']).toMatchObject({ orders: 1, invoices: 1, saleDays: [[day('2011-01-03'), 1000, 1]] });
    expect(known(early, cancelled('2011-01-03', '1'), one)).toBeNull();
  });
});
