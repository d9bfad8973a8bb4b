import type { Position } from '@tsunagari/contracts';
import { Builds } from './builds';
import { heartbeat, ownShards } from './leases';
import { createProjectionRunner } from './runner';
import { BUILDER } from './schema';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, moment, trailProjection, uuid } from './spec-world';

/** A deployment where nothing runs, with a rebuild begun and its lease held by the spec. */
async function rebuildBegun() {
  const { db, world, options, close: end } = await specDeployment();
  const definition = trailProjection();
  const runnerOf = () => createProjectionRunner({ ...options, definitions: [definition] });
  const runner = runnerOf();
  await runner.start();
  for (let n = 0; n < 6; n++) await world.register(uuid(`c${n}`));
  await world.append(Array.from({ length: 30 }, (_, n) => behaviour(uuid(`c${n % 6}`), moment(n))));
  await runner.catchUp();
  await runner.stop();
  expect(await runner.startRebuild('trail', { by: 'user:spec' })).toEqual({ kind: 'started', generation: 2 });
  const head: Position = await options.log.head();
  const worker = uuid('the spec');
  const builds = new Builds({
    ...options,
    schema: 'understanding',
    worker,
    identity: runner.identity,
    pageSize: undefined,
    frontier: () => head,
    isStopped: () => false,
    positionOf: () => Promise.resolve(head),
    liveOf: () => undefined,
    onPhase: () => Promise.resolve(),
    promote: () => Promise.reject(new Error('the process ended here')),
    onError: () => undefined,
  });
  const beat = await heartbeat(db.pool, 'understanding', worker, [{ reader: 'trail', generation: 2 }], 60_000);
  const known = beat.generations.find(({ generation }) => generation === 2);
  const [taken] = beat.taken;
  if (!known || taken?.shard !== BUILDER) throw new Error('the builder of the second generation was not given');
  const phase = async () => (await runner.generations()).find(({ generation }) => generation === 2)?.phase;
  return { db, runnerOf, builds, known, taken, definition, phase, worker, end };
}

describe('the builder of a generation', () => {
  let given: Awaited<ReturnType<typeof rebuildBegun>>;
  beforeEach(async () => (given = await rebuildBegun()));
  afterEach(() => given.end());

  it('goes on when it takes up, after a lost lease, what it knew before its own last step (failure mode 14)', async () => {
    const { builds, known, taken, definition, phase } = given;
    await builds.own(taken, known, definition);
    // What it knows of the generation is as of its last beat: still being built, at the first customer.
    const step = builds.step();
    builds.keepOnly(() => false);
    await builds.own(taken, { ...known, phase: 'building' }, definition);
    await step;
    expect(await phase()).toBe('catching-up');
    const [mine] = await ownShards(given.db.pool, 'understanding', given.worker);
    if (!mine) throw new Error('the lease is gone');
    builds.keepOnly(() => false);
    await builds.own(mine, { ...known, phase: 'building' }, definition);
    expect(await builds.step()).toBe(true);
    expect(await phase()).toBe('verifying');
  });

  it('whose process ends between the verification and the promotion leaves the promotion to the next one (failure mode 14)', async () => {
    const { builds, known, taken, definition, phase, runnerOf, db, worker } = given;
    await builds.own(taken, known, definition);
    while ((await phase()) !== 'ready') await builds.step();
    await expect(builds.step()).rejects.toThrow('the process ended here');
    await db.pool.query('delete from understanding.workers where id = $1', [worker]);
    const next = runnerOf();
    await next.start();
    for (const until = Date.now() + 20_000; !(await next.generations()).some(({ live, generation }) => live && generation === 2);)
      if (Date.now() > until) throw new Error('it was never promoted');
    expect(await next.audit('trail')).toMatchObject({ equal: true, generation: 2 });
    await next.stop();
  });
});
