import { ROLES } from '@tsunagari/access';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';
import { BY_IDENTIFIER, REFUSED, UNDERSTANDING } from './spec-customers';

const BY_ID = `query By($id: ID!, $atLeast: Position) { customer(id: $id, atLeast: $atLeast) { ${UNDERSTANDING} } }`;
const MERGE = `mutation Merge($input: MergeCustomersInput!) { mergeCustomers(input: $input) { __typename ${REFUSED} ... on CustomerChanged { repeated position customer { ${UNDERSTANDING} } } } }`;
const SPLIT = `mutation Split($input: SplitCustomerInput!) { splitCustomer(input: $input) { __typename ${REFUSED} ... on CustomerCameApart { repeated position customers { id } } } }`;
const BLOCK = `mutation Block($input: BlockIdentifierInput!) { blockIdentifier(input: $input) { __typename ${REFUSED} ... on CustomerChanged { repeated customer { identifiers { id blocked } } } } }`;
const ERASE = `mutation Erase($input: EraseCustomerInput!) { eraseCustomer(input: $input) { __typename ${REFUSED} ... on CustomerErasedPayload { identifiersErased repeated position customer { ${UNDERSTANDING} } } } }`;
const RECORD =
  'mutation Record($input: RecordOrderInput!) { recordOrder(input: $input) { __typename ... on OrderRecorded { order { customer { id } } } } }';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (name: string): string => `${name}-${++made}`;

/** Somebody known by a user id, with traits and two orders of 15.30 and `price`. Answers what is understood of her. */
async function customer(userId: string, price = '10.00') {
  await send('/v1/identify', { userId, messageId: fresh('m'), traits: { plan: userId }, timestamp: '2025-11-01T10:00:00.000Z' });
  for (const [n, unitPrice] of ['15.30', price].entries())
    await platform.ask(RECORD, {
      input: {
        orderId: fresh('O'),
        buyer: { type: 'USER_ID', value: userId },
        lines: [{ sku: 'A', quantity: 1, unitPrice }],
        currency: 'GBP',
        placedAt: `2025-11-0${n + 2}T10:00:00.000Z`,
        idempotencyKey: fresh('k'),
      },
    });
  await platform.caughtUp();
  return (await by(userId))!;
}
const send = async (...sent: Parameters<PlatformUnderTest['send']>): Promise<void> => {
  expect(await platform.send(...sent)).toMatchObject({ status: 200 });
};
const by = async (value: string, type = 'USER_ID') => (await platform.ask(BY_IDENTIFIER, { type, value })).data.customer;
/** How far the newest merge or split of a test has appended: what is read after it has seen it. */
let written: string | null = null;
const byId = async (id: string) => (await platform.ask(BY_ID, { id, atLeast: written })).data.customer;
const merge = async (customerIds: string[], over: object = {}) => {
  const input = { customerIds, reason: 'seen in store', idempotencyKey: fresh('k'), ...over };
  const { mergeCustomers: merged } = (await platform.ask(MERGE, { input })).data;
  written = merged.position ?? written;
  return merged;
};
const split = async (customerId: string, identifierIds: string[], over: object = {}) => {
  const input = { customerId, identifierIds, reason: 'two people', idempotencyKey: fresh('k'), ...over };
  const { splitCustomer: apart } = (await platform.ask(SPLIT, { input })).data;
  written = apart.position ?? written;
  return apart;
};
const block = async (identifierId: string) =>
  (await platform.ask(BLOCK, { input: { identifierId, reason: 'the shop tablet', idempotencyKey: fresh('k') } })).data.blockIdentifier;
const erase = async (customerId: string, over: object = {}) =>
  (await platform.ask(ERASE, { input: { customerId, confirm: 'ERASE', idempotencyKey: fresh('k'), ...over } })).data.eraseCustomer;
const text = (value: unknown): string => JSON.stringify(value);
const net = (understood: { purchases: { netRevenue: { amountMinor: string } } }): number =>
  Number(understood.purchases.netRevenue.amountMinor);

describe('a merge by a person', () => {
  it('gives a customer who has what both had, under the older id, with the decision beside it', async () => {
    const [older, younger] = [await customer(fresh('u'), '10.00'), await customer(fresh('u'), '4.50')];
    const { customer: merged, ...payload } = await merge([younger.id, older.id]);
    expect(payload).toMatchObject({ __typename: 'CustomerChanged', repeated: false });
    expect(merged.id).toBe(older.id);
    expect(merged.purchases.byCurrency[0].orders).toBe(4);
    expect(net(merged)).toBe(net(older) + net(younger));
    expect(merged.orders.totalCount).toBe(4);
    expect(merged.timeline.edges).toHaveLength(older.timeline.edges.length + younger.timeline.edges.length + 1);
    const values = [...older.identifiers, ...younger.identifiers].map(({ value }) => value);
    expect(merged.identifiers.map(({ value }: { value: string }) => value)).toEqual(values);
    const found = await by(younger.identifiers[0].value);
    expect(found.mergedFrom).toEqual([{ identifierIds: expect.any(Array), by: 'user:a-admin', reason: 'seen in store' }]);
  });

  it('lets the absorbed id and every identifier lead to the survivor', async () => {
    const [older, younger] = [await customer(fresh('u')), await customer(fresh('u'))];
    await merge([older.id, younger.id]);
    expect((await byId(younger.id)).id).toBe(older.id);
    expect((await by(younger.identifiers[0].value)).id).toBe(older.id);
  });

  it('is one merge, however often it is sent', async () => {
    const [a, b] = [await customer(fresh('u')), await customer(fresh('u'))];
    const key = { idempotencyKey: fresh('same') };
    expect(await merge([a.id, b.id], key)).toMatchObject({ repeated: false });
    // By now they are one: what the key stood for is answered again.
    expect(await merge([a.id, b.id], key)).toMatchObject({ __typename: 'CustomerChanged', repeated: true });
  });
});

describe('a split by a person', () => {
  it('restores both customers exactly: every id, count, amount and trait', async () => {
    const [a, b] = [await customer(fresh('u'), '7.77'), await customer(fresh('u'), '3.33')];
    const { customer: merged } = await merge([a.id, b.id]);
    expect(merged.identifiers).toHaveLength(2);
    expect(await split(a.id, [b.identifiers[0].id])).toMatchObject({
      __typename: 'CustomerCameApart',
      repeated: false,
      customers: [{ id: a.id }, { id: b.id }],
    });
    // A person's decisions are facts of their own: they stand in the timeline of whose stream they are in, and nowhere else.
    const decided = /retention\.customers\.(customers-merged|customer-split)/;
    const without = ({
      timeline,
      mergedFrom: _,
      ...rest
    }: {
      mergedFrom?: unknown;
      timeline: { edges: { node: { type: string } }[] };
    }) => ({
      ...rest,
      timeline: timeline.edges.filter(({ node }) => !decided.test(node.type)),
    });
    expect(text(without(await byId(a.id)))).toBe(text(without(a)));
    expect(text(without(await byId(b.id)))).toBe(text(without(b)));
  });

  it('can be followed by a merge, and the merge by a split, with the same understanding each time', async () => {
    const [a, b] = [await customer(fresh('u')), await customer(fresh('u'))];
    const purchases = async (id: string) => text((await byId(id)).purchases);
    const seen: string[] = [];
    for (let round = 0; round < 3; round++) {
      await merge([a.id, b.id]);
      seen.push(await purchases(a.id));
      await split(a.id, [b.identifiers[0].id]);
      expect(await purchases(a.id)).toBe(text(a.purchases));
      expect(await purchases(b.id)).toBe(text(b.purchases));
    }
    expect(new Set(seen).size).toBe(1);
  });
});

describe('erasing a customer', () => {
  it('destroys what is personal and nothing else: counts, money and the state hash stay', async () => {
    const before = await customer(fresh('u'));
    const { runner } = platform.services;
    const hashes = async () =>
      [await runner.stateHash('purchases'), await runner.stateHash('profile')].map((hash) => 'hash' in hash && hash.hash);
    const hashed = await hashes();
    expect(await erase(before.id)).toMatchObject({ __typename: 'CustomerErasedPayload', identifiersErased: 1, repeated: false });
    await platform.caughtUp();
    const after = await byId(before.id);
    expect(after.erased).toBe(true);
    expect(after.identifiers).toMatchObject([{ id: before.identifiers[0].id, value: null, redacted: true }]);
    expect(text(after.purchases)).toBe(text(before.purchases));
    expect(text(after.orders)).toBe(text(before.orders));
    expect(after.profile.behaviours).toEqual(before.profile.behaviours);
    expect(text(after)).not.toContain(before.identifiers[0].value);
    expect(await hashes()).toEqual(hashed);
  });

  it('is harmless when it is repeated, by its key or by another', async () => {
    const { id } = await customer(fresh('u'));
    const key = { idempotencyKey: fresh('same') };
    await erase(id, key);
    expect(await erase(id, key)).toMatchObject({ __typename: 'CustomerErasedPayload', repeated: true });
    expect(await erase(id)).toMatchObject({ __typename: 'CustomerErasedPayload', identifiersErased: 1 });
  });

  it('wants the word ERASE', async () => {
    const { id } = await customer(fresh('u'));
    const { errors } = await platform.ask(ERASE, { input: { customerId: id, confirm: 'yes', idempotencyKey: 'k' } });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.confirm' });
    expect((await byId(id)).erased).toBe(false);
  });

  it('keeps whoever she was from coming back, unless that is forgotten too', async () => {
    const [kept, forgotten] = [fresh('u'), fresh('u')];
    await erase((await customer(kept)).id);
    const old = await customer(forgotten);
    await erase(old.id, { scope: 'FORGET_SUPPRESSION' });
    for (const userId of [kept, forgotten]) await send('/v1/track', { userId, event: 'Opened', messageId: fresh('m') });
    expect((await by(kept))?.erased ?? true).toBe(true);
    const anew = await by(forgotten);
    expect(anew).toMatchObject({ erased: false, orders: { totalCount: 0 }, identifiers: [{ value: forgotten, redacted: false }] });
    expect(anew.id).not.toBe(old.id);
  });
});

describe('blocking an identifier', () => {
  it('takes apart what it had joined, and it joins nothing any more', async () => {
    const [a, b, tablet] = [fresh('u'), fresh('u'), fresh('tablet')];
    await send('/v1/identify', { userId: a, anonymousId: tablet, messageId: fresh('m') });
    const joined = await by(a);
    const device = joined.identifiers.find(({ type }: { type: string }) => type === 'ANONYMOUS_ID');
    expect(joined.identifiers).toHaveLength(2);
    expect(await block(device.id)).toMatchObject({
      __typename: 'CustomerChanged',
      customer: { identifiers: [{ id: device.id, blocked: true }] },
    });
    expect((await by(a)).identifiers).toHaveLength(1);
    await send('/v1/identify', { userId: b, anonymousId: tablet, messageId: fresh('m') });
    expect((await by(b)).identifiers).toHaveLength(1);
    expect((await by(tablet, 'ANONYMOUS_ID')).identifiers).toHaveLength(1);
  });
});

describe('evidence of sources', () => {
  it.each(['server', 'browser'] as const)('of a %s joins an anonymous visitor with the user id she signs in with', async (source) => {
    const [userId, anonymousId] = [fresh('u'), fresh('anon')];
    await send('/v1/track', { anonymousId, event: 'Viewed', messageId: fresh('m') }, { source });
    const before = await by(anonymousId, 'ANONYMOUS_ID');
    await send('/v1/identify', { userId, anonymousId, messageId: fresh('m') }, { source });
    const after = await by(userId);
    expect(after.id).toBe(before.id);
    expect(after.identifiers.map(({ type }: { type: string }) => type)).toEqual(['ANONYMOUS_ID', 'USER_ID']);
    expect(after.identifiers.every(({ verified }: { verified: boolean }) => verified === (source === 'server'))).toBe(true);
    expect(after.profile.behaviours).toContainEqual({ call: 'track', count: 1 });
  });

  it('by alias joins the former id', async () => {
    const [userId, previousId] = [fresh('u'), fresh('anon')];
    await send('/v1/alias', { userId, previousId, messageId: fresh('m') });
    expect((await by(userId)).identifiers).toHaveLength(2);
  });

  it('never makes two verified user ids one: the device stays with the first, and the second waits for a person', async () => {
    const [first, second, anonymousId] = [fresh('u'), fresh('u'), fresh('anon')];
    await send('/v1/identify', { userId: first, anonymousId, messageId: fresh('m') });
    await send('/v1/identify', { userId: second, anonymousId, messageId: fresh('m') });
    const [one, other] = [await by(first), await by(second)];
    expect(other.id).not.toBe(one.id);
    expect((await by(anonymousId, 'ANONYMOUS_ID')).id).toBe(one.id);
    const subject = other.id.replace('Customer:', '');
    expect(await platform.services.runner.identity.heldMerges({ subjects: [subject] })).toMatchObject([
      { reason: 'TWO_VERIFIED_USER_IDS' },
    ]);
    expect((await merge([one.id, other.id])).customer.identifiers).toHaveLength(3);
  });
});

describe('a command about customers is refused, with the field and the rule, and nothing is written', () => {
  const NOBODY = 'Customer:00000000-0000-4000-8000-000000000000';
  const refused = { __typename: 'CommandRefused', rule: expect.stringMatching(/./) };
  let one: { id: string; identifiers: { id: string }[] };
  let erased: { id: string; identifiers: { id: string }[] };
  let before: string;
  const head = async (): Promise<string> => platform.deployment.log.head();
  beforeAll(async () => {
    one = await customer(fresh('u'));
    erased = await customer(fresh('u'));
    await erase(erased.id);
    before = await head();
  });
  afterEach(async () => expect(await head()).toBe(before));

  it('SAME_CUSTOMER', async () => {
    expect(await merge([one.id, one.id])).toMatchObject({ ...refused, code: 'SAME_CUSTOMER', field: 'customerIds' });
  });
  it('INVALID_FIELD for a merge of one or of three', async () => {
    expect(await merge([one.id])).toMatchObject({ ...refused, code: 'INVALID_FIELD', field: 'customerIds' });
    expect(await merge([one.id, NOBODY, NOBODY])).toMatchObject({ ...refused, code: 'INVALID_FIELD', field: 'customerIds' });
  });
  it('UNKNOWN_CUSTOMER', async () => {
    expect(await merge([one.id, NOBODY])).toMatchObject({ ...refused, code: 'UNKNOWN_CUSTOMER', field: 'customerIds.1' });
    expect(await split(NOBODY, [one.identifiers[0]!.id])).toMatchObject({ ...refused, code: 'UNKNOWN_CUSTOMER', field: 'customerId' });
    expect(await erase(NOBODY)).toMatchObject({ ...refused, code: 'UNKNOWN_CUSTOMER', field: 'customerId' });
  });
  it('SUBJECT_ERASED', async () => {
    expect(await merge([one.id, erased.id])).toMatchObject({ ...refused, code: 'SUBJECT_ERASED', field: 'customerIds' });
    expect(await merge([erased.id, one.id])).toMatchObject({ ...refused, code: 'SUBJECT_ERASED', field: 'customerIds' });
    expect(await split(erased.id, [erased.identifiers[0]!.id])).toMatchObject({ ...refused, code: 'SUBJECT_ERASED', field: 'customerId' });
  });
  it('NOT_TOGETHER', async () => {
    expect(await split(one.id, [erased.identifiers[0]!.id])).toMatchObject({ ...refused, code: 'NOT_TOGETHER', field: 'identifierIds.0' });
  });
  it('NOTHING_TO_SPLIT', async () => {
    expect(await split(one.id, [one.identifiers[0]!.id])).toMatchObject({ ...refused, code: 'NOTHING_TO_SPLIT', field: 'identifierIds' });
    expect(await split(one.id, [])).toMatchObject({ ...refused, code: 'NOTHING_TO_SPLIT', field: 'identifierIds' });
  });
  it('UNKNOWN_IDENTIFIER', async () => {
    expect(await block(NOBODY.replace('Customer', 'Identifier'))).toMatchObject({
      ...refused,
      code: 'UNKNOWN_IDENTIFIER',
      field: 'identifierId',
    });
  });
  it('INVALID_FIELD for a reason that says nothing', async () => {
    expect(await split(one.id, [erased.identifiers[0]!.id], { reason: '' })).toMatchObject({ ...refused });
  });
  it('VERSION_CONFLICT for a stream that is no longer as the caller has seen it', async () => {
    const answer = await merge([one.id, erased.id], { expectedVersion: 99 });
    expect(answer).toMatchObject({ ...refused, code: 'VERSION_CONFLICT', field: 'expectedVersion' });
  });
  it('IDENTIFIER_BLOCKED', async () => {
    const other = await customer(fresh('u'));
    await block(other.identifiers[0].id);
    before = await head();
    expect(await merge([one.id, other.id])).toMatchObject({ ...refused, code: 'IDENTIFIER_BLOCKED', field: 'customerIds' });
  });
  it.each([
    ['no id at all', 'nobody'],
    ['an id of something else', 'Order:536365'],
  ])('is no request with %s', async (_, id) => {
    const { errors } = await platform.ask(MERGE, { input: { customerIds: [one.id, id], reason: 'x', idempotencyKey: 'k' } });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.customerIds.1' });
  });
});

describe('who may do what', () => {
  const input = {
    mergeCustomers: {
      customerIds: ['Customer:00000000-0000-4000-8000-000000000000', 'Customer:00000000-0000-4000-8000-000000000001'],
      reason: 'x',
    },
    splitCustomer: { customerId: 'Customer:00000000-0000-4000-8000-000000000000', identifierIds: [], reason: 'x' },
    blockIdentifier: { identifierId: 'Identifier:00000000-0000-4000-8000-000000000000', reason: 'x' },
    eraseCustomer: { customerId: 'Customer:00000000-0000-4000-8000-000000000000', confirm: 'ERASE' },
    changeIdentityRules: { rules: { limits: [{ type: 'EMAIL', limit: 9 }], clusterLimit: 5 } },
    cancelOrder: { orderId: 'never' },
    recordOrder: { orderId: 'never', buyer: { type: 'USER_ID', value: 'u' }, lines: [], currency: 'GBP' },
  };
  const allowed: Record<keyof typeof input, readonly string[]> = {
    mergeCustomers: ['success', 'ops', 'admin'],
    splitCustomer: ['success', 'ops', 'admin'],
    blockIdentifier: ['success', 'ops', 'admin'],
    eraseCustomer: ['ops', 'admin'],
    changeIdentityRules: ['ops', 'admin'],
    cancelOrder: ['frontend', 'success', 'ops', 'admin'],
    recordOrder: ['frontend', 'success', 'ops', 'admin'],
  };
  const mutations = Object.keys(input) as (keyof typeof input)[];
  const staff = ROLES.filter((role) => role !== 'customer');

  it.each(mutations)('%s', async (mutation) => {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const ask = (role: (typeof ROLES)[number] | null) =>
      platform.ask(
        `mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename } }`,
        { input: { ...input[mutation], idempotencyKey: 'k' } },
        { role },
      );
    expect((await ask(null)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    for (const role of staff) {
      const { data, errors } = await ask(role);
      if (allowed[mutation].includes(role)) expect([role, data?.[mutation]?.__typename]).toEqual([role, 'CommandRefused']);
      else expect([role, errors[0]?.extensions['code']]).toEqual([role, 'FORBIDDEN']);
    }
  });
});

it('who writes reads her own write: by the position of the payload, as argument, extension or header', async () => {
  const userId = fresh('u');
  const { position, data } = await platform.ask(RECORD, {
    input: {
      orderId: fresh('O'),
      buyer: { type: 'USER_ID', value: userId },
      lines: [{ sku: 'A', quantity: 1, unitPrice: '12.34' }],
      currency: 'GBP',
      placedAt: '2025-11-02T10:00:00.000Z',
      idempotencyKey: fresh('k'),
    },
  });
  expect(position).toMatch(/^\d+$/);
  const { data: read } = await platform.ask(BY_ID, { id: data.recordOrder.order.customer.id, atLeast: position });
  expect(net(read.customer)).toBe(1234);
});
