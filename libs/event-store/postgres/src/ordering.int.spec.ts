import { randomUUID } from 'node:crypto';
import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions, toSequence } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { appended, freshStream, readToEnd, someFact, someFacts } from '@tsunagari/event-store-contract-tests';
import type { Append } from '@tsunagari/event-store';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { createPool, migrate } from '@tsunagari/postgres';
import type { TestDatabase } from '@tsunagari/testing';
import { testDatabase } from '@tsunagari/testing';
import type { EncodedAppend } from './encode';
import { BatchParameters } from './batch-parameters';
import { DEFAULT_LIMITS, encodeAppend } from './encode';
import { postgresEventStore } from './event-store';
import { eventsSchema } from './schema';
import { readAnswer } from './write-batch';

let database: TestDatabase;
let pool: Pool;
let log: EventLog;

beforeEach(async () => {
  database = await testDatabase();
  await migrate(database.pool, eventsSchema);
  pool = createPool({ url: database.url, max: 24 });
  log = postgresEventLog({ pool });
});
afterEach(async () => {
  await log.close();
  await pool.end();
  await database.drop();
});

/** Reads the tail as a subscription does, until all writers are done and nothing is left. */
async function tailWhile(writing: Promise<unknown>, from: EventLog = log): Promise<Fact[]> {
  let done = false;
  void writing.finally(() => (done = true));
  const seen: Fact[] = [];
  for (let after: Position = BEGINNING; ;) {
    const last = done;
    const page = await from.read({ after, limit: 200 });
    seen.push(...page.facts);
    after = page.upTo;
    if (last && page.atEnd) return seen;
  }
}

/** One append inside a transaction of the caller. */
async function appendWithin(client: PoolClient, append: Append): Promise<void> {
  const parameters = new BatchParameters().of([encodeAppend(append, DEFAULT_LIMITS) as EncodedAppend]);
  const { rows } = await client.query<{ answer: string }>(
    'select append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) as answer',
    [new Date().toISOString(), ...parameters],
  );
  appended(readAnswer(rows[0]!.answer)[0]);
}

function versionsInOrder(facts: readonly Fact[]): void {
  const versions = new Map<string, number>();
  for (const fact of facts) {
    expect(`${fact.stream} ${fact.version}`).toBe(`${fact.stream} ${(versions.get(fact.stream) ?? 0) + 1}`);
    versions.set(fact.stream, fact.version);
  }
}

describe('a tail reader under 16 writers', () => {
  it('sees every event once, in dense order (failure mode 1)', async () => {
    // A store of its own for each writer: they share the server and nothing else, like processes.
    const writers = Array.from({ length: 16 }, () => postgresEventStore({ pool }));
    const written = await Promise.all([
      tailWhile(
        Promise.all(
          writers.map(async (store, writer) => {
            for (let at = 0; at < 40; at++)
              await store.append({ stream: `test-${(writer + at) % 9}`, expected: 'any', facts: someFacts(1 + (at % 3)) });
          }),
        ),
      ),
    ]);
    const positions = written[0].map((fact) => fact.position);
    expect(positions).toEqual(Array.from({ length: positions.length }, (_, at) => String(at + 1)));
    expect(positions).toHaveLength(16 * 79);
    versionsInOrder(written[0]);
  });

  it('loses events when positions come from a sequence: the control that must fail (failure mode 1)', async () => {
    await pool.query('create table naive (pos bigserial primary key, id uuid not null)');
    const naive = {
      ...log,
      read: async ({ after, limit }: { after: Position; limit: number }) => {
        const { rows } = await pool.query<{ pos: string }>('select pos from naive where pos > $1 order by pos limit $2', [after, limit]);
        const facts = rows.map(({ pos }) => ({ position: pos }) as Fact);
        return { facts, upTo: rows[rows.length - 1]?.pos ?? after, atEnd: rows.length < limit };
      },
    };
    const seen = await tailWhile(
      Promise.all(
        Array.from({ length: 16 }, async () => {
          const client = await pool.connect();
          for (let at = 0; at < 40; at++) {
            await client.query('begin');
            await client.query('insert into naive (id) values ($1)', [randomUUID()]);
            await client.query('select pg_sleep(random() * 0.005)');
            await client.query('commit');
          }
          client.release();
        }),
      ),
      naive,
    );
    expect(seen.length).toBeLessThan(16 * 40);
  });
});

it('never shows version n+1 of a stream before n, also of sessions that wrote earlier in the same transaction (failure mode 2)', async () => {
  await pool.query('create table elsewhere (id uuid)');
  const store = postgresEventStore({ pool });
  const streams = Array.from({ length: 4 }, freshStream);
  // These transactions are older than every append between their first write and their own append.
  const old = async (): Promise<void> => {
    const client = await pool.connect();
    for (const stream of streams) {
      await client.query('begin');
      await client.query('insert into elsewhere values ($1)', [randomUUID()]);
      await store.append({ stream, expected: 'any', facts: someFacts(1) });
      await appendWithin(client, { stream, expected: 'any', facts: someFacts(2) });
      await client.query('select pg_sleep(0.002)');
      await client.query('commit');
    }
    client.release();
  };
  const plain = async (): Promise<void> => {
    for (let at = 0; at < 40; at++) await store.append({ stream: streams[at % 4]!, expected: 'any', facts: someFacts(1) });
  };
  const seen = await tailWhile(Promise.all([old(), old(), old(), plain(), plain()]));
  expect(seen).toHaveLength(3 * 4 * 3 + 80);
  versionsInOrder(seen);
});

it('keeps moving while a write transaction is open in another database and a snapshot is held in its own (failure mode 3)', async () => {
  const other = await testDatabase();
  const writer = await other.pool.connect();
  const holder = await pool.connect();
  try {
    await writer.query('create table busy (id int)');
    await writer.query('begin');
    await writer.query('insert into busy values (1)');
    await holder.query('begin isolation level repeatable read');
    await holder.query('select count(*) from events');
    const store = postgresEventStore({ pool });
    const seen = await tailWhile(
      Promise.all(Array.from({ length: 200 }, () => store.append({ stream: freshStream(), expected: 'none', facts: someFacts(2) }))),
    );
    expect(seen).toHaveLength(400);
    expect((await holder.query('select count(*)::int as n from events')).rows[0]).toEqual({ n: 0 });
  } finally {
    await writer.query('rollback');
    await holder.query('rollback');
    writer.release();
    holder.release();
    await other.drop();
  }
});

it('leaves no gap and no stuck reader after rolled-back and 10,000 conflicting appends (failure mode 4)', async () => {
  const store = postgresEventStore({ pool });
  const streams = Array.from({ length: 500 }, freshStream);
  await store.appendMany(streams.map((stream) => ({ stream, expected: 'none' as const, facts: someFacts(1) })));
  const client = await pool.connect();
  await client.query('begin');
  await appendWithin(client, { stream: freshStream(), expected: 'none', facts: someFacts(3) });
  await client.query('rollback');
  client.release();
  const conflicts = await store.appendMany(
    Array.from({ length: 10_000 }, (_, at) => ({ stream: streams[at % 500]!, expected: 'none' as const, facts: [someFact()] })),
  );
  expect(conflicts.every((outcome) => outcome.kind === 'conflict' && outcome.actual === 1)).toBe(true);
  const success = appended(await store.append({ stream: streams[0]!, expected: { exact: 1 }, facts: someFacts(1) }));
  expect(success).toMatchObject({ version: 2, position: '501' });
  expect(await readToEnd(log)).toHaveLength(501);
});

it('never lets `recorded` run backwards, and delivers by position whatever the clocks say (failure mode 12)', async () => {
  const hour = 3_600_000;
  const base = Date.parse('2026-03-29T01:30:00.000Z');
  const offsets = [0, hour, -hour, 2, -2 * hour, 3 * hour, 1];
  let at = 0;
  const store = postgresEventStore({ pool, clock: () => new Date(base + offsets[at]!) });
  const ids: string[] = [];
  for (; at < offsets.length; at++) {
    const fact = someFact({ occurred: new Date(base - offsets[at]!).toISOString() });
    ids.push(fact.id);
    await store.append({ stream: freshStream(), expected: 'none', facts: [fact] });
  }
  const facts = await readToEnd(log);
  expect(facts.map((fact) => fact.id)).toEqual(ids);
  expect(facts.map((fact) => Date.parse(fact.recorded) - base)).toEqual([0, hour, hour, hour, hour, 3 * hour, 3 * hour]);
});

it('keeps positions beyond 2^53 exact in store, log, journal and JSON (failure mode 24)', async () => {
  const subject = randomUUID();
  const store = postgresEventStore({ pool });
  await store.append({ stream: 'test-a', expected: 'none', facts: [someFact({ subject })] });
  await pool.query(
    `insert into events select 9007199254740993, 'test-b', 1, gen_random_uuid(), digest, type, schema, subject, data, meta, occurred, recorded from events`,
  );
  const next = appended(
    await store.append({ stream: 'test-b', expected: { exact: 1 }, facts: [someFact({ subject }), someFact({ subject })] }),
  );
  expect(next.position).toBe('9007199254740995');
  const positions = ['1', '9007199254740993', '9007199254740994', '9007199254740995'];
  const facts = await readToEnd(log, undefined, 2);
  expect((JSON.parse(JSON.stringify(facts)) as Fact[]).map((fact) => fact.position)).toEqual(positions);
  expect((await log.read({ after: '9007199254740993', limit: 10 })).facts.map((fact) => fact.position)).toEqual(positions.slice(2));
  expect((await log.read({ after: '9007199254740993', upTo: '9007199254740994', limit: 10 })).upTo).toBe('9007199254740994');
  const types = await log.read({ after: BEGINNING, types: [facts[0]!.type], limit: 10 });
  expect([types.facts.length, types.upTo, types.atEnd]).toEqual([4, '9007199254740995', true]);
  const known = await postgresJournal({ pool }).bySubjects({ subjects: [subject], upTo: '9007199254740994' });
  expect(known.map((fact) => fact.position)).toEqual(positions.slice(0, 3));
  expect([...positions].sort(comparePositions)).toEqual(positions);
  expect(positions.map(toSequence)).toEqual([...positions.map(toSequence)].sort());
});
