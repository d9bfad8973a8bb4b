import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { facts as registry, type Signal } from '@tsunagari/contracts';
import type { SignalLog } from '@tsunagari/event-log';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import type { ProjectionDefinition } from '../definition';
import { createProjectionRunner } from '../runner';
import type { ProjectionRunner, ProjectionRunnerOptions } from '../runner-face';
import { behaviour, createWorld, moment, type Trail, uuid, type World } from '../spec-world';
import { outboxSignalLog } from './signal-log';
import { loyalty, loyaltyTwice } from './spec-loyalty';

describe('signals', () => {
  let db: TestDatabase;
  let world: World;
  let options: Omit<ProjectionRunnerOptions, 'definitions'>;
  let signals: SignalLog;
  let close: () => Promise<void>;
  const running: ProjectionRunner[] = [];
  const children: ChildProcess[] = [];
  const by = 'user:spec';
  const [a, b] = [uuid('a'), uuid('b')];

  beforeEach(async () => {
    db = await testDatabase();
    await migrate(db.pool, eventsSchema);
    const store = postgresEventStore({ pool: db.pool });
    const log = postgresEventLog({ pool: db.pool });
    signals = outboxSignalLog({ pool: db.pool });
    close = async () => {
      await signals.close();
      await log.close();
      await store.close();
    };
    world = createWorld(store);
    options = { pool: db.pool, log, journal: postgresJournal({ pool: db.pool }), registry };
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const runner of running.splice(0)) await runner.stop();
    await close();
    await db.drop();
  });

  async function started(...definitions: ProjectionDefinition<Trail>[]): Promise<ProjectionRunner> {
    const runner = createProjectionRunner({ ...options, definitions: definitions.length > 0 ? definitions : [loyalty()] });
    running.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
    await runner.catchUp();
    for (const end = Date.now() + 20_000; (await runner.generations()).some(({ phase }) => phase === 'building');)
      if (Date.now() > end) throw new Error('it was not built');
    return runner;
  }

  async function told(topic: Signal['topic'] = 'signals', kinds?: readonly string[]): Promise<readonly Signal[]> {
    return (await signals.read({ after: '0', topic, limit: 100, ...(kinds ? { kinds } : {}) })).signals;
  }

  const visits = (who: string, ...days: number[]) => world.append(days.map((day) => behaviour(who, moment(day))));

  it('tells what came after it went live, once, with position and evidence; history is no news', async () => {
    await visits(a, 1, 2, 3);
    const runner = await started();
    expect(await told()).toEqual([]);
    await visits(b, 1, 2);
    await runner.catchUp();
    await visits(b, 3);
    await runner.catchUp();
    const [signal, another] = await told();
    expect(another).toBeUndefined();
    expect(signal).toMatchObject({
      position: expect.any(String),
      topic: 'signals',
      projection: 'loyalty',
      version: 1,
      kind: 'BecameLoyal',
      customer: b,
      at: world.last(),
      cause: 'facts',
      data: { count: 3, of: 1 },
    });
    expect(signal?.evidence).toHaveLength(1);
    // A merge makes the survivor what she was not, a split takes it back.
    const [c, d] = [uuid('c'), uuid('d')];
    await world.register(c);
    await world.register(d);
    await visits(c, 1);
    await visits(d, 1);
    await runner.catchUp();
    await world.link(c, d);
    await runner.catchUp();
    await world.split(c);
    await runner.catchUp();
    const loyal = (await told('signals', ['BecameLoyal', 'NoLongerLoyal'])).slice(1);
    expect(loyal).toMatchObject([
      { customer: c, kind: 'BecameLoyal', cause: 'identity' },
      { customer: c, kind: 'NoLongerLoyal', cause: 'identity' },
    ]);
  });

  it('fires nothing again in a rebuild, a promotion or a rollback, and leaves nothing out (failure mode 14)', async () => {
    const runner = await started();
    const expected: string[] = [];
    const visitor = async (n: number): Promise<void> => {
      await visits(uuid(`v${n}`), 1, 2, 3);
      expected.push(uuid(`v${n}`));
    };
    await visitor(0);
    for (let round = 0; round < 4; round++) {
      const exchange = round % 2 === 0 ? runner.rebuild('loyalty', { by }) : runner.rollBack('loyalty', { by });
      for (let n = 0; n < 5; n++) await visitor(round * 5 + n + 1);
      const outcome = await exchange;
      expect(outcome.kind === 'refused' ? outcome.refusal : outcome.kind).toBe('promoted');
    }
    await visitor(100);
    await runner.catchUp();
    for (const { generation } of await runner.generations()) await runner.audit('loyalty', generation);
    const customers = (await told()).map(({ customer }) => customer);
    expect(customers.toSorted()).toEqual(expected.toSorted());
    expect(new Set((await told()).map(({ id }) => id)).size).toBe(expected.length);
  }, 60_000);

  it('tells once what another definition sees otherwise, and from there on speaks with its version', async () => {
    const old = await started();
    await visits(a, 1, 2);
    await visits(b, 1, 2, 3);
    await old.catchUp();
    await old.stop();
    const runner = await started(loyalty(1), loyalty(2, 2));
    for (const end = Date.now() + 20_000; (await runner.status()).projections[0]?.version !== 2;)
      if (Date.now() > end) throw new Error('it was not promoted');
    // The states are the same, so nothing is seen otherwise until somebody moves.
    expect((await told()).filter(({ cause }) => cause === 'definition')).toEqual([]);
    await old.stop();
    await runner.stop();
    const renamed: ProjectionDefinition<Trail> = {
      ...loyalty(3, 2),
      evolve: (state, fact) => ({ ...loyalty().evolve(state, fact), names: {} }),
      signals: (before, after, { cause }) =>
        cause === 'definition' ? [{ kind: 'SeenOtherwise', data: { before: before?.count, after: after?.count } }] : [],
    };
    const newest = await started(loyalty(2, 2), renamed);
    for (const end = Date.now() + 20_000; (await newest.status()).projections[0]?.version !== 3;)
      if (Date.now() > end) throw new Error('it was not promoted');
    const difference = (await told()).filter(({ cause }) => cause === 'definition');
    expect(difference.map(({ customer, version, kind }) => ({ customer, version, kind }))).toEqual(
      [a, b].toSorted().map((customer) => ({ customer, version: 3, kind: 'SeenOtherwise' })),
    );
    expect(await newest.rollBack('loyalty', { by })).toMatchObject({ kind: 'promoted' });
    expect(await newest.rollBack('loyalty', { by })).toMatchObject({ kind: 'promoted' });
    expect((await told('signals', ['SeenOtherwise'])).map(({ position }) => position)).toEqual(difference.map(({ position }) => position));
  }, 60_000);

  it('are told once when a process of a newer version comes after the last of the former, which stands still', async () => {
    const old = await started(loyalty());
    await visits(a, 1, 2, 3);
    await visits(b, 1, 2);
    await old.catchUp();
    await old.stop();
    // Nobody folds this by the former version.
    await visits(b, 3);
    const runner = await started(loyalty(2));
    for (const end = Date.now() + 20_000; (await runner.status()).projections[0]?.version !== 2;)
      if (Date.now() > end) throw new Error('it was not promoted');
    const loyal = (await told()).map(({ customer, kind, cause, version }) => ({ customer, kind, cause, version }));
    expect(loyal).toEqual([
      { customer: a, kind: 'BecameLoyal', cause: 'facts', version: 1 },
      { customer: b, kind: 'BecameLoyal', cause: 'definition', version: 2 },
    ]);
    // One of the former comes back and folds on: it has nothing to tell any more.
    const late = await started(loyalty());
    await late.catchUp();
    for (const end = Date.now() + 20_000; (await runner.generations()).some(({ position }) => position !== world.last());)
      if (Date.now() > end) throw new Error('the former one did not come as far');
    expect(await told()).toHaveLength(2);
    await late.stop();
  }, 60_000);

  describe('of a build that is killed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsunagari-signals-'));
    const bundle = join(folder, 'builder.cjs');
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    beforeAll(() => {
      const program = `
        import { facts as registry } from '@tsunagari/contracts';
        import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
        import { createPool } from '@tsunagari/postgres';
        import { createProjectionRunner } from '../runner';
        import { loyaltyTwice } from './spec-loyalty';
        const pool = createPool(process.env.DATABASE);
        let folded = 0;
        const half = () => {
          if (++folded !== Number(process.env.HALF)) return;
          process.send('half');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        };
        createProjectionRunner({ pool, log: postgresEventLog({ pool }), journal: postgresJournal({ pool }), registry, buildPageSize: 20, definitions: [loyaltyTwice(2, half)] }).start();
        process.on('disconnect', () => process.exit(0));`;
      execFileSync(
        join(process.cwd(), 'node_modules/esbuild/bin/esbuild'),
        [
          '--bundle',
          '--platform=node',
          '--packages=external',
          `--outfile=${bundle}`,
          '--loader=ts',
          '--sourcefile=builder-process.ts',
          '--log-level=warning',
        ],
        { input: program, cwd: __dirname },
      );
    });

    it('under a changed definition, killed −9 at half and resumed: no effect twice, the difference once, reads all along, the way back at once (failure mode 14)', async () => {
      const CUSTOMERS = 80;
      const customer = (n: number): string => uuid(`k${n}`);
      const old = await started();
      world.hold();
      // Of every four one is loyal by the old definition, two by the new one.
      for (let n = 0; n < CUSTOMERS; n++) await visits(customer(n), ...(n % 4 === 0 ? [1, 2, 3] : n % 4 === 1 ? [1, 2] : [1]));
      await world.release();
      await old.catchUp();
      const before = new Set((await told('signals', ['BecameLoyal'])).map(({ customer: who }) => who));
      expect(before.size).toBe(CUSTOMERS / 4);
      let isOver = false;
      const seen = new Set<number>();
      const reader = (async () => {
        while (!isOver) {
          const { rows } = await db.pool.query<{ n: number }>('select count(*)::int as n from understanding.loyalty');
          seen.add(rows[0]?.n ?? -1);
        }
      })();

      const child = spawn(process.execPath, [bundle], {
        env: { ...process.env, DATABASE: db.url, HALF: String((CUSTOMERS * 7) / 8), NODE_PATH: join(process.cwd(), 'node_modules') },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      // It stands still there until it is killed.
      await new Promise<void>((resolve) => child.on('message', (said) => said === 'half' && resolve()));
      // Somebody becomes loyal while it is built; the live generation tells it.
      await visits(customer(2), 2, 3);
      await old.catchUp();
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      const { rows } = await db.pool.query<{ phase: string; done: number }>(
        'select phase, done from understanding.projections where generation = 2',
      );
      expect(rows).toMatchObject([{ phase: 'building' }]);
      expect(rows[0]?.done).toBeGreaterThan(0);
      expect(rows[0]?.done).toBeLessThan(1);
      await visits(customer(3), 2, 3);

      const successor = createProjectionRunner({ ...options, definitions: [loyalty(), loyaltyTwice(2)] });
      running.push(successor);
      await successor.start();
      const version = async () => (await successor.status()).projections[0]?.version;
      for (const end = Date.now() + 40_000; (await version()) !== 2;) if (Date.now() > end) throw new Error('it was not promoted');
      await visits(customer(6), 2);
      await successor.catchUp();

      const loyal = await told('signals', ['BecameLoyal']);
      const of = (cause: string): string[] => loyal.filter((each) => each.cause === cause).map(({ customer: who }) => who);
      // By the old definition until the promotion, by the new one from then on; each customer once.
      expect(new Set(of('facts').filter((who) => !before.has(who)))).toEqual(new Set([customer(2), customer(3), customer(6)]));
      const otherwise = Array.from({ length: CUSTOMERS / 4 }, (_, n) => customer(4 * n + 1));
      expect(of('definition').toSorted()).toEqual(otherwise.toSorted());
      expect(new Set(loyal.map(({ customer: who }) => who)).size).toBe(loyal.length);

      // At once: whoever reads after the answer reads the former generation.
      const shown = async () =>
        (await db.pool.query<{ view: string }>(`select pg_get_viewdef('understanding.loyalty') as view`)).rows[0]?.view;
      expect(await shown()).toContain('loyalty_g2');
      expect(await successor.rollBack('loyalty', { by })).toMatchObject({ kind: 'promoted', generation: 1 });
      expect(await shown()).toContain('loyalty_g1');
      const noLonger = await told('signals', ['NoLongerLoyal']);
      expect(noLonger.map(({ customer: who }) => who).toSorted()).toEqual([...otherwise, customer(6)].toSorted());
      isOver = true;
      await reader;
      expect([...seen]).toEqual([CUSTOMERS]);
      expect(await successor.audit('loyalty')).toMatchObject({ equal: true });
    }, 90_000);
  });

  it('shows of a state the newest of each customer only', async () => {
    const runner = await started();
    await visits(a, 1);
    await runner.catchUp();
    await visits(b, 1);
    await runner.catchUp();
    await visits(a, 2);
    await runner.catchUp();
    expect((await told('state')).map(({ customer, data, kind }) => ({ customer, data, kind }))).toEqual([
      { customer: b, data: { count: 1 }, kind: 'loyalty' },
      { customer: a, data: { count: 2 }, kind: 'loyalty' },
    ]);
  });

  it('tells of merges by rule and of merges that rules held, not of those by a person', async () => {
    const runner = await started();
    await world.register(a);
    await world.register(b);
    await world.link(a, b);
    await world.register(uuid('u1'), 'user_id', true);
    await world.register(uuid('u2'), 'user_id', true);
    const held = await world.link(uuid('u1'), uuid('u2'));
    await world.register(uuid('m1'));
    await world.register(uuid('m2'));
    await world.merge(uuid('m1'), uuid('m2'));
    await runner.catchUp();
    expect((await told()).filter(({ projection }) => projection === 'identity')).toMatchObject([
      { kind: 'MergedByRule', customer: a, cause: 'identity', data: { survivor: a, absorbed: [b] }, evidence: [expect.any(String)] },
      { kind: 'MergeHeld', at: held, data: { subjects: [uuid('u1'), uuid('u2')], reason: 'TWO_VERIFIED_USER_IDS' } },
    ]);
  });

  it('is read page by page like the log, by kind, and calls who listens', async () => {
    const runner = await started();
    let calls = 0;
    let wake = (): void => undefined;
    const called = new Promise<void>((resolve) => (wake = resolve));
    const stop = signals.onAppended(() => {
      calls++;
      wake();
    });
    for (let n = 0; n < 7; n++) {
      await visits(uuid(`p${n}`), 1, 2, 3);
      await runner.catchUp();
    }
    await called;
    expect(calls).toBeGreaterThan(0);
    stop();
    const seen: string[] = [];
    for (let after = '0'; ;) {
      const page = await signals.read({ after, limit: 2, kinds: ['BecameLoyal'] });
      seen.push(...page.signals.map(({ customer }) => customer));
      after = page.upTo;
      if (page.atEnd) break;
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => uuid(`p${n}`)));
    expect(await signals.read({ after: '0', limit: 2, kinds: ['Never'] })).toEqual({
      signals: [],
      upTo: await signals.head(),
      atEnd: true,
    });
  });
});
