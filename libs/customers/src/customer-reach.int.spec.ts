import { parse } from 'graphql';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

/** What a customer's own token shows her, through the gateway and all three contexts. */
const HERS = `
  id kind erased identifiers { type value } mergedFrom { reason }
  orders(first: 100) { totalCount edges { node { orderId } } }
  purchases { netRevenue { amountMinor } byCurrency { orders } }
  ltv { value reasonNull } purchaseProbability { probability } rfm { frequency }
  profile { traits behaviours { call count } }
  timeline(first: 100) { edges { node { type subject } } }`;
const ME = `{ me { ${HERS} } }`;

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (name: string): string => `${name}-${++made}`;
const send = async (...sent: Parameters<PlatformUnderTest['send']>): Promise<void> => {
  expect(await platform.send(...sent)).toMatchObject({ status: 200 });
};
const me = async (userId: string) => {
  const { data, errors } = await platform.ask(ME, {}, { userId });
  expect(errors).toEqual([]);
  return data.me;
};
const whole = async (type: string, value: string) =>
  (
    await platform.ask(
      `query W($type: IdentifierType!, $value: String!) { customer(identifier: { type: $type, value: $value }) { ${HERS} } }`,
      { type, value },
    )
  ).data.customer;
const buys = async (type: string, value: string, unitPrice: string): Promise<string> => {
  const orderId = fresh('O');
  const input = {
    orderId,
    buyer: { type, value },
    lines: [{ sku: 'A', quantity: 1, unitPrice }],
    currency: 'GBP',
    idempotencyKey: fresh('k'),
  };
  const { data } = await platform.ask('mutation R($input: RecordOrderInput!) { recordOrder(input: $input) { __typename } }', { input });
  expect(data.recordOrder.__typename).toBe('OrderRecorded');
  await platform.caughtUp();
  return orderId;
};
const orderIds = (shown: { orders: { edges: { node: { orderId: string } }[] } }) =>
  shown.orders.edges.map(({ node }) => node.orderId).sort();
const values = (shown: { identifiers: { value: string }[] }) => shown.identifiers.map(({ value }) => value).sort();
const net = (shown: { purchases: { netRevenue: { amountMinor: string } } }) => shown.purchases.netRevenue.amountMinor;

/** A visitor and a user, each with an order and a trait or two, joined by the source given. */
async function joinedBy(source: 'server' | 'browser') {
  const [userId, anonymousId] = [fresh('u'), fresh('anon')];
  await send('/v1/track', { anonymousId, event: 'Viewed', messageId: fresh('m') }, { source });
  const theirs = await buys('ANONYMOUS_ID', anonymousId, '7.00');
  const hers = await buys('USER_ID', userId, '5.00');
  await send('/v1/identify', { userId, traits: { plan: userId }, messageId: fresh('m') });
  await send('/v1/identify', { userId, anonymousId, messageId: fresh('m') }, { source });
  expect(values(await whole('USER_ID', userId))).toEqual([anonymousId, userId].sort());
  return { userId, anonymousId, hers, theirs };
}

describe('a customer’s token', () => {
  it('reaches all that is hers along verified links: the same as the books have', async () => {
    const { userId, anonymousId, hers, theirs } = await joinedBy('server');
    const shown = await me(userId);
    expect(values(shown)).toEqual([anonymousId, userId].sort());
    expect(orderIds(shown)).toEqual([hers, theirs].sort());
    expect(net(shown)).toBe('1200');
    expect(shown).toEqual(await whole('USER_ID', userId));
  });

  it('reaches nothing across an unverified link: no identifier, order, sum, trait or fact of the other side', async () => {
    const { userId, anonymousId, hers, theirs } = await joinedBy('browser');
    const shown = await me(userId);
    expect(values(shown)).toEqual([userId]);
    expect(orderIds(shown)).toEqual([hers]);
    expect(net(shown)).toBe('500');
    expect(shown.purchases.byCurrency).toEqual([{ orders: 1 }]);
    expect(shown.profile.behaviours).toEqual([{ call: 'identify', count: 1 }]);
    expect(JSON.parse(shown.profile.traits)).toEqual({ plan: userId });
    const text = JSON.stringify(shown);
    expect(text).not.toContain(anonymousId);
    expect(text).not.toContain(theirs);
    const books = await whole('USER_ID', userId);
    expect(net(books)).toBe('1200');
    expect(shown.id).toBe(books.id);
    const subjects = new Set(shown.timeline.edges.map(({ node }: { node: { subject: string } }) => node.subject));
    expect(subjects.size).toBe(1);
    expect(books.timeline.edges.length).toBeGreaterThan(shown.timeline.edges.length);
  });

  it('an attacker who ties a victim’s browser to her own account reads nothing of the victim, whatever she claims from a browser', async () => {
    const [attacker, victim, device] = [fresh('attacker'), fresh('victim'), fresh('device')];
    await send('/v1/identify', { userId: victim, anonymousId: device, traits: { secret: 'pearls' }, messageId: fresh('m') });
    const stolen = await buys('ANONYMOUS_ID', device, '99.00');
    await send('/v1/identify', { userId: attacker, messageId: fresh('m') });
    for (const claim of [
      ['/v1/identify', { userId: attacker, anonymousId: device }],
      ['/v1/alias', { userId: attacker, previousId: device }],
      ['/v1/alias', { userId: attacker, previousId: victim }],
      ['/v1/identify', { userId: attacker, anonymousId: fresh('own'), traits: { email: 'victim@example.com' } }],
    ] as const)
      await send(claim[0], { ...claim[1], messageId: fresh('m') }, { source: 'browser' });
    const shown = JSON.stringify(await me(attacker));
    for (const secret of [stolen, device, victim, 'pearls', '9900']) expect(shown).not.toContain(secret);
    expect(orderIds(await me(victim))).toEqual([stolen]);
  });

  it('is not widened by a person’s merge, who vouches for the books and not for the sign-in; and is as before after the split', async () => {
    const [a, b] = [fresh('u'), fresh('u')];
    const [ofA, ofB] = [await buys('USER_ID', a, '1.00'), await buys('USER_ID', b, '2.00')];
    const [before, other] = [await me(a), await me(b)];
    const { data } = await platform.ask('mutation M($input: MergeCustomersInput!) { mergeCustomers(input: $input) { __typename } }', {
      input: { customerIds: [before.id, other.id], reason: 'the same household', idempotencyKey: fresh('k') },
    });
    expect(data.mergeCustomers.__typename).toBe('CustomerChanged');
    await platform.caughtUp();
    expect(net(await whole('USER_ID', b))).toBe('300');
    expect([orderIds(await me(a)), orderIds(await me(b))]).toEqual([[ofA], [ofB]]);
    expect([net(await me(a)), net(await me(b))]).toEqual(['100', '200']);
    expect((await me(a)).mergedFrom).toEqual([]);
    const books = await platform.ask(
      'query ($value: String!) { customer(identifier: { type: USER_ID, value: $value }) { id identifiers { id value } } }',
      { value: b },
    );
    const cut = books.data.customer.identifiers.find(({ value }: { value: string }) => value === b).id;
    await platform.ask('mutation S($input: SplitCustomerInput!) { splitCustomer(input: $input) { __typename } }', {
      input: { customerId: books.data.customer.id, identifierIds: [cut], reason: 'two people', idempotencyKey: fresh('k') },
    });
    await platform.caughtUp();
    const purchased = ({ id, purchases, orders, identifiers }: Record<string, unknown>) => ({ id, purchases, orders, identifiers });
    expect(purchased(await me(a))).toEqual(purchased(before));
    expect(purchased(await me(b))).toEqual(purchased(other));
  });

  it('stops reaching an identifier that a person blocks', async () => {
    const { userId, anonymousId, hers } = await joinedBy('server');
    const full = await platform.ask(
      'query ($value: String!) { customer(identifier: { type: USER_ID, value: $value }) { identifiers { id value } } }',
      {
        value: userId,
      },
    );
    const tablet = full.data.customer.identifiers.find(({ value }: { value: string }) => value === anonymousId);
    await platform.ask('mutation B($input: BlockIdentifierInput!) { blockIdentifier(input: $input) { __typename } }', {
      input: { identifierId: tablet.id, reason: 'the shop tablet', idempotencyKey: fresh('k') },
    });
    await platform.caughtUp();
    expect(values(await me(userId))).toEqual([userId]);
    expect(orderIds(await me(userId))).toEqual([hers]);
  });

  it('of a user id nobody has seen shows nobody, and no other token has a me', async () => {
    expect(await me(fresh('never-seen'))).toBeNull();
    expect((await platform.ask(ME)).errors[0]?.extensions['code']).toBe('FORBIDDEN');
    expect((await platform.ask(ME, {}, { role: null })).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  it('opens no other way to anybody: not by id, by identifier, by node, in lists or in the log', async () => {
    const { userId } = await joinedBy('server');
    const victim = await whole('USER_ID', (await joinedBy('server')).userId);
    for (const query of [
      `{ customer(id: "${victim.id}") { id } }`,
      `{ node(id: "${victim.id}") { id } }`,
      '{ customers(first: 5) { edges { node { id } } } }',
      `{ events(filter: { customer: "${victim.id}" }, first: 5) { edges { node { data } } } }`,
      `{ order(orderId: "${orderIds(victim)[0]}") { customer { id } } }`,
      '{ totals { knownCustomers } }',
    ]) {
      const { data, errors } = await platform.ask(query, {}, { userId });
      expect([query, errors[0]?.extensions['code']]).toEqual([query, 'FORBIDDEN']);
      expect(JSON.stringify(data ?? {})).not.toContain(victim.id);
    }
  });

  it('is refused by every context itself, should somebody reach a subgraph past the gateway’s queries', async () => {
    const { userId } = await joinedBy('server');
    const victim = await whole('USER_ID', (await joinedBy('server')).userId);
    const [known] = await platform.deployment.keyring.subjectsOf([{ type: 'user_id', value: userId }], { create: false });
    const subject = known?.kind === 'known' ? known.subject : '';
    const fields: Record<string, string> = {
      customers: 'identifiers { value } mergedFrom { by }',
      subscriptions: 'orders(first: 5) { totalCount edges { node { orderId } } }',
      understanding: 'purchases { netRevenue { amountMinor } }',
    };
    for (const subgraph of platform.services.subgraphs.filter(({ name }) => fields[name] !== undefined)) {
      const result = await subgraph.execute({
        document: parse(
          `query ($id: ID!) { _entities(representations: [{ __typename: "Customer", id: $id }]) { ... on Customer { ${fields[subgraph.name]} } } }`,
        ),
        variables: { id: victim.id },
        context: {
          requestId: 'attack',
          principal: { kind: 'customer', roles: ['customer'], actor: `customer:${subject}`, subject },
          atLeast: null,
        },
      });
      const text = JSON.stringify(result);
      for (const secret of [...values(victim), ...orderIds(victim), net(victim)])
        expect([subgraph.name, text]).not.toEqual([subgraph.name, expect.stringContaining(secret)]);
    }
  });
});
