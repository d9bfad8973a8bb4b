import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { appended, freshStream, readToEnd, someFact, someFacts } from '@tsunagari/event-store-contract-tests';
import { StoreUnavailable } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import { createPool, waitUntil, migrate } from '@tsunagari/postgres';
import type { TestDatabase } from '@tsunagari/testing';
import { testDatabase } from '@tsunagari/testing';
import { postgresEventStore } from './event-store';
import { eventsSchema } from './schema';

/** A wire between client and server that can be muted (answers are lost) and cut. */
type Wire = { url: string; mute: () => void; cut: () => void; down: () => Promise<void>; up: () => Promise<void> };

async function wireTo(url: string): Promise<Wire> {
  const { port: targetPort, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let muted = false;
  const server = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => muted || client.write(data));
  });
  const listenOn = (port: number): Promise<void> => new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    muted = false;
  };
  await listenOn(0);
  const { port } = server.address() as AddressInfo;
  const own = new URL(url);
  own.host = `127.0.0.1:${port}`;
  return {
    url: own.href,
    mute: () => (muted = true),
    cut,
    down: () =>
      new Promise((closed) => {
        server.close(() => closed());
        cut();
      }),
    up: () => listenOn(port),
  };
}

let database: TestDatabase;
let wire: Wire;
let pool: Pool;

beforeEach(async () => {
  database = await testDatabase();
  await migrate(database.pool, eventsSchema);
  wire = await wireTo(database.url);
  pool = createPool(wire.url);
});
afterEach(async () => {
  await pool.end();
  await wire.down();
  await database.drop();
});

const stored = (): ReturnType<typeof readToEnd> => readToEnd(postgresEventLog({ pool: database.pool }));
const storedCount = async (): Promise<number> => (await stored()).length;

describe('a connection cut after the commit was sent', () => {
  it('is answered by asking again with the same ids: same positions, one copy (failure mode 6)', async () => {
    const store = postgresEventStore({ pool, retryForMs: 20_000 });
    await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) });
    const facts = someFacts(3);
    wire.mute();
    const pending = store.append({ stream: 'test-cut', expected: 'none', facts });
    expect(await waitUntil(async () => (await storedCount()) === 4, 20_000)).toBe(true);
    wire.cut();
    expect(appended(await pending)).toEqual({ kind: 'appended', version: 3, position: '4', duplicate: true });
    expect((await stored()).slice(1).map((fact) => fact.id)).toEqual(facts.map((fact) => fact.id));
  });

  it('says that the outcome is unknown when it cannot ask in time, and the same ids tell it later (failure mode 6)', async () => {
    const store = postgresEventStore({ pool, retryForMs: 0 });
    await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) });
    const append = { stream: 'test-cut', expected: 'none' as const, facts: someFacts(2) };
    wire.mute();
    const pending = store.append(append).catch((error: unknown) => error);
    expect(await waitUntil(async () => (await storedCount()) === 3, 20_000)).toBe(true);
    wire.cut();
    const error = await pending;
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ reason: 'connection', outcomeUnknown: true });
    expect(await store.append(append)).toEqual({ kind: 'appended', version: 2, position: '3', duplicate: true });
    expect(await storedCount()).toBe(3);
  });
});

it('rejects what waits with a clear error while the database is away, and recovers by itself', async () => {
  const store = postgresEventStore({ pool, retryForMs: 50 });
  await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) });
  await wire.down();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 2_000 }, () => store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) })),
  );
  for (const outcome of outcomes) {
    expect(outcome.status).toBe('rejected');
    expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailable);
  }
  await expect(store.readStream('test-x')).rejects.toThrow();
  await wire.up();
  expect(appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) })).position).toBe('2');
});

it('says that the disk is full, writes nothing by halves, and goes on when there is space again', async () => {
  const store = postgresEventStore({ pool });
  await database.pool.query(`
    create function no_space() returns trigger language plpgsql as $$ begin
      if new.pos = 7 then raise exception 'could not extend file "base/1/2": No space left on device' using errcode = 'disk_full'; end if;
      return new; end $$;
    create trigger no_space before insert on events for each row execute function no_space()`);
  const appends = Array.from({ length: 5 }, () => ({ stream: freshStream(), expected: 'none' as const, facts: someFacts(2) }));
  await expect(store.appendMany(appends)).rejects.toMatchObject({
    name: 'StoreUnavailable',
    reason: 'full',
    message: expect.stringContaining('out of space'),
  });
  expect(await storedCount()).toBe(0);
  await database.pool.query('drop trigger no_space on events');
  const outcomes = await store.appendMany(appends);
  expect(outcomes.map((outcome) => appended(outcome).duplicate)).toEqual(Array(5).fill(false));
  expect(await storedCount()).toBe(10);
});

it('finds the one command that makes the server raise; the others of its batch are written (failure mode 7)', async () => {
  const store = postgresEventStore({ pool });
  await database.pool.query(`
    create function poisonous() returns trigger language plpgsql as $$ begin
      if new.type = 'poison' then raise exception 'no poison here'; end if; return new; end $$;
    create trigger poisonous before insert on events for each row execute function poisonous()`);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, at) =>
      store.append({ stream: freshStream(), expected: 'none', facts: [someFact(at === 13 ? { type: 'poison' } : {})] }),
    ),
  );
  expect(outcomes.map((outcome, at) => (outcome.status === 'rejected' ? at : -1)).filter((at) => at >= 0)).toEqual([13]);
  expect((await stored()).map((fact) => fact.position)).toEqual(Array.from({ length: 29 }, (_, at) => String(at + 1)));
});

it('answers `overloaded` when too much waits, and takes more afterwards', async () => {
  const store = postgresEventStore({ pool, limits: { waiting: 8 }, batch: { commands: 4 } });
  const holder = await database.pool.connect();
  await holder.query('begin');
  await holder.query('select lock_events()');
  const append = (): ReturnType<typeof store.append> => store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) });
  const first = append();
  // The first batch waits for the lock: from here on everything queues.
  const waits = async (): Promise<boolean> =>
    (await database.pool.query("select 1 from pg_locks where locktype = 'advisory' and not granted")).rows.length === 1;
  expect(await waitUntil(waits, 20_000)).toBe(true);
  const queued = Array.from({ length: 12 }, append);
  const refused = await Promise.all(queued.slice(8));
  expect(refused.map((outcome) => outcome.kind)).toEqual(Array(4).fill('overloaded'));
  await holder.query('commit');
  holder.release();
  for (const outcome of await Promise.all([first, ...queued.slice(0, 8)])) appended(outcome);
  appended(await append());
  expect(await storedCount()).toBe(10);
});

it('refuses to append under a snapshot that is older than the lock', async () => {
  const client = await database.pool.connect();
  await client.query('begin isolation level repeatable read');
  await expect(client.query('select lock_events()')).rejects.toThrow('READ COMMITTED only');
  await client.query('rollback');
  client.release();
});

it('takes nothing after close, and finishes what it took before', async () => {
  const store = postgresEventStore({ pool });
  const pending = Array.from({ length: 50 }, () => store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) }));
  await store.close();
  expect(await storedCount()).toBe(50);
  for (const outcome of await Promise.all(pending)) appended(outcome);
  await expect(store.append({ stream: freshStream(), expected: 'none', facts: someFacts(1) })).rejects.toMatchObject({ reason: 'closed' });
});
