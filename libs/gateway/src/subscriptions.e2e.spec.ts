import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpExecutor, httpSubscriber, subgraphHandler } from '@tsunagari/graphql';
import { type Subscribed, subscribeTo } from '../../testing/src/subscription';
import { type Edge, openEdge, openShop, plainSigner, type Shop } from './testing/shop';

const CHANGED = `subscription($id: ID!, $count: Int) { personChanged(id: $id, count: $count) {
  position loaders broken person { id name points nameAsGraded } } }`;

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** Both ways in which the gateway reaches a subgraph. */
describe.each(['in the process', 'by HTTP'] as const)('subscriptions through the gateway, the subgraph %s', (way) => {
  let shop: Shop;
  let edge: Edge;
  let server: Server | undefined;
  let ending: AbortController;
  const open: Subscribed[] = [];

  const subscribe = (query: string, variables: Record<string, unknown> = {}, authorization: string | null = 'Bearer ops'): Subscribed => {
    const subscribed = subscribeTo(edge.url, authorization, query, variables);
    open.push(subscribed);
    return subscribed;
  };
  /** Subscribed, and known to the source. */
  const following = async (variables: Record<string, unknown> = { id: 'Person:1' }) => {
    const before = shop.followers();
    const subscribed = subscribe(CHANGED, variables);
    const first = subscribed.next();
    await until(() => shop.followers() === before + 1);
    return { subscribed, first };
  };

  beforeEach(async () => {
    shop = openShop();
    ending = new AbortController();
    const { executors, subscribers } = shop;
    if (way === 'in the process') edge = await openEdge({ executors, subscribers });
    else {
      server = createServer(subgraphHandler(shop.people, plainSigner, ending.signal));
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subgraphs/people`;
      edge = await openEdge({
        executors: { ...executors, people: httpExecutor('people', url, plainSigner) },
        subscribers: { people: httpSubscriber('people', url, plainSigner) },
      });
    }
  });
  afterEach(async () => {
    for (const subscribed of open.splice(0)) await subscribed.end().catch(() => undefined);
    await edge.close();
    ending.abort();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  it('completes every event with fields of other subgraphs, which have seen as much as the event', async () => {
    const { subscribed, first } = await following({ id: 'Person:1', count: 2 });
    shop.change('1', 'Aiko');
    expect(await first).toEqual({
      data: {
        personChanged: {
          position: '11',
          loaders: expect.any(Number),
          broken: null,
          person: { id: 'Person:1', name: 'Aiko', points: 10, nameAsGraded: 'Aiko' },
        },
      },
      errors: [],
      position: '11',
    });
    shop.change('2', 'Ben');
    shop.change('1', 'Aya');
    expect((await subscribed.next())?.data.personChanged.person).toMatchObject({ name: 'Aya', nameAsGraded: 'Aya' });
    expect(await subscribed.next()).toBeNull();
  });

  it('(1) makes the loaders anew for every event', async () => {
    const { subscribed, first } = await following();
    shop.change('1', 'Aiko');
    shop.change('1', 'Aya');
    const [one, two] = [await first, await subscribed.next()];
    expect(two?.data.personChanged.loaders).toBeGreaterThan(one?.data.personChanged.loaders);
  });

  it('an event that fails keeps neither its errors nor its data for the next one', async () => {
    const { subscribed, first } = await following();
    shop.change('1', 'Aiko', { broken: true });
    expect(await first).toMatchObject({
      data: { personChanged: { broken: null, person: { name: 'Aiko' } } },
      errors: [{ extensions: { code: 'OVERLOADED', requestId: expect.any(String) } }],
    });
    shop.change('1', 'Aya');
    expect(await subscribed.next()).toMatchObject({ data: { personChanged: { person: { name: 'Aya' } } }, errors: [] });
  });

  it('tells refusals with a code, and ends', async () => {
    const unknown = subscribe(CHANGED, { id: 'Person:99' });
    expect(await unknown.next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'NOT_FOUND', field: 'id' } }] });
    expect(await unknown.next()).toBeNull();
    const marketer = subscribe(CHANGED, { id: 'Person:1' }, 'Bearer marketer');
    expect((await marketer.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const nobody = subscribe(CHANGED, { id: 'Person:1' }, null);
    expect((await nobody.next())?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(shop.followers()).toBe(0);
  });

  it('ends the source when the client leaves, also while it is silent', async () => {
    const { subscribed } = await following();
    await subscribed.end();
    await until(() => shop.followers() === 0);
  });

  it('closes the socket of a token that expires, and what it subscribed to', async () => {
    const seconds = Math.ceil(Date.now() / 1000) + 1;
    const subscribed = subscribe(CHANGED, { id: 'Person:1' }, `Bearer ops ${seconds}`);
    await expect(subscribed.next()).rejects.toMatchObject({ code: 4403, reason: 'Token expired' });
    await until(() => shop.followers() === 0);
  });

  it('says goodbye when the gateway stops', async () => {
    const { first } = await following();
    const [closed] = await Promise.allSettled([first, edge.gateway.closeSockets()]);
    expect(closed).toMatchObject({ status: 'rejected', reason: { code: 1001 } });
    await until(() => shop.followers() === 0);
  });

  if (way === 'by HTTP') {
    it('tells a subgraph that stops from a subscription that is over', async () => {
      const { subscribed, first } = await following();
      ending.abort();
      expect(await first).toMatchObject({
        data: null,
        errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'people', remedy: expect.any(String) } }],
      });
      expect(await subscribed.next()).toBeNull();
      await until(() => shop.followers() === 0);
    });

    it('answers a subscription at a subgraph that is away', async () => {
      server?.closeAllConnections();
      await new Promise((resolve) => server?.close(resolve));
      server = undefined;
      const away = subscribe(CHANGED, { id: 'Person:1' });
      expect((await away.next())?.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
    });
  }
});

describe('a subscription at the edge', () => {
  let shop: Shop;
  let edge: Edge;
  beforeEach(async () => {
    shop = openShop();
    edge = await openEdge({ executors: shop.executors, subscribers: shop.subscribers });
  });
  afterEach(() => edge.close());

  it('is refused over HTTP, before anybody follows', async () => {
    const { status, body } = await edge.post({ query: CHANGED, variables: { id: 'Person:1' } });
    expect([status, body.errors?.[0]?.extensions]).toMatchObject([
      400,
      { code: 'BAD_REQUEST', rule: expect.stringContaining('WebSocket') },
    ]);
    expect(shop.followers()).toBe(0);
  });

  it.each([
    [
      'two root fields',
      'subscription { a: personChanged(id: "Person:1") { position } b: personChanged(id: "Person:2") { position } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a field that is not there', 'subscription { personChanged(id: "Person:1") { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an id of another type', 'subscription { personChanged(id: "Dog:1") { position } }', 'BAD_USER_INPUT'],
    [
      'too much',
      `subscription { personChanged(id: "Person:1") { ${Array.from({ length: 60 }, (_, n) => `a${n}: position`).join(' ')} } }`,
      'LIMIT_EXCEEDED',
    ],
  ])('is held to the limits of every operation: %s', async (_, query, code) => {
    expect((await edge.send({ query })).errors?.[0]?.extensions['code']).toBe(code);
    expect(shop.followers()).toBe(0);
  });

  it('runs as a trusted document, and no other', async () => {
    await edge.close();
    edge = await openEdge({
      executors: shop.executors,
      subscribers: shop.subscribers,
      trustedDocuments: { mode: 'enforce', manifest: {} },
    });
    const answer = await edge.send({ query: CHANGED, variables: { id: 'Person:1' } });
    expect(answer.errors?.[0]?.extensions['code']).toBe('DOCUMENT_NOT_TRUSTED');
  });
});
