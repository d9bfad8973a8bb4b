import { orderCancelled, orderPlaced } from '@tsunagari/contracts';
import { folded, given, recorded } from '@tsunagari/testing';
import { orderDecider, type RecordOrder } from './order.decider';

const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const line = { sku: '85123A', quantity: 6, unitPrice: '2.55' };
const record: RecordOrder = {
  kind: 'RecordOrder',
  orderId: '536365',
  subject,
  lines: [line],
  currency: 'GBP',
  occurred: '2010-12-01T08:26:00.000Z',
};
const data = {
  orderId: '536365',
  lines: [line],
  total: { amountMinor: 1530, currency: 'GBP' },
  sales: { amountMinor: 1530, currency: 'GBP' },
};
const placed = recorded(orderPlaced, data, { subject });

describe('recording an order', () => {
  it('keeps when it happened and what it is worth [0.01]', () => {
    given(orderDecider).when(record).then({ definition: orderPlaced, subject, occurred: record.occurred, data });
  });
  it('flags a line without a positive quantity, and records it all the same', () => {
    const odd = { ...line, quantity: -2 };
    given(orderDecider)
      .when({ ...record, lines: [line, odd] })
      .then({
        definition: orderPlaced,
        subject,
        occurred: record.occurred,
        data: { ...data, lines: [line, odd], total: { amountMinor: 1020, currency: 'GBP' }, anomalies: ['ANOMALY_QUANTITY_NOT_POSITIVE'] },
      });
  });
  it('flags a line of nothing too, and keeps country and coupon', () => {
    const none = { ...line, quantity: 0 };
    given(orderDecider)
      .when({ ...record, lines: [line, none], country: 'GB', coupon: 'SPRING' })
      .then({
        definition: orderPlaced,
        subject,
        occurred: record.occurred,
        data: { ...data, lines: [line, none], country: 'GB', coupon: 'SPRING', anomalies: ['ANOMALY_QUANTITY_NOT_POSITIVE'] },
      });
  });
  it('stands as it was told', () => {
    expect(folded(orderDecider, [])).toEqual({ subject: null, cancelled: false });
    expect(folded(orderDecider, [placed])).toEqual({ subject, cancelled: false });
    expect(folded(orderDecider, [placed, { ...placed, type: 'retention.operations.something-else' }])).toEqual({
      subject,
      cancelled: false,
    });
  });
  it('is refused for an order that stands already', () => {
    given(orderDecider, [placed]).when(record).thenRefused('DUPLICATE_CONTENT', 'orderId');
  });
});

describe('cancelling an order', () => {
  it('voids what was recorded, for whom it was recorded', () => {
    given(orderDecider, [placed])
      .when({ kind: 'CancelOrder', orderId: '536365', reason: 'out of stock' })
      .then({ definition: orderCancelled, subject, data: { orderId: '536365', reason: 'out of stock' } });
  });
  it('needs no reason', () => {
    given(orderDecider, [placed])
      .when({ kind: 'CancelOrder', orderId: '536365' })
      .then({ definition: orderCancelled, subject, data: { orderId: '536365' } });
  });
  it('changes nothing the second time', () => {
    given(orderDecider, [placed, recorded(orderCancelled, { orderId: '536365' }, { position: '2' })])
      .when({ kind: 'CancelOrder', orderId: '536365' })
      .thenNothingHappened();
  });
  it('is refused for an order that nobody recorded', () => {
    given(orderDecider).when({ kind: 'CancelOrder', orderId: '1' }).thenRefused('UNKNOWN_ORDER', 'orderId');
  });
});
