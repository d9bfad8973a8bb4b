import type { NewFact } from '@tsunagari/contracts';
import type { Pool } from '@tsunagari/postgres';
import fc from 'fast-check';
import { inOrder } from './deferred-index';
import { createProjectionRunner } from './runner';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, moment, trailProjection, uuid, type World } from './spec-world';

async function withWorld<T>(
  work: (made: {
    world: World;
    runner: ReturnType<typeof createProjectionRunner>;
    pool: Pool;
    query: (sql: string, values?: unknown[]) => Promise<unknown[]>;
  }) => Promise<T>,
  pageSize = 50,
): Promise<T> {
  const { db, world, options, close } = await specDeployment();
  const errors: unknown[] = [];
  const runner = createProjectionRunner({
    ...options,
    definitions: [trailProjection()],
    pageSize,
    onError: (error) => errors.push(error),
  });
  try {
    await runner.start();
    const result = await work({ world, runner, pool: db.pool, query: async (sql, values) => (await db.pool.query(sql, values)).rows });
    expect(errors).toEqual([]);
    return result;
  } finally {
    await runner.stop();
    await close();
  }
}

const subjects = Array.from({ length: 24 }, (_, n) => uuid(`s${n}`));
const subject = fc.constantFrom(...subjects);
const pair = fc.tuple(subject, subject).filter(([a, b]) => a !== b);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('seen' as const), who: subject, day: fc.nat(20), minute: fc.nat(1439) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('link' as const), pair }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('merge' as const), pair }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlink' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('block' as const), pair }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rules' as const), limit: fc.integer({ min: 2, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), day: fc.nat(22) }) },
);

describe('identity under storms', () => {
  it('has after every storm of links, merges, splits and blocks the state of a rebuild, and no row of an absorbed customer (failure mode 27)', async () => {
    await withWorld(async ({ world, runner, query, pool }) => {
      world.hold();
      for (const [index, who] of subjects.entries())
        if (index % 6 !== 5) await world.register(who, index % 4 === 0 ? 'user_id' : 'anonymous_id');
      const steps = fc.sample(step, { numRuns: 1000, seed: 20260101 });
      let version = 1;
      for (const [index, one] of steps.entries()) {
        if (one.kind === 'seen') await world.append([behaviour(one.who, moment(one.day, one.minute))]);
        else if (one.kind === 'link') await world.link(...one.pair);
        else if (one.kind === 'merge') await world.merge(...one.pair);
        else if (one.kind === 'split') await world.split(one.pair[0]);
        else if (one.kind === 'unlink') await world.unlink(...one.pair);
        else if (one.kind === 'block') await (index % 40 === 0 ? world.block(one.pair[0]) : world.split(...one.pair));
        else if (one.kind === 'rules')
          await world.rules({ version: ++version, limits: { anonymous_id: one.limit }, clusterLimit: one.limit + 2 });
        else await world.closeDay(one.day);
        if (index % 20 !== 19) continue;
        await world.release();
        world.hold();
        expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
        expect(await runner.audit('trail')).toMatchObject({ equal: true, differing: [], parked: 0 });
        const customers = new Set((await runner.identity.customersOf(subjects)).values());
        const keys = (await query('select key from understanding.trail')) as { key: string }[];
        expect(keys.filter(({ key }) => !customers.has(key))).toEqual([]);
        const order = (await inOrder(pool, { projection: 'trail' }))!;
        const [sorted, standing] = [order.index, order.rows].map((table) =>
          query(`select key, facts, next_due from ${table} order by key`),
        );
        expect(await sorted).toEqual(await standing);
      }
      const live = await runner.stateHash('trail');
      await runner.rebuild('trail');
      await runner.catchUp();
      expect(await runner.stateHash('trail')).toEqual(live);
    });
  }, 180_000);

  it('knows the same identity at every position, however the log was cut into pages', async () => {
    const steps = fc.sample(
      fc.oneof(fc.record({ kind: fc.constant('link' as const), pair }), fc.record({ kind: fc.constant('split' as const), pair })),
      {
        numRuns: 120,
        seed: 7,
      },
    );
    const histories = await Promise.all(
      [1, 7, 500].map((pageSize) =>
        withWorld(async ({ world, runner, query }) => {
          await runner.stop();
          world.hold();
          for (const who of subjects) await world.register(who);
          for (const { kind, pair: two } of steps) await (kind === 'link' ? world.link(...two) : world.split(two[0]));
          await world.release();
          await runner.start();
          await runner.catchUp();
          return query('select subject, pos, previous, customer from understanding.identity_history order by pos, subject');
        }, pageSize),
      ),
    );
    expect(histories[0]?.length).toBeGreaterThan(20);
    expect(histories[1]).toEqual(histories[0]);
    expect(histories[2]).toEqual(histories[0]);
  }, 120_000);
});

describe('the state of a customer', () => {
  it('is the same whatever the order, delay, doubling and paging of arrival (failure mode 12)', async () => {
    const base: NewFact[] = Array.from({ length: 160 }, (_, n) =>
      behaviour(uuid(`c${n % 7}`), moment((n * 5) % 17, (n * 37) % 1440), `n${n % 3}`, uuid(`f${n}`)),
    );
    const hashOf = (
      arrival: readonly NewFact[],
      cuts: readonly number[],
      closings: readonly number[],
      pageSize: number,
    ): Promise<unknown> =>
      withWorld(async ({ world, runner }) => {
        let from = 0;
        for (const [index, cut] of [...cuts]
          .sort((a, b) => a - b)
          .concat(arrival.length)
          .entries()) {
          // A second arrival of the same fact: the store knows it and answers with the first.
          await world.append([...arrival.slice(Math.max(0, from - 5), from), ...arrival.slice(from, cut)].slice(-200));
          from = Math.max(from, cut);
          const day = closings[index];
          if (day !== undefined) await world.closeDay(day);
          if (index % 2 === 0) await runner.catchUp();
        }
        await world.closeDay(15);
        await runner.catchUp();
        const answer = await runner.stateHash('trail');
        return answer.kind === 'hash' ? { hash: answer.hash, rows: answer.rows } : answer;
      }, pageSize);
    const inOrder = await hashOf(
      base.toSorted((a, b) => (a.occurred < b.occurred ? -1 : 1)),
      [],
      [],
      1000,
    );
    expect(inOrder).toMatchObject({ rows: 7 });
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(base, { minLength: base.length }),
        fc.array(fc.nat(base.length), { maxLength: 5 }),
        fc.array(fc.nat(15), { maxLength: 5 }),
        fc.constantFrom(3, 20, 400),
        async (arrival, cuts, closings, pageSize) => {
          expect(await hashOf(arrival, cuts, closings, pageSize)).toEqual(inOrder);
        },
      ),
      { numRuns: 6 },
    );
  }, 180_000);
});
