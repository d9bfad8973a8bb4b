import { behaviourRecorded, type Fact } from '@tsunagari/contracts';
import type { TestDatabase } from '@tsunagari/testing';
import fc from 'fast-check';
import { specDeployment } from '../../test-programs/spec-deployment';
import { behaviour, moment, uuid, type World } from '../spec-world';
import { createReadModelRunner, defineReadModel, type FoldedFact, type ReadModelRunner, type ReadModelRunnerOptions } from './index';

type Names = { readonly count: number; readonly names: readonly string[] };

/** Names in the order in which they came, which is not the order in which they occurred. */
const namesModel = (given: { name?: string; version?: number; fault?: (fact: Fact) => void } = {}) =>
  defineReadModel<Names>({
    name: given.name ?? 'names',
    version: given.version ?? 1,
    types: [behaviourRecorded.type],
    key: ({ subject, data }) => ((data as { name: string }).name === 'ignored' ? undefined : (subject ?? undefined)),
    initial: { count: 0, names: [] },
    evolve: (state, fact) => {
      given.fault?.(fact);
      return { count: state.count + 1, names: [...state.names, (fact.data as { name: string }).name] };
    },
    columns: [
      { name: 'facts', sql: 'smallint', value: ({ count, names }) => (names.includes('much') ? 99_999 : count) },
      { name: 'last', sql: 'text', value: ({ names }) => names.at(-1) ?? null },
    ],
    indexes: [['facts', 'key']],
  });

describe('read models of aggregates', () => {
  let db: TestDatabase;
  let world: World;
  let options: Omit<ReadModelRunnerOptions, 'definitions'>;
  let close: () => Promise<void>;
  const running: ReadModelRunner[] = [];

  beforeEach(async () => {
    const made = await specDeployment();
    ({ db, world, close } = made);
    options = { ...made.options, schema: 'spec' };
  });

  afterEach(async () => {
    for (const runner of running.splice(0)) await runner.stop();
    await close();
  });

  async function started(given: Partial<ReadModelRunnerOptions> = {}): Promise<ReadModelRunner> {
    const runner = createReadModelRunner({ ...options, definitions: [namesModel()], retryMs: 20, ...given });
    running.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
    return runner;
  }

  async function seen(runner: ReadModelRunner): Promise<void> {
    expect(await runner.waitFor(world.last(), { timeoutMs: 20_000 })).toMatchObject({ kind: 'caught-up' });
  }

  const [a, b, c] = [uuid('a'), uuid('b'), uuid('c')].sort() as [string, string, string];

  it('folds the facts of a key by position, and shows a writer its own write', async () => {
    const runner = await started();
    await world.append([behaviour(a, moment(9), 'late'), behaviour(a, moment(1), 'early'), behaviour(b, moment(2), 'ignored')]);
    await seen(runner);
    const reader = runner.reader(namesModel());
    expect(await reader.get([a, b])).toEqual(new Map([[a, { count: 2, names: ['late', 'early'] }]]));
    expect(await runner.waitFor('9999', { timeoutMs: 10 })).toMatchObject({ kind: 'lagging', wanted: '9999' });
    expect(await runner.audit('names')).toMatchObject({ equal: true, rows: 1, differing: [] });
  });

  it('reads pages by a column, both ways, with filters, each row once', async () => {
    const runner = await started();
    const rows = [a, b, c].flatMap((subject, n) =>
      Array.from({ length: n === 2 ? 2 : n + 1 }, () => behaviour(subject, moment(1), `n${n}`)),
    );
    await world.append(rows);
    await seen(runner);
    const reader = runner.reader(namesModel());
    const first = await reader.page({ orderBy: 'facts', descending: true, limit: 1 });
    expect(first.map(({ key, sort }) => [key, sort])).toEqual([
      [c, 2],
      [b, 2],
    ]);
    const second = await reader.page({ orderBy: 'facts', descending: true, limit: 2, after: reader.cursorOf(first[0]!) });
    expect(second.map(({ key }) => key)).toEqual([b, a]);
    expect((await reader.page({ limit: 5 })).map(({ key }) => key)).toEqual([a, b, c]);
    expect((await reader.page({ where: { last: ['n0', 'n2'], facts: 2 }, limit: 5 })).map(({ key }) => key)).toEqual([c]);
    expect(await reader.count({ last: 'n1' })).toBe(1);
    expect(await reader.count({ last: null })).toBe(0);
    await expect(reader.page({ where: { 'facts" = 1 or "facts': 1 }, limit: 5 })).rejects.toThrow('no column');
  });

  it('parks a poisonous key alone; its facts wait, and are folded after the fix (failure mode 13)', async () => {
    let isFixed = false;
    const fragile = namesModel({
      fault: ({ data }) => {
        if (!isFixed && (data as { name: string }).name === 'poison') throw new TypeError('cannot read this');
      },
    });
    const followed: string[] = [];
    const runner = await started({
      definitions: [fragile],
      attempts: 2,
      onFolded: async (_, __, folded) => void followed.push(...folded.map(({ fact }) => (fact.data as { name: string }).name)),
    });
    await world.append([behaviour(a, moment(1), 'one'), behaviour(b, moment(1), 'other')]);
    await seen(runner);
    await world.append([behaviour(a, moment(2), 'poison')]);
    await world.append([behaviour(a, moment(3), 'after'), behaviour(b, moment(3), 'more')]);
    await seen(runner);
    expect(await runner.parked()).toMatchObject([{ readModel: 'names', key: a, error: 'TypeError: cannot read this' }]);
    expect((await runner.reader(fragile).get([a, b])).get(b)).toEqual({ count: 2, names: ['other', 'more'] });
    expect(await runner.replay('names', a)).toMatchObject({ kind: 'still-parked' });
    isFixed = true;
    // It may have got over it by itself meanwhile: its pause was over.
    expect(['replayed', 'not-parked']).toContain((await runner.replay('names', a)).kind);
    expect((await runner.reader(fragile).get([a])).get(a)).toEqual({ count: 3, names: ['one', 'poison', 'after'] });
    expect(await runner.replay('names', a)).toEqual({ kind: 'not-parked' });
    expect(await runner.audit('names')).toMatchObject({ equal: true });
    expect(followed.sort()).toEqual(['after', 'more', 'one', 'other', 'poison']);
  });

  it('parks a key whose value does not fit its column, and writes the others of the page', async () => {
    const runner = await started({ attempts: 1 });
    await world.append([behaviour(a, moment(1), 'much'), behaviour(b, moment(1))]);
    await seen(runner);
    expect((await runner.reader(namesModel()).get([a, b])).size).toBe(1);
    expect(await runner.parked()).toMatchObject([{ key: a, retryAt: null }]);
  });

  it('builds a new version beside the one that is shown, and shows it when it is there', async () => {
    const first = await started();
    await world.append([behaviour(a, moment(1), 'one')]);
    await seen(first);
    await first.stop();
    const second = await started({ definitions: [{ ...namesModel({ version: 2 }), initial: { count: 10, names: [] } }] });
    await seen(second);
    expect((await second.reader(namesModel({ version: 2 })).get([a])).get(a)).toEqual({ count: 11, names: ['one'] });
    expect((await db.pool.query('select version, live from spec.projections')).rows).toEqual([{ version: 2, live: true }]);
    expect(
      (await db.pool.query("select count(*)::int as n from pg_tables where schemaname = 'spec' and tablename like 'names_g%'")).rows,
    ).toEqual([{ n: 1 }]);
  });

  it('a rebuild gives the same state hash', async () => {
    const runner = await started();
    await world.append(Array.from({ length: 50 }, (_, n) => behaviour(uuid(`s${n % 7}`), moment(n % 5), `n${n}`)));
    await seen(runner);
    const before = await runner.stateHash('names');
    expect(before.rows).toBe(7);
    await runner.rebuild('names');
    await seen(runner);
    expect(await runner.stateHash('names')).toEqual(before);
  });

  it('has one active reader; whoever was overtaken writes nothing (failure mode 15)', async () => {
    const runner = await started({ leaseMs: 600_000 });
    await world.append([behaviour(a, moment(1))]);
    await seen(runner);
    const thief = uuid('thief');
    await db.pool.query("insert into spec.workers values ($1, '{names}', now() + interval '1 hour')", [thief]);
    await db.pool.query('update spec.checkpoints set lease = $1', [thief]);
    await world.append([behaviour(a, moment(2))]);
    expect(await runner.waitFor(world.last(), { timeoutMs: 300 })).toMatchObject({ kind: 'lagging' });
    expect((await runner.reader(namesModel()).get([a])).get(a)?.count).toBe(1);
  });

  it('refuses to start over a log that was restored from an older copy (failure mode 18)', async () => {
    const runner = await started();
    await world.append([behaviour(a, moment(1))]);
    await seen(runner);
    await runner.stop();
    await db.pool.query('update spec.checkpoints set id = $1', [uuid('another')]);
    const again = createReadModelRunner({ ...options, definitions: [namesModel()] });
    expect(await again.start()).toMatchObject({ kind: 'log-differs', expected: uuid('another') });
  });

  it('takes over from a process that died, in the middle of a page too: what follows from a fact is written once with it', async () => {
    const folded: FoldedFact[] = [];
    let isBroken = true;
    const runner = await started({
      onFolded: async (_, __, page) => {
        if (isBroken) {
          isBroken = false;
          throw new Error('the process dies before it commits');
        }
        folded.push(...page);
      },
    });
    await world.append([behaviour(a, moment(1), 'one'), behaviour(a, moment(2), 'two')]);
    await seen(runner);
    expect(folded.map(({ fact, state }) => [(fact.data as { name: string }).name, (state as Names).count])).toEqual([
      ['one', 1],
      ['two', 2],
    ]);
  });

  it('keeps where it stands behind facts of strangers, without a row', async () => {
    const runner = await started();
    await world.register(a);
    await seen(runner);
    await runner.stop();
    const { rows } = await db.pool.query('select pos from spec.checkpoints');
    expect(rows).toEqual([{ pos: world.last() }]);
  });

  it('any pages, any number of processes, the same state', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 2 }),
        async (events, pageSize, processes) => {
          await db.pool.query('drop schema if exists spec cascade');
          const runners = await Promise.all(Array.from({ length: processes }, () => started({ pageSize, leaseMs: 600_000 })));
          await world.append(events.map(([subject, day], n) => behaviour(uuid(`k${subject}`), moment(day), `e${n}`)));
          for (const runner of runners) await seen(runner);
          expect(await runners[0]!.audit('names')).toMatchObject({ equal: true });
          for (const runner of runners) await runner.stop();
        },
      ),
      { numRuns: 8 },
    );
  });
});
