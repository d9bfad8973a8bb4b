import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fact } from '@tsunagari/contracts';
import type { TestDatabase } from '@tsunagari/testing';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner, ProjectionRunnerOptions } from './runner-face';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, moment, trailProjection, uuid, type World } from './spec-world';

/** The processes that have shards of the projection. */
const processesWithShards = async (db: TestDatabase): Promise<readonly string[]> =>
  (
    await db.pool.query<{ lease: string }>(
      `select distinct lease from understanding.checkpoints where reader = 'trail' and shard >= 0 and lease is not null`,
    )
  ).rows.map(({ lease }) => lease);

describe('the runner in trouble', () => {
  let db: TestDatabase;
  let world: World;
  let options: Omit<ProjectionRunnerOptions, 'definitions'>;
  let close: () => Promise<void>;
  const running: ProjectionRunner[] = [];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    ({ db, world, options, close } = await specDeployment());
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const runner of running.splice(0)) await runner.stop();
    await close();
  });

  async function started(given: Partial<ProjectionRunnerOptions> = {}): Promise<ProjectionRunner> {
    const runner = createProjectionRunner({ ...options, definitions: [trailProjection()], retryMs: 20, ...given });
    running.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
    return runner;
  }

  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 40_000;
    while (!(await isTrue())) if (Date.now() > end) throw new Error('it never came to be');
  }

  const counts = async (name = 'trail'): Promise<Record<string, number>> =>
    Object.fromEntries((await db.pool.query(`select key, facts from understanding.${name}`)).rows.map(({ key, facts }) => [key, facts]));

  it('parks the key of a poisonous fact alone, keeps its later facts waiting, and folds it after the fix (failure mode 13)', async () => {
    let isFixed = false;
    const poisonous = (fact: Fact): void => {
      if (!isFixed && (fact.data as { name: string }).name === 'poison') throw new TypeError('cannot read this');
    };
    const [a, b] = [uuid('a'), uuid('b')];
    const errors: unknown[] = [];
    const runner = await started({
      definitions: [trailProjection('fragile', { fact: poisonous }), trailProjection()],
      onError: (error) => errors.push(error),
      attempts: 3,
    });
    await world.append([behaviour(a, moment(1)), behaviour(b, moment(1)), behaviour(a, moment(2), 'poison')]);
    await world.append([behaviour(a, moment(3)), behaviour(b, moment(3))]);
    expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
    await until(async () => (await runner.parked('fragile'))[0]?.retryAt === null);
    await runner.waitFor('fragile', world.last());
    expect(await runner.parked()).toMatchObject([
      { projection: 'fragile', customer: a, attempts: 3, error: 'TypeError: cannot read this' },
    ]);
    expect((await counts('fragile'))[b]).toBe(2);
    expect(await counts()).toEqual({ [a]: 3, [b]: 2 });
    expect(errors).toHaveLength(3);
    expect((await runner.status()).projections[0]).toMatchObject({ parked: 1, position: world.last() });
    expect(await runner.replay('fragile', a)).toMatchObject({ kind: 'still-parked' });
    isFixed = true;
    expect(await runner.replay('fragile', a)).toEqual({ kind: 'replayed' });
    expect(await counts('fragile')).toEqual({ [a]: 3, [b]: 2 });
    expect(await runner.replay('fragile', a)).toEqual({ kind: 'not-parked' });
    expect(await runner.audit('fragile')).toMatchObject({ equal: true, parked: 0 });
  });

  it('keeps the later facts of every parked key waiting when a page is folded in lanes (failure mode 13)', async () => {
    const options = {
      attempts: 1,
      pageSize: 800,
      definitions: [
        trailProjection('trail', {
          fact: (fact) => {
            if ((fact.data as { name?: string }).name === 'poison') throw new Error('poison');
          },
        }),
      ],
    };
    // It is there before the facts are, and finds them when it starts again: as large pages.
    const before = await started(options);
    await before.catchUp();
    await before.stop();
    const customers = Array.from({ length: 800 }, (_, n) => uuid(`customer ${n}`));
    const poisoned = new Set(customers.filter((_, n) => n % 20 === 0));
    await world.append(customers.map((customer) => behaviour(customer, moment(1), poisoned.has(customer) ? 'poison' : 'a')));
    await world.append(customers.map((customer) => behaviour(customer, moment(2))));
    const runner = await started(options);
    expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
    expect(new Set((await runner.parked()).map(({ customer }) => customer))).toEqual(poisoned);
    expect(await counts()).toEqual(Object.fromEntries(customers.filter((each) => !poisoned.has(each)).map((each) => [each, 2])));
  });

  it('knows who waits although the first question for it fails, and who waits no more when another process replayed them (failure mode 13)', async () => {
    let isFixed = false;
    const definitions = [
      trailProjection('trail', {
        fact: (fact) => {
          if (!isFixed && (fact.data as { name?: string }).name === 'poison') throw new Error('poison');
        },
      }),
    ];
    const customers = Array.from({ length: 16 }, (_, n) => uuid(`customer ${n}`));
    const first = await started({ definitions, attempts: 1 });
    await world.append(customers.map((customer) => behaviour(customer, moment(1), 'poison')));
    await first.catchUp();
    await first.stop();
    let failed = 0;
    const pool = Object.create(options.pool) as typeof options.pool;
    pool.query = ((statement: unknown, ...rest: never[]) =>
      typeof statement === 'string' && statement.startsWith('select customer, attempts') && failed++ === 0
        ? Promise.reject(new Error('cut off'))
        : (options.pool.query as (...all: unknown[]) => unknown)(statement, ...rest)) as typeof pool.query;
    const one = await started({ definitions, attempts: 1, pool });
    await world.append(customers.map((customer) => behaviour(customer, moment(2))));
    expect(await one.catchUp()).toMatchObject({ kind: 'caught-up' });
    expect(failed).toBeGreaterThan(0);
    expect(await counts()).toEqual({});

    const other = await started({ definitions, attempts: 1 });
    await until(async () => (await processesWithShards(db)).length === 2);
    isFixed = true;
    for (const customer of customers) expect(await other.replay('trail', customer)).toEqual({ kind: 'replayed' });
    await other.stop();
    await world.append(customers.map((customer) => behaviour(customer, moment(3))));
    expect(await one.catchUp()).toMatchObject({ kind: 'caught-up' });
    expect(await counts()).toEqual(Object.fromEntries(customers.map((customer) => [customer, 3])));
  });

  it('gets over what throws once, by itself (failure mode 13)', async () => {
    let thrown = 0;
    const runner = await started({
      definitions: [
        trailProjection('trail', {
          fact: () => {
            if (thrown++ === 0) throw new Error('once');
          },
        }),
      ],
    });
    await world.append([behaviour(uuid('a'), moment(1))]);
    await until(async () => (await counts())[uuid('a')] === 1);
    expect(await runner.parked()).toEqual([]);
  });

  it('takes a parked key along when its customer is absorbed, and leaves the other healthy after a split (failure mode 13)', async () => {
    const [a, b] = [uuid('a'), uuid('b')];
    const runner = await started({
      attempts: 1,
      definitions: [
        trailProjection('trail', {
          fact: (fact) => {
            if ((fact.data as { name?: string }).name === 'poison') throw new Error('poison');
          },
        }),
      ],
    });
    await world.register(a);
    await world.register(b);
    await world.append([behaviour(b, moment(1), 'poison')]);
    await runner.catchUp();
    expect((await runner.parked()).map(({ customer }) => customer)).toEqual([b]);
    await world.link(a, b);
    await runner.catchUp();
    expect((await runner.parked()).map(({ customer }) => customer)).toEqual([a]);
    await world.split(b);
    await runner.catchUp();
    expect((await runner.parked()).map(({ customer }) => customer)).toEqual([b]);
    expect((await counts())[a]).toBe(1);
  });

  it('parks a key whose value does not fit its column, and writes the others of the page', async () => {
    const misfit = {
      ...trailProjection(),
      columns: [
        { name: 'facts', sql: 'smallint', value: ({ names }: { names: Readonly<Record<string, number>> }) => (names['much'] ? 99_999 : 1) },
      ],
    };
    const runner = await started({ definitions: [misfit], attempts: 1 });
    await world.append([behaviour(uuid('a'), moment(1), 'much'), behaviour(uuid('b'), moment(1))]);
    expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
    expect(await counts()).toEqual({ [uuid('b')]: 1 });
    expect(await runner.parked()).toMatchObject([{ customer: uuid('a') }]);
  });

  it('shares the shards among runners, and one that was overtaken writes nothing (failure mode 15)', async () => {
    const first = await started();
    const second = await started();
    const shards = async (): Promise<number[]> =>
      (
        await db.pool.query("select count(*)::int as n from understanding.checkpoints where reader = 'trail' group by lease order by 1")
      ).rows.map(({ n }) => n);
    await until(async () => JSON.stringify(await shards()) === '[8,8]');
    await world.append(Array.from({ length: 200 }, (_, n) => behaviour(uuid(`c${n % 40}`), moment(n % 9, n))));
    for (const runner of [first, second])
      expect(await runner.waitFor('trail', world.last(), { timeoutMs: 20_000 })).toMatchObject({ kind: 'caught-up' });
    expect(await first.audit('trail')).toMatchObject({ equal: true, rows: 40 });
    // Whoever holds a lease that is no longer in the table cannot write: the fence finds nothing to move.
    const thief = uuid('thief');
    await db.pool.query("insert into understanding.workers values ($1, '{trail}', now() + interval '1 hour')", [thief]);
    await db.pool.query("update understanding.checkpoints set lease = $1 where reader = 'trail'", [thief]);
    const before = await first.stateHash('trail');
    await world.append([behaviour(uuid('c1'), moment(30))]);
    expect(await first.waitFor('identity', world.last(), { timeoutMs: 20_000 })).toMatchObject({ kind: 'caught-up' });
    expect(await first.waitFor('trail', world.last(), { timeoutMs: 300 })).toMatchObject({ kind: 'lagging' });
    expect(await first.stateHash('trail')).toEqual(before);
    await db.pool.query('delete from understanding.workers where id = $1', [thief]);
    expect(await first.waitFor('trail', world.last(), { timeoutMs: 20_000 })).toMatchObject({ kind: 'caught-up' });
    expect(await first.audit('trail')).toMatchObject({ equal: true, rows: 40 });
  });

  it('counts no death where a process was only slow: it takes the strike back when it comes to itself (failure mode 13)', async () => {
    await started({ leaseMs: 500 });
    const held = "select count(*)::int as n from understanding.checkpoints where reader = 'trail' and shard >= 0 and lease is not null";
    await until(async () => (await db.pool.query(held)).rows[0].n === 16);
    const thief = uuid('thief');
    await db.pool.query("insert into understanding.workers values ($1, '{trail:1}', now() + interval '1 hour')", [thief]);
    // What another process does that takes it for dead.
    await db.pool.query("update understanding.checkpoints set lease = $1, strikes = 1, marker = $2 where reader = 'trail'", [
      thief,
      uuid('a'),
    ]);
    const struck = async () =>
      (await db.pool.query("select count(*)::int as n from understanding.checkpoints where reader = 'trail' and strikes > 0")).rows[0].n;
    await until(async () => (await struck()) === 0);
    const { rows } = await db.pool.query(
      "select distinct lease, marker from understanding.checkpoints where reader = 'trail' and shard >= 0",
    );
    expect(rows).toEqual([{ lease: thief, marker: uuid('a') }]);
  });

  it('asks the database at most four times a second while ten projections are idle (B14)', async () => {
    const runner = await started({ definitions: Array.from({ length: 10 }, (_, n) => trailProjection(`p${n}`)) });
    await world.append([behaviour(uuid('a'), moment(1))]);
    await runner.catchUp();
    const { pool } = db;
    let queries = 0;
    pool.on('acquire', () => queries++);
    // The runner's own rhythm is the clock: ten of its polls, from one of them on.
    const polls = { count: -1, at: 0 };
    const read = options.log.read.bind(options.log);
    const spy = jest.spyOn(options.log, 'read').mockImplementation((given) => {
      if (++polls.count === 0) [polls.at, queries] = [performance.now(), 0];
      return read(given);
    });
    await until(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return polls.count >= 10;
    });
    const seconds = (performance.now() - polls.at) / 1000;
    spy.mockRestore();
    expect(queries / seconds).toBeLessThanOrEqual(4);
    expect(queries).toBeGreaterThan(0);
  });

  describe('with processes of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsunagari-projection-'));
    const bundle = join(folder, 'runner.cjs');
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    beforeAll(() => {
      const program = `
        import { facts as registry } from '@tsunagari/contracts';
        import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
        import { createPool } from '@tsunagari/postgres';
        import { createProjectionRunner } from './runner';
        import { trailProjection } from './spec-world';
        const pool = createPool(process.env.DATABASE);
        const deadly = (fact) => { if (fact.data.name === 'deadly') process.exit(9); if (fact.data.name === 'slow') { process.send('folding'); const end = Date.now() + 150; while (Date.now() < end); } };
        if (process.env.FREEZES) {
          // The process that stands still in the middle of a page's transaction: after the fence, before the commit.
          const { connect } = pool;
          pool.connect = async (...given) => {
            const client = await connect.apply(pool, given);
            if (given.length > 0) return client;
            const { query } = client;
            client.query = function (what, ...more) {
              const asked = query.call(client, what, ...more);
              if (!String(what.name).startsWith('w:')) return asked;
              return asked.then((answer) => new Promise((resolve, reject) => {
                client.once('error', (error) => { process.send(error.code ?? error.message); reject(error); });
                process.send('writing');
              }));
            };
            return client;
          };
        }
        const runner = createProjectionRunner({ pool, log: postgresEventLog({ pool }), journal: postgresJournal({ pool }), registry, definitions: [trailProjection('trail', { fact: deadly })] });
        runner.start().then(() => process.send('started'));
        process.on('disconnect', () => process.exit(0));`;
      execFileSync(
        join(process.cwd(), 'node_modules/esbuild/bin/esbuild'),
        [
          '--bundle',
          '--platform=node',
          '--packages=external',
          `--outfile=${bundle}`,
          '--loader=ts',
          '--sourcefile=runner-process.ts',
          '--log-level=warning',
        ],
        { input: program, cwd: __dirname },
      );
    });

    const spawned = (env: Readonly<Record<string, string>> = {}): ChildProcess => {
      const child = spawn(process.execPath, [bundle], {
        env: { ...process.env, ...env, DATABASE: db.url, NODE_PATH: join(process.cwd(), 'node_modules') },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      return child;
    };
    const said = (child: ChildProcess, word: string): Promise<void> =>
      new Promise((resolve) => child.on('message', (message) => message === word && resolve()));
    const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('exit', resolve));

    it('parks the key that ends the process whenever it is folded, and goes on with the others (failure mode 13)', async () => {
      await world.append([behaviour(uuid('a'), moment(1), 'deadly'), behaviour(uuid('b'), moment(1)), behaviour(uuid('c'), moment(1))]);
      expect(await ended(spawned())).toBe(9);
      expect(await ended(spawned())).toBe(9);
      const third = spawned();
      await said(third, 'started');
      await until(async () => Object.keys(await counts()).length === 2);
      const { rows } = await db.pool.query('select customer, attempts, error from understanding.parked');
      expect(rows).toMatchObject([{ customer: uuid('a'), attempts: 2, error: 'the process ended 2 times while this key was folded' }]);
      third.kill('SIGKILL');
      const healthy = await started();
      await until(async () => (await healthy.status()).projections[0]?.position === world.last());
      expect(await healthy.replay('trail', uuid('a'))).toEqual({ kind: 'replayed' });
      expect(await healthy.audit('trail')).toMatchObject({ equal: true, rows: 3 });
    });

    it('loses nothing and writes nothing twice when a process is frozen in a page, overtaken, and wakes up (failure modes 10 and 15)', async () => {
      const child = spawned();
      await said(child, 'started');
      const folding = said(child, 'folding');
      await world.append(Array.from({ length: 40 }, (_, n) => behaviour(uuid(`c${n % 10}`), moment(1, n), 'slow')));
      await folding;
      child.kill('SIGSTOP');
      const successor = await started();
      expect(await successor.waitFor('trail', world.last(), { timeoutMs: 30_000 })).toMatchObject({ kind: 'caught-up' });
      const before = await successor.stateHash('trail');
      child.kill('SIGCONT');
      await world.append([behaviour(uuid('c3'), moment(9)), behaviour(uuid('c4'), moment(9))]);
      expect(await successor.waitFor('trail', world.last(), { timeoutMs: 30_000 })).toMatchObject({ kind: 'caught-up' });
      expect(await successor.stateHash('trail')).not.toEqual(before);
      expect(await successor.audit('trail')).toMatchObject({ equal: true, rows: 10 });
    });

    it('throws out of its transaction a process that was frozen in the middle of one, instead of waiting for it (failure modes 10 and 15)', async () => {
      const child = spawned({ FREEZES: 'true' });
      await said(child, 'started');
      const writing = said(child, 'writing');
      await world.append([behaviour(uuid('a'), moment(1)), behaviour(uuid('b'), moment(1))]);
      await writing;
      // Not ended by the server for having stood still, but by whoever took over.
      const thrownOut = said(child, '57P01');
      child.kill('SIGSTOP');
      const successor = await started();
      expect(await successor.waitFor('trail', world.last(), { timeoutMs: 30_000 })).toMatchObject({ kind: 'caught-up' });
      child.kill('SIGCONT');
      await thrownOut;
      expect(await successor.audit('trail')).toMatchObject({ equal: true, rows: 2 });
    });
  });
});
