import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import type { SourceOutcome } from '@tsunagari/access';
import type { AppendOutcome, EventStore } from '@tsunagari/event-store';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { createDataSource, migrate } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { createIntake, type Intake, intakeMiddleware, intakeSchema } from '../index';

const SOURCES: Readonly<Record<string, SourceOutcome>> = {
  'server-key': { kind: 'source', source: { name: 'shop', kind: 'server' } },
  'browser-key': { kind: 'source', source: { name: 'web', kind: 'browser' } },
  'old-key': { kind: 'disabled', name: 'old' },
};
const NOW = '2026-01-02T03:04:05.000Z';

let database: TestDatabase;
let intake: Intake;
let server: Server;
let host: string;
/** What stands between collector and store: tests let it be overloaded, or away. */
let disturbance: (() => AppendOutcome | null) | null = null;
let appendsInARow = 0;
const encodings: (string | undefined)[] = [];

beforeAll(async () => {
  database = await testDatabase();
  const { pool } = database;
  await migrate(pool, eventsSchema, keyringSchema, intakeSchema);
  const secret = (n: number) => Buffer.alloc(32, n);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const real = postgresEventStore({ pool });
  const store: EventStore = {
    ...real,
    async appendMany(appends) {
      appendsInARow += 1;
      const outcome = disturbance?.();
      return outcome ? appends.map(() => outcome) : real.appendMany(appends);
    },
  };
  const sources = { sourceFor: (key: string) => Promise.resolve(SOURCES[key] ?? { kind: 'unknown' as const }) };
  const dataSource = await createDataSource(pool, intakeSchema);
  intake = createIntake({ store, keyring, sources, pool, dataSource, clock: () => NOW });
  const middleware = intakeMiddleware(intake);
  server = createServer((request, response) => {
    encodings.push(request.headers['content-encoding']);
    middleware(request, response, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});
afterEach(() => {
  disturbance = null;
});

type Row = { type: string; stream_id: string; subject: string | null; data: Record<string, unknown>; occurred: string };
async function facts(source = '%'): Promise<Row[]> {
  const { rows } = await database.pool.query<Row>(
    `select type, stream_id, subject, data, occurred from events where meta ->> 'source' like $1 order by pos`,
    [source],
  );
  return rows;
}
async function counts(source = '%'): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { type } of await facts(source))
    counted[type.replace(/^retention\./, '')] = (counted[type.replace(/^retention\./, '')] ?? 0) + 1;
  return counted;
}
async function send(path: string, body: string | Buffer | object, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const response = await fetch(`${host}${path}`, {
    method: 'POST',
    body: text as string,
    headers: { 'content-type': 'text/plain', ...headers },
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(answer === '' ? '{}' : answer) as Record<string, unknown> };
}
const asShop = { authorization: `Basic ${Buffer.from('server-key:').toString('base64')}` };
const event = (messageId: string, over: object = {}) => ({ type: 'track', event: 'Product Viewed', userId: 'u1', messageId, ...over });
async function refusedAt(path: string, body: string | Buffer | object, headers?: Record<string, string>) {
  const answer = await send(path, body, headers);
  return [answer.status, (answer.body['error'] as { code?: string } | undefined)?.code];
}

describe('the real SDK @segment/analytics-node', () => {
  it('sends the six calls, which are facts when it hears success', async () => {
    const analytics = new Analytics({ writeKey: 'server-key', host, flushAt: 20 });
    const failed: unknown[] = [];
    analytics.on('error', (error) => failed.push(error));
    const before = await counts();
    analytics.identify({ userId: 'segment-1', anonymousId: 'segment-a1', traits: { plan: 'gold' } });
    analytics.track({ userId: 'segment-1', event: 'Product Viewed', properties: { sku: '85123A' } });
    analytics.track({ userId: 'segment-1', event: 'Order Completed', properties: { order_id: 'S-1', currency: 'GBP', total: 12.34 } });
    analytics.page({ userId: 'segment-1', name: 'Home' });
    analytics.screen({ userId: 'segment-1', name: 'Start' });
    analytics.group({ userId: 'segment-1', groupId: 'acme', traits: { plan: 'big' } });
    analytics.alias({ userId: 'segment-1', previousId: 'segment-a2' });
    await analytics.closeAndFlush();
    expect(failed).toEqual([]);
    const after = await counts();
    const added = Object.fromEntries(Object.entries(after).map(([type, n]) => [type, n - (before[type] ?? 0)]));
    expect(added).toEqual({
      'customers.identifier-registered': 4,
      'customers.identifier-linked': 2,
      'customers.traits-updated': 1,
      'subscriptions.order-placed': 1,
      'intake.behaviour-recorded': 5,
    });
  });

  it('is told to wait while the store is overloaded, and succeeds then without losing or doubling anything', async () => {
    let refused = 0;
    disturbance = () => (refused++ === 0 ? { kind: 'overloaded', retryAfterMs: 100 } : null);
    const analytics = new Analytics({ writeKey: 'server-key', host, flushAt: 3 });
    const statuses: number[] = [];
    analytics.on('http_response', ({ status }) => void statuses.push(status));
    for (const n of [1, 2, 3]) analytics.track({ userId: 'segment-busy', event: `Busy ${n}`, messageId: `busy-${n}` });
    await analytics.closeAndFlush();
    expect(statuses).toEqual([429, 200]);
    const { rows } = await database.pool.query(`select 1 from events where data ->> 'name' like 'Busy %'`);
    expect(rows).toHaveLength(3);
  });
});

describe('the real SDK @rudderstack/rudder-sdk-node', () => {
  it('sends gzip, which are facts when it is done', async () => {
    const rudder = new RudderAnalytics('server-key', { dataPlaneUrl: host, flushAt: 20, flushInterval: 100_000 });
    const before = (await facts()).length;
    rudder.identify({ userId: 'rudder-1', traits: { plan: 'silver' } });
    rudder.track({ userId: 'rudder-1', event: 'Rudder Viewed' });
    rudder.page({ userId: 'rudder-1', name: 'Home' });
    rudder.screen({ userId: 'rudder-1', name: 'Start' });
    rudder.group({ userId: 'rudder-1', groupId: 'acme' });
    rudder.alias({ userId: 'rudder-1', previousId: 'rudder-a' });
    await new Promise<void>((resolve, reject) => rudder.flush((error) => (error ? reject(error as Error) : resolve())));
    expect(encodings.at(-1)).toBe('gzip');
    // Two identifiers, one link, six messages; the account is known from Segment's group.
    expect((await facts()).length - before).toBe(9);
  });
});

describe('the collector', () => {
  it('a duplicate changes nothing, also with another sentAt (failure mode 26)', async () => {
    const first = await send('/v1/batch', { batch: [event('dup-1', { timestamp: NOW })], sentAt: NOW }, asShop);
    const before = await facts();
    const again = await send('/v1/batch', { batch: [event('dup-1', { timestamp: NOW })], sentAt: '2026-01-02T03:04:01.000Z' }, asShop);
    expect([first.body['recorded'], again.body['recorded'], again.body['duplicates']]).toEqual([1, 0, 1]);
    expect(await facts()).toEqual(before);
  });

  it('the same message id with other content goes to quarantine, and a release records it as a message of its own', async () => {
    await send('/v1/track', event('twice'), asShop);
    const { status, body } = await send('/v1/track', event('twice', { event: 'Another' }), asShop);
    expect(status).toBe(200);
    const [held] = body['quarantined'] as { quarantineId: string; code: string; field: string }[];
    expect(held).toMatchObject({ code: 'DUPLICATE_CONTENT', field: 'messageId' });
    expect(await intake.quarantine.release(held?.quarantineId ?? '', 'user:ops')).toMatchObject({ kind: 'released' });
    expect((await facts()).filter(({ data }) => data['name'] === 'Another')).toHaveLength(1);
    expect((await facts()).at(-1)).toMatchObject({
      type: 'retention.intake.event-released',
      data: { outcome: 'recorded', by: 'user:ops' },
    });
    expect(await intake.quarantine.release(held?.quarantineId ?? '', 'user:ops')).toMatchObject({
      kind: 'refused',
      refusal: { field: 'id' },
    });
  });

  it('a bad event is quarantined and does not fail its batch; the quarantine keeps its body sealed', async () => {
    const batch = [event('good-1'), event('bad-1', { userId: undefined, properties: { secret: 'Miss Marple' } }), null, event('good-2')];
    const { status, body } = await send('/v1/b', { batch }, asShop);
    expect([status, body['recorded']]).toEqual([200, 2]);
    expect((body['quarantined'] as { index: number; code: string }[]).map(({ index, code }) => [index, code])).toEqual([
      [1, 'NO_IDENTITY'],
      [2, 'MALFORMED'],
    ]);
    const { entries } = await intake.quarantine.list({ source: 'source:shop' });
    const entry = entries.find(({ messageId }) => messageId === 'bad-1');
    expect(entry).toMatchObject({ code: 'NO_IDENTITY', field: 'userId', status: 'held' });
    const everything = await database.pool.query<{ all: string }>(
      `select coalesce(string_agg(e::text, ''), '') || coalesce((select string_agg(q::text, '') from intake.quarantine q), '') as all from events e`,
    );
    expect(everything.rows[0]?.all).not.toContain('Marple');
    expect(await intake.quarantine.release(entry?.id ?? '', 'user:ops')).toMatchObject({
      kind: 'refused',
      refusal: { code: 'NO_IDENTITY' },
    });
    expect(await intake.quarantine.discard(entry?.id ?? '', 'user:ops')).toMatchObject({ kind: 'released' });
    expect((await intake.quarantine.list({ status: 'discarded' })).entries.map(({ messageId }) => messageId)).toEqual(['bad-1']);
  });

  it.each([
    ['text with NUL', { properties: { x: 'a\u0000b' } }],
    ['half a surrogate pair', { properties: { x: '\ud800' } }],
    ['a NUL in the identity', { userId: 'a\u0000b' }],
    ['a NUL in the message id', { messageId: 'x\u0000', userId: undefined }],
    ['a future event', { timestamp: '2030-01-01T00:00:00Z' }],
    ['33 KB', { properties: { x: 'y'.repeat(33_000) } }],
    ['a blank identity', { userId: '   ' }],
  ])('%s in a batch is quarantined and never an error of the server', async (name, over) => {
    const { status, body } = await send('/v1/batch', { batch: [event(`hostile ${name}`, over), event(`beside ${name}`)] }, asShop);
    expect([status, body['recorded'], (body['quarantined'] as unknown[]).length]).toEqual([200, 1, 1]);
  });

  it('answers who may not send, and what is no request, with a typed refusal', async () => {
    const good = event('never');
    expect(await refusedAt('/v1/track', good)).toEqual([401, 'MISSING_FIELD']);
    expect(await refusedAt('/v1/track', { ...good, writeKey: 'nobody' })).toEqual([401, 'INVALID_FIELD']);
    expect(await refusedAt('/v1/track', { ...good, writeKey: 'old-key' })).toEqual([404, 'INVALID_FIELD']);
    expect(await refusedAt('/v1/track', '{"event": ', asShop)).toEqual([400, 'MALFORMED']);
    expect(await refusedAt('/v1/track', '[]', asShop)).toEqual([400, 'MALFORMED']);
    expect(await refusedAt('/v1/track', Buffer.from([0x22, 0xff, 0x22]), asShop)).toEqual([400, 'MALFORMED']);
    expect(await refusedAt('/v1/batch', { batch: 'x' }, asShop)).toEqual([400, 'MISSING_FIELD']);
    expect(await refusedAt('/v1/nothing', good, asShop)).toEqual([404, 'UNKNOWN_TYPE']);
    expect(await refusedAt('/v1/track', 'not gzip', { ...asShop, 'content-encoding': 'gzip' })).toEqual([400, 'MALFORMED']);
    expect(await refusedAt('/v1/track', good, { ...asShop, 'content-encoding': 'br' })).toEqual([415, 'MALFORMED']);
    expect((await facts()).filter(({ data }) => data['messageId'] === 'never')).toEqual([]);
  });

  it('stops at 32 KB an event and 500 KB a batch, also when a few packed bytes would become more', async () => {
    expect(await refusedAt('/v1/track', event('big', { properties: { x: 'y'.repeat(40_000) } }), asShop)).toEqual([413, 'OVERSIZE']);
    expect(await refusedAt('/v1/batch', { batch: [], filler: 'y'.repeat(600_000) }, asShop)).toEqual([413, 'OVERSIZE']);
    const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await refusedAt('/v1/batch', bomb, { ...asShop, 'content-encoding': 'gzip' })).toEqual([413, 'OVERSIZE']);
  });

  it('takes the header’s write key before the body’s, and browsers’ text/plain on short paths with CORS', async () => {
    const { status, headers } = await send('/v1/t', {
      ...event('short', { userId: undefined, anonymousId: 'b1' }),
      writeKey: 'browser-key',
    });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    await send('/v1/i', { messageId: 'short-i', userId: 'u2', anonymousId: 'b1', writeKey: 'browser-key' });
    const link = (await facts('source:web')).find(({ type }) => type.endsWith('identifier-linked'));
    expect(link?.data).toMatchObject({ types: ['user_id', 'anonymous_id'], verified: false });
    await send('/v1/t', { ...event('header-first'), writeKey: 'browser-key' }, asShop);
    const preflight = await fetch(`${host}/v1/t`, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('authorization'),
    ]);
    const settings = (await (await fetch(`${host}/v1/projects/browser-key/settings`)).json()) as { integrations: Record<string, unknown> };
    expect(settings.integrations['Segment.io']).toMatchObject({ apiKey: 'browser-key', apiHost: `${host.slice(7)}/v1`, protocol: 'http' });
    expect((await fetch(`${host}/v1/projects/nobody/settings`)).status).toBe(404);
  });

  it('merges the batch’s context into each item, the item wins', async () => {
    const consent = { categoryPreferences: { marketing: true } };
    const batch = [
      event('ctx-1', { userId: 'ctx' }),
      event('ctx-2', { userId: 'ctx', context: { consent: { categoryPreferences: { marketing: false } } } }),
    ];
    await send('/v1/batch', { batch, context: { consent } }, asShop);
    const said = (await facts()).filter(({ type }) => type === 'retention.customers.consent-reported');
    expect(said.map(({ data }) => [data['categories'], data['verified'], data['mayGrant']])).toEqual([
      [{ marketing: true }, true, true],
      [{ marketing: false }, true, true],
    ]);
  });

  it('an order placed twice by different messages is quarantined the second time', async () => {
    const order = (messageId: string) =>
      event(messageId, { event: 'Order Completed', properties: { order_id: 'twice', currency: 'GBP', total: 1 } });
    await send('/v1/track', order('o1'), asShop);
    const { body } = await send('/v1/track', order('o2'), asShop);
    expect(body['quarantined']).toMatchObject([{ code: 'DUPLICATE_CONTENT', field: 'orderId' }]);
  });

  it('appends once per request, however many events it has', async () => {
    appendsInARow = 0;
    const batch = Array.from({ length: 200 }, (_, n) => event(`many-${n}`, { userId: `many-${n % 20}`, anonymousId: `many-a-${n}` }));
    const { body } = await send('/v1/batch', { batch }, asShop);
    expect([body['recorded'], appendsInARow]).toEqual([200, 1]);
  });

  it('is not reached: 503 with Retry-After, and the same request sent again completes it', async () => {
    const before = await facts();
    let fail = true;
    disturbance = () => {
      if (fail) throw new Error('connection refused');
      return null;
    };
    const away = await send('/v1/track', event('away', { userId: 'new-while-away' }), asShop);
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await facts()).toEqual(before);
    fail = false;
    expect((await send('/v1/track', event('away', { userId: 'new-while-away' }), asShop)).body['recorded']).toBe(1);
    // The subject was given in the first try; its registration comes with the second.
    expect((await facts()).slice(before.length).map(({ type }) => type)).toEqual([
      'retention.customers.identifier-registered',
      'retention.intake.behaviour-recorded',
    ]);
  });
});

describe('a collector with one place', () => {
  it('answers 429 with Retry-After when it is taken, and 200 when it is free', async () => {
    const opened: (() => void)[] = [];
    const gate = new Promise<void>((resolve) => opened.push(resolve));
    const sources = { sourceFor: () => gate.then(() => ({ kind: 'unknown' as const })) };
    const keyring = {} as Parameters<typeof createIntake>[0]['keyring'];
    const narrow = createIntake({
      store: {} as EventStore,
      keyring,
      sources,
      pool: database.pool,
      dataSource: await createDataSource(database.pool, intakeSchema),
      clock: () => NOW,
      limits: { inFlight: 1 },
    });
    const request = { method: 'POST', path: '/v1/track', headers: {}, body: Buffer.from('{"writeKey":"x"}') };
    const first = narrow.handle(request);
    const second = await narrow.handle(request);
    expect([second.status, second.headers['retry-after']]).toEqual([429, '1']);
    opened[0]?.();
    expect((await first).status).toBe(401);
    expect((await narrow.handle(request)).status).toBe(401);
  });
});
