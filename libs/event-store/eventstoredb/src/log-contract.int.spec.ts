import type { Fact } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { eventLogContract } from '@tsunagari/event-log-contract-tests';
import type { LogUnderTest } from '@tsunagari/event-log-contract-tests';
import { postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { appended, freshStream, someFact } from '@tsunagari/event-store-contract-tests';
import { migrate } from '@tsunagari/postgres';
import type { Pool } from '@tsunagari/postgres';
import { eventStoreDbAtHand, startEventStoreDbProtocol, startRealEventStoreDb, testDatabase } from '@tsunagari/testing';
import { eventStoreDbLog } from './event-log';
import { eventStoreDbStore } from './event-store';

/** The journal beside EventStoreDB is a table that is filled from the log: the facts stand there at the log's positions. */
async function fillJournal(pool: Pool, facts: readonly Fact[]): Promise<void> {
  for (const fact of facts)
    await pool.query('insert into events values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)', [
      fact.position,
      fact.stream,
      fact.version,
      fact.id,
      Buffer.from('00', 'hex'),
      fact.type,
      fact.schema,
      fact.subject,
      JSON.stringify(fact.data),
      JSON.stringify(fact.meta),
      fact.occurred,
      fact.recorded,
    ]);
}

async function logAt(url: string, stop: () => void | Promise<void>): Promise<LogUnderTest> {
  const { pool, drop } = await testDatabase();
  await migrate(pool, eventsSchema);
  const store = eventStoreDbStore({ connectionString: url });
  const log: EventLog = eventStoreDbLog({ connectionString: url });
  let filledUpTo = BEGINNING;
  return {
    log,
    journal: postgresJournal({ pool }),
    record: async (facts) => {
      appended(await store.append({ stream: freshStream(), expected: 'none', facts }));
      const page = await log.read({ after: filledUpTo, limit: 1_000 });
      await fillJournal(pool, page.facts);
      filledUpTo = page.upTo;
    },
    close: async () => {
      await store.close();
      await log.close();
      await stop();
      await drop();
    },
  };
}

const atHand = eventStoreDbAtHand();
// The contract wants an empty log: what the environment names may hold facts, a container is fresh.
if (atHand === 'docker') {
  eventLogContract('EventStoreDB in a container', async () => {
    const server = await startRealEventStoreDb();
    return logAt(server.url, server.stop);
  });
} else {
  const reason = atHand === 'named' ? 'the named server may not be empty, and there is no Docker daemon' : 'no Docker daemon answers';
  describe(`[not run: eventstoredb: ${reason}] event log contract: EventStoreDB`, () => it.skip('needs eventstoredb', () => undefined));
}

eventLogContract('EventStoreDB (protocol only: our own wire-protocol server)', async () => {
  const server = await startEventStoreDbProtocol();
  return logAt(server.url, server.stop);
});

describe('the log over EventStoreDB', () => {
  it('keeps positions beyond 2^53 exact (failure mode 24)', async () => {
    const server = await startEventStoreDbProtocol({ firstPosition: 2n ** 60n + 1n });
    const store = eventStoreDbStore({ connectionString: server.url });
    const log = eventStoreDbLog({ connectionString: server.url });
    const positions: string[] = [];
    for (let at = 0; at < 5; at++) {
      const outcome = appended(await store.append({ stream: freshStream(), expected: 'none', facts: [factAt(at)] }));
      positions.push(outcome.position);
    }
    expect(BigInt(positions[0]!) > 2n ** 60n).toBe(true);
    const seen: string[] = [];
    for (let after = BEGINNING; ;) {
      const page = await log.read({ after, limit: 1 });
      seen.push(...page.facts.map(({ position }) => position));
      after = page.upTo;
      if (page.atEnd) break;
    }
    expect(seen).toEqual(positions);
    expect(await log.head()).toBe(positions[4]);
    await store.close();
    await log.close();
    server.stop();
  });

  it('shows no system events and no events of others on the same server', async () => {
    const server = await startEventStoreDbProtocol();
    const store = eventStoreDbStore({ connectionString: server.url });
    const log = eventStoreDbLog({ connectionString: server.url });
    server.log.fill('orders-of-another-application', 'order-placed', 30);
    const stream = freshStream();
    const { position } = appended(await store.append({ stream, expected: 'none', facts: [factAt(0)] }));
    await store.tombstone(stream, 'any');
    server.log.fill('orders-of-another-application', 'order-placed', 50);
    expect(await log.head()).toBe(position);
    const page = await log.read({ after: BEGINNING, limit: 10 });
    expect([page.facts.map((fact) => fact.stream), page.upTo, page.atEnd]).toEqual([[stream], position, true]);
    await store.close();
    await log.close();
    server.stop();
  });
});

function factAt(index: number): ReturnType<typeof someFact> {
  return someFact({ data: { index } });
}
