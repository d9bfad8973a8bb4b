import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
let before: string;
let id: string;
const anna = 'identifier: { type: USER_ID, value: "anna" }';

async function order(orderId: string, placedAt: string, buyer = 'anna', unitPrice = '10.00'): Promise<void> {
  const { data } = await platform.ask('mutation($input: RecordOrderInput!) { recordOrder(input: $input) { __typename } }', {
    input: {
      orderId,
      buyer: { type: 'USER_ID', value: buyer },
      lines: [{ sku: 's', quantity: 1, unitPrice }],
      currency: 'GBP',
      placedAt,
      idempotencyKey: orderId,
    },
  });
  expect(data.recordOrder.__typename).toBe('OrderRecorded');
}

beforeAll(async () => {
  platform = await platformUnderTest();
  await order('o1', '2025-01-05T10:00:00.000Z');
  await order('other', '2025-01-07T10:00:00.000Z', 'ben', '99.00');
  await platform.services.closeDays('2025-01-31', '2025-01-01');
  await platform.caughtUp();
  before = await platform.head();
  await order('o2', '2025-02-05T10:00:00.000Z');
  await platform.services.closeDays('2025-02-28', '2025-02-01');
  const defined = await platform.ask(
    `mutation { defineSegment(input: { segmentId: "regulars", name: { ja: "常連", en: "Regulars" }, rule: "purchases >= 2", idempotencyKey: "s" }) { __typename } }`,
  );
  expect(defined.data.defineSegment.__typename).toBe('DefinitionsChanged');
  await platform.caughtUp();
  id = (await platform.ask(`{ customer(${anna}) { id } }`)).data.customer.id;
});
afterAll(() => platform.stop());

const FRESH = 'freshness { projection version position lagMs rebuilding }';
const HERS = `id
  purchases { byCurrency { historicValue { ${FRESH} } } }
  attributes { name value evidence ${FRESH} }
  holdings { contracts { status } silentSubscriber ${FRESH} }
  usage { uses30Days unusedSince ${FRESH} }
  connection { interactions90Days reciprocity { value reasonNull ${FRESH} } ${FRESH} }
  satisfaction { nps { value reasonNull ${FRESH} } ${FRESH} }
  stage { stageId ${FRESH} }
  segments { segmentId because { text verdict } ${FRESH} }
  needs { needId ${FRESH} }
  health { probability ${FRESH} }
  churnRisk { method reasons { code } asOfDay ${FRESH} }`;
const valueOf = (customer: { attributes: { name: string; value: string | null }[] }, name: string): unknown =>
  JSON.parse(customer.attributes.find((each) => each.name === name)?.value ?? 'null');

it('every field of a customer is shown as of a moment, each with the position that it stands on', async () => {
  const { data, errors } = await platform.ask(
    `{ now: customer(${anna}) { ${HERS} } then: customer(${anna}, asOf: { position: "${before}" }) { ${HERS} } }`,
  );
  expect(errors).toEqual([]);
  const { now, then } = data;
  expect([valueOf(now, 'purchases'), valueOf(then, 'purchases')]).toEqual([2, 1]);
  expect([valueOf(now, 'as_of'), valueOf(then, 'as_of')]).toEqual(['2025-02-28T23:59:59.999Z', '2025-01-31T23:59:59.999Z']);
  expect([valueOf(now, 'days_since_purchase'), valueOf(then, 'days_since_purchase')]).toEqual([23, 26]);
  // Rules are today's, what they read is of the moment.
  expect([now.segments, then.segments]).toMatchObject([[{ segmentId: 'regulars' }], []]);
  expect([now.churnRisk.asOfDay, then.churnRisk.asOfDay]).toEqual(['2025-02-28', '2025-01-31']);
  const behind = (customer: typeof now, name: string) => customer.attributes.find((each: { name: string }) => each.name === name).evidence;
  // Evidence is of the moment too: her first order, not the second.
  expect(behind(then, 'purchases')).toHaveLength(1);
  expect(behind(now, 'purchases')).toEqual([...behind(then, 'purchases'), expect.any(String)]);
  const ofTheMoment = { position: before, lagMs: 0, rebuilding: false };
  for (const part of [
    then.attributes[0],
    then.purchases.byCurrency[0].historicValue,
    then.holdings,
    then.usage,
    then.connection,
    then.connection.reciprocity,
    then.satisfaction,
    then.satisfaction.nps,
    then.churnRisk,
  ])
    expect(part.freshness).toMatchObject(ofTheMoment);
  for (const part of [now.attributes[0], now.holdings, now.usage, now.connection.reciprocity, now.segments[0], now.churnRisk])
    expect(BigInt(part.freshness.position)).toBeGreaterThan(BigInt(before));
});

it('agrees by both clocks: what happened by a day, whenever it was recorded', async () => {
  const { data, errors } = await platform.ask(`{ customer(${anna}, asOf: { occurredBy: "2025-02-01T00:00:00Z" }) { ${HERS} } }`);
  expect(errors).toEqual([]);
  expect([valueOf(data.customer, 'purchases'), valueOf(data.customer, 'as_of')]).toEqual([1, '2025-01-31T23:59:59.999Z']);
});

it('what rests on everybody else is refused as of a moment, and nothing beside it', async () => {
  const { data, errors } = await platform.ask(
    `{ customer(${anna}, asOf: { position: "${before}" }) { rfm { frequency } usage { uses30Days } } }`,
  );
  expect(data.customer).toEqual({ rfm: null, usage: { uses30Days: 0 } });
  expect(errors[0]?.extensions).toMatchObject({ code: 'AS_OF_UNSUPPORTED', field: 'rfm' });
});

it('compareCustomer names what is concluded of her, not only what was folded', async () => {
  const now = await platform.head();
  const { data, errors } = await platform.ask(
    `query($id: ID!) { compareCustomer(id: $id, a: { position: "${before}" }, b: { position: "${now}" }) {
      changes { projection path before after } events { type } truncated } }`,
    { id },
  );
  expect(errors).toEqual([]);
  expect(data.compareCustomer.changes).toEqual(
    expect.arrayContaining([
      { projection: 'purchases', path: 'byCurrency.GBP.orders', before: '1', after: '2' },
      { projection: 'attributes', path: 'purchases', before: '1', after: '2' },
      { projection: 'attributes', path: 'days_since_purchase', before: '26', after: '23' },
      { projection: 'segments', path: 'regulars', before: null, after: 'true' },
    ]),
  );
  expect(data.compareCustomer.events).toEqual([{ type: 'retention.subscriptions.order-placed' }]);
});

describe('the whole base as of a moment', () => {
  const READY = `{ projections { name generations { label phase } } }`;
  const BOARD = `totals(asOfLabel: $label) { invoices knownCustomers netRevenue { amountMinor } ${FRESH} }
    retention(input: { unit: MONTH, units: 1 }, asOfLabel: $label) { asOfDay rows { cohort size cells { from returned } } ${FRESH} }
    customers(orderBy: NET_REVENUE, first: 1, asOfLabel: $label) { edges { node { id purchases { netRevenue { amountMinor } } usage { uses30Days } } } pageInfo { hasNextPage endCursor } ${FRESH} }`;

  it('is a named generation, asked for by its label', async () => {
    const started = await platform.ask(
      `mutation { startRebuild(input: { projection: "purchases", asOf: { label: "january", position: "${before}" } }) { __typename } }`,
    );
    expect(started.data.startRebuild.__typename).toBe('ProjectionChanged');
    const isReady = async (): Promise<boolean> =>
      (await platform.ask(READY)).data.projections.some(({ generations }: { generations: { label: string; phase: string }[] }) =>
        generations.some(({ label, phase }) => label === 'january' && phase === 'READY'),
      );
    while (!(await isReady())) await platform.caughtUp();
    const { data, errors } = await platform.ask(`query($label: String) { ${BOARD} }`, { label: 'january' });
    expect(errors).toEqual([]);
    const ofTheMoment = { projection: 'purchases', position: before, lagMs: 0, rebuilding: false };
    expect(data.totals).toMatchObject({ invoices: 2, netRevenue: { amountMinor: '10900' }, freshness: ofTheMoment });
    expect(data.retention).toMatchObject({ asOfDay: '2025-01-31', rows: [{ cohort: '2025-01', size: 2 }], freshness: ofTheMoment });
    const [{ node }] = data.customers.edges;
    expect(node).toMatchObject({
      id: expect.stringMatching(`@${before}$`),
      purchases: { netRevenue: { amountMinor: '9900' } },
      usage: { uses30Days: 0 },
    });
    const next = await platform.ask(
      `query($after: String) { customers(orderBy: NET_REVENUE, first: 1, after: $after, asOfLabel: "january") { edges { node { id purchases { netRevenue { amountMinor } } } } } }`,
      { after: data.customers.pageInfo.endCursor },
    );
    expect(next.data.customers.edges).toEqual([{ node: { id: `${id}@${before}`, purchases: { netRevenue: { amountMinor: '1000' } } } }]);
    const now = await platform.ask(`query($label: String) { ${BOARD} }`, { label: null });
    expect(now.data.totals).toMatchObject({ invoices: 3, netRevenue: { amountMinor: '11900' } });
    expect(now.data.retention.rows).toMatchObject([{ cohort: '2025-01', size: 2, cells: [{ from: 1, returned: 1 }] }]);
  });

  it('refuses a name that nothing has, an order that is of now, retention of other events, and a cursor of another base', async () => {
    const codes = async (query: string) => (await platform.ask(query)).errors.map(({ extensions: { code, field } }) => [code, field]);
    expect(await codes('{ totals(asOfLabel: "never") { invoices } }')).toEqual([['NOT_FOUND', 'asOfLabel']]);
    expect(await codes('{ customers(orderBy: RISK, first: 1, asOfLabel: "january") { currency } }')).toEqual([
      ['AS_OF_UNSUPPORTED', 'orderBy'],
    ]);
    expect(await codes('{ retention(input: { start: { kind: USE } }, asOfLabel: "january") { asOfDay } }')).toEqual([
      ['AS_OF_UNSUPPORTED', 'input'],
    ]);
    expect(await codes('{ retention(input: { segments: ["regulars"] }, asOfLabel: "january") { asOfDay } }')).toEqual([
      ['AS_OF_UNSUPPORTED', 'input.segments'],
    ]);
    const live = await platform.ask('{ customers(orderBy: NET_REVENUE, first: 1) { pageInfo { endCursor } } }');
    const { endCursor } = live.data.customers.pageInfo;
    expect(await codes(`{ customers(orderBy: NET_REVENUE, first: 1, after: "${endCursor}", asOfLabel: "january") { currency } }`)).toEqual([
      ['CURSOR_EXPIRED', 'after'],
    ]);
  });
});

it('every question of understanding takes atLeast', async () => {
  const { data } = await platform.ask('{ __schema { queryType { fields { name args { name } } } } }');
  const taking = new Set(
    data.__schema.queryType.fields
      .filter(({ args }: { args: { name: string }[] }) => args.some(({ name }) => name === 'atLeast'))
      .map(({ name }: { name: string }) => name),
  );
  for (const name of [
    'customer',
    'customers',
    'compareCustomer',
    'retention',
    'totals',
    'events',
    'model',
    'projections',
    'metric',
    'segmentMembers',
    'mrrWaterfall',
    'satisfactionBoard',
    'definitions',
    'dryRunRule',
  ])
    expect([name, taking.has(name)]).toEqual([name, true]);
  const position = await platform.head();
  const asked = await platform.ask('query($p: Position) { totals(atLeast: $p) { freshness { position } } }', { p: position });
  expect(BigInt(asked.data.totals.freshness.position)).toBeGreaterThanOrEqual(BigInt(position));
});
