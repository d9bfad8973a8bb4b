import { platformUnderTest, type PlatformUnderTest } from '../../../libs/testing/src/platform-under-test';

let platform: PlatformUnderTest;
let made = 0;

beforeAll(async () => {
  platform = await platformUnderTest();
  for (const price of Array.from({ length: 12 }, (_, n) => `${n + 1}.00`)) {
    const { data } = await platform.ask('mutation($input: RecordOrderInput!) { recordOrder(input: $input) { __typename } }', {
      input: {
        orderId: `o-${++made}`,
        buyer: { type: 'USER_ID', value: `u-${made}` },
        lines: [{ sku: 's', quantity: 1, unitPrice: price }],
        currency: 'GBP',
        placedAt: '2025-12-20T08:00:00Z',
        idempotencyKey: `o-${made}`,
      },
    });
    expect(data.recordOrder.__typename).toBe('OrderRecorded');
  }
  await platform.services.closeDays('2025-12-31', '2025-12-20');
  await platform.caughtUp();
});
afterAll(() => platform.stop());

/** What the pages of a marketer read of each customer, of every context. */
const HERS = `id kind erased identifiers { type value } mergedFrom { by } consents { category } objections
  orders(first: 2) { edges { node { orderId } } }
  subscriptions(first: 2) { edges { node { status } } }
  goals { goalId }
  proposals(slot: "home") { id }
  purchases { netRevenue { amountMinor } freshness { position } }
  ltv { value reasonNull } purchaseProbability { probability } rfm { frequency } profile { kind }
  attributes { name value } holdings { monthlyRevenue { amountMinor } } usage { uses30Days } connection { interactions90Days }
  satisfaction { nps { value } } stage { stageId } segments { segmentId } needs { needId } health { probability } churnRisk { probability }`;

const page = (first: number) =>
  platform.counted(() =>
    platform.ask(`query($first: Int!) { customers(orderBy: NET_REVENUE, first: $first) { edges { node { ${HERS} } } } }`, { first }),
  );

it('a page of customers with nested fields of every context costs as many SQL statements for two as for twelve', async () => {
  // What is read once a process is read by the first request.
  await page(1);
  const [few, many] = [await page(2), await page(12)];
  expect([few.answer.errors, many.answer.errors]).toEqual([[], []]);
  expect([few.answer.data.customers.edges.length, many.answer.data.customers.edges.length]).toEqual([2, 12]);
  expect(many.statements).toEqual(few.statements);
  expect(Object.keys(many.statements).sort()).toEqual(['customers', 'proposals', 'subscriptions', 'understanding', 'value']);
});
