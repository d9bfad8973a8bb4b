import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { freshStream, readToEnd, someFacts } from '@tsunagari/event-store-contract-tests';
import type { EmbeddedServer, Pool } from '@tsunagari/postgres';
import { createPool, startEmbeddedServer, waitUntil, migrate } from '@tsunagari/postgres';
import { postgresEventStore } from './event-store';
import { eventsSchema } from './schema';

const factsPerAppend = 3;
let folder: string;
let server: EmbeddedServer;
let pool: Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsunagari-crash-'));
  server = await startEmbeddedServer({ folder: join(folder, 'postgres') });
  pool = createPool(server.url);
  await migrate(pool, eventsSchema);
});
afterAll(async () => {
  await pool.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

it('keeps everything acknowledged, batches whole, when the server is killed in group commit, and recovers by itself (failure mode 22)', async () => {
  const store = postgresEventStore({ pool, retryForMs: 45_000 });
  const acknowledged = new Set<string>();
  let going = true;
  const caller = async (): Promise<void> => {
    while (going) {
      const facts = someFacts(factsPerAppend);
      const outcome = await store.append({ stream: freshStream(), expected: 'none', facts });
      if (outcome.kind !== 'appended') throw new Error(JSON.stringify(outcome));
      for (const fact of facts) acknowledged.add(fact.id);
    }
  };
  const callers = Promise.all(Array.from({ length: 32 }, caller));
  for (let kill = 1; kill <= 2; kill++) {
    const before = acknowledged.size;
    expect(await waitUntil(() => Promise.resolve(acknowledged.size > before + 600), 45_000)).toBe(true);
    process.kill(server.pid(), 'SIGKILL');
    const atKill = acknowledged.size;
    // Only a server that came back acknowledges more than what was on its way.
    expect(await waitUntil(() => Promise.resolve(acknowledged.size > atKill + 600), 45_000)).toBe(true);
  }
  going = false;
  await callers;

  const facts = await readToEnd(postgresEventLog({ pool }));
  const ids = new Set(facts.map((fact) => fact.id));
  expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(facts.length);
  expect(facts.map((fact) => fact.position)).toEqual(facts.map((_, at) => String(at + 1)));
  const perStream = new Map<string, number>();
  for (const fact of facts) perStream.set(fact.stream, (perStream.get(fact.stream) ?? 0) + 1);
  expect(new Set(perStream.values())).toEqual(new Set([factsPerAppend]));
}, 120_000);
