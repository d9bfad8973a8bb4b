import { describeWith, testBroker, testDatabase, type TestDatabase } from '@tsunagari/testing';
import { Kafka, logLevel } from 'kafkajs';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import {
  buildBundles,
  type Bundles,
  environment,
  type Ran,
  run,
  startPlatformProcess,
  temporaryHome,
} from '../../platform/src/testing/bundles';
import { tsunagari as call } from './tsunagari';

jest.setTimeout(120_000);

const SHOP = path.join(__dirname, '..', '..', '..', 'data', 'online-retail', 'online_retail.csv.gz');
const COMMANDS = [
  'import',
  'status',
  'explain',
  'metric',
  'audit',
  'backtest',
  'facts',
  'rebuild',
  'projections',
  'identity',
  'quarantine',
  'token',
  'topics',
  'doctor',
];

let bundles: Bundles;
let database: TestDatabase;
const { home, remove } = temporaryHome();
const file = (name: string): string => path.join(home, name);
const variables = (): Record<string, string> => ({ TSUNAGARI_HOME: home, DATABASE_URL: database.url, TSUNAGARI_CLOCK: '2011-12-10' });
const tsunagari = (...args: string[]): Promise<Ran> => run(process.execPath, [bundles.cli, ...args], variables());

/** The same call in this process: what is said of the call itself needs none of its own, and one takes seconds to load. */
async function called(...args: readonly string[]): Promise<Pick<Ran, 'code' | 'out'>> {
  const before = process.env;
  process.env = environment(variables());
  try {
    let out = '';
    const code = await call(args, (text) => (out += text));
    return { code, out };
  } finally {
    process.env = before;
  }
}

/** The first lines of the real file. */
async function firstLines(count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(SHOP).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  return lines;
}

beforeAll(async () => {
  bundles = await buildBundles();
  database = await testDatabase();
  mkdirSync(home, { recursive: true });
});
afterAll(async () => {
  bundles.remove();
  remove();
  await database.drop();
});

it.each(COMMANDS)('%s has a help text', async (command) => {
  const { code, out } = await called(command, '--help');
  expect(code).toBe(0);
  expect(out).toContain(`tsunagari ${command}`);
  expect(out).toContain('--json');
});

it.each([
  [[]],
  [['fly']],
  [['import']],
  [['import', 'x.csv', '--format', 'excel']],
  [['explain', 'ltv', 'nobody']],
  [['audit', 'nothing']],
  [['identity', 'change']],
  [['identity', 'preview', '--limits', 'name=2']],
  [['identity', 'preview', '--limits', 'email=2/0']],
  [['identity', 'preview', '--priority', 'user_id,name']],
  [['identity', 'preview', '--cluster-limit', '1']],
  [['facts', 'order-placed']],
  [['facts', '--after', 'yesterday']],
  [['facts', '--as', 'retention.subscriptions.order-placed@2']],
  [['metric', 'show']],
  [['metric', 'show', 'mrr', '--from', '2026-01-01']],
  [['backtest']],
  [['backtest', 'ltv', '--as-of', 'yesterday']],
  [['rebuild', 'nothing']],
  [['rebuild', 'purchases', '--position', '7']],
  [['projections', 'promote', 'purchases']],
  [['token', '--role', 'king']],
  [['topics']],
  [['topics', 'ensure']],
  [['topics', 'ensure', '--replication', 'all']],
  [['status', '--unknown']],
])('the wrong call %j exits with 2', async (args) => {
  const { code, out } = await called(...args);
  expect({ code, out }).toEqual({ code: 2, out: expect.stringContaining('tsunagari ') });
});

it('says what is right on standard output and what is wrong on standard error', async () => {
  const overview = expect.stringContaining('Exit codes: 0 done, 1 failed or not well, 2 wrong call.');
  expect(await tsunagari('--help')).toEqual({ code: 0, out: overview, err: '' });
  expect(await tsunagari('fly')).toEqual({ code: 2, out: '', err: overview });
});

it('imports, packed or not, once; says what a file lacks; keeps a broken line with its number', async () => {
  const lines = await firstLines(400);
  writeFileSync(file('shop.csv'), `${lines.join('\n')}\n`);
  writeFileSync(file('shop.csv.gz'), gzipSync(`${lines.join('\n')}\n`));
  const first = await tsunagari('import', file('shop.csv'), '--format', 'online-retail', '--json');
  expect(first).toMatchObject({ code: 0 });
  expect(JSON.parse(first.out).summary).toMatchObject({ lines: 399, quarantined: 0, duplicates: 0 });
  const again = JSON.parse((await tsunagari('import', file('shop.csv.gz'), '--format', 'online-retail', '--json')).out).summary;
  expect(again.duplicates).toBe(JSON.parse(first.out).summary.orders);

  writeFileSync(file('broken.csv'), [lines[0], (lines[2] ?? '').replace(/^[^,]*/, '536999').replace(/,6,/, ',many,'), ''].join('\n'));
  await tsunagari('import', file('broken.csv'), '--format', 'online-retail');
  const { entries } = JSON.parse((await tsunagari('quarantine', '--json')).out) as { entries: { id: string }[] };
  expect(entries).toMatchObject([{ line: 2, code: 'INVALID_FIELD', field: 'Quantity' }]);
  expect((await tsunagari('quarantine', 'discard', entries[0]?.id ?? '')).code).toBe(0);
  expect((await tsunagari('quarantine')).out).toContain('Nothing is held.');

  const absent = await tsunagari('import', file('absent.csv'), '--format', 'online-retail');
  expect([absent.code, absent.out + absent.err]).toEqual([1, expect.stringContaining('absent.csv')]);
  writeFileSync(file('header.csv'), 'a,b,c\n1,2,3\n');
  expect((await tsunagari('import', file('header.csv'), '--format', 'online-retail')).code).toBe(1);
});

it('status, explain, audit, token and doctor answer beside a running platform, and audit without one', async () => {
  expect(existsSync(file('shop.csv'))).toBe(true);
  const platform = await startPlatformProcess(bundles.platform, {
    TSUNAGARI_HOME: home,
    DATABASE_URL: database.url,
    TSUNAGARI_CLOCK: '2011-12-10',
  });
  try {
    const token = (await tsunagari('token', '--role', 'data')).out.trim();
    const asked = await fetch(`${platform.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ customer(identifier: { type: USER_ID, value: "17850" }) { kind } }' }),
    });
    expect(await asked.json()).toMatchObject({ data: { customer: { kind: 'PERSON' } } });
    expect(JSON.parse((await tsunagari('status', '--json')).out)).toMatchObject({ database: 'DATABASE_URL', halted: null, model: null });
    expect((await tsunagari('doctor')).code).toBe(0);
    expect(await tsunagari('explain', 'ltv', 'user_id:17850')).toMatchObject({
      code: 1,
      out: expect.stringContaining('no model is fitted yet'),
    });
    expect(await tsunagari('explain', 'ltv', 'user_id:0nobody')).toMatchObject({ code: 1, out: expect.stringContaining('Nobody known') });
    expect(await tsunagari('audit')).toMatchObject({ code: 0, err: '' });
  } finally {
    await platform.end('SIGTERM');
  }
  expect(await tsunagari('audit')).toMatchObject({ code: 0, err: '' });
  expect(await tsunagari('audit', 'purchases')).toMatchObject({ code: 0, out: expect.stringContaining('purchases') });
});

it('facts are a line each, at the version that the reader knows (failure mode 21)', async () => {
  const type = 'retention.subscriptions.order-placed';
  const { code, out, err } = await tsunagari('facts', type, '--as', `${type}@1`);
  const lines = out.trimEnd().split('\n');
  expect([code, err]).toEqual([0, `${lines.length} facts\n`]);
  const first = JSON.parse(lines[0] ?? '') as { sequence: string };
  expect(first).toMatchObject({ specversion: '1.0', type: `${type}.v1`, data: { total: { currency: 'GBP' } } });
  const position = String(BigInt(first.sequence));
  expect((await tsunagari('facts', '--after', position, '--up-to', position)).err).toBe('0 facts\n');
});

it('identity says the rules in force, and what others would make of the customers', async () => {
  expect(await tsunagari('identity')).toMatchObject({
    code: 0,
    out: 'version 1: user_id 1, others 5, a customer at most 50 identifiers\nin force since position 0\n',
  });
  const { code, out } = await tsunagari('identity', 'preview', '--limits', 'email=1/30', '--priority', 'user_id,email', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    today: { version: 1 },
    wished: { limits: { user_id: 1, email: 1 }, windows: { email: 30 }, priority: ['user_id', 'email'], clusterLimit: 50 },
    wouldMerge: 0,
    wouldComeApart: 0,
    customersMore: 0,
  });
  expect((await tsunagari('identity', 'preview')).out).toContain('0 would come apart: as many customers as today');
});

it('rebuild shows how far it is and puts what it built in place; projections lists, exchanges and drops', async () => {
  const rebuilt = await tsunagari('rebuild', 'purchases');
  expect(rebuilt).toMatchObject({ code: 0, out: expect.stringMatching(/✓ purchases generation 2: .* verified, live/) });
  expect(rebuilt.err).toContain('purchases generation 2');
  const list = async (): Promise<{ projection: string; generation: number; live: boolean; label: string | null }[]> =>
    JSON.parse((await tsunagari('projections', 'list', '--json')).out).filter(
      ({ projection }: { projection: string }) => projection === 'purchases',
    );
  expect(await list()).toMatchObject([
    { generation: 2, live: true },
    { generation: 1, live: false },
  ]);
  expect(await tsunagari('projections', 'promote', 'purchases', '1')).toMatchObject({
    code: 0,
    out: '✓ generation 1 is live, in place of 2\n',
  });
  expect(await tsunagari('projections', 'drop', 'purchases', '1')).toMatchObject({
    code: 1,
    out: expect.stringContaining('GENERATION_LIVE'),
  });
  expect((await tsunagari('projections', 'drop', 'purchases', '2')).code).toBe(0);
  expect((await tsunagari('rebuild', 'purchases', '--position', '9', '--label', 'early')).code).toBe(0);
  expect(await list()).toMatchObject([
    { generation: 2, label: 'early', live: false },
    { generation: 1, live: true },
  ]);
  expect((await tsunagari('projections', 'list')).out).toContain('as of 9 (early)');
});

describeWith('broker', 'topics ensure', () => {
  it('makes the topics, mends what differs, leaves alone what is right, and refuses another number of partitions', async () => {
    const { brokers, namespace } = await testBroker();
    const ensure = (...args: string[]): Promise<Ran> =>
      run(process.execPath, [bundles.cli, 'topics', 'ensure', ...args], { KAFKA_BROKERS: brokers.join(','), KAFKA_NAMESPACE: namespace });
    const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const outcomes = async (): Promise<string[]> => {
      const { code, out, err } = await ensure('--json');
      expect([code, err]).toEqual([0, '']);
      const topics = JSON.parse(out) as { topic: string; partitions: number; outcome: string }[];
      expect(topics.map(({ topic }) => topic)).toEqual(['facts', 'signals', 'state'].map((kind) => `${namespace}.${kind}.v1`));
      return topics.map(({ outcome }) => outcome);
    };
    const name = `${namespace}.facts.v1`;
    const settingsOf = async (): Promise<Record<string, string>> => {
      const { resources } = await admin.describeConfigs({ resources: [{ type: 2, name }], includeSynonyms: false });
      return Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    };
    // Kafka's controller has answered when a change is made; the broker that is asked next learns of it a moment later.
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      while (!(await holds())) await pause(20);
    };
    expect(await outcomes()).toEqual(['made', 'made', 'made']);
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'max.message.bytes', value: '2000000' },
    ];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });
    await until(async () => (await settingsOf())['retention.ms'] === '1000');
    expect(await outcomes()).toEqual(['mended', 'right', 'right']);
    await until(async () => (await settingsOf())['retention.ms'] !== '1000');
    expect(await settingsOf()).toMatchObject({ 'retention.ms': '-1', 'retention.bytes': '-1', 'max.message.bytes': '2000000' });
    expect((await ensure()).out).toBe(
      `${['facts', 'signals', 'state'].map((kind) => `${namespace}.${kind}.v1: right, 24 partitions`).join('\n')}\n`,
    );
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 25 }] });
    await until(async () => (await admin.fetchTopicMetadata({ topics: [name] })).topics[0]!.partitions.length === 25);
    const refused = await ensure();
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('has 25 partitions, not 24');
    await admin.disconnect();
  });

  it('says when Kafka does not answer, and exits with 1', async () => {
    const { code, err } = await run(process.execPath, [bundles.cli, 'topics', 'ensure'], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(code).toBe(1);
    expect(err).toContain('KAFKA_BROKERS says where it is');
    expect(err).not.toContain('    at ');
  });
});
