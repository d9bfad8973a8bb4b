import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { buildBundles, type Bundles, type Ran, run, startPlatformProcess, temporaryHome, until } from '../../platform/src/testing/bundles';

jest.setTimeout(180_000);

/** 2,357 customers of a shop, one row an order; the clock stands nine months after the last cohort joined. */
const CDNOW = path.join(__dirname, '..', '..', '..', 'data', 'cdnow', 'CDNOW_sample.txt');
const COMMANDS = ['import', 'status', 'explain', 'audit', 'quarantine', 'token', 'doctor'];

let bundles: Bundles;
let database: TestDatabase;
let variables: Record<string, string>;
let imported: Ran;
const { home, remove } = temporaryHome();
const tsunagari = (...args: string[]): Promise<Ran> => run(process.execPath, [bundles.cli, ...args], variables);

/** What a command answers a program: one JSON document on standard output and nothing beside it. */
async function asked(code: number, ...args: string[]) {
  const ran = await tsunagari(...args, '--json');
  expect({ args, code: ran.code, err: ran.err.replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, '') }).toEqual({ args, code, err: expect.any(String) });
  return JSON.parse(ran.out);
}

beforeAll(async () => {
  bundles = await buildBundles();
  database = await testDatabase();
  mkdirSync(home, { recursive: true });
  variables = { TSUNAGARI_HOME: home, DATABASE_URL: database.url, TSUNAGARI_CLOCK: '1998-07-01' };
  imported = await tsunagari('import', CDNOW, '--format', 'cdnow', '--json');
  const platform = await startPlatformProcess(bundles.platform, variables);
  try {
    const token = (await tsunagari('token', '--role', 'data')).out.trim();
    const ask = async (query: string) => {
      const response = await fetch(`${platform.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as { data: Record<string, Record<string, unknown>> };
    };
    // A fit waits for nothing: the days must be closed and the orders understood before it.
    await until('the days are closed and everything is understood', async () => {
      const { lastClosedDay, head, projections } = JSON.parse((await tsunagari('status', '--json')).out) as {
        lastClosedDay: string | null;
        head: string;
        projections: { position: string }[];
      };
      return lastClosedDay === '1998-06-30' && projections.length > 0 && projections.every(({ position }) => position === head);
    });
    await ask('mutation { fitModel(input: { model: BG_NBD }) { __typename } }');
    await until('a model is fitted', async () => (await ask('{ model { kind } }')).data['model'] !== null);
    await until('and every customer is scored', async () => {
      const { scored } = JSON.parse((await tsunagari('status', '--json')).out) as { scored: { customers: number } | null };
      return scored !== null;
    });
  } finally {
    await platform.end('SIGTERM');
  }
});
afterAll(async () => {
  bundles.remove();
  remove();
  await database.drop();
});

describe('explain ltv with a model', () => {
  it('names parts that multiply to the value, for programs', async () => {
    const told = await asked(0, 'explain', 'ltv', 'user_id:00004');
    expect(told).toMatchObject({
      found: true,
      customer: expect.stringMatching(/^[0-9a-f-]{36}$/),
      currency: 'USD',
      asOfDay: '1998-06-30',
      modelId: expect.any(String),
      interval: { level: 0.95, low: expect.any(Number), high: expect.any(Number) },
      outlook: { probability: expect.any(Number) },
      words: expect.any(String),
    });
    const product = (told.parts as { factor: number }[]).reduce((so, { factor }) => so * factor, 1);
    expect(told.parts.length).toBeGreaterThan(1);
    expect(product / told.value).toBeCloseTo(1, 9);
    expect(told.interval.low).toBeLessThanOrEqual(told.value);
    expect(told.interval.high).toBeGreaterThanOrEqual(told.value);
    expect(await asked(0, 'explain', 'ltv', told.customer)).toEqual(told);
    expect(await asked(0, 'explain', 'ltv', `Customer:${told.customer}`)).toEqual(told);
  });

  it('says the same in words, for people', async () => {
    const { code, out, err } = await tsunagari('explain', 'ltv', 'user_id:00004');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const word of ['Lifetime value over 12 months: US$', 'P(purchase in 90 days)', 'Model bg-nbd', 'as of 1998-06-30', 'in words'])
      expect(out.toLowerCase()).toContain(word.toLowerCase());
  });

  it('of nobody fails with what was asked for', async () => {
    expect(await asked(1, 'explain', 'ltv', 'user_id:0nobody')).toEqual({ found: false, customer: 'user_id:0nobody' });
  });
});

describe('audit of tampered read models', () => {
  const table = async (): Promise<string> => {
    const { rows } = await database.pool.query<{ table: string }>(
      `select distinct format('%I.%I', view_schema, view_name) as "view", format('%I.%I', table_schema, table_name) as "table"
       from information_schema.view_table_usage where view_schema = 'understanding' and view_name = 'purchases'`,
    );
    return rows[0]?.table ?? 'understanding.purchases';
  };
  const someone = async (): Promise<{ key: string; state: string }> => {
    const { rows } = await database.pool.query<{ key: string; state: string }>(
      `select key, state from ${await table()} order by net_minor desc, key limit 1`,
    );
    return rows[0] ?? { key: '', state: '' };
  };

  it('passes before, with a line for each projection', async () => {
    const audits = await asked(0, 'audit');
    expect(audits.map(({ projection }: { projection: string }) => projection).sort()).toEqual(
      expect.arrayContaining(['profile', 'purchases', 'standing']),
    );
    for (const audit of audits) {
      // Orders say nothing of contracts, satisfaction or goals: those projections have no rows, and are audited all the same.
      const rows = ['profile', 'purchases', 'reach', 'standing'].includes(audit.projection) ? 2357 : 0;
      expect(audit).toMatchObject({ equal: true, differing: [], hash: audit.folded, rows, parked: 0 });
    }
  });

  it('a changed row, a row too few: exits with 1 and names the customer and nobody else, as text and as JSON', async () => {
    const { key, state } = await someone();
    await database.pool.query(`update ${await table()} set state = (state::jsonb || '{"settledOrders": 4711}')::text where key = $1`, [
      key,
    ]);
    const [changed] = await asked(1, 'audit', 'purchases');
    expect(changed).toMatchObject({ projection: 'purchases', equal: false, differing: [key] });
    expect(changed.hash).not.toBe(changed.folded);
    const told = await tsunagari('audit');
    expect(told.code).toBe(1);
    expect(told.out).toContain(`✗ purchases`);
    expect(told.out).toContain(key);
    expect(told.out.match(/[0-9a-f]{8}-[0-9a-f]{4}-/g)).toHaveLength(1);
    expect(await asked(0, 'audit', 'profile')).toMatchObject([{ projection: 'profile', equal: true }]);

    await database.pool.query(`update ${await table()} set state = $2 where key = $1`, [key, state]);
    expect((await tsunagari('audit', 'purchases')).code).toBe(0);

    await database.pool.query(`create table kept_row as select * from ${await table()} where key = $1`, [key]);
    await database.pool.query(`delete from ${await table()} where key = $1`, [key]);
    expect(await asked(1, 'audit', 'purchases')).toMatchObject([{ equal: false, differing: [key] }]);
    await database.pool.query(`insert into ${await table()} select * from kept_row`);
    await database.pool.query('drop table kept_row');
    expect((await tsunagari('audit', 'purchases')).code).toBe(0);
  });
});

describe('--json', () => {
  it('of import is the outcome with its summary', () => {
    expect(imported.code).toBe(0);
    expect(JSON.parse(imported.out)).toMatchObject({
      kind: 'completed',
      summary: {
        format: 'cdnow',
        contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        lines: expect.any(Number),
        facts: expect.any(Number),
        duplicates: 0,
        orders: expect.any(Number),
        quarantined: 0,
        firstDay: '1997-01-01',
        lastDay: '1998-06-30',
        seconds: expect.any(Number),
      },
    });
  });
  it('of an import that fails names the rule', async () => {
    expect(await asked(1, 'import', path.join(home, 'absent.txt'), '--format', 'cdnow')).toMatchObject({
      kind: 'failed',
      line: null,
      refusal: { code: 'INVALID_FIELD', field: 'path', rule: expect.any(String) },
      progress: { lines: 0 },
    });
  });
  it('of status says how far everything is', async () => {
    const status = await asked(0, 'status');
    expect(status).toMatchObject({
      database: 'DATABASE_URL',
      head: expect.stringMatching(/^[0-9]+$/),
      identity: expect.stringMatching(/^[0-9]+$/),
      halted: null,
      lastClosedDay: '1998-06-30',
      model: { modelId: expect.any(String), kind: 'bg-nbd', asOfDay: '1998-06-30', customers: 2349 },
      scored: { customers: expect.any(Number) },
      quarantined: 0,
    });
    for (const projection of status.projections)
      expect(projection).toMatchObject({ name: expect.any(String), version: expect.any(Number), position: expect.any(String), parked: 0 });
  });
  it('of quarantine is a page', async () => {
    expect(await asked(0, 'quarantine')).toEqual({ entries: [], cursor: null });
    expect(await asked(1, 'quarantine', 'release', '00000000-0000-4000-8000-000000000000')).toMatchObject({
      kind: 'refused',
      refusal: { rule: expect.any(String) },
    });
  });
  it('of token is the token and what it is for', async () => {
    expect(await asked(0, 'token', '--role', 'data,ops', '--hours', '2')).toEqual({
      token: expect.stringMatching(/^ey/),
      roles: ['data', 'ops'],
      hours: 2,
    });
    expect(await asked(0, 'token', '--write-key')).toEqual({ writeKey: expect.any(String) });
  });
  it('of doctor is a list of findings', async () => {
    const findings = await asked(0, 'doctor');
    expect(findings.length).toBeGreaterThan(4);
    for (const finding of findings) expect(finding).toEqual({ what: expect.any(String), ok: true, said: expect.any(String) });
  });
});

describe('a wrong call', () => {
  it.each(COMMANDS)('%s refuses a flag that it does not have: exit code 2, its help, nothing on standard output', async (command) => {
    const { code, out, err } = await tsunagari(command, '--no-such-flag');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--no-such-flag');
    expect(err).toContain(`tsunagari ${command}`);
  });
  it.each([
    [['import', CDNOW, 'another', '--format', 'cdnow']],
    [['import', CDNOW, '--format']],
    [['status', 'everything']],
    [['explain', 'ltv']],
    [['explain', 'churn', 'user_id:00004']],
    [['explain', 'ltv', 'shoe:4']],
    [['audit', 'purchases', 'profile']],
    [['quarantine', 'release']],
    [['quarantine', 'burn', 'x']],
    [['token', 'now']],
    [['token', '--hours', '0']],
    [['token', '--hours', 'many']],
    [['token', '--role', 'customer']],
    [['doctor', 'now']],
  ])('%j', async (args) => {
    const { code, out, err } = await tsunagari(...args);
    expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
    expect(err).toContain(`tsunagari ${args[0] ?? ''}`);
  });
  it('a command that is none, or none at all, gets the overview', async () => {
    for (const args of [['fly'], []]) {
      const { code, out, err } = await tsunagari(...args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      for (const command of COMMANDS) expect(err).toContain(`tsunagari ${command}`);
    }
    const help = await tsunagari('--help');
    expect(help).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Exit codes: 0 done, 1 failed or not well, 2 wrong call.'),
    });
  });
});
