import type { TestDatabase } from '@tsunagari/testing';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner, ProjectionRunnerOptions } from './runner-face';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, dayText, moment, trailProjection, uuid, type World } from './spec-world';

describe('the runner of projections', () => {
  let db: TestDatabase;
  let world: World;
  let options: Omit<ProjectionRunnerOptions, 'definitions'>;
  let close: () => Promise<void>;
  const running: ProjectionRunner[] = [];

  beforeEach(async () => {
    ({ db, world, options, close } = await specDeployment());
  });

  afterEach(async () => {
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

  async function rows(name = 'trail') {
    const { rows } = await db.pool.query(`select key, state from understanding.${name} order by key`);
    return new Map(rows.map(({ key, state }) => [key as string, state as { count: number; ticks: string[] }]));
  }

  async function expectSound(runner: ProjectionRunner, name = 'trail'): Promise<void> {
    await runner.catchUp();
    expect(await runner.audit(name)).toMatchObject({ equal: true, differing: [] });
  }

  it('folds every customer, shows them by a view, and says where it stands', async () => {
    const [a, b] = [uuid('a'), uuid('b')];
    await world.register(a);
    await world.append([behaviour(a, moment(1)), behaviour(b, moment(1)), behaviour(a, moment(2))]);
    const runner = await started();
    const position = world.last();
    expect(await runner.waitFor('trail', position)).toEqual({ kind: 'caught-up', position });
    expect([...(await rows())].map(([key, { count }]) => [key, count])).toEqual(
      [
        [a, 3],
        [b, 1],
      ].sort(),
    );
    await expectSound(runner);
    const status = await runner.status();
    expect(status).toMatchObject({ head: position, identity: position });
    expect(status.projections[0]).toMatchObject({ position, lagMs: 0, generation: 1, parked: 0, rebuilding: false });
  });

  it('answers a wait for a position that has not come with its lag', async () => {
    const runner = await started();
    expect(await runner.waitFor('trail', '99', { timeoutMs: 50 })).toEqual({ kind: 'lagging', position: '0', wanted: '99' });
  });

  it('folds a late fact where it belongs, once a page, also behind a tick that has run', async () => {
    const a = uuid('a');
    const runner = await started();
    await world.append([behaviour(a, moment(1)), behaviour(a, moment(20))]);
    for (const day of [21, 22, 23]) await world.closeDay(day);
    await expectSound(runner);
    expect((await rows()).get(a)?.ticks).toEqual([dayText(3), dayText(6), dayText(22)]);
    await world.append([behaviour(a, moment(10)), behaviour(a, moment(22, 30))]);
    await expectSound(runner);
    expect((await rows()).get(a)?.ticks).toEqual([dayText(3), dayText(6), dayText(12), dayText(15)]);
  });

  it('folds again what rests on days when another zone is closed', async () => {
    const runner = await started();
    await world.append([behaviour(uuid('a'), moment(1, 23 * 60)), behaviour(uuid('a'), moment(3, 23 * 60))]);
    await expectSound(runner);
    await world.closeDay(2, 'Asia/Tokyo');
    await expectSound(runner);
  });

  it('drops the absorbed customer and folds the survivor over all her subjects; a split gives both back', async () => {
    const [a, b] = [uuid('a'), uuid('b')];
    const runner = await started();
    await world.register(a);
    await world.register(b);
    await world.append([behaviour(a, moment(2)), behaviour(b, moment(1))]);
    await runner.catchUp();
    const before = await rows();
    const apart = world.last();
    await world.link(a, b);
    await expectSound(runner);
    expect([...(await rows())].map(([key, { count }]) => [key, count])).toEqual([[a, 4]]);
    expect(await runner.identity.membersOf(b)).toEqual({ customer: a, subjects: [a, b] });
    expect(await runner.identity.customersOf([a, b], apart)).toEqual(
      new Map([
        [a, a],
        [b, b],
      ]),
    );
    await world.split(b);
    await expectSound(runner);
    expect(await rows()).toEqual(before);
  });

  it('lists merges that rules held, and applies a change of rules to all history', async () => {
    const [a, b] = [uuid('a'), uuid('b')];
    const runner = await started();
    await world.register(a, 'user_id', true);
    await world.register(b, 'user_id', true);
    await world.link(a, b);
    await runner.catchUp();
    expect(await runner.identity.heldMerges()).toMatchObject([{ subjects: [a, b], reason: 'TWO_VERIFIED_USER_IDS' }]);
    const [c, d] = [uuid('c'), uuid('d')];
    await world.register(c, 'email');
    await world.register(d, 'email');
    await world.link(c, d);
    await expectSound(runner);
    expect((await runner.identity.membersOf(d)).customer).toBe(c);
    await world.rules({ version: 2, limits: { email: 1 }, clusterLimit: 50 });
    await expectSound(runner);
    expect((await runner.identity.membersOf(d)).customer).toBe(d);
    expect(await runner.identity.heldMerges({ subjects: [c] })).toMatchObject([{ reason: 'IDENTIFIER_LIMIT' }]);
  });

  it('says who would merge or come apart under other rules before they are in force; then it is so, for all history', async () => {
    const names = (text: string) => text.split('').map(uuid);
    const [a, b, c, d, e, f] = names('abcdef');
    const runner = await started();
    world.hold();
    for (const subject of [a, b, c, d, e, f]) await world.register(subject!, 'email');
    await world.link(a!, b!);
    await world.link(b!, c!);
    await world.link(d!, e!);
    await world.append(names('abcdef').map((subject, n) => behaviour(subject, moment(n))));
    await world.release();
    await runner.catchUp();
    const [before, wished] = [
      await runner.identity.rules(),
      { version: 2, limits: { user_id: 1, email: 2 }, windows: {}, priority: [], clusterLimit: 50 },
    ];
    expect(before).toMatchObject({ since: '0', rules: { version: 1, limits: { user_id: 1 } } });
    const hash = await runner.stateHash('trail');
    const preview = await runner.identity.preview(wished);
    expect(preview).toMatchObject({ wouldMerge: 0, wouldComeApart: 1, customersMore: 1, linksHeld: 1, linksFollowed: 0, merging: [] });
    expect(preview.apart).toEqual([{ customer: a, into: [a, c] }]);
    expect(preview.position).toBe(world.last());
    // A preview is no change.
    expect(await runner.stateHash('trail')).toEqual(hash);
    await world.rules(wished);
    await expectSound(runner);
    expect(await runner.identity.customersOf([a!, b!, c!, d!, e!])).toEqual(
      new Map([
        [a, a],
        [b, a],
        [c, c],
        [d, d],
        [e, d],
      ]),
    );
    expect((await runner.identity.rules()).rules).toEqual(wished);
    // The way back says the opposite, and gives the state of before.
    const back = await runner.identity.preview(before.rules, { examples: 1 });
    expect(back).toMatchObject({ wouldMerge: 2, wouldComeApart: 0, customersMore: -1, linksHeld: 0, linksFollowed: 1 });
    expect(back.merging).toEqual([{ customer: a, customers: [a, c] }]);
    await world.rules({ version: 3, limits: {}, clusterLimit: 50 });
    await expectSound(runner);
    expect(await runner.stateHash('trail')).toMatchObject({ ...hash, position: world.last() });
  });

  it('keeps a limit within a window, lets weaker evidence give way to stronger, and tells what was absorbed and no more', async () => {
    const [b, u, other, mail] = 'abcd'.split('').map(uuid);
    const runner = await started();
    await world.rules({
      version: 2,
      limits: { user_id: 1, email: 1, device_id: 1 },
      windows: { device_id: 30 },
      priority: ['user_id', 'email', 'anonymous_id'],
      clusterLimit: 50,
    });
    await world.register(b!);
    await world.register(u!, 'user_id');
    await world.register(other!, 'email');
    await world.register(mail!, 'email');
    await world.link(other!, b!);
    await world.link(u!, b!);
    await expectSound(runner);
    expect((await runner.identity.membersOf(u!)).customer).toBe(b);
    const place = await world.link(u!, mail!);
    await expectSound(runner);
    expect(await runner.identity.customersOf([b!, u!, other!, mail!])).toEqual(
      new Map([
        [b, b],
        [u, b],
        [other, other],
        [mail, b],
      ]),
    );
    expect(await runner.identity.heldMerges()).toMatchObject([{ subjects: [other, b], reason: 'IDENTIFIER_LIMIT' }]);
    const told = await db.pool.query<{ customer: string; data: unknown }>(
      `select customer, data from understanding.outbox where kind = 'MergedByRule' and at = $1`,
      [place],
    );
    expect(told.rows).toMatchObject([{ customer: b, data: { survivor: b, absorbed: [mail] } }]);
    for (const [n, day] of [0, 29, 30].entries()) await world.register(uuid(`${n}`), 'device_id', false, day);
    for (const n of [0, 1, 2]) await world.link(u!, uuid(`${n}`));
    await expectSound(runner);
    expect([...(await runner.identity.customersOf([0, 1, 2].map((n) => uuid(`${n}`)))).values()]).toEqual([b, uuid('1'), b]);
  });

  it('builds another version beside the live one and shows it when it has caught up', async () => {
    await world.append([behaviour(uuid('a'), moment(1))]);
    const old = await started();
    await old.catchUp();
    await old.stop();
    const runner = await started({ definitions: [trailProjection('trail', { version: 2 })] });
    await until(async () => (await runner.status()).projections[0]?.version === 2);
    expect((await runner.status()).projections[0]).toMatchObject({ version: 2, generation: 2, rebuilding: false });
    expect((await rows()).size).toBe(1);
    // The former generation is kept until it is dropped.
    expect(await runner.generations()).toMatchObject([
      { generation: 2, live: true, replaced: 1, verification: { equal: true } },
      { generation: 1, live: false, followed: false },
    ]);
  });

  it('folds a projection again from the first fact and comes to the same state', async () => {
    const runner = await started({ pageSize: 7 });
    await world.append(Array.from({ length: 60 }, (_, n) => behaviour(uuid(`c${n % 9}`), moment(n % 13, n))));
    await world.closeDay(9);
    await runner.catchUp();
    const before = await runner.stateHash('trail');
    expect(before).toMatchObject({ kind: 'hash', rows: 9, position: world.last() });
    await runner.rebuild('trail');
    await runner.catchUp();
    expect(await runner.stateHash('trail')).toEqual(before);
  });

  it('notices a row that was changed by hand', async () => {
    const runner = await started();
    await world.append([behaviour(uuid('a'), moment(1)), behaviour(uuid('b'), moment(1))]);
    await runner.catchUp();
    await db.pool.query(`update understanding.trail_g1 set state = '{"count":7}' where key = $1`, [uuid('a')]);
    await db.pool.query('delete from understanding.trail_g1 where key = $1', [uuid('b')]);
    expect(await runner.audit('trail')).toMatchObject({ equal: false, differing: expect.arrayContaining([uuid('a'), uuid('b')]) });
  });

  it('skips facts of unknown types and counts them', async () => {
    const strange = { ...trailProjection('strange'), types: ['retention.other.thing-happened'] };
    const runner = await started({ definitions: [strange] });
    await world.append([{ ...behaviour(uuid('a'), moment(1)), type: 'retention.other.thing-happened' }]);
    await runner.catchUp();
    expect((await runner.status()).projections[0]).toMatchObject({ skipped: 1, parked: 0 });
  });

  it('refuses to go on over a log that is not the one it has folded (failure mode 17)', async () => {
    const first = await started();
    await world.append([behaviour(uuid('a'), moment(1)), behaviour(uuid('b'), moment(1))]);
    await first.catchUp();
    await first.stop();
    await db.pool.query('delete from events where pos = 2');
    const runner = createProjectionRunner({ ...options, definitions: [trailProjection()] });
    expect(await runner.start()).toMatchObject({ kind: 'log-differs', position: '2', found: null });
    await world.append([behaviour(uuid('c'), moment(1))]);
    expect(await runner.start()).toMatchObject({ kind: 'log-differs', position: '2', found: null });
  });
});
