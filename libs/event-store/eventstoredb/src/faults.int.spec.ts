import { EventStoreDBClient } from '@eventstore/db-client';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { Append, EventStore } from '@tsunagari/event-store';
import { appended, freshStream, readToEnd, someFact, someFacts } from '@tsunagari/event-store-contract-tests';
import type { WireServer } from '@tsunagari/testing';
import { startEventStoreDbProtocol } from '@tsunagari/testing';
import { eventStoreDbLog } from './event-log';
import { eventStoreDbStore } from './event-store';

let server: WireServer;
let store: EventStore;
let log: EventLog;
const rejections: unknown[] = [];
const onRejection = (error: unknown): number => rejections.push(error);

/** Long enough for an answer, short enough to wait for its absence. */
const answerWithinMs = 400;

const open = (url: string, within = answerWithinMs): void => {
  store = eventStoreDbStore({ connectionString: url, answerWithinMs: within, retryForMs: 1_500 });
  log = eventStoreDbLog({ connectionString: url, answerWithinMs: 2_000, retryForMs: 1_500 });
};

beforeEach(async () => {
  rejections.length = 0;
  process.on('unhandledRejection', onRejection);
  server = await startEventStoreDbProtocol();
  open(server.url);
});
afterEach(async () => {
  await store.close();
  await log.close();
  server.stop();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
});

const append = (stream: string, expected: Append['expected'], facts = someFacts(1)): ReturnType<EventStore['append']> =>
  store.append({ stream, expected, facts });
const outage = (outcomeUnknown: boolean): object => ({ name: 'StoreUnavailable', reason: 'connection', outcomeUnknown });
const copies = async (stream: string): Promise<number> => {
  const state = await store.readStream(stream);
  return state.kind === 'open' ? state.facts.length : 0;
};

describe('EventStoreDB over its wire protocol, protocol only (failure mode 23)', () => {
  it('follows NotLeader to the leader it names, for every expectation, and no append is lost or doubled', async () => {
    // Every answer comes: on a busy machine a short patience would make an unknown outcome of it.
    await store.close();
    await log.close();
    open(server.url, 20_000);
    const leader = await startEventStoreDbProtocol({ log: server.log });
    server.faults.add({ on: 'append', kind: 'not-leader', leader: { host: '127.0.0.1', port: leader.port }, times: 1_000 });
    const streams = Array.from({ length: 40 }, freshStream);
    const outcomes = await Promise.all(streams.map((stream, index) => append(stream, index % 2 ? 'any' : 'none')));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'appended', version: 1 });
    for (const stream of streams) expect(await copies(stream)).toBe(1);
    expect(server.faults.count).toBeGreaterThan(0);
    expect(leader.opened.batchStreams).toBeGreaterThan(0);
    leader.stop();
  });

  it('follows NotLeader for a tombstone and for a subscription too', async () => {
    const leader = await startEventStoreDbProtocol({ log: server.log });
    const stream = freshStream();
    await append(stream, 'none');
    server.faults.add({ on: 'tombstone', kind: 'not-leader', leader: { host: '127.0.0.1', port: leader.port } });
    expect((await store.tombstone(stream, { exact: 1 })).kind).toBe('appended');
    leader.faults.add({ on: 'subscribe', kind: 'not-leader', leader: { host: '127.0.0.1', port: server.port } });
    expect(await readToEnd(log)).toHaveLength(1);
    leader.stop();
  });

  it.each([
    ['the server says that it ran out of time', 'deadline'],
    ['the server never answers', 'silent'],
    ['the server ends the batch stream in good order without answering', 'ends'],
  ] as const)('repeats an append with none or an exact version when %s', async (_, kind) => {
    const stream = freshStream();
    server.faults.add({ on: 'append', kind });
    expect(await append(stream, 'none')).toMatchObject({ kind: 'appended', version: 1, duplicate: false });
    server.faults.add({ on: 'append', kind });
    expect(await append(stream, { exact: 1 })).toMatchObject({ kind: 'appended', version: 2, duplicate: false });
    expect(await copies(stream)).toBe(2);
  });

  it.each(['deadline', 'silent', 'ends', 'cut'] as const)(
    'throws an outage of unknown outcome for an append with any when the answer is lost (%s), instead of appending twice',
    async (kind) => {
      server.faults.add({ on: 'append', kind });
      await expect(append(freshStream(), 'any')).rejects.toMatchObject(outage(true));
      await expect(append(freshStream(), 'any')).resolves.toMatchObject({ kind: 'appended' });
    },
  );

  it.each([false, true])(
    'repeats an append whose connection broke off (written before: %s), and leaves one copy (failure mode 6)',
    async (written) => {
      const stream = freshStream();
      for (const expected of ['none', { exact: 3 }, { exact: 6 }] as const) {
        server.faults.add({ on: 'append', kind: 'cut', written });
        expect(await append(stream, expected, someFacts(3))).toMatchObject({ kind: 'appended', duplicate: false });
      }
      expect(await copies(stream)).toBe(9);
    },
  );

  it('gives every one of thousands of pending appends its own answer when the batch stream breaks off; the client alone would end the process', async () => {
    await append(freshStream(), 'none');
    server.faults.add({ on: 'append', kind: 'cut', skip: 7, written: true });
    server.faults.add({ on: 'append', kind: 'cut', skip: 900, written: true });
    const streams = Array.from({ length: 3_000 }, freshStream);
    const outcomes = await Promise.allSettled(streams.map((stream, index) => append(stream, index % 3 === 0 ? 'any' : 'none')));
    let unknown = 0;
    for (const [index, outcome] of outcomes.entries()) {
      const found = server.log.stream(streams[index]!)?.length ?? 0;
      if (outcome.status === 'fulfilled') expect([outcome.value.kind, found]).toEqual(['appended', 1]);
      else {
        unknown++;
        expect(index % 3).toBe(0);
        expect(outcome.reason).toMatchObject(outage(true));
        expect(found).toBeLessThanOrEqual(1);
      }
    }
    expect(server.faults.count).toBe(2);
    expect(unknown).toBeGreaterThan(0);
    expect(unknown).toBeLessThanOrEqual(30);
  });

  it('keeps the order of each stream when a long import is struck by broken streams and other leaders', async () => {
    for (const skip of [5, 40, 60, 200])
      server.faults.add({ on: 'append', kind: 'not-leader', leader: { host: '127.0.0.1', port: server.port }, skip });
    server.faults.add({ on: 'append', kind: 'cut', skip: 11, written: true });
    const streams = Array.from({ length: 9 }, freshStream);
    const lengths = new Map<string, number>();
    const appends = Array.from({ length: 500 }, (_, index): Append => {
      const stream = streams[(index * 7) % 9]!;
      const version = lengths.get(stream) ?? 0;
      lengths.set(stream, version + 1);
      return { stream, expected: version === 0 ? 'none' : { exact: version }, facts: [someFact({ data: { index } })] };
    });
    const outcomes = await store.appendMany(appends);
    expect(outcomes.every(({ kind }) => kind === 'appended')).toBe(true);
    for (const stream of streams) {
      const state = await store.readStream(stream);
      const wanted = appends.filter((each) => each.stream === stream).flatMap(({ facts }) => facts.map(({ id }) => id));
      expect(state.kind === 'open' && state.facts.map(({ id }) => id)).toEqual(wanted);
    }
    expect(server.faults.count).toBe(5);
  });

  it('reports the actual version of a conflict, never the one the client makes up when it does not throw', async () => {
    const stream = freshStream();
    await append(stream, 'none', someFacts(5));
    expect(await append(stream, { exact: 2 })).toEqual({ kind: 'conflict', actual: 5 });
    server.faults.add({ on: 'append', kind: 'wrong-version', current: 41 });
    expect(await append(stream, 'any')).toEqual({ kind: 'conflict', actual: 42 });
    const silent = EventStoreDBClient.connectionString(`${server.url}&throwOnAppendFailure=false`);
    const result = await silent.appendToStream(stream, [], { expectedRevision: 2n });
    expect(result).toMatchObject({ success: false, nextExpectedRevision: 1n });
    await silent.dispose();
    expect(() => eventStoreDbStore({ client: silent })).toThrow('throwOnAppendFailure');
  });

  it('allows one client in a process, because the client package mixes up the pending appends of several', () => {
    expect(() => eventStoreDbStore({ connectionString: 'esdb://127.0.0.1:1?tls=false' })).toThrow('one');
  });

  it('appends in batch streams, one for all, and alone only where the server offers nothing else', async () => {
    await Promise.all(Array.from({ length: 50 }, () => append(freshStream(), 'any')));
    expect(server.opened).toMatchObject({ batchStreams: 1, appends: 0 });
    const plain = await startEventStoreDbProtocol({ batchAppend: false, log: server.log });
    const client = EventStoreDBClient.connectionString(plain.url);
    const other = eventStoreDbStore({ client, answerWithinMs });
    const stream = freshStream();
    plain.faults.add({ on: 'append', kind: 'cut', written: true });
    expect(await other.append({ stream, expected: 'none', facts: someFacts(2) })).toMatchObject({ kind: 'appended', version: 2 });
    expect(await other.append({ stream, expected: 'none', facts: someFacts(1) })).toEqual({ kind: 'conflict', actual: 2 });
    await other.tombstone(stream, 'any');
    expect(await other.append({ stream, expected: 'any', facts: someFacts(1) })).toEqual({ kind: 'closed' });
    expect(plain.opened).toMatchObject({ batchStreams: 0 });
    await other.close();
    await client.dispose();
    plain.stop();
  });

  it('waits for a slow answer and takes it', async () => {
    const stream = freshStream();
    server.faults.add({ on: 'append', kind: 'slow', ms: 150 });
    server.faults.add({ on: 'read', kind: 'slow', ms: 150 });
    expect(await append(stream, 'any')).toMatchObject({ kind: 'appended', version: 1 });
    expect(await store.readStream(stream)).toMatchObject({ lastVersion: 1 });
  });

  it('reads a stream again when it is cut or falls silent in the middle of a page: all facts or an outage, never some', async () => {
    const stream = freshStream();
    const facts = someFacts(40);
    await append(stream, 'none', facts);
    server.faults.add({ on: 'read', kind: 'cut', afterEvents: 17 });
    server.faults.add({ on: 'read', kind: 'silent' });
    const state = await store.readStream(stream);
    expect(state.kind === 'open' && state.facts.map(({ id }) => id)).toEqual(facts.map(({ id }) => id));
    server.faults.add({ on: 'read', kind: 'cut', afterEvents: 17, times: 10_000 });
    await expect(store.readStream(stream)).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });

  it('reads a page of the log again when its subscription is cut in the middle', async () => {
    for (let at = 0; at < 4; at++) await append(freshStream(), 'none', someFacts(25));
    for (const afterEvents of [0, 3, 49]) server.faults.add({ on: 'subscribe', kind: 'cut', afterEvents });
    const facts = await readToEnd(log, BEGINNING, 50);
    expect(facts.map(({ position }) => position)).toEqual([...new Set(facts.map(({ position }) => position))].sort(comparePositions));
    expect(facts).toHaveLength(100);
    expect(server.faults.count).toBe(3);
  });

  it('throws an outage while the server is gone, and recovers by itself when it is back at the same place', async () => {
    const stream = freshStream();
    await append(stream, 'none');
    server.stop();
    await expect(append(stream, { exact: 1 })).rejects.toMatchObject({ name: 'StoreUnavailable', reason: 'connection' });
    await expect(log.head()).rejects.toMatchObject({ name: 'StoreUnavailable' });
    server = await startEventStoreDbProtocol({ port: server.port, log: server.log });
    expect(await append(stream, { exact: 1 })).toMatchObject({ kind: 'appended', version: 2 });
    expect(await readToEnd(log)).toHaveLength(2);
  });

  it('wakes a listener again after the subscription broke off', async () => {
    let calls = 0;
    let wake = (): void => undefined;
    const called = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    server.faults.add({ on: 'subscribe', kind: 'cut', afterEvents: 0 });
    const first = called();
    const stop = log.onAppended(() => {
      calls++;
      wake();
    });
    await first;
    const again = called();
    await append(freshStream(), 'any');
    await again;
    const third = called();
    await append(freshStream(), 'any');
    await third;
    expect(server.opened.subscriptions).toBeGreaterThan(1);
    expect(calls).toBeGreaterThanOrEqual(3);
    stop();
  });

  it('passes over a million events that a filter does not match, page by page, from checkpoints alone', async () => {
    const wanted = 'retention.test.wanted';
    await append(freshStream(), 'none', [someFact({ type: wanted })]);
    server.log.fill('noise', 'somebody.elses', 1_000_000);
    await append(freshStream(), 'none', [someFact({ type: wanted })]);
    const pages = [];
    for (let after = BEGINNING; ;) {
      const page = await log.read({ after, types: [wanted], limit: 100 });
      pages.push(page);
      expect(comparePositions(after, page.upTo)).toBeLessThan(0);
      after = page.upTo;
      if (page.atEnd) break;
    }
    expect(pages.flatMap(({ facts }) => facts)).toHaveLength(2);
    expect(pages.length).toBeGreaterThan(5);
    expect(pages[pages.length - 1]?.upTo).toBe(await log.head());
  });

  it('refuses an append beyond what the server takes, and one beyond the queue, with nothing written', async () => {
    const stream = freshStream();
    expect(await append(stream, 'none', [someFact({ data: { text: 'x'.repeat(1_100_000) } })])).toMatchObject({
      kind: 'refused',
      field: 'facts.0.data',
    });
    expect(await append('$mine', 'none')).toMatchObject({ kind: 'refused', field: 'stream' });
    expect(await store.readStream(stream)).toEqual({ kind: 'missing' });
    const narrow = eventStoreDbStore({ connectionString: server.url, limits: { waiting: 10 } });
    const streams = Array.from({ length: 60 }, freshStream);
    const outcomes = await Promise.all(streams.map((each) => narrow.append({ stream: each, expected: 'none', facts: someFacts(1) })));
    expect(outcomes.filter(({ kind }) => kind === 'appended').length).toBeGreaterThanOrEqual(10);
    expect(outcomes.filter(({ kind }) => kind === 'overloaded').length).toBeGreaterThan(0);
    for (const [index, each] of streams.entries())
      expect(server.log.stream(each)?.length ?? 0).toBe(outcomes[index]?.kind === 'appended' ? 1 : 0);
    await narrow.close();
  });

  it('gives up a long import soon when the server is gone', async () => {
    const stream = freshStream();
    const other = Array.from({ length: 2_000 }, freshStream);
    await append(stream, 'none');
    server.stop();
    const appends = other.map((each): Append => ({ stream: each, expected: 'none', facts: someFacts(1) }));
    await expect(store.appendMany(appends)).rejects.toMatchObject({ name: 'StoreUnavailable', reason: 'connection' });
  });

  it('counts a repetition as a duplicate once the position is known to have stood before', async () => {
    const stream = freshStream();
    const facts = someFacts(2);
    const first = appended(await append(stream, 'none', facts));
    expect(appended(await append(stream, 'none', facts))).toEqual({ ...first, duplicate: true });
  });

  it('finishes what was accepted when it is closed, and refuses what comes after', async () => {
    const streams = Array.from({ length: 60 }, freshStream);
    const pending = streams.map((stream) => append(stream, 'none'));
    const reading = store.readStream(streams[0]!);
    await store.close();
    for (const outcome of await Promise.all(pending)) expect(outcome.kind).toBe('appended');
    await reading;
    await expect(append(freshStream(), 'any')).rejects.toMatchObject({ name: 'StoreUnavailable', reason: 'closed' });
  });
});
