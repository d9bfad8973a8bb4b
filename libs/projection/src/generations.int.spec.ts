import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { behaviourRecorded } from '@tsunagari/contracts';
import type { TestDatabase } from '@tsunagari/testing';
import type { GenerationChange } from './generation-face';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner, ProjectionRunnerOptions } from './runner-face';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, moment, trailProjection, uuid, type World } from './spec-world';

describe('generations', () => {
  let db: TestDatabase;
  let world: World;
  let options: Omit<ProjectionRunnerOptions, 'definitions'>;
  let close: () => Promise<void>;
  let errors: string[];
  const running: ProjectionRunner[] = [];
  const children: ChildProcess[] = [];
  const by = 'user:spec';

  beforeEach(async () => {
    const made = await specDeployment();
    ({ db, world, close } = made);
    errors = [];
    options = { ...made.options, onError: ({ message }) => errors.push(message) };
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const runner of running.splice(0)) await runner.stop();
    await close();
  });

  async function started(given: Partial<ProjectionRunnerOptions> = {}): Promise<ProjectionRunner> {
    const runner = createProjectionRunner({ ...options, definitions: [trailProjection()], ...given });
    running.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
    return runner;
  }

  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 40_000;
    while (!(await isTrue())) if (Date.now() > end) throw new Error('it never came to be');
  }

  /** Customers with links among them, late facts and closed days. */
  async function history(customers = 40): Promise<void> {
    world.hold();
    for (let n = 0; n < customers; n++) await world.register(uuid(`c${n}`));
    await world.append(Array.from({ length: customers * 5 }, (_, n) => behaviour(uuid(`c${n % customers}`), moment((n * 7) % 23, n))));
    for (let n = 0; n + 5 < customers; n += 7) await world.link(uuid(`c${n}`), uuid(`c${n + 5}`));
    // Somebody of whom only another's subject has facts, and one who came apart again.
    await world.link(uuid('c1'), uuid('ghost'));
    await world.register(uuid('ghost'));
    await world.split(uuid('c5'));
    await world.closeDay(18);
    await world.release();
  }

  it('builds in customer order what folding by position gives: every customer, merged and apart (failure mode 14)', async () => {
    const early = await started();
    await history();
    await early.catchUp();
    const byPosition = await early.stateHash('trail');
    const recorded: GenerationChange[] = [];
    await early.stop();
    const runner = await started({ record: (_, change) => Promise.resolve(void recorded.push(change)) });
    expect(await runner.rebuild('trail', { by })).toMatchObject({ kind: 'promoted', generation: 2, replaced: 1 });
    expect(await runner.stateHash('trail')).toEqual(byPosition);
    expect(await runner.audit('trail')).toMatchObject({ equal: true, generation: 2 });
    const [now, before] = await runner.generations();
    expect(now).toMatchObject({
      live: true,
      phase: 'ready',
      done: 1,
      remainingMs: 0,
      verification: { equal: true, differing: [], differingFromLive: [] },
    });
    expect(before).toMatchObject({ live: false, followed: true, generation: 1 });
    await until(async () => recorded.length === 3);
    expect(recorded).toMatchObject([
      { kind: 'RebuildStarted', generation: 2, by },
      { kind: 'RebuildCompleted', generation: 2, verification: { equal: true } },
      { kind: 'Promoted', generation: 2, replaced: 1 },
    ]);
    expect(errors).toEqual([]);
  });

  it('folds the former generation on, and goes back to it and forth at once; a dropped one is gone', async () => {
    const runner = await started();
    await history(10);
    await runner.catchUp();
    expect(await runner.rebuild('trail')).toMatchObject({ kind: 'promoted', generation: 2 });
    await world.append([behaviour(uuid('c3'), moment(30))]);
    await runner.catchUp();
    expect(await runner.stateHash('trail', 1)).toEqual(await runner.stateHash('trail', 2));
    expect(await runner.rollBack('trail', { by })).toMatchObject({ kind: 'promoted', generation: 1, replaced: 2 });
    expect((await runner.status()).projections).toMatchObject([{ name: 'trail', generation: 1 }]);
    expect(await runner.rollBack('trail', { by })).toMatchObject({ kind: 'promoted', generation: 2, replaced: 1 });
    expect(await runner.drop('trail', 2)).toMatchObject({ kind: 'refused', refusal: { code: 'GENERATION_LIVE' } });
    expect(await runner.drop('trail', 1)).toEqual({ kind: 'dropped', generation: 1 });
    expect(await runner.rollBack('trail', { by })).toMatchObject({ kind: 'refused', refusal: { code: 'NO_FORMER_GENERATION' } });
    expect(await runner.promote('trail', 7, { by })).toMatchObject({ kind: 'refused', refusal: { code: 'UNKNOWN_GENERATION' } });
    expect(await runner.promote('trail', 2, { by })).toMatchObject({ kind: 'refused', refusal: { code: 'GENERATION_LIVE' } });
    expect(await runner.startRebuild('nothing', { by })).toMatchObject({ kind: 'refused', refusal: { code: 'UNKNOWN_PROJECTION' } });
    expect((await db.pool.query("select to_regclass('understanding.trail_g1') as old")).rows).toEqual([{ old: null }]);
    // What nobody folds stands still: no way back to it.
    await runner.rebuild('trail');
    await db.pool.query('update understanding.projections set version = 9 where generation = 2');
    await until(async () => (await runner.rollBack('trail', { by })).kind === 'refused');
    expect(await runner.rollBack('trail', { by })).toMatchObject({ refusal: { code: 'GENERATION_STANDS_STILL' } });
  });

  it('does not promote what its second fold, or the live one, contradicts; a person may', async () => {
    const runner = await started();
    await history(10);
    await runner.catchUp();
    // The live one is what is wrong here, which a rebuild cannot know.
    await db.pool.query(`update understanding.trail_g1 set state = '{"count":7}' where key = $1`, [uuid('c3')]);
    expect(await runner.rebuild('trail')).toMatchObject({ kind: 'refused', refusal: { code: 'GENERATION_DIFFERS' } });
    expect((await runner.status()).projections[0]).toMatchObject({ generation: 1 });
    expect((await runner.generations())[0]).toMatchObject({
      phase: 'differs',
      verification: { equal: true, differingFromLive: [uuid('c3')] },
    });
    expect(await runner.promote('trail', 2, { by, acceptDifference: true })).toMatchObject({ kind: 'promoted', generation: 2 });
    expect(await runner.audit('trail')).toMatchObject({ equal: true });
    // A fold that depends on something else than the facts contradicts its own second fold.
    let moody = 0;
    const unsteady = { ...trailProjection('unsteady'), evolve: (state: { count: number }) => ({ ...state, chain: String(moody++) }) };
    const other = await started({ definitions: [unsteady as unknown as ReturnType<typeof trailProjection>], schema: 'elsewhere' });
    await other.catchUp();
    expect(await other.rebuild('unsteady')).toMatchObject({ kind: 'refused', refusal: { code: 'GENERATION_DIFFERS' } });
    expect((await other.generations())[0]).toMatchObject({ phase: 'differs', verification: { equal: false } });
  });

  it('keeps two versions beside each other in one process; no older process takes the newer one back', async () => {
    const runner = await started({ definitions: [trailProjection(), trailProjection('trail', { version: 2 })] });
    await history(10);
    await until(async () => (await runner.status()).projections[0]?.version === 2);
    await world.append([behaviour(uuid('c1'), moment(40))]);
    await runner.catchUp();
    expect(await runner.generations()).toMatchObject([
      { version: 2, live: true, position: world.last(), followed: true },
      { version: 1, live: false, position: world.last(), followed: true },
    ]);
    expect(await runner.drop('trail', 1)).toMatchObject({ kind: 'dropped' });
    const old = await started({ definitions: [trailProjection()] });
    expect(await runner.generations()).toHaveLength(1);
    expect(errors).toContain('a newer version than 1 is live; this process does not fold it');
    await old.stop();
  });

  it('goes on being read and written while it is rebuilt: no read fails, none sees half of it (failure mode 14)', async () => {
    const runner = await started();
    await history(60);
    await runner.catchUp();
    let isOver = false;
    const seen = new Set<number>();
    const reader = (async () => {
      while (!isOver) {
        const { rows } = await db.pool.query<{ n: number }>('select count(*)::int as n from understanding.trail');
        seen.add(rows[0]?.n ?? -1);
      }
    })();
    const expected = (await runner.stateHash('trail')) as { rows: number };
    for (let round = 0; round < 3; round++) {
      const rebuilding = runner.rebuild('trail');
      for (let n = 0; n < 20; n++) await world.append([behaviour(uuid(`c${n}`), moment(n % 40, n + round * 100))]);
      expect(await rebuilding).toMatchObject({ kind: 'promoted' });
    }
    isOver = true;
    await reader;
    expect([...seen]).toEqual([expected.rows]);
    await runner.catchUp();
    expect(await runner.audit('trail')).toMatchObject({ equal: true });
    expect(errors).toEqual([]);
  }, 60_000);

  it('fails a rebuild on a type that nobody knows, and says which; live it skips it (failure mode 14)', async () => {
    const strange = { ...trailProjection('strange'), types: [behaviourRecorded.type, 'retention.other.thing-happened'] };
    const runner = await started({ definitions: [strange] });
    await world.append([behaviour(uuid('a'), moment(1)), { ...behaviour(uuid('a'), moment(1)), type: 'retention.other.thing-happened' }]);
    await runner.catchUp();
    expect((await runner.status()).projections[0]).toMatchObject({ skipped: 1, parked: 0 });
    expect(await runner.rebuild('strange')).toMatchObject({ kind: 'refused', refusal: { code: 'GENERATION_NOT_READY' } });
    expect((await runner.generations())[0]).toMatchObject({
      phase: 'failed',
      live: false,
      error: 'the type retention.other.thing-happened at position 2 is unknown to this process',
    });
    expect((await runner.status()).projections[0]).toMatchObject({ generation: 1, position: world.last() });
  });

  it('parks the customer of a fact that is newer than this process, in a rebuild as live (failure mode 21)', async () => {
    const runner = await started({ attempts: 1 });
    await world.append([
      behaviour(uuid('a'), moment(1)),
      behaviour(uuid('b'), moment(1)),
      { ...behaviour(uuid('b'), moment(2)), schema: 99 },
    ]);
    await runner.catchUp();
    expect(await runner.parked()).toMatchObject([{ generation: 1, customer: uuid('b') }]);
    expect(await runner.rebuild('trail')).toMatchObject({ kind: 'promoted' });
    expect(await runner.parked()).toMatchObject([{ generation: 2, customer: uuid('b') }, { generation: 1 }].reverse());
    expect((await db.pool.query('select key from understanding.trail')).rows).toEqual([{ key: uuid('a') }]);
  });

  it('keeps the whole base as of a position under a name, and leaves it as it is', async () => {
    const runner = await started();
    await history(12);
    await runner.catchUp();
    const then = await runner.stateHash('trail');
    const position = world.last();
    await world.append([behaviour(uuid('c1'), moment(50)), behaviour(uuid('new'), moment(50))]);
    await world.link(uuid('c2'), uuid('c4'));
    await runner.catchUp();
    expect(await runner.startRebuild('trail', { by, asOf: { label: 'Bad Name', position } })).toMatchObject({
      refusal: { code: 'INVALID_FIELD', field: 'asOf.label' },
    });
    expect(await runner.startRebuild('trail', { by, asOf: { label: 'march', position: '999999' } })).toMatchObject({
      refusal: { code: 'INVALID_FIELD', field: 'asOf.position' },
    });
    const outcome = await runner.startRebuild('trail', { by, asOf: { label: 'march', position } });
    expect(outcome).toEqual({ kind: 'started', generation: 2 });
    expect(await runner.startRebuild('trail', { by, asOf: { label: 'march', position } })).toMatchObject({
      refusal: { code: 'REBUILD_RUNNING' },
    });
    await until(async () => (await runner.generations())[0]?.phase === 'ready');
    expect(await runner.stateHash('trail', 2)).toEqual(then);
    await world.append([behaviour(uuid('c1'), moment(60))]);
    await runner.catchUp();
    expect(await runner.stateHash('trail', 2)).toEqual(then);
    const { rows } = await db.pool.query('select count(*)::int as n from understanding.trail_at_march');
    expect(rows).toEqual([{ n: (then as { rows: number }).rows }]);
    expect(await runner.promote('trail', 2, { by })).toMatchObject({ refusal: { code: 'UNKNOWN_GENERATION' } });
    expect(await runner.drop('trail', 2)).toMatchObject({ kind: 'dropped' });
  });

  it('takes over tables whose states were json: views show what they showed, and folding goes on', async () => {
    const before = await started();
    await history(12);
    await before.catchUp();
    const position = world.last();
    await before.startRebuild('trail', { by, asOf: { label: 'march', position } });
    await until(async () => (await before.generations())[0]?.phase === 'ready');
    const hash = await before.stateHash('trail');
    await before.stop();
    const shown = (view: string) => db.pool.query(`select * from understanding.${view} order by key`);
    const rows = await Promise.all(['trail', 'trail_at_march'].map(async (view) => (await shown(view)).rows));
    for (const [view, table] of [
      ['trail', 'trail_g1'],
      ['trail_at_march', 'trail_g2'],
    ] as const)
      await db.pool.query(
        `drop view understanding.${view}; alter table understanding.${table} alter column state type json using state::json;
         create view understanding.${view} as select key, state from understanding.${table}`,
      );
    const after = await started();
    expect(await Promise.all(['trail', 'trail_at_march'].map(async (view) => (await shown(view)).rows))).toEqual(rows);
    expect(await after.stateHash('trail')).toEqual(hash);
    await world.append([behaviour(uuid('c1'), moment(50))]);
    await after.catchUp();
    expect(await after.audit('trail')).toMatchObject({ equal: true });
    expect(errors).toEqual([]);
  });

  describe('with processes of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsunagari-generation-'));
    const bundle = join(folder, 'builder.cjs');
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    beforeAll(() => {
      const program = `
        import { facts as registry } from '@tsunagari/contracts';
        import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
        import { createPool } from '@tsunagari/postgres';
        import { createProjectionRunner } from './runner';
        import { trailProjection } from './spec-world';
        const pool = createPool(process.env.DATABASE);
        const slow = () => { const end = Date.now() + 4; while (Date.now() < end); };
        const runner = createProjectionRunner({ pool, log: postgresEventLog({ pool }), journal: postgresJournal({ pool }), registry, buildPageSize: 25,
          definitions: [trailProjection('trail', { fact: slow })] });
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
          '--sourcefile=builder-process.ts',
          '--log-level=warning',
        ],
        { input: program, cwd: __dirname },
      );
    });

    it('is killed in the middle of a build, and whoever takes over goes on where it was (failure mode 14)', async () => {
      await history(120);
      const before = createProjectionRunner({ ...options, definitions: [trailProjection()] });
      await before.start();
      await before.catchUp();
      const expected = await before.stateHash('trail');
      expect(await before.startRebuild('nothing', { by })).toMatchObject({ kind: 'refused' });
      await before.stop();
      // The rebuild is asked for while nobody runs, as the command line may.
      expect(await before.startRebuild('trail', { by })).toMatchObject({ kind: 'started' });
      const child = spawn(process.execPath, [bundle], {
        env: { ...process.env, DATABASE: db.url, NODE_PATH: join(process.cwd(), 'node_modules') },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      const done = async (): Promise<number> =>
        (await db.pool.query<{ done: number }>('select done from understanding.projections where generation = 2')).rows[0]?.done ?? 0;
      await until(async () => (await done()) > 0.4);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      const resumedAt = await done();
      expect(resumedAt).toBeLessThan(1);
      const { rows } = await db.pool.query<{ facts: number }>('select facts::int from understanding.projections where generation = 2');
      const kept = rows[0]?.facts ?? 0;
      expect(kept).toBeGreaterThan(0);
      const folded: string[] = [];
      const successor = await started({ definitions: [trailProjection('trail', { fact: ({ id }) => void folded.push(id) })] });
      await until(async () => (await successor.status()).projections[0]?.generation === 2);
      expect(await successor.stateHash('trail')).toEqual(expected);
      const [status] = await successor.generations();
      // Each fact was built in once: what the killed one had written was not folded again but by the verification.
      const once = new Set(folded).size;
      expect(status).toMatchObject({ facts: once, verification: { equal: true, differingFromLive: [] } });
      expect(folded.length).toBe(2 * once - kept);
    }, 60_000);
  });
});
