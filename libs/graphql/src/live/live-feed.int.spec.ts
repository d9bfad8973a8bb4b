import { BEGINNING, type Position } from '@tsunagari/contracts';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { migrate } from '@tsunagari/postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import type { EventLog } from '@tsunagari/event-log';
import { randomUUID } from 'node:crypto';
import type { SubscriptionEvent } from '../subgraph-subscription';
import { type Follow, liveFeed, type LiveFeed } from './live-feed';

type Told = SubscriptionEvent & { readonly type: string };

let database: TestDatabase;
let log: EventLog;
let store: ReturnType<typeof postgresEventStore>;
beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, eventsSchema);
  store = postgresEventStore({ pool: database.pool });
});
beforeEach(() => (log = postgresEventLog({ pool: database.pool })));
afterEach(() => log.close());
afterAll(async () => {
  await store.close();
  await database.drop();
});

let streams = 0;
async function append(count: number): Promise<Position> {
  const outcome = await store.append({
    stream: `test-${++streams}`,
    expected: 'any',
    facts: Array.from({ length: count }, () => ({
      id: randomUUID(),
      type: 'retention.understanding.day-closed',
      schema: 1,
      subject: null,
      occurred: '2026-01-01T00:00:00.000Z',
      data: {},
      digest: '00',
      meta: { actor: 'system:test', source: 'test', correlationId: randomUUID() },
    })),
  });
  if (outcome.kind !== 'appended') throw new Error(JSON.stringify(outcome));
  return log.head();
}

/** A feed whose read models come as far as a spec says. */
function feedUpTo(start: Position, backlog = 10) {
  let taken = start;
  let prepared = 0;
  const listeners = new Set<() => void>();
  const feed = liveFeed<readonly Told[]>({
    log,
    backlog,
    taken: async () => taken,
    onMoved: (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
    prepare: async (facts) => (prepared++, facts.map(({ position, type }) => ({ position, type }))),
  });
  return {
    feed,
    prepared: () => prepared,
    listeners: () => listeners.size,
    take(upTo: Position) {
      taken = upTo;
      for (const tell of listeners) tell();
    },
  };
}
/** Until the feed has let go of its read models. */
async function noneListen(world: ReturnType<typeof feedUpTo>): Promise<void> {
  while (world.listeners() > 0) await new Promise((resolve) => setImmediate(resolve));
}
const following = (feed: LiveFeed<readonly Told[]>, over: Partial<Follow<readonly Told[], Told>> = {}) =>
  feed.follow<Told>({ after: null, signal: undefined, pick: (page) => page, ...over });

it('tells nothing before read models have taken it in, then once each, from one reader for all', async () => {
  const start = await append(1);
  const world = feedUpTo(start);
  const followers = [following(world.feed), following(world.feed), following(world.feed, { after: start })];
  const firsts = followers.map((each) => each.next());
  await append(2);
  const head = await append(1);
  let told = 0;
  for (const first of firsts) void first.then(() => told++);
  await log.read({ after: BEGINNING, limit: 10 });
  expect(told).toBe(0);
  world.take(head);
  const positions = (await Promise.all(firsts)).map(({ value }) => value?.position);
  expect(new Set(positions).size).toBe(1);
  for (const each of followers) expect((await each.next()).value?.position).not.toBe(positions[0]);
  expect(world.prepared()).toBe(1);
  for (const each of followers) await each.return(undefined);
});

it('catches up whoever stood further back, without a gap and without a double', async () => {
  const before = await append(3);
  const after = await append(2);
  const world = feedUpTo(after);
  const live = following(world.feed);
  const first = live.next();
  const late = following(world.feed, { after: before });
  const caughtUp = [await late.next(), await late.next()].map(({ value }) => value?.position);
  expect(caughtUp[1]).toBe(after);
  const next = late.next();
  world.take(await append(1));
  expect((await next).value?.position).toBe((await first).value?.position);
  await live.return(undefined);
  await late.return(undefined);
});

it('refuses whoever stands too far back', async () => {
  const start = await append(1);
  for (let n = 0; n < 21; n++) await append(1000);
  const world = feedUpTo(await log.head());
  const late = following(world.feed, { after: start, pick: () => [] });
  await expect(late.next()).rejects.toMatchObject({ extensions: { code: 'CURSOR_EXPIRED', field: 'after' } });
  await noneListen(world);
});

it('a subscriber who is too slow gets what waited, then the reason and where to go on; others go on', async () => {
  const start = await append(1);
  const world = feedUpTo(start, 3);
  const slow = following(world.feed);
  const quick = following(world.feed);
  const both = [slow.next(), quick.next()];
  world.take(await append(1));
  await Promise.all(both);
  // Each page is taken in before the next one comes: only the slow one lets them lie.
  const last: Position[] = [];
  for (let n = 0; n < 4; n++) {
    const next = quick.next();
    last.push(await append(1));
    world.take(last.at(-1) ?? '');
    expect((await next).value?.position).toBe(last.at(-1));
  }
  for (const position of last.slice(0, 3)) expect((await slow.next()).value?.position).toBe(position);
  await expect(slow.next()).rejects.toMatchObject({
    extensions: { code: 'SUBSCRIBER_TOO_SLOW', remedy: `Subscribe again with after: "${last[2]}".` },
  });
  await quick.return(undefined);
});

it('ends with the signal, also while it is silent, and reads nothing more', async () => {
  const world = feedUpTo(await append(1));
  const gone = new AbortController();
  const follower = following(world.feed, { signal: gone.signal });
  const next = follower.next();
  world.take(await append(1));
  await next;
  const silent = follower.next();
  gone.abort();
  expect(await silent).toEqual({ done: true, value: undefined });
  await noneListen(world);
});
