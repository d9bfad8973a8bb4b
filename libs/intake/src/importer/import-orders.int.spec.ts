import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { AppendOutcome, EventStore } from '@tsunagari/event-store';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { createDataSource, migrate } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { createIntake, type ImportFormat, type ImportProgress, type Intake, intakeSchema } from '../index';

const DATA = join(__dirname, '../../../../data');
const RETAIL = join(DATA, 'online-retail/online_retail.csv.gz');
const MASTER = join(DATA, 'cdnow/CDNOW_master.txt.gz');
const SAMPLE = join(DATA, 'cdnow/CDNOW_sample.txt');

let folder: string;
let database: TestDatabase;
let intake: Intake;
let disturbance: (() => AppendOutcome | null) | null = null;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  database = await testDatabase();
  const { pool } = database;
  await migrate(pool, eventsSchema, keyringSchema, intakeSchema);
  const secret = (n: number) => Buffer.alloc(32, n);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const real = postgresEventStore({ pool });
  const store: EventStore = {
    ...real,
    appendMany: async (appends) => {
      const outcome = disturbance?.();
      return outcome ? appends.map(() => outcome) : real.appendMany(appends);
    },
  };
  const sources = { sourceFor: () => Promise.resolve({ kind: 'unknown' as const }) };
  const dataSource = await createDataSource(pool, intakeSchema);
  intake = createIntake({ store, keyring, sources, pool, dataSource, clock: () => '2026-01-02T03:04:05.000Z' });
});
afterEach(async () => {
  disturbance = null;
  await database.drop();
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const start = (
  path: string,
  format: ImportFormat = 'online-retail',
  more: { signal?: AbortSignal; onProgress?: (p: ImportProgress) => void } = {},
) => intake.importOrders({ input: { path }, format, ...more });
async function rows<R extends Record<string, unknown>>(sql: string): Promise<R[]> {
  return (await database.pool.query<R>(sql)).rows;
}
/** All facts but for when they were recorded: what two imports must agree on. Subjects are random, so they are left out. */
async function content(): Promise<string> {
  const [all] = await rows<{ all: string }>(
    `select coalesce(md5(string_agg(type || occurred || coalesce((data::jsonb - 'value')::text, '') , '|' order by type, occurred, (data::jsonb - 'value')::text)), '') as all from events`,
  );
  return all?.all ?? '';
}
async function fingerprint(): Promise<unknown> {
  return rows(
    'select count(*), max(pos), (select count(*) from intake.quarantine) as quarantined, md5(string_agg(id::text, $$|$$ order by pos)) from events',
  );
}
const byType = () =>
  rows<{ type: string; n: number }>(`select replace(type, 'retention.', '') as type, count(*)::int as n from events group by 1 order by 1`);
const someLines = (n: number) =>
  gunzipSync(readFileSync(RETAIL))
    .toString('utf8')
    .split('\n')
    .slice(0, n + 1)
    .join('\n');

describe('the import of Online Retail', () => {
  it('agrees with SOURCE.md to the penny; a second import changes nothing (failure mode 26)', async () => {
    const progress: ImportProgress[] = [];
    const first = await start(RETAIL, 'online-retail', { onProgress: (one) => progress.push(one) });
    expect(first).toMatchObject({
      kind: 'completed',
      summary: {
        lines: 541_909,
        facts: 33_982,
        orders: 25_900,
        duplicates: 0,
        quarantined: 0,
        firstDay: '2010-12-01',
        lastDay: '2011-12-09',
      },
    });
    expect(await byType()).toEqual([
      { type: 'customers.identifier-registered', n: 4_372 + 3_710 },
      { type: 'intake.import-completed', n: 1 },
      { type: 'subscriptions.adjustment-recorded', n: 3 },
      { type: 'subscriptions.order-placed', n: 22_061 },
      { type: 'subscriptions.order-refunded', n: 3_836 },
    ]);
    const [money] = await rows(`
      with o as (select e.type, e.data, r.data ->> 'identifierType' as by, e.subject from events e
                 join events r on r.subject = e.subject and r.type = 'retention.customers.identifier-registered' where e.type like 'retention.subscriptions.%')
      select sum(coalesce((data -> 'total' ->> 'amountMinor')::bigint, 0) - coalesce((data -> 'refunded' ->> 'amountMinor')::bigint, 0)
               + coalesce((data -> 'adjustment' ->> 'amountMinor')::bigint, 0))::text as net,
             sum((data -> 'sales' ->> 'amountMinor')::bigint) filter (where by = 'user_id')::text as sales,
             count(*) filter (where by = 'user_id' and (data -> 'sales' ->> 'amountMinor')::bigint > 0)::int as "salesInvoices",
             count(distinct subject) filter (where by = 'user_id')::int as customers,
             count(distinct subject) filter (where by = 'user_id' and (data -> 'sales' ->> 'amountMinor')::bigint > 0)::int as buyers
      from o`);
    expect(money).toEqual({ net: '974774793', sales: '891140790', salesInvoices: 18_532, customers: 4_372, buyers: 4_338 });
    expect(progress.at(-1)).toMatchObject({ lines: 541_909, facts: 33_982, secondsLeft: 0 });

    const before = await fingerprint();
    expect(await start(RETAIL)).toMatchObject({ kind: 'completed', summary: { facts: 33_982, duplicates: 25_900, quarantined: 0 } });
    expect(await fingerprint()).toEqual(before);
  }, 180_000);

  it('does not depend on the file’s name or packing, nor on where an earlier import stopped', async () => {
    const text = someLines(20_000);
    const abort = new AbortController();
    const stopped = await start(file('a.csv', text), 'online-retail', { signal: abort.signal, onProgress: () => abort.abort() });
    expect(['aborted', 'completed']).toContain(stopped.kind);
    await start(file('b.csv.gz', gzipSync(text)));
    const pieces = await content();
    expect(await byType()).toContainEqual({
      type: 'subscriptions.order-placed',
      n: new Set(
        text
          .split('\n')
          .slice(1)
          .map((line) => line.split(',')[0])
          .filter((no) => !/^[AC]/.test(no ?? '')),
      ).size,
    });
    await start(file('c.csv', text));
    // A plain file is another content hash: one more completion, and nothing else.
    expect((await byType()).find(({ type }) => type === 'intake.import-completed')?.n).toBe(2);
    expect(pieces).not.toBe('');
  });

  it('waits and goes on when the store is overloaded', async () => {
    let refusals = 3;
    disturbance = () => (refusals-- > 0 ? { kind: 'overloaded', retryAfterMs: 1 } : null);
    expect(await start(file('busy.csv', someLines(3_000)))).toMatchObject({
      kind: 'completed',
      summary: { duplicates: 0, quarantined: 0 },
    });
  });

  it('an outage is thrown; importing again completes what is missing', async () => {
    const path = file('outage.csv', someLines(30_000));
    let calls = 0;
    disturbance = () => {
      if (++calls === 2) throw new Error('connection refused');
      return null;
    };
    await expect(start(path)).rejects.toThrow('connection refused');
    disturbance = null;
    const outcome = await start(path);
    expect(outcome).toMatchObject({ kind: 'completed', summary: { quarantined: 0 } });
    const whole = await content();
    const [registered] = await rows<{ n: number }>(
      `select count(distinct subject)::int as n from events where subject is not null and type like '%registered'`,
    );
    const [subjects] = await rows<{ n: number }>('select count(distinct subject)::int as n from events where subject is not null');
    expect(registered).toEqual(subjects);
    expect(whole).not.toBe('');
  });

  it('quarantines bad rows by line, field and rule, and nothing of their invoices; the mended file completes it', async () => {
    const good = someLines(3_000).split('\n');
    const broken = [...good];
    broken[10] = (good[10] ?? '').replace(/,[^,]*,2010/, ',many,2010');
    broken[500] = 'only,three,fields';
    const outcome = await start(file('broken.csv', broken.join('\n')));
    expect(outcome).toMatchObject({ kind: 'completed', summary: { lines: 3_000, quarantined: 2 } });
    const { entries } = await intake.quarantine.list();
    expect(entries.map(({ line, code, field, rule }) => [line, code, field, rule]).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [11, 'INVALID_FIELD', 'Quantity', 'Quantity is a whole number'],
      [501, 'MALFORMED', null, 'a line has 8 fields; this one has 3'],
    ]);
    const invoice = (good[10] ?? '').split(',')[0];
    expect(await rows(`select 1 from events where stream_id = 'order-${invoice}'`)).toEqual([]);
    const again = await fingerprint();
    await start(file('broken-again.csv', broken.join('\n')));
    expect(await fingerprint()).toEqual(again);
    await start(file('mended.csv', good.join('\n')));
    expect(await rows(`select 1 from events where stream_id = 'order-${invoice}'`)).toHaveLength(1);
  });

  it('an order that stands with other content is quarantined, what stands is not touched', async () => {
    const text = someLines(100);
    await start(file('one.csv', text));
    const before = await rows(`select data::text from events where stream_id = 'order-536365'`);
    expect(
      await start(
        file(
          'two.csv',
          text.replace('536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6', '536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,7'),
        ),
      ),
    ).toMatchObject({ summary: { quarantined: 1 } });
    expect((await intake.quarantine.list()).entries).toMatchObject([
      { code: 'DUPLICATE_CONTENT', messageId: 'online-retail/536365', line: 2 },
    ]);
    expect(await rows(`select data::text from events where stream_id = 'order-536365'`)).toEqual(before);
  });

  it('a file that cannot be read is refused by rule and line; what was recorded is whole', async () => {
    const why = async (path: string, format: ImportFormat = 'online-retail') => {
      const outcome = await start(path, format);
      return outcome.kind === 'failed' ? [outcome.refusal.code, outcome.refusal.field, outcome.line] : outcome.kind;
    };
    expect(await why(join(folder, 'missing.csv'))).toEqual(['INVALID_FIELD', 'path', null]);
    expect(await why(folder)).toEqual(['INVALID_FIELD', 'path', null]);
    expect(await why(file('empty.csv', ''))).toEqual(['MALFORMED', null, 1]);
    expect(await why(file('empty.csv.gz', gzipSync('')))).toEqual(['MALFORMED', null, 1]);
    expect(await why(SAMPLE)).toEqual(['MALFORMED', 'InvoiceNo', 1]);
    expect(await why(RETAIL, 'cdnow')).toEqual(['MALFORMED', null, 1]);
    expect(await byType()).toEqual([]);
    const packed = gzipSync(someLines(40_000));
    expect(await why(file('short.csv.gz', packed.subarray(0, packed.length - 1000)))).toEqual(['MALFORMED', null, null]);
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, packed.length / 2, packed.length / 2 + 2000);
    expect(await why(file('damaged.csv.gz', damaged))).toEqual(['MALFORMED', null, null]);
    expect(await rows(`select 1 from events where type like '%import-completed'`)).toEqual([]);
    // The mended file completes it, and finds nothing that contradicts it.
    expect(await start(file('whole.csv.gz', packed))).toMatchObject({ kind: 'completed', summary: { quarantined: 0, lines: 40_000 } });
  });
});

describe('the import of CDNOW', () => {
  it('the same orders in the columns of the master add nothing to those of the sample', async () => {
    expect(await start(SAMPLE, 'cdnow')).toMatchObject({
      kind: 'completed',
      summary: { lines: 6_919, orders: 6_919, facts: 6_919 + 2_357, duplicates: 0, quarantined: 0 },
    });
    const [money] =
      await rows(`select sum((data -> 'total' ->> 'amountMinor')::bigint)::text as cents, count(distinct subject)::int as customers,
      count(distinct subject::text || occurred)::int as days from events where type like '%order-placed'`);
    expect(money).toEqual({ cents: '24409194', customers: 2_357, days: 6_696 });
    const sampled = new Set(
      readFileSync(SAMPLE, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/)[0]),
    );
    const [header, ...lines] = gunzipSync(readFileSync(MASTER)).toString('utf8').split('\n');
    const same = lines.filter((line) => sampled.has(line.trim().split(/\s+/)[0]) && line.trim() !== '');
    expect(await start(file('master.txt', [header, ...same].join('\n')), 'cdnow')).toMatchObject({
      kind: 'completed',
      summary: { lines: 6_919, duplicates: 6_919, quarantined: 0 },
    });
  });
});

describe('the import of facts', () => {
  it('takes costs, which are of nobody, each word into the stream of its cost; importing again changes nothing', async () => {
    const cost = (id: string, amountMinor: number) =>
      JSON.stringify({
        id,
        type: 'retention.understanding.acquisition-cost-recorded',
        occurred: '2026-01-01T00:00:00.000Z',
        data: {
          costId: 'ads-2025-12',
          from: '2025-12-01',
          to: '2025-12-31',
          cost: { amountMinor, currency: 'GBP' },
          channel: 'search',
          source: 'ads',
          kind: 'marketing',
        },
      });
    const path = file('costs.ndjson', `${cost('first', 100)}\n${cost('amended', 90)}\n${cost('negative', -1)}\n`);
    expect(await start(path, 'facts')).toMatchObject({ kind: 'completed', summary: { lines: 3, quarantined: 1, duplicates: 0 } });
    const stored = await rows<{ stream_id: string; subject: string | null; minor: string }>(
      `select stream_id, subject, data -> 'cost' ->> 'amountMinor' as minor from events where type like '%cost-recorded' order by pos`,
    );
    expect(stored).toEqual([
      { stream_id: 'cost-ads-2025-12', subject: null, minor: '100' },
      { stream_id: 'cost-ads-2025-12', subject: null, minor: '90' },
    ]);
    expect(await rows('select field from intake.quarantine')).toEqual([{ field: 'data.cost.amountMinor' }]);
    const before = await fingerprint();
    expect(await start(path, 'facts')).toMatchObject({ kind: 'completed', summary: { duplicates: 2 } });
    expect(await fingerprint()).toEqual(before);
  });
});
