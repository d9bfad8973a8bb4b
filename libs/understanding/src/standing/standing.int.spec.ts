import { commandPath } from '@tsunagari/command';
import {
  type FactDefinition,
  facts as registry,
  identifierRegistered,
  orderPlaced,
  type Signal,
  signals as signalRegistry,
  streamName,
  voiceRecorded,
} from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { commandFactId, keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { createProjectionRunner, outboxSignalLog } from '@tsunagari/projection';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { closeDays } from '../days/close-days';
import { definitionCommands } from '../definitions/definitions.commands';
import { type DefinitionsFollower, followDefinitions, standingProjections } from './standing-definitions';

type Platform = Awaited<ReturnType<typeof platform>>;

/** The real parts over a database; `open` is a process that folds and follows, of which there may be several. */
async function platform(db: TestDatabase) {
  const { pool } = db;
  await migrate(pool, eventsSchema, keyringSchema);
  const store = postgresEventStore({ pool });
  const log = postgresEventLog({ pool });
  const journal = postgresJournal({ pool });
  const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const signals = outboxSignalLog({ pool });
  const timeZone = 'UTC';
  async function open() {
    const runner = createProjectionRunner({
      pool,
      log,
      journal,
      registry,
      definitions: [],
      findDefinitions: () => standingProjections({ pool, schema: 'understanding', store, timeZone }),
    });
    expect(await runner.start()).toEqual({ kind: 'started' });
    const follower: DefinitionsFollower = followDefinitions({ store, log, timeZone, projections: runner, pollMs: 20 });
    follower.start();
    const stop = async (): Promise<void> => {
      await follower.stop();
      await runner.stop();
    };
    return { runner, follower, stop };
  }
  const close = async (): Promise<void> => {
    await signals.close();
    await log.close();
    await store.close();
  };
  return { pool, store, log, keyring, signals, definitions: definitionCommands({ path: commandPath({ store, keyring }) }), open, close };
}

describe('standing, told as signals over PostgreSQL', () => {
  let db: TestDatabase;
  let on: Platform;
  let processes: Awaited<ReturnType<Platform['open']>>[];
  let made = 0;

  beforeEach(async () => {
    db = await testDatabase();
    on = await platform(db);
    processes = [];
  });
  afterEach(async () => {
    for (const each of processes.splice(0)) await each.stop();
    await on.close();
    await db.drop();
  });

  async function started() {
    const each = await on.open();
    processes.push(each);
    await each.runner.catchUp();
    await each.follower.settled();
    return each;
  }
  async function record(subject: string, definition: FactDefinition, data: object, day: string): Promise<string> {
    const id = commandFactId(`spec ${made++}`, 0);
    const meta = { actor: 'system:test', source: 'test', correlationId: 'test' };
    const [sealed] = await on.keyring.seal([{ id, definition, subject, data, meta, occurred: `${day}T12:00:00.000Z` }]);
    if (sealed?.kind !== 'sealed') throw new Error(JSON.stringify(sealed));
    expect((await on.store.append({ stream: streamName('order', id), expected: 'any', facts: [sealed.fact] })).kind).toBe('appended');
    return id;
  }
  async function customer(name: string, day: string): Promise<string> {
    const [known] = await on.keyring.subjectsOf([{ type: 'user_id', value: name }], { create: true });
    if (known?.kind !== 'known') throw new Error('no subject');
    await record(known.subject, identifierRegistered, { identifierType: 'user_id', value: name, verified: true, kind: 'person' }, day);
    return known.subject;
  }
  const buys = (subject: string, day: string) => {
    const money = { amountMinor: 1000, currency: 'GBP' };
    return record(subject, orderPlaced, { orderId: `o${made}`, lines: [], total: money, sales: money }, day);
  };
  const day = (upTo: string) => closeDays({ ...on, upTo, timeZone: 'UTC', from: '2026-01-01' });
  const segment = (segmentId: string, rule: string) =>
    on.definitions.define(
      { kind: 'DefineSegment', segmentId, name: { ja: '名', en: segmentId }, rule },
      { idempotencyKey: `d${made++}`, by: 'user:marketer', requestId: 'r', at: '2026-02-01T00:00:00.000Z' },
    );
  async function told(topic: Signal['topic'] = 'signals'): Promise<readonly Signal[]> {
    const { signals } = await on.signals.read({ after: '0', topic, limit: 1000 });
    for (const { kind, data } of signals) expect(signalRegistry.get(topic, kind)?.data.safeParse(data).error).toBeUndefined();
    return signals;
  }
  const inShort = (signals: readonly Signal[]) => signals.map(({ kind, customer: who, cause }) => ({ kind, who, cause }));

  it('tells by time what a definition sees, once, with version, position and evidence; a rebuild and a rollback tell nothing', async () => {
    await segment('quiet', 'days_since_purchase > 30');
    const [ann, bob] = [await customer('ann', '2026-01-01'), await customer('bob', '2026-01-01')];
    const order = await buys(ann, '2026-01-02');
    await day('2026-01-20');
    const { runner } = await started();
    await buys(bob, '2026-01-25');
    await day('2026-02-03');
    await runner.catchUp();
    const [entered, another] = await told();
    expect(another).toBeUndefined();
    expect(entered).toMatchObject({
      kind: 'SegmentEntered',
      customer: ann,
      projection: 'standing',
      version: 4_000_001,
      cause: 'time',
      evidence: [order],
      data: { segmentId: 'quiet', definitionVersion: 1, asOfDay: '2026-02-03' },
    });
    expect(entered?.at).toBe(await on.log.head());
    const by = 'user:ops';
    expect(await runner.rebuild('standing', { by })).toMatchObject({ kind: 'promoted' });
    expect(await runner.rollBack('standing', { by })).toMatchObject({ kind: 'promoted' });
    expect(await runner.audit('standing')).toMatchObject({ equal: true });
    expect((await told()).map(({ id }) => id)).toEqual([entered?.id]);
    const voice = await record(bob, voiceRecorded, { touchpointId: 'app', voiceId: 'v', kind: 'trouble', text: 'no' }, '2026-02-04');
    await buys(ann, '2026-02-04');
    await day('2026-02-04');
    await runner.catchUp();
    // Bob's trouble raises the risk at the day's end, and is told by itself before that.
    const next = (await told()).slice(1);
    expect(inShort(next).filter(({ who }) => who === bob)).toMatchObject([
      { kind: 'DissatisfactionDetected' },
      { kind: 'ChurnRiskRaised' },
    ]);
    expect(inShort(next).filter(({ who }) => who === ann)).toMatchObject([{ kind: 'SegmentExited' }]);
    expect(next.find(({ kind }) => kind === 'DissatisfactionDetected')?.evidence).toEqual([voice]);
  }, 60_000);

  it('a changed definition is built beside the live one, promoted, and its difference is told once, however many processes follow', async () => {
    await segment('buyer', 'purchases >= 2');
    const people = await Promise.all(['ann', 'bob', 'cat'].map((name) => customer(name, '2026-01-01')));
    const [ann = '', bob = ''] = people;
    for (const who of [ann, ann, bob]) await buys(who, `2026-01-0${2 + (made % 5)}`);
    await day('2026-01-20');
    const [one, two] = [await started(), await started()];
    expect(await told()).toEqual([]);
    const before = (await one.runner.generations()).find(({ live }) => live);
    await segment('buyer', 'purchases >= 1');
    for (const { follower } of [one, two]) await follower.settled();
    const generations = await one.runner.generations();
    expect(generations.find(({ live }) => live)).toMatchObject({ version: 4_000_002, replaced: before?.generation, phase: 'ready' });
    expect(inShort(await told()).filter(({ who }) => who !== ann)).toEqual([{ kind: 'SegmentEntered', who: bob, cause: 'definition' }]);
    expect((await told()).find(({ customer: who }) => who === bob)).toMatchObject({ version: 4_000_002, data: { definitionVersion: 2 } });
    // Both processes know the newest definitions: either may go on alone.
    await one.stop();
    processes.shift();
    await buys(people[2] ?? '', '2026-01-21');
    await day('2026-01-22');
    await two.runner.catchUp();
    expect(inShort(await told()).filter(({ who }) => who === people[2])).toMatchObject([{ kind: 'SegmentEntered' }]);
  }, 60_000);

  it('many changes at once become few generations, and a process that was away folds on what is live meanwhile', async () => {
    const ann = await customer('ann', '2026-01-01');
    await buys(ann, '2026-01-02');
    await day('2026-01-05');
    const first = await started();
    await first.stop();
    processes.shift();
    for (let n = 1; n <= 8; n++) await segment(`at-least-${n}`, `purchases >= ${n}`);
    const { runner } = await started();
    const versions = (await runner.generations()).map(({ version, live }) => ({ version, live }));
    expect(versions).toEqual([
      { version: 4_000_008, live: true },
      { version: 4_000_000, live: false },
    ]);
    expect(inShort(await told())).toEqual([{ kind: 'SegmentEntered', who: ann, cause: 'definition' }]);
    const [state] = await told('state');
    expect(state).toMatchObject({ customer: ann, kind: 'standing', data: { segments: ['at-least-1'], purchases: 1 } });
  }, 60_000);
});
