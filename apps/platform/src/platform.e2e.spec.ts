import { createPool, runningServerUrl } from '@tsunagari/postgres';
import { intakeFactId } from '@tsunagari/privacy';
import { testDatabase } from '@tsunagari/testing';
import { existsSync, statSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  buildBundles,
  type Bundles,
  familyOf,
  postmasterOf,
  run,
  type RunningPlatform,
  secretsOf,
  startPlatformProcess,
  temporaryHome,
  tokenOf,
  until,
} from './testing/bundles';

jest.setTimeout(120_000);

const RECORD = `mutation Record($input: RecordOrderInput!) {
  recordOrder(input: $input) { __typename ... on OrderRecorded { repeated } ... on CommandRefused { code field rule } }
}`;

let bundles: Bundles;
beforeAll(async () => {
  bundles = await buildBundles();
});
afterAll(() => bundles.remove());

type GraphQLAnswer = {
  status: number;
  retryAfter: string | null;
  // Specs say what they expect of an answer.
  data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  errors: { message: string; extensions: Record<string, unknown> }[];
};

async function ask(url: string, home: string, query: string, variables: object = {}): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(home)}` },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: GraphQLAnswer['errors'] };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), data: body.data ?? null, errors: body.errors ?? [] };
}

async function send(url: string, writeKey: string, body: string | object, route = '/v1/batch') {
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text };
}

const order = (orderId: string) => ({
  orderId,
  buyer: { type: 'USER_ID', value: `buyer-of-${orderId}` },
  lines: [{ sku: 'A', quantity: 2, unitPrice: '5.00' }],
  currency: 'GBP',
  placedAt: '2025-11-01T10:00:00.000Z',
  idempotencyKey: `key-${orderId}`,
});
const track = (messageId: string) => ({
  type: 'track',
  event: 'Opened',
  userId: `user-${messageId}`,
  messageId,
  timestamp: '2025-11-01T10:00:00.000Z',
});

let series = 0;
/** Of a test that failed half-way, too: a writer never outlives its test. */
const writers = new Set<() => Promise<void>>();
afterEach(() => Promise.all([...writers].map((stop) => stop())));

/** Writes orders and events without a pause until told to stop, and remembers what was acknowledged. */
function writeSteadily(url: string, home: string) {
  const name = `s${++series}`;
  const orders: string[] = [];
  const messages: string[] = [];
  let stopped = false;
  const writer = async (write: (n: number) => Promise<void>): Promise<void> => {
    // A connection that breaks is no acknowledgement; the writer goes on.
    for (let n = 0; !stopped; n++) await write(n).catch(() => pause(20));
  };
  const { writeKey } = secretsOf(home);
  const done = Promise.all([
    writer(async (n) => {
      const id = `${name}-${n}`;
      const answer = await ask(url, home, RECORD, { input: order(id) });
      if (answer.data?.recordOrder?.__typename === 'OrderRecorded') orders.push(id);
    }),
    writer(async (n) => {
      const ids = Array.from({ length: 20 }, (_, at) => `${name}-${n}-${at}`);
      if ((await send(url, writeKey, { batch: ids.map(track) })).status === 200) messages.push(...ids);
    }),
  ]);
  const stop = async (): Promise<void> => {
    stopped = true;
    await done;
    writers.delete(stop);
  };
  writers.add(stop);
  return { orders, messages, stop };
}

/** Of what was acknowledged, what the log does not have; and whether any batch or order stands half. */
async function missing(
  databaseUrl: string,
  { orders, messages }: { orders: readonly string[]; messages: readonly string[] },
): Promise<string[]> {
  const pool = createPool({ url: databaseUrl, max: 1 });
  try {
    const placed = await pool.query<{ id: string }>(
      `select data ->> 'orderId' as id from events where type = 'retention.subscriptions.order-placed'`,
    );
    const known = new Set(placed.rows.map(({ id }) => id));
    const ids = messages.map((messageId) => intakeFactId('source:default', messageId));
    const tracked = await pool.query<{ id: string }>('select id from events where id = any($1::uuid[])', [ids]);
    const seen = new Set(tracked.rows.map(({ id }) => id));
    return [...orders.filter((id) => !known.has(id)), ...messages.filter((_, n) => !seen.has(ids[n] ?? ''))];
  } finally {
    await pool.end();
  }
}

const ready = async (url: string): Promise<boolean> => (await fetch(`${url}/health/ready`).catch(() => undefined))?.status === 200;

describe('the embedded default', () => {
  const { home, remove } = temporaryHome();
  const variables = { TSUNAGARI_HOME: home };
  const databaseUrl = (): string => runningServerUrl(path.join(home, 'postgres')) ?? 'none';
  let platform: RunningPlatform;
  beforeAll(async () => {
    platform = await startPlatformProcess(bundles.platform, variables);
  });
  afterAll(async () => {
    await platform?.end('SIGTERM');
    remove();
  });

  it('starts from nothing, below a folder that only its owner may enter: secrets, database, ready', async () => {
    expect(statSync(path.dirname(home)).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(home, 'secrets.json')).mode & 0o777).toBe(0o600);
    await until('the platform is ready', () => ready(platform.url));
    expect(new URL(platform.url).hostname).toBe('127.0.0.1');
    expect((await fetch(`${platform.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${platform.url}/metrics`)).text()).toContain('tsunagari_projection_lag_seconds');
  });

  it('refuses a second start on its folder, and says what to do', async () => {
    const { code, err } = await run(process.execPath, [bundles.platform], variables);
    expect(code).toBe(1);
    expect(err).toContain(`in use by process ${platform.child.pid}. Stop that process first, or set TSUNAGARI_HOME to another folder.`);
    expect(await ready(platform.url)).toBe(true);
  });

  it('takes the next port when the wanted one is in use, and an own PostgreSQL instead of the embedded', async () => {
    const database = await testDatabase();
    const other = temporaryHome();
    const { port } = new URL(platform.url);
    const beside = await startPlatformProcess(bundles.platform, { TSUNAGARI_HOME: other.home, DATABASE_URL: database.url, PORT: port });
    try {
      expect(Number(new URL(beside.url).port)).toBeGreaterThan(Number(port));
      expect(existsSync(path.join(other.home, 'postgres'))).toBe(false);
      expect((await ask(beside.url, other.home, RECORD, { input: order('own') })).data.recordOrder).toMatchObject({
        __typename: 'OrderRecorded',
      });
      expect(await missing(database.url, { orders: ['own'], messages: [] })).toEqual([]);
      expect(await beside.end('SIGTERM')).toBe(0);
    } finally {
      beside.child.kill('SIGKILL');
      other.remove();
      await database.drop();
    }
  });

  describe('tells bad input apart, clearly', () => {
    it('a wrong write key', async () => {
      const { status, text } = await send(platform.url, 'wk_wrong', { batch: [track('x')] });
      expect(status).toBe(401);
      expect(JSON.parse(text).error).toMatchObject({ rule: expect.stringMatching(/./) });
    });
    it('a body that is no JSON', async () => {
      const { status, text } = await send(platform.url, secretsOf(home).writeKey, '{"batch": [');
      expect([status, JSON.parse(text).error.code]).toEqual([400, 'MALFORMED']);
    });
    it('a batch beyond the limit', async () => {
      const { status, text } = await send(platform.url, secretsOf(home).writeKey, {
        batch: [{ ...track('big'), properties: { p: 'x'.repeat(20_000_000) } }],
      });
      expect([status, JSON.parse(text).error.code]).toEqual([413, 'OVERSIZE']);
    });
    it('an event of the future: the rest of its batch stands, it waits in quarantine', async () => {
      const future = { ...track('future'), timestamp: '2999-01-01T00:00:00.000Z', sentAt: undefined };
      const { status } = await send(platform.url, secretsOf(home).writeKey, { batch: [track('present'), future] });
      expect(status).toBe(200);
      expect(await missing(databaseUrl(), { orders: [], messages: ['present', 'future'] })).toEqual(['future']);
      const { out } = await run(process.execPath, [bundles.cli, 'quarantine', '--json'], variables);
      expect(JSON.parse(out).entries).toMatchObject([{ code: 'FUTURE_EVENT', messageId: 'future' }]);
    });
    it('a field that the graph does not have', async () => {
      const { status, errors } = await ask(platform.url, home, 'query { customers { shoeSize } }');
      expect([status, errors[0]?.extensions['code']]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    });
    it('a token that does not hold', async () => {
      const response = await fetch(`${platform.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer a.b.c' },
        body: JSON.stringify({ query: '{ __typename }' }),
      });
      expect(response.status).toBe(401);
    });
  });

  it('ends by SIGTERM with exit code 0, and finds everything at the next start', async () => {
    const writing = writeSteadily(platform.url, home);
    await until('something is acknowledged', () => writing.orders.length > 5 && writing.messages.length > 50);
    expect(await platform.end('SIGTERM')).toBe(0);
    await writing.stop();
    expect(existsSync(path.join(home, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
    platform = await startPlatformProcess(bundles.platform, variables);
    expect(await missing(databaseUrl(), writing)).toEqual([]);
    const { data } = await ask(platform.url, home, 'query O($id: String!) { order(orderId: $id) { total { amountMinor } } }', {
      id: writing.orders[0],
    });
    expect(data.order.total.amountMinor).toBe('1000');
  });

  it.each(['Node alone', 'everything'])(
    'loses nothing acknowledged by a kill −9 of %s; the next start recovers by itself',
    async (what) => {
      const writing = writeSteadily(platform.url, home);
      await until('something is acknowledged', () => writing.orders.length > 5 && writing.messages.length > 50);
      const postmaster = postmasterOf(home);
      const family = what === 'everything' ? await familyOf(postmaster) : [];
      const ended = platform.end('SIGKILL');
      for (const pid of family)
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // A child of the server that ended with it.
        }
      await ended;
      await writing.stop();
      if (what === 'Node alone') expect(() => process.kill(postmaster, 0)).not.toThrow();
      platform = await startPlatformProcess(bundles.platform, variables);
      await until('the platform is ready', () => ready(platform.url));
      expect(await missing(databaseUrl(), writing)).toEqual([]);
      const audit = await run(process.execPath, [bundles.cli, 'audit'], variables);
      expect(audit).toMatchObject({ code: 0, err: '' });
    },
  );

  it('outlives the death of its database server under load: nothing acknowledged is lost, no restart is needed', async () => {
    const writing = writeSteadily(platform.url, home);
    await until('something is acknowledged', () => writing.orders.length > 5 && writing.messages.length > 50);
    const before = postmasterOf(home);
    process.kill(before, 'SIGKILL');
    await until(
      'another server runs',
      () => existsSync(path.join(home, 'postgres', 'data', 'postmaster.pid')) && postmasterOf(home) !== before,
    );
    const known = writing.orders.length;
    await until('orders are accepted again', () => writing.orders.length > known + 5);
    await writing.stop();
    await until('the platform is ready', () => ready(platform.url));
    expect(await missing(databaseUrl(), writing)).toEqual([]);
    expect((await run(process.execPath, [bundles.cli, 'audit'], variables)).code).toBe(0);
  });
});

describe('a database that goes away and comes back', () => {
  it('is said by 503 with Retry-After and by an error of the graph; nothing stands half; the platform recovers by itself', async () => {
    const database = await testDatabase();
    const { home, remove } = temporaryHome();
    const line = await cuttable(database.url);
    const platform = await startPlatformProcess(bundles.platform, { TSUNAGARI_HOME: home, DATABASE_URL: line.url });
    try {
      await until('the platform is ready', () => ready(platform.url));
      const { writeKey } = secretsOf(home);
      expect((await send(platform.url, writeKey, { batch: [track('before')] })).status).toBe(200);
      line.cut();
      const event = await send(platform.url, writeKey, { batch: [track('during')] });
      expect([event.status, Number(event.retryAfter) > 0]).toEqual([503, true]);
      const command = await ask(platform.url, home, RECORD, { input: order('during') });
      expect(command.data).toBeNull();
      expect(command.errors[0]?.extensions['code']).toMatch(/^(INTERNAL_SERVER_ERROR|SUBGRAPH_UNAVAILABLE)$/);
      expect(JSON.stringify(command.errors)).not.toMatch(/ECONN|127\.0\.0\.1|postgres/);
      expect((await fetch(`${platform.url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${platform.url}/health/live`)).status).toBe(200);
      expect(await missing(database.url, { orders: ['during'], messages: ['before', 'during'] })).toEqual(['during', 'during']);
      line.mend();
      await until('the platform is ready again', () => ready(platform.url));
      expect((await send(platform.url, writeKey, { batch: [track('during')] })).status).toBe(200);
      expect((await ask(platform.url, home, RECORD, { input: order('during') })).data.recordOrder).toMatchObject({ repeated: false });
      expect(await missing(database.url, { orders: ['during'], messages: ['before', 'during'] })).toEqual([]);
      const { data } = await ask(
        platform.url,
        home,
        '{ customer(identifier: { type: USER_ID, value: "buyer-of-during" }) { orders { totalCount } } }',
      );
      expect(data.customer.orders.totalCount).toBe(1);
      expect(await platform.end('SIGTERM')).toBe(0);
    } finally {
      platform.child.kill('SIGKILL');
      line.close();
      remove();
      await database.drop();
    }
  });

  it('does not start without its database, and says so', async () => {
    const { home, remove } = temporaryHome();
    const { code, err } = await run(process.execPath, [bundles.platform], {
      TSUNAGARI_HOME: home,
      DATABASE_URL: 'postgres://u:geheim@127.0.0.1:1/none',
      PORT: '0',
    });
    expect(code).toBe(1);
    expect(err).toMatch(/database/i);
    expect(err).not.toContain('geheim');
    expect(err).not.toMatch(/^\s+at /m);
    remove();
  });
});

it('a wrong configuration names every variable that is wrong, and no value', async () => {
  const { code, err } = await run(process.execPath, [bundles.platform], {
    PORT: 'http',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://root:geheim@db',
    TSUNAGARI_TIME_ZONE: 'Mars',
  });
  expect(code).toBe(1);
  for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'TSUNAGARI_TIME_ZONE']) expect(err).toContain(name);
  expect(err).not.toContain('geheim');
});

it.each([
  [['--help'], 0, 'TSUNAGARI_HOME'],
  [['launch'], 2, 'unknown argument launch'],
  [['quickstart', '--twice'], 2, 'unknown argument --twice'],
])('called with %j it exits with %i', async (args, code, said) => {
  const ran = await run(process.execPath, [bundles.platform, ...args], {});
  expect(ran.out + ran.err).toContain(said);
  expect(ran.code).toBe(code);
});

/** A connection to a database that can be cut and mended. */
async function cuttable(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => {
      whole = true;
    },
    close: () => {
      cut();
      server.close();
    },
  };
}
