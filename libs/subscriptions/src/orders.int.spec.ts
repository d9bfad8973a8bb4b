import { platformUnderTest, type PlatformUnderTest, TEST_NOW } from '../../testing/src/platform-under-test';

const RECORD = `mutation Record($input: RecordOrderInput!) {
  recordOrder(input: $input) {
    __typename
    ... on OrderRecorded {
      repeated
      position
      order { orderId placedAt total { amountMinor currency } sales { amountMinor } cancelled version anomalies customer { id } lines { sku quantity unitPrice } }
    }
    ... on CommandRefused { code field rule message remedy }
  }
}`;
const CANCEL = `mutation Cancel($input: CancelOrderInput!) {
  cancelOrder(input: $input) {
    __typename
    ... on OrderRecorded { repeated position order { cancelled version } }
    ... on CommandRefused { code field }
  }
}`;

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const order = (over: object = {}) => {
  const id = `T-${++made}`;
  return {
    orderId: id,
    buyer: { type: 'USER_ID', value: `buyer-${id}` },
    lines: [{ sku: '85123A', quantity: 6, unitPrice: '2.55' }],
    currency: 'GBP',
    placedAt: '2025-12-01T08:26:00.000Z',
    idempotencyKey: `key-${id}`,
    ...over,
  };
};
const record = async (input: object) => (await platform.ask(RECORD, { input })).data.recordOrder;
const cancel = async (input: object) => (await platform.ask(CANCEL, { input })).data.cancelOrder;
const facts = async (): Promise<number> => {
  const { rows } = await platform.deployment.pool.query<{ n: string }>('select count(*) as n from events');
  return Number(rows[0]?.n);
};

describe('recordOrder', () => {
  it('records what was sold, when, and for how much', async () => {
    const input = order();
    expect(await record(input)).toEqual({
      __typename: 'OrderRecorded',
      repeated: false,
      position: expect.stringMatching(/^\d+$/),
      order: {
        orderId: input.orderId,
        placedAt: '2025-12-01T08:26:00.000Z',
        total: { amountMinor: '1530', currency: 'GBP' },
        sales: { amountMinor: '1530' },
        cancelled: false,
        version: 1,
        anomalies: [],
        customer: { id: expect.stringMatching(/^Customer:/) },
        lines: [{ sku: '85123A', quantity: 6, unitPrice: '2.55' }],
      },
    });
  });

  it('takes the platform’s time for an order that names none', async () => {
    const { placedAt: _, ...input } = order();
    expect((await record(input)).order.placedAt).toBe(TEST_NOW);
  });

  it('answers the same for the same key, and writes nothing', async () => {
    const input = order();
    const first = await record(input);
    const before = await facts();
    expect(await record(input)).toEqual({ ...first, repeated: true });
    expect(await facts()).toBe(before);
  });

  it('twenty at once with one key are one order', async () => {
    const input = order();
    const before = await facts();
    const answers = await Promise.all(Array.from({ length: 20 }, () => record(input)));
    expect(new Set(answers.map(({ __typename, position }) => `${__typename} ${position}`)).size).toBe(1);
    expect(answers.filter(({ repeated }) => !repeated).length).toBeLessThanOrEqual(1);
    // The buyer's registration and the order.
    expect(await facts()).toBe(before + 2);
  });

  it('refuses the same key with another content', async () => {
    const input = order();
    await record(input);
    expect(await record({ ...input, lines: [{ sku: '85123A', quantity: 7, unitPrice: '2.55' }] })).toMatchObject({
      __typename: 'CommandRefused',
      code: 'IDEMPOTENCY_MISMATCH',
      field: 'idempotencyKey',
    });
  });

  it('refuses an order that stands already under another key', async () => {
    const input = order();
    await record(input);
    expect(await record({ ...input, idempotencyKey: 'another' })).toMatchObject({ code: 'DUPLICATE_CONTENT', field: 'orderId' });
  });

  it.each([
    ['a time that has not come', { placedAt: '2026-01-02T03:10:00.000Z' }, 'FUTURE_EVENT', 'placedAt'],
    ['a currency that is none', { currency: 'pounds' }, 'INVALID_FIELD', 'currency'],
    ['no line', { lines: [] }, 'MISSING_FIELD', 'lines'],
    ['a price beyond any', { lines: [{ sku: 'A', quantity: 1, unitPrice: '1234567890123' }] }, 'INVALID_FIELD', 'lines.0.unitPrice'],
    ['a worth beyond all money', { lines: [{ sku: 'A', quantity: 2147483647, unitPrice: '999999999999' }] }, 'INVALID_FIELD', 'lines'],
    ['an order id without a letter', { orderId: '' }, 'INVALID_FIELD', 'orderId'],
    ['a buyer without a name', { buyer: { type: 'USER_ID', value: '' } }, 'UNKNOWN_IDENTIFIER', 'buyer'],
    ['a key that is none', { idempotencyKey: '' }, 'INVALID_FIELD', 'idempotencyKey'],
    ['a sku without a letter', { lines: [{ sku: '', quantity: 1, unitPrice: '1' }] }, 'INVALID_FIELD', 'lines.0.sku'],
  ])('refuses %s, names the field and the rule, and writes nothing', async (_, over, code, field) => {
    const before = await facts();
    expect(await record(order(over))).toMatchObject({ __typename: 'CommandRefused', code, field, rule: expect.stringMatching(/./) });
    expect(await facts()).toBe(before);
  });

  it.each([
    ['a field that the schema does not know', { discount: '5' }],
    ['a price that is no number', { lines: [{ sku: 'A', quantity: 1, unitPrice: 'cheap' }] }],
    ['a quantity that is no whole number', { lines: [{ sku: 'A', quantity: 1.5, unitPrice: '1' }] }],
    ['a time that is none', { placedAt: 'yesterday' }],
  ])('is no request with %s', async (_, over) => {
    const before = await facts();
    const { errors, status } = await platform.ask(RECORD, { input: order(over) });
    expect(status).toBe(400);
    expect(errors[0]?.extensions['code']).toMatch(/BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED/);
    expect(await facts()).toBe(before);
  });

  it('mirrors an order that breaks a rule of ours, and flags it', async () => {
    const lines = [
      { sku: 'A', quantity: 2, unitPrice: '5' },
      { sku: 'B', quantity: -1, unitPrice: '5' },
    ];
    const { order: recorded } = await record(order({ lines }));
    expect(recorded).toMatchObject({
      anomalies: ['ANOMALY_QUANTITY_NOT_POSITIVE'],
      total: { amountMinor: '500' },
      sales: { amountMinor: '1000' },
    });
  });

  it('refuses whatever else comes of an erased buyer', async () => {
    const input = order();
    const { order: recorded } = await record(input);
    await platform.ask(
      'mutation Erase($id: ID!) { eraseCustomer(input: { customerId: $id, confirm: "ERASE", idempotencyKey: "erase-buyer" }) { __typename } }',
      { id: recorded.customer.id },
    );
    const before = await facts();
    expect(await record(order({ buyer: input.buyer }))).toMatchObject({ code: 'SUBJECT_ERASED', field: 'buyer' });
    expect(await facts()).toBe(before);
  });
});

describe('cancelOrder', () => {
  it('voids the order, once, however often it is said', async () => {
    const input = order();
    await record(input);
    const said = { orderId: input.orderId, reason: 'out of stock', idempotencyKey: `cancel-${input.orderId}` };
    expect(await cancel(said)).toMatchObject({ __typename: 'OrderRecorded', repeated: false, order: { cancelled: true, version: 2 } });
    expect(await cancel(said)).toMatchObject({ repeated: true, order: { cancelled: true, version: 2 } });
    expect(await cancel({ ...said, idempotencyKey: 'again' })).toMatchObject({ order: { cancelled: true, version: 2 } });
  });

  it('takes the order’s money out of what its buyer has bought', async () => {
    const input = order();
    const { order: recorded } = await record(input);
    const { position } = await platform.ask(CANCEL, { input: { orderId: input.orderId, idempotencyKey: 'void' } });
    const { data } = await platform.ask(
      'query After($id: ID!, $position: Position) { customer(id: $id, atLeast: $position) { purchases { netRevenue { amountMinor } byCurrency { orders } } } }',
      { id: recorded.customer.id, position },
    );
    expect(data.customer.purchases?.byCurrency.filter(({ orders }: { orders: number }) => orders > 0) ?? []).toEqual([]);
  });

  it('refuses an order that nobody recorded', async () => {
    expect(await cancel({ orderId: 'never', idempotencyKey: 'never' })).toMatchObject({ code: 'UNKNOWN_ORDER', field: 'orderId' });
  });

  it('refuses when the order is no longer as the caller has seen it', async () => {
    const input = order();
    await record(input);
    const said = { orderId: input.orderId, idempotencyKey: 'stale', expectedVersion: 7 };
    expect(await cancel(said)).toMatchObject({ code: 'VERSION_CONFLICT', field: 'expectedVersion' });
    expect(await cancel({ ...said, idempotencyKey: 'fresh', expectedVersion: 1 })).toMatchObject({ order: { cancelled: true } });
  });
});

describe('orders of a customer', () => {
  const PAGE = `query Page($id: ID!, $first: Int!, $after: String) {
    customer(id: $id) { orders(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { orderId } } } }
  }`;

  it('come newest first, page by page, none twice and none left out', async () => {
    const buyer = { type: 'USER_ID', value: 'pages' };
    const ids: string[] = [];
    let customer = '';
    for (let day = 1; day <= 7; day++) {
      const input = order({ buyer, placedAt: `2025-11-0${day}T10:00:00.000Z` });
      ids.unshift(input.orderId);
      customer = (await record(input)).order.customer.id;
    }
    await platform.caughtUp();
    const read: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await platform.ask(PAGE, { id: customer, first: 3, after });
      const { edges, pageInfo, totalCount } = data.customer.orders;
      expect(totalCount).toBe(7);
      read.push(...edges.map(({ node }: { node: { orderId: string } }) => node.orderId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(read).toEqual(ids);
  });

  it.each([
    ['more than a hundred at once', { first: 101 }],
    ['none at all', { first: 0 }],
    ['a cursor of something else', { first: 1, after: 'bm9wZQ' }],
  ])('refuse %s', async (_, over) => {
    const { order: recorded } = await record(order());
    const { errors } = await platform.ask(PAGE, { id: recorded.customer.id, ...over });
    expect(errors[0]?.extensions['code']).toMatch(/BAD_USER_INPUT|LIMIT_EXCEEDED|CURSOR_EXPIRED/);
  });
});
