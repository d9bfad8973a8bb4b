import { randomUUID } from 'node:crypto';
import type { Fact, NewFact, Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { eventLogContract } from '@tsunagari/event-log-contract-tests';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { appended, freshStream, readToEnd, someFact, someFacts } from '@tsunagari/event-store-contract-tests';
import { eventStoreDbLog, eventStoreDbStore } from '@tsunagari/event-store-eventstoredb';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import type { TestDatabase } from '@tsunagari/testing';
import { startEventStoreDbProtocol, testDatabase } from '@tsunagari/testing';
import type { FilledJournal, JournalOptions } from './journal';
import { openJournal } from './journal';

const types = { first: 'retention.test.first', second: 'retention.test.second' };

/** A store in one database and what it takes to fill journals in another. */
async function world() {
  const [shop, service] = [await testDatabase(), await testDatabase()];
  await migrate(shop.pool, eventsSchema);
  const store = postgresEventStore({ pool: shop.pool });
  const source = postgresEventLog({ pool: shop.pool, pollEveryMs: 50 });
  const opened: FilledJournal[] = [];
  const errors: unknown[] = [];
  return {
    shop,
    service,
    store,
    source,
    errors,
    journal(options: Partial<JournalOptions> = {}): FilledJournal {
      const onError = (error: unknown): void => void errors.push(error);
      const filled = openJournal({ pool: service.pool, schema: 'journal', log: source, onError, pollMs: 50, ...options });
      opened.push(filled);
      return filled;
    },
    async record(...facts: readonly NewFact[]): Promise<Position> {
      return appended(await store.append({ stream: freshStream(), expected: 'none', facts })).position;
    },
    async close() {
      for (const filled of opened) await filled.stop();
      await store.close();
      await source.close();
      for (const database of [shop, service]) await database.drop();
    },
  };
}
type World = Awaited<ReturnType<typeof world>>;

eventLogContract('a journal filled from PostgreSQL', async () => {
  const { journal, record, close } = await world();
  const filled = journal();
  expect(await filled.start()).toEqual({ kind: 'started' });
  return {
    log: filled.log,
    journal: filled.journal,
    record: async (facts) => {
      const position = await record(...facts);
      expect(await filled.waitFor(position, { timeoutMs: 20_000 })).toMatchObject({ kind: 'caught-up' });
    },
    close,
  };
});

describe('a journal', () => {
  let given: World;
  beforeEach(async () => (given = await world()));
  afterEach(() => given.close());

  const filledTo = async (filled: FilledJournal, position: Position): Promise<readonly Fact[]> => {
    expect(await filled.waitFor(position, { timeoutMs: 20_000 })).toEqual({ kind: 'caught-up', position });
    return readToEnd(filled.log);
  };

  it('holds exactly what the log holds, letter by letter: names with backslashes, quotes, line ends, other scripts', async () => {
    const nasty = 'C:\\temp\\n "quoted" \u0000 \t \n 繋がり \\. \\N';
    await given.record(someFact({ data: { nasty, nested: { '\\.': [nasty] } } }), someFact({ subject: randomUUID() }));
    const position = appended(
      await given.store.append({ stream: 'test-back\\slash', expected: 'none', facts: [someFact({ data: nasty })] }),
    ).position;
    // Another store's JSON may have line ends and tabs between its tokens.
    await given.shop.pool.query(`update events set data = E'{\\t"a":\\r\\n[1]}' where pos = 1`);
    const filled = given.journal();
    await filled.start();
    expect(await filledTo(filled, position)).toEqual(await readToEnd(given.source));
  });

  it('goes on where it stood after a restart, and says how far it lags', async () => {
    const first = given.journal();
    await first.start();
    await filledTo(first, await given.record(...someFacts(3)));
    expect(await first.lagMs()).toBe(0);
    await first.stop();
    const position = await given.record(...someFacts(4));
    const second = given.journal();
    expect(await second.lagMs()).toBeGreaterThan(0);
    expect(await second.start()).toEqual({ kind: 'started' });
    expect(await filledTo(second, position)).toEqual(await readToEnd(given.source));
    expect(await second.status()).toMatchObject({ state: 'leading', position, written: 4 });
  });

  it('has each fact once when its place is set back to zero (failure mode 11)', async () => {
    const filled = given.journal({ pageSize: 3 });
    await filled.start();
    const before = await filledTo(filled, await given.record(...someFacts(10)));
    await filled.stop();
    await given.service.pool.query('update journal.journal set pos = 0, id = null, id_pos = null, previous = null');
    const again = given.journal({ pageSize: 3 });
    await again.start();
    const position = await given.record(...someFacts(2));
    const after = await filledTo(again, position);
    expect(after).toEqual(await readToEnd(given.source));
    expect(after.slice(0, 10)).toEqual(before);
    expect(given.errors).toEqual([]);
  });

  it('gives a second copy of a fact, which a log may hold, no effect', async () => {
    const server = await startEventStoreDbProtocol();
    const [store, log] = [eventStoreDbStore({ connectionString: server.url }), eventStoreDbLog({ connectionString: server.url })];
    const twice = someFact();
    for (const facts of [[someFact()], [twice], [someFact()], [twice], [someFact()]])
      appended(await store.append({ stream: freshStream(), expected: 'any', facts }));
    const all = await readToEnd(log);
    expect(all.filter(({ id }) => id === twice.id)).toHaveLength(2);
    const filled = given.journal({ log });
    await filled.start();
    const facts = await filledTo(filled, await log.head());
    expect(facts).toEqual(all.filter(({ id }, at) => all.findIndex((other) => other.id === id) === at));
    // The last fact of a log may be such a copy: who waits for its position is not kept waiting.
    const { position } = appended(await store.append({ stream: freshStream(), expected: 'any', facts: [twice] }));
    expect(await filledTo(filled, position)).toHaveLength(facts.length);
    await filled.stop();
    await store.close();
    await log.close();
    server.stop();
  });

  it('keeps only the types it was asked for, and comes as far as the log', async () => {
    const filled = given.journal({ types: [types.first] });
    await filled.start();
    const wanted = someFact({ type: types.first });
    await given.record(someFact({ type: types.second }), wanted);
    const position = await given.record(...Array.from({ length: 5 }, () => someFact({ type: types.second })));
    const facts = await filledTo(filled, position);
    expect(facts.map(({ id }) => id)).toEqual([wanted.id]);
    expect(await filled.log.head()).toBe(position);
    expect(await filled.log.read({ after: BEGINNING, limit: 10, types: [types.second] })).toEqual({
      facts: [],
      upTo: position,
      atEnd: true,
    });
    expect(await filled.lagMs()).toBe(0);
    await filled.stop();
    expect(await given.journal({ types: [types.first] }).start()).toEqual({ kind: 'started' });
  });

  it.each([
    ['was restored from an older copy', async () => undefined],
    ['is another deployment’s', async (other: World) => void (await other.record(...someFacts(9)))],
  ])('refuses a log that %s, explains and offers a remedy', async (_, prepare) => {
    const first = given.journal();
    await first.start();
    const position = await given.record(...someFacts(5));
    const before = await filledTo(first, position);
    await first.stop();
    const other = await world();
    await prepare(other);
    const filled = given.journal({ log: other.source });
    expect(await filled.start()).toEqual({
      kind: 'log-differs',
      position,
      expected: before[4]!.id,
      explanation: expect.stringContaining(before[4]!.id) as string,
      remedy: expect.stringContaining('drop schema journal') as string,
    });
    expect(await readToEnd(filled.log)).toEqual(before);
    await other.close();
  });

  it('halts when the log is exchanged under a running journal', async () => {
    const away: EventLog = {
      ...given.source,
      head: () => Promise.reject(new Error('away')),
      read: () => Promise.reject(new Error('away')),
      readUnparsed: () => Promise.reject(new Error('away')),
    };
    const first = given.journal();
    await first.start();
    const before = await filledTo(first, await given.record(...someFacts(5)));
    await first.stop();
    // At the start the log is away, and when it comes back it is another one.
    const other = await world();
    await other.record(...someFacts(9));
    let current = away;
    const exchanged: EventLog = {
      ...other.source,
      read: (read) => current.read(read),
      readUnparsed: (read) => current.readUnparsed(read),
      head: () => current.head(),
    };
    const filled = given.journal({ log: exchanged });
    expect(await filled.start()).toEqual({ kind: 'started' });
    current = other.source;
    for (;;) if ((await filled.status()).state === 'halted') break;
    expect((await filled.status()).halted).toMatchObject({ kind: 'log-differs', expected: before[4]!.id });
    expect(await readToEnd(filled.log)).toEqual(before);
    await filled.stop();
    await other.close();
  });

  it('is filled by one of several processes, and by another when that one ends (failure mode 10)', async () => {
    const journals = [given.journal(), given.journal(), given.journal()];
    for (const filled of journals) await filled.start();
    let position: Position = BEGINNING;
    for (const filled of journals) {
      for (let at = 0; at < 5; at++) position = await given.record(...someFacts(3));
      await filledTo(filled, position);
      const states = await Promise.all(journals.map(async (each) => (await each.status()).state));
      expect(states.filter((state) => state === 'leading')).toHaveLength(1);
      await journals[states.indexOf('leading')]!.stop();
      if (states.filter((state) => state === 'standby').length === 0) break;
      position = await given.record(...someFacts(3));
      for (const each of journals)
        if ((await each.status()).state === 'standby' || (await each.status()).state === 'leading') await filledTo(each, position);
    }
    const reader: TestDatabase = given.service;
    const { rows } = await reader.pool.query<{ facts: string; ids: string }>(
      'select count(*) as facts, count(distinct id) as ids from journal.events',
    );
    expect(rows).toEqual([{ facts: position, ids: position }]);
  });
});
