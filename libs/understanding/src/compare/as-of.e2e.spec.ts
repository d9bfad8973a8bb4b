import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
let first: string;
let second: string;
const anna = 'identifier: { type: USER_ID, value: "anna" }';

async function order(orderId: string, price: string, placedAt: string): Promise<string> {
  const { data, errors, position } = await platform.ask(
    `mutation { recordOrder(input: { orderId: "${orderId}", buyer: { type: USER_ID, value: "anna" }, lines: [{ sku: "s", quantity: 1, unitPrice: "${price}" }],
      currency: "GBP", placedAt: "${placedAt}", idempotencyKey: "${orderId}" }) { __typename } }`,
  );
  expect([data.recordOrder.__typename, errors]).toEqual([expect.not.stringContaining('Refused'), []]);
  await platform.caughtUp();
  return position ?? '';
}

beforeAll(async () => {
  platform = await platformUnderTest();
  first = await order('o1', '10.00', '2025-01-05T10:00:00.000Z');
  second = await order('o2', '5.00', '2025-02-05T10:00:00.000Z');
});
afterAll(() => platform.stop());

const purchases = 'purchases { netRevenue { amountMinor } freshness { position version lagMs } }';

it('shows one customer as she was understood, the moment in her id, and keeps moments apart', async () => {
  const { data, errors } = await platform.ask(`{
    now: customer(${anna}) { id ${purchases} }
    then: customer(${anna}, asOf: { position: "${first}" }) { id kind identifiers { value } ${purchases} timeline { edges { node { type } } } }
    happened: customer(${anna}, asOf: { occurredBy: "2025-01-31T00:00:00Z" }) { id ${purchases} }
    never: customer(${anna}, asOf: { knownBy: "2000-01-01T00:00:00Z" }) { id }
  }`);
  expect(errors).toEqual([]);
  expect(data.now.purchases.netRevenue.amountMinor).toBe('1500');
  expect(data.then).toMatchObject({
    id: `${data.now.id}@${first}`,
    kind: 'PERSON',
    identifiers: [{ value: 'anna' }],
    purchases: { netRevenue: { amountMinor: '1000' }, freshness: { position: first, version: '4', lagMs: 0 } },
  });
  expect(data.then.timeline.edges).toHaveLength(2);
  expect(data.happened.purchases.netRevenue.amountMinor).toBe('1000');
  expect(data.happened.id).toMatch(/@2025-01-31T00:00:00\.000Z$/);
  expect(data.never).toBeNull();
  const again = await platform.ask(`query ($id: ID!) { node(id: $id) { id ... on Customer { ${purchases} } } }`, { id: data.then.id });
  expect(again.data.node).toMatchObject({ id: data.then.id, purchases: { netRevenue: { amountMinor: '1000' } } });
});

it('refuses what is known for now only, and costs nothing beside it', async () => {
  const { data, errors } = await platform.ask(`{ customer(${anna}, asOf: { position: "${first}" }) { rfm { frequency } ${purchases} } }`);
  expect(data.customer).toMatchObject({ rfm: null, purchases: { netRevenue: { amountMinor: '1000' } } });
  expect(errors[0]?.extensions).toMatchObject({ code: 'AS_OF_UNSUPPORTED', field: 'rfm' });
  const both = await platform.ask(`query ($id: ID!) { customer(id: $id, asOf: { position: "1" }) { id } }`, {
    id: `Customer:${'0'.repeat(36)}@7`,
  });
  expect(both.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'asOf' });
});

it('says what became another one between two moments, and which events did it', async () => {
  const { data } = await platform.ask(`{ customer(${anna}) { id } }`);
  const asked = await platform.ask(
    `query ($id: ID!) { compareCustomer(id: $id, a: { position: "${first}" }, b: { position: "${second}" }) {
      a { id } b { id } changes { projection path before after } events { type position } truncated } }`,
    { id: data.customer.id },
  );
  expect(asked.errors).toEqual([]);
  const { compareCustomer } = asked.data;
  expect(compareCustomer).toMatchObject({
    a: { id: `${data.customer.id}@${first}` },
    b: { id: `${data.customer.id}@${second}` },
    truncated: false,
  });
  expect(compareCustomer.changes).toEqual(
    expect.arrayContaining([
      { projection: 'purchases', path: 'byCurrency.GBP.orders', before: '1', after: '2' },
      { projection: 'purchases', path: 'byCurrency.GBP.orderedMinor', before: '1000', after: '1500' },
    ]),
  );
  expect(compareCustomer.events).toMatchObject([{ type: 'retention.subscriptions.order-placed', position: second }]);
});
