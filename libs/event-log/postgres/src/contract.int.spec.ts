import { randomUUID } from 'node:crypto';
import type { LogUnderTest } from '@tsunagari/event-log-contract-tests';
import { eventLogContract } from '@tsunagari/event-log-contract-tests';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { appended, someFact } from '@tsunagari/event-store-contract-tests';
import { waitUntil, migrate } from '@tsunagari/postgres';
import { testDatabase } from '@tsunagari/testing';
import { postgresEventLog } from './event-log';
import { postgresJournal } from './journal';

async function freshLog(listen: boolean): Promise<LogUnderTest> {
  const { pool, drop } = await testDatabase();
  await migrate(pool, eventsSchema);
  const store = postgresEventStore({ pool });
  const log = postgresEventLog({ pool, listen, pollEveryMs: listen ? 60_000 : 20 });
  return {
    log,
    journal: postgresJournal({ pool }),
    record: async (facts) => {
      appended(await store.append({ stream: `test-${randomUUID()}`, expected: 'none', facts }));
    },
    close: async () => {
      await store.close();
      await log.close();
      await drop();
    },
  };
}

eventLogContract('PostgreSQL, woken by LISTEN', () => freshLog(true));
eventLogContract('PostgreSQL, polling', () => freshLog(false));

it('goes on by polling when the connection that listens is cut off again and again', async () => {
  const { pool, drop } = await testDatabase();
  await migrate(pool, eventsSchema);
  const store = postgresEventStore({ pool });
  const log = postgresEventLog({ pool, pollEveryMs: 20 });
  let wake = (): void => undefined;
  const stop = log.onAppended(() => wake());
  const listens = async (): Promise<boolean> =>
    (await pool.query("select 1 from pg_stat_activity where query like 'listen %' and datname = current_database()")).rows.length > 0;
  for (let round = 1; round <= 3; round++) {
    expect(await waitUntil(listens, 20_000)).toBe(true);
    await pool.query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'listen %' and datname = current_database()",
    );
    const woken = new Promise<void>((resolve) => {
      wake = () => void log.head().then((head) => head === String(round) && resolve());
    });
    appended(await store.append({ stream: `test-${round}`, expected: 'none', facts: [someFact()] }));
    await woken;
  }
  stop();
  await log.close();
  await store.close();
  await drop();
});
