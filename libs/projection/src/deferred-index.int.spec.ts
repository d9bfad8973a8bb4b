import { createPool } from '@tsunagari/postgres';
import { setTimeout as pause } from 'node:timers/promises';
import { specDeployment } from '../test-programs/spec-deployment';
import { inOrder } from './deferred-index';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner } from './runner-face';
import { behaviour, moment, trailProjection, uuid } from './spec-world';

const customers = Array.from({ length: 2000 }, (_, n) => uuid(`customer ${n}`));

let given: Awaited<ReturnType<typeof specDeployment>>;
let runner: ProjectionRunner;

const created = (definitions = [trailProjection()]) =>
  createProjectionRunner({
    ...given.options,
    definitions,
    pollMs: 100,
    onError: ({ message, cause }) => {
      throw cause instanceof Error ? cause : new Error(message);
    },
  });
const query = async (sql: string, values?: unknown[]): Promise<unknown[]> => (await given.db.pool.query(sql, values)).rows;
/** Facts of so many customers, one of each. */
const seen = (of: number, day: number) =>
  given.world.append(customers.slice(0, of).map((customer, n) => behaviour(customer, moment(day, n % 1440))));
const order = async (label: string | null = null, pool = given.db.pool) => {
  const found = await inOrder(pool, { projection: 'trail', label });
  if (!found) throw new Error('there is no trail');
  return found;
};
/** What the index says is what stands in the rows, of everybody. */
const isExact = async (label: string | null = null): Promise<number> => {
  const { index, rows } = await order(label);
  const [beside, standing] = [index, rows].map((table) => query(`select key, facts, next_due from ${table} order by key`));
  const sorted = await beside;
  expect(sorted).toEqual(await standing);
  return sorted!.length;
};
const noted = async (): Promise<unknown> => (await query('select coalesce(sum(n), 0)::int as n from understanding.trail_g1_moved'))[0];

beforeEach(async () => {
  given = await specDeployment();
  runner = created();
  await runner.start();
});
afterEach(async () => {
  await runner.stop();
  await given.close();
});

describe('the index of a read model', () => {
  it('stands beside it: an update of a row touches no index but that of its key', async () => {
    await seen(1, 0);
    await runner.catchUp();
    expect(await query("select indexname from pg_indexes where schemaname = 'understanding' and tablename = 'trail_g1'")).toEqual([
      { indexname: 'trail_g1_pkey' },
    ]);
    expect(await query("select indexname from pg_indexes where tablename = 'trail_g1_index' order by 1")).toEqual(
      ['trail_g1_due', 'trail_g1_i0', 'trail_g1_index_pkey'].map((indexname) => ({ indexname })),
    );
  });

  it('is exact whenever it is asked for: of new customers, more facts, late ones, who merged and who came apart', async () => {
    const [a = '', b = '', c = ''] = customers;
    for (const customer of [a, c]) await given.world.register(customer);
    await seen(5, 3);
    await runner.catchUp();
    expect(await isExact()).toBe(5);
    await given.world.append([behaviour(a, moment(4)), behaviour(b, moment(1))]);
    await runner.catchUp();
    expect(await noted()).toEqual({ n: 2 });
    expect(await isExact()).toBe(5);
    expect(await noted()).toEqual({ n: 0 });
    await given.world.merge(a, c);
    await runner.catchUp();
    expect(await isExact()).toBe(4);
    await given.world.split(a);
    await runner.catchUp();
    expect(await isExact()).toBe(5);
    expect(await query(`select facts from ${(await order()).index} where key = $1`, [a])).toEqual([{ facts: 3 }]);
  });

  it('is exact for what was committed before, while two processes ask and another one folds', async () => {
    const other = createPool(given.db.url);
    let over = false;
    let asked = 0;
    try {
      const asking = [given.db.pool, given.db.pool, other, other].map(async (pool) => {
        for (let least = 0; !over; asked++) {
          const { rows: before } = await pool.query<{ facts: number }>(
            'select coalesce(sum(facts), 0)::int as facts from understanding.trail',
          );
          const { index } = await order(null, pool);
          const { rows } = await pool.query<{ facts: number }>(`select coalesce(sum(facts), 0)::int as facts from ${index}`);
          const facts = rows[0]?.facts ?? 0;
          expect(facts).toBeGreaterThanOrEqual(Math.max(least, before[0]?.facts ?? 0));
          least = facts;
        }
      });
      for (let day = 0; day < 8; day++) {
        await seen(700, day);
        if (day % 3 === 2) await given.world.closeDay(day);
      }
      expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
      over = true;
      await Promise.all(asking);
    } finally {
      await other.end();
    }
    expect(asked).toBeGreaterThan(8);
    expect(await isExact()).toBe(700);
  }, 60_000);

  it('does not wait for a reader behind a rush of facts', async () => {
    for (let day = 0; day < 6; day++) {
      await seen(2000, day);
      await runner.catchUp();
    }
    // What came after it was brought up to date may wait for a reader, if that is little. Each note here is of one fact.
    const left = `select (select coalesce(sum(n), 0)::int from understanding.trail_g1_moved) as noted,
      (select coalesce(sum(facts), 0)::int from understanding.trail_g1_index) as facts`;
    for (const until = performance.now() + 20_000; ; await pause(50)) {
      const { rows } = await given.db.pool.query<{ noted: number; facts: number }>(left);
      const { noted: waiting = NaN, facts = NaN } = rows[0] ?? {};
      expect(facts).toBe(12_000 - waiting);
      if (waiting <= 10_000) break;
      expect(performance.now()).toBeLessThan(until);
    }
  }, 60_000);

  it('finds who is due on the day that is closed, and nobody who was seen meanwhile', async () => {
    await seen(3, 0);
    await given.world.append([behaviour(customers[0] ?? '', moment(1))]);
    await given.world.closeDay(2);
    await runner.catchUp();
    const { rows } = await order();
    expect(await query(`select last_tick from ${rows} where key = any($1::uuid[]) order by last_tick`, [customers.slice(0, 3)])).toEqual([
      { last_tick: moment(2).slice(0, 10) },
      { last_tick: moment(2).slice(0, 10) },
      { last_tick: null },
    ]);
    expect(await runner.audit('trail')).toMatchObject({ equal: true });
    expect(await isExact()).toBe(3);
  });

  it('belongs to a generation: another one has its own, and it goes with it', async () => {
    await seen(20, 0);
    await runner.catchUp();
    const before = await order();
    const named = await runner.startRebuild('trail', { by: 'user:spec', asOf: { label: 'first', position: given.world.last() } });
    expect(named).toMatchObject({ kind: 'started', generation: 2 });
    expect(await runner.rebuild('trail', { by: 'user:spec' })).toMatchObject({ kind: 'promoted', generation: 3 });
    await seen(30, 1);
    await runner.catchUp();
    expect((await order()).index).not.toBe(before.index);
    expect(await isExact()).toBe(30);
    expect(await isExact('first')).toBe(20);
    expect(await inOrder(given.db.pool, { projection: 'trail', label: 'nothing' })).toBeUndefined();
    expect(await runner.drop('trail', 1)).toMatchObject({ kind: 'dropped' });
    expect(await query("select tablename from pg_tables where tablename like 'trail_g1%'")).toEqual([]);
  }, 60_000);

  it('is the rows themselves while a first generation is built', async () => {
    await given.db.pool.query("update understanding.projections set phase = 'building' where name = 'trail'");
    const { index, rows } = await order();
    expect(index).toBe(rows);
  });

  it('is made for a generation whose indexes stood on its rows, and those are gone', async () => {
    await seen(40, 0);
    await runner.catchUp();
    await runner.stop();
    await given.db.pool.query(`drop table understanding.trail_g1_index, understanding.trail_g1_moved;
      create index trail_g1_due on understanding.trail_g1 (next_due) where next_due is not null;
      create index trail_g1_i0 on understanding.trail_g1 (facts desc, key)`);
    expect((await order()).index).toBe((await order()).rows);
    runner = created();
    await runner.start();
    expect(await query("select indexname from pg_indexes where tablename = 'trail_g1'")).toEqual([{ indexname: 'trail_g1_pkey' }]);
    expect(await isExact()).toBe(40);
    await given.world.closeDay(2);
    await runner.catchUp();
    expect(await runner.audit('trail')).toMatchObject({ equal: true });
    expect(await query('select count(*)::int as n from understanding.trail_g1 where last_tick is not null')).toEqual([{ n: 40 }]);
    expect(await isExact()).toBe(40);
  });
});
