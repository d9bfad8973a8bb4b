import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { freePorts } from '@tsunagari/cluster/local-broker';
import {
  buildBundles,
  type Bundles,
  run,
  type RunningPlatform,
  secretsOf,
  startPlatformProcess,
  temporaryHome,
  tokenOf,
  until,
} from '../../platform/src/testing/bundles';

import { subscribeTo } from '../../../libs/testing/src/subscription';

jest.setTimeout(120_000);

const SERVICES = ['value', 'touchpoints', 'proposals', 'understanding'] as const;
type Name = (typeof SERVICES)[number] | 'gateway';

let bundles: Bundles;
let database: TestDatabase;
let variables: Record<string, string>;
const ports = new Map<Name, number>();
const running = new Map<Name, RunningPlatform>();
const { home, remove } = temporaryHome();

async function start(name: Name): Promise<RunningPlatform> {
  const started = await startPlatformProcess(bundles.app(name), { ...variables, PORT: String(ports.get(name)) });
  running.set(name, started);
  await until(`${name} is ready`, async () => (await fetch(`${started.url}/health/ready`)).ok);
  return started;
}

async function ask(query: string, input: object = {}) {
  const response = await fetch(`${running.get('gateway')?.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(home)}` },
    body: JSON.stringify({ query, variables: { input } }),
  });
  // Specs say what they expect of an answer.
  return (await response.json()) as { data: any; errors?: { path?: string[]; extensions: { code: string; subgraph?: string } }[] }; // eslint-disable-line @typescript-eslint/no-explicit-any
}

const CUSTOMER = `{ customer(identifier: { type: USER_ID, value: "ann" }) {
  kind orders(first: 5) { edges { node { orderId } } } purchases { byCurrency { orders } } } }`;

beforeAll(async () => {
  bundles = await buildBundles();
  database = await testDatabase();
  const names = [...SERVICES, 'gateway'] as const;
  const free = await freePorts(names.length);
  for (const [n, name] of names.entries()) ports.set(name, free[n] ?? 0);
  variables = {
    DATABASE_URL: database.url,
    TSUNAGARI_HOME: home,
    TSUNAGARI_CLOCK: '2026-01-02T03:04:05.000Z',
    ...Object.fromEntries(SERVICES.map((name) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${ports.get(name)}`])),
  };
  await Promise.all([...SERVICES, 'gateway' as const].map(start));
});
afterAll(async () => {
  for (const { end } of running.values()) await end('SIGKILL');
  bundles.remove();
  remove();
  await database.drop();
});

it('five processes are one platform: a command through the gateway is seen by all of them at once', async () => {
  const recorded = await ask(
    'mutation ($input: RecordOrderInput!) { recordOrder(input: $input) { __typename ... on OrderRecorded { repeated } ... on CommandRefused { code rule } } }',
    {
      orderId: 'o-1',
      buyer: { type: 'USER_ID', value: 'ann' },
      lines: [{ sku: 'A', quantity: 2, unitPrice: '5.00' }],
      currency: 'GBP',
      placedAt: '2025-11-01T10:00:00.000Z',
      idempotencyKey: 'key-1',
    },
  );
  expect(recorded).toEqual({ data: { recordOrder: { __typename: 'OrderRecorded', repeated: false } }, extensions: expect.anything() });
  await until(
    'understanding has folded the order',
    async () => (await ask(CUSTOMER)).data?.customer?.purchases?.byCurrency[0]?.orders === 1,
  );
  expect(await ask(CUSTOMER)).toEqual({
    data: { customer: { kind: 'PERSON', orders: { edges: [{ node: { orderId: 'o-1' } }] }, purchases: { byCurrency: [{ orders: 1 }] } } },
  });
});

it("SDKs send to the gateway's address, and a body comes through as it was sent", async () => {
  const { writeKey } = secretsOf(home);
  const send = (body: string, key = writeKey) =>
    fetch(`${running.get('gateway')?.url}/v1/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` },
      body,
    });
  const batch = Array.from({ length: 200 }, (_, at) => ({ type: 'track', event: 'Opened', userId: `u${at}`, messageId: `m${at}` }));
  expect((await send(JSON.stringify({ batch }))).status).toBe(200);
  expect((await send('{')).status).toBe(400);
  expect((await send(JSON.stringify({ batch }), 'wrong')).status).toBe(401);
  const { rows } = await database.pool.query(
    "select count(*)::int as n from events where stream_id like 'intake-%' and meta->>'source' is not null",
  );
  expect(rows[0].n).toBe(200);
});

it('a service that is killed costs its own fields, and answers again when it is back (failure mode 8)', async () => {
  await running.get('understanding')?.end('SIGKILL');
  const without = await ask(CUSTOMER);
  expect(without.data.customer).toMatchObject({ kind: 'PERSON', orders: { edges: [{ node: { orderId: 'o-1' } }] }, purchases: null });
  expect(without.errors?.map(({ extensions: { code, subgraph } }) => ({ code, subgraph }))).toEqual([
    { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'understanding' },
  ]);
  expect((await fetch(`${running.get('gateway')?.url}/health/ready`)).status).toBe(200);
  await start('understanding');
  expect((await ask(CUSTOMER)).data.customer.purchases).toEqual({ byCurrency: [{ orders: 1 }] });

  await running.get('touchpoints')?.end('SIGKILL');
  const collected = await fetch(`${running.get('gateway')?.url}/v1/batch`, { method: 'POST', body: '{}' });
  expect([collected.status, collected.headers.get('retry-after')]).toEqual([503, '1']);
  await start('touchpoints');
});

it('a subscription comes through from a service, says when its service is gone, and goes on where it was cut off', async () => {
  const { data } = await ask('{ customer(identifier: { type: USER_ID, value: "ann" }) { id } }');
  const follow = async (after: string) =>
    subscribeTo(
      `${running.get('gateway')?.url}/graphql`,
      `Bearer ${await tokenOf(home)}`,
      `subscription($id: ID!, $after: Position) { customerChanged(id: $id, after: $after) {
        causes evidence customer { kind orders(first: 5) { edges { node { orderId } } } purchases { byCurrency { orders } } } } }`,
      { id: data.customer.id, after },
    );
  const order = (orderId: string) =>
    ask('mutation ($input: RecordOrderInput!) { recordOrder(input: $input) { __typename ... on OrderRecorded { position } } }', {
      orderId,
      buyer: { type: 'USER_ID', value: 'ann' },
      lines: [{ sku: 'A', quantity: 1, unitPrice: '5.00' }],
      currency: 'GBP',
      placedAt: '2025-11-02T10:00:00.000Z',
      idempotencyKey: orderId,
    });
  const head = async () => (await database.pool.query<{ pos: string }>('select max(pos) as pos from events')).rows[0]?.pos ?? '';
  const followed = await follow(await head());
  await order('o-2');
  const told = await followed.next();
  expect(told?.errors).toEqual([]);
  const orders = (...ids: string[]) => ({ edges: expect.arrayContaining(ids.map((orderId) => ({ node: { orderId } }))) });
  expect(told?.data.customerChanged).toMatchObject({
    causes: ['FACTS'],
    customer: { kind: 'PERSON', orders: orders('o-1', 'o-2'), purchases: { byCurrency: [{ orders: 2 }] } },
  });

  const gone = followed.next();
  await running.get('understanding')?.end('SIGKILL');
  expect(await gone).toMatchObject({ data: null, errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'understanding' } }] });
  await order('o-3');
  await start('understanding');
  const again = await follow(told?.position ?? '');
  const missed = await again.until(({ data: found }) => found?.customerChanged.customer.purchases?.byCurrency[0]?.orders === 3);
  expect(missed.data.customerChanged.customer.orders).toEqual(orders('o-3'));
  // One that is left open does not keep a process from stopping: the last test of this file stops them all.
  void again.next().catch(() => undefined);
});

it('subgraphs and ports answer the gateway and each other, not a stranger; services have no public graph', async () => {
  const url = running.get('touchpoints')?.url;
  const post = (path: string) => fetch(`${url}${path}`, { method: 'POST', body: '{"query":"{ __typename }"}' });
  expect((await post('/subgraphs/customers')).status).toBe(401);
  expect((await post('/internal/ports/consent/mayContact')).status).toBe(401);
  expect((await post('/graphql')).status).toBe(404);
});

it.each([...SERVICES, 'gateway'] as const)('%s names every variable that it lacks, and ends', async (name) => {
  const { code, err } = await run(process.execPath, [bundles.app(name)], { TSUNAGARI_HOME: home });
  expect(code).toBe(1);
  for (const variable of ['DATABASE_URL', ...SERVICES.filter((other) => other !== name).map((other) => `${other.toUpperCase()}_URL`)])
    expect(err).toContain(`${variable} is missing, ${name} needs it`);
});

it('a service does not take another port than the one it is known by', async () => {
  const { code, err } = await run(process.execPath, [bundles.app('value')], { ...variables, PORT: String(ports.get('value')) });
  expect([code, err]).toEqual([1, expect.stringContaining(`Port ${ports.get('value')} is in use`)]);
});

it('each process stops gracefully: it gives its leases back and ends with 0', async () => {
  for (const name of [...SERVICES, 'gateway'] as const) expect([name, await running.get(name)?.end('SIGTERM')]).toEqual([name, 0]);
  const { rows } = await database.pool.query('select distinct lease from understanding.checkpoints where lease is not null');
  expect(rows).toEqual([]);
});
