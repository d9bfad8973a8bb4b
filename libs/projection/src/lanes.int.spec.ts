import { setTimeout as pause } from 'node:timers/promises';
import { specDeployment } from '../test-programs/spec-deployment';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner, RunnerError } from './runner-face';
import { behaviour, moment, trailProjection, uuid } from './spec-world';

/** Eight pages of so many facts that each is folded in four lanes; the whole is the same as one page after another, whatever comes between. */
const PAGE = 1200;
const customers = Array.from({ length: 400 }, (_, n) => uuid(`customer ${n}`));

let given: Awaited<ReturnType<typeof specDeployment>>;
let runners: ProjectionRunner[];
let errors: RunnerError[];

const runner = (definitions = [trailProjection()]): ProjectionRunner => {
  const made = createProjectionRunner({
    ...given.options,
    definitions,
    pageSize: PAGE,
    leaseMs: 400,
    onError: (error) => errors.push(error),
  });
  runners.push(made);
  return made;
};
/** Where the shards stand, each place once, the furthest behind first. */
const places = async (): Promise<readonly number[]> =>
  (
    await given.db.pool.query<{ pos: number }>(
      "select distinct pos::int as pos from understanding.checkpoints where reader = 'trail' and shard >= 0 order by pos",
    )
  ).rows.map(({ pos }) => pos);
const within = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (const until = performance.now() + 20_000; !(await isSo()); await pause(2)) expect(performance.now()).toBeLessThan(until);
};
/** All was folded, once and in order: the same as folding it again. */
const isWhole = async (by: ProjectionRunner): Promise<void> => {
  expect(await by.catchUp({ timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
  expect(await places()).toEqual([Number(given.world.last())]);
  expect(await by.audit('trail')).toMatchObject({ equal: true, differing: [], parked: 0 });
  const { rows } = await given.db.pool.query('select sum(facts)::int as facts, count(*)::int as customers from understanding.trail');
  expect(rows).toEqual([{ facts: 8 * PAGE + customers.length, customers: customers.length }]);
};

beforeEach(async () => {
  given = await specDeployment();
  runners = [];
  errors = [];
  const { world } = given;
  // Everybody has a row; the rest came while nobody folded.
  const first = runner();
  expect(await first.start()).toEqual({ kind: 'started' });
  await world.append(customers.map((customer) => behaviour(customer, moment(0))));
  await first.catchUp();
  await first.stop();
  const facts = Array.from({ length: 8 * PAGE }, (_, n) => behaviour(customers[n % customers.length] ?? '', moment(1 + (n % 3), n % 1440)));
  for (let from = 0; from < facts.length; from += PAGE) await world.append(facts.slice(from, from + PAGE));
}, 60_000);
afterEach(async () => {
  for (const made of runners) await made.stop();
  await given.close();
});

it('no lane waits for another one, and all meet', async () => {
  // Nor for identity.
  const identity = runner([]);
  await identity.start();
  await identity.catchUp();
  await identity.stop();
  const client = await given.db.pool.connect();
  const on = runner();
  try {
    // Whoever writes this row waits.
    await client.query('begin');
    const { rowCount } = await client.query('select from understanding.trail where key = $1 for update', [customers[0]]);
    expect(rowCount).toBe(1);
    await on.start();
    await within(async () => {
      const [behind = 0, ...others] = await places();
      return others.some((place) => place >= behind + 2 * PAGE);
    });
    await client.query('commit');
  } finally {
    client.release();
  }
  await isWhole(on);
  expect(errors).toEqual([]);
}, 60_000);

it('what was stopped in the middle goes on from there', async () => {
  const stops: (readonly number[])[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const on = runner();
    const before = await places();
    await on.start();
    await within(async () => String(await places()) !== String(before));
    await on.stop();
    stops.push(await places());
  }
  // It was in the middle at least once.
  expect(stops.some((stop) => (stop[0] ?? 0) < Number(given.world.last()))).toBe(true);
  const last = runner();
  await last.start();
  await isWhole(last);
  expect(errors).toEqual([]);
}, 60_000);

it('another process takes half of the shards in the middle, and the rest when the first one leaves', async () => {
  const [one, other] = [runner(), runner()];
  const before = await places();
  await one.start();
  await within(async () => String(await places()) !== String(before));
  await other.start();
  await within(async () => {
    const { rows } = await given.db.pool.query(
      "select count(*)::int as n from understanding.checkpoints where reader = 'trail' and shard >= 0 group by lease",
    );
    return rows.length === 2;
  });
  await one.stop();
  await isWhole(other);
  expect(errors).toEqual([]);
}, 60_000);

it('goes on after an outage that hits some lanes, and folds nothing twice', async () => {
  const on = runner();
  await on.start();
  while (errors.length === 0) {
    await pause(20);
    await given.db.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query not like '%pg_terminate_backend%'`,
    );
  }
  await isWhole(on);
  expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['outage']));
}, 60_000);
