import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { behaviourRecorded, defineCommand, reactionRefused, reservationClaimed, reservationReleased } from '@tsunagari/contracts';
import { fixedClock, type MovableClock } from '@tsunagari/runtime';
import { claimThing, reactorWorld, type ReactorWorld, testDatabase, type TestDatabase, wanting } from '@tsunagari/testing';
import { z } from 'zod';
import { cancelTimer, defineReactor, handle, send, setTimer, type ReactorRunner, type ReactorRunnerOptions } from './index';

const START = '2026-03-28T22:00:00.000Z';
const secrets = { masterKey: randomBytes(32), lookupKey: randomBytes(32), digestKey: randomBytes(32) };

describe('reactors and timers', () => {
  let db: TestDatabase;
  let world: ReactorWorld;
  let clock: MovableClock;
  const running: ReactorRunner[] = [];

  beforeEach(async () => {
    db = await testDatabase();
    clock = fixedClock(START);
    world = await reactorWorld(db.pool, secrets, clock);
  });

  afterEach(async () => {
    for (const runner of running.splice(0)) await runner.stop();
    await world.close();
    await db.drop();
  });

  async function started(given: Partial<ReactorRunnerOptions> = {}): Promise<ReactorRunner> {
    const runner = world.reactors(given);
    running.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
    return runner;
  }

  it('sends what follows from a fact, with its state, and says what it followed from', async () => {
    const runner = await started();
    const ann = await world.subject();
    await world.does(ann, 'looks');
    await world.does(ann, 'wants', 'comb');
    await runner.settle();
    const [claimed] = await world.facts(reservationClaimed.type);
    const [, wants] = await world.facts(behaviourRecorded.type);
    expect(claimed).toMatchObject({
      stream: 'reservation-thing:comb',
      data: { reservation: 'thing:comb', holder: `${ann}/2` },
      meta: { actor: 'system:reactor:wanting', causationId: wants?.id, correlationId: 'spec' },
    });
    expect(await runner.lagMs()).toBe(0);
  });

  it('a refused reaction becomes a fact that operations see, and is not tried again', async () => {
    const runner = await started();
    const [ann, eve] = [await world.subject(), await world.subject()];
    await world.does(ann, 'wants', 'comb');
    await runner.settle();
    await world.does(eve, 'wants', 'comb');
    await runner.settle();
    const refused = await world.facts(reactionRefused.type);
    const wants = await world.facts(behaviourRecorded.type);
    expect(refused.map(({ data }) => data)).toEqual([
      {
        reactor: 'wanting',
        eventId: wants[1]?.id,
        command: 'operations.ClaimThing',
        code: 'ALREADY_RESERVED',
        field: null,
        rule: 'thing:comb is held by another',
      },
    ]);
    expect((await db.pool.query('select id from spec.agenda where timer is null')).rows).toEqual([]);
  });

  it('a claim that nobody confirms is free again when its time is over, by the clock of the deployment', async () => {
    const runner = await started();
    const [ann, eve] = [await world.subject(), await world.subject()];
    await world.does(ann, 'wants', 'comb');
    await runner.settle();
    clock.advance(899_999);
    await runner.settle();
    expect(await world.facts(reservationReleased.type)).toEqual([]);
    clock.advance(1);
    await runner.settle();
    expect((await world.facts(reservationReleased.type)).map(({ data }) => data)).toMatchObject([{ reason: 'expired' }]);
    await world.does(eve, 'wants', 'comb');
    await runner.settle();
    expect(await world.facts(reservationClaimed.type)).toHaveLength(2);
  });

  it('a confirmed claim keeps its timer no longer', async () => {
    const runner = await started();
    const asked = { idempotencyKey: 'k', by: 'user:spec', requestId: 'r', at: START };
    const trial = { kind: 'trial', thing: 'a', holder: 's1' };
    await world.reservations.claim(trial, '2026-03-28T23:00:00.000Z', asked);
    await runner.settle();
    expect((await db.pool.query('select timer from spec.agenda')).rows).toEqual([{ timer: 'expiry' }]);
    await world.reservations.confirm(trial, { ...asked, idempotencyKey: 'k2' });
    await runner.settle();
    expect((await db.pool.query('select timer from spec.agenda')).rows).toEqual([]);
    clock.advance(86_400_000);
    await runner.settle();
    expect(await world.facts(reservationReleased.type)).toEqual([]);
  });

  it('starts where it goes live: what was before is folded, and nothing follows from it', async () => {
    const ann = await world.subject();
    await world.does(ann, 'wants', 'before');
    const runner = await started();
    await world.does(ann, 'wants', 'after');
    await runner.settle();
    expect((await world.facts(reservationClaimed.type)).map(({ data }) => data)).toMatchObject([
      { reservation: 'thing:after', holder: `${ann}/2` },
    ]);
  });

  it('a rebuild and a new version fire nothing', async () => {
    const first = await started();
    const ann = await world.subject();
    await world.does(ann, 'wants', 'comb');
    await first.settle();
    clock.advance(900_000);
    await first.settle();
    const before = await world.options.log.head();
    await first.rebuild('wanting');
    await first.rebuild('reservation_expiry');
    await first.settle();
    expect(await world.options.log.head()).toBe(before);
    await first.stop();
    const second = await started({ reactors: [{ ...wanting, version: 2, evolve: (wants: unknown) => Number(wants) + 10 }] });
    await second.settle();
    expect(await world.options.log.head()).toBe(before);
    await world.does(ann, 'wants', 'brush');
    await second.settle();
    expect((await world.facts(reservationClaimed.type)).map(({ data }) => (data as { holder: string }).holder)).toEqual([
      `${ann}/1`,
      `${ann}/20`,
    ]);
  });

  it('tries again what failed, and says what does', async () => {
    let isDown = true;
    const errors: string[] = [];
    const claims = handle(claimThing, async (input, asked) => {
      if (isDown) throw new Error('touchpoints is away');
      return world.claims.run(input, asked);
    });
    const runner = await started({ handlers: [claims], onError: ({ kind }) => errors.push(kind) });
    await world.does(await world.subject(), 'wants', 'comb');
    for (const until = Date.now() + 20_000; (await runner.stuck()).length === 0 && Date.now() < until;);
    expect(await runner.stuck()).toMatchObject([{ reactor: 'wanting', command: 'operations.ClaimThing', error: 'touchpoints is away' }]);
    isDown = false;
    await runner.settle();
    expect(await world.claimed()).toHaveLength(1);
    expect(errors).toContain('failed');
  });

  it('a key at which the reactor throws waits; others go on (failure mode 13)', async () => {
    const runner = await started();
    const [ann, eve] = [await world.subject(), await world.subject()];
    await world.does(ann, 'throws');
    await world.does(ann, 'wants', 'a');
    await world.does(eve, 'wants', 'b');
    await runner.settle();
    expect(await world.claimed()).toEqual(['reservation-thing:b']);
    expect(await runner.parked()).toMatchObject([{ readModel: 'reactor_wanting', key: ann, error: 'Error: cannot react to this' }]);
  });

  it('refuses input that breaks the schema of its command', async () => {
    expect(await world.claims.run({ thing: 1 }, { idempotencyKey: 'k', by: 'user:spec', requestId: 'r', at: START })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'INVALID_FIELD', field: 'thing' },
    });
  });

  it('a timer moves when it is set again, and is heard once, in order, over several processes', async () => {
    const heard: string[] = [];
    const ring = defineCommand('operations', 'Ring', z.strictObject({ who: z.string() }));
    const alarms = defineReactor<undefined>({
      name: 'alarms',
      version: 1,
      types: [behaviourRecorded.type],
      key: ({ subject }) => subject ?? undefined,
      initial: undefined,
      evolve: () => undefined,
      react: ({ data, subject, occurred }) => {
        const { name } = data as { name: string };
        if (name === 'cancels') return [cancelTimer('alarm')];
        // The clocks go forward in Europe that night: a timer is a moment, so an hour stays an hour.
        return [setTimer('alarm', new Date(Date.parse(occurred) + 3_600_000).toISOString(), ring, { who: subject ?? '' })];
      },
    });
    const rings = handle(ring, async ({ who }, asked) => {
      heard.push(`${who} ${asked.at} ${asked.idempotencyKey}`);
      return { kind: 'accepted', position: null, version: 0, repeated: false };
    });
    const given = { reactors: [alarms], handlers: [rings] };
    const runners = [await started(given), await started(given), await started(given)];
    const subjects = await Promise.all(Array.from({ length: 30 }, () => world.subject()));
    const [first = ''] = subjects;
    for (const subject of subjects) await world.does(subject, 'sets');
    await runners[0]?.settle();
    clock.advance(1_800_000);
    await world.does(first, 'sets');
    await world.does(subjects[1] ?? '', 'cancels');
    await runners[0]?.settle();
    expect(heard).toEqual([]);
    clock.set('2026-03-28T23:00:00.000Z');
    for (const runner of runners) await runner.settle();
    expect(heard.map((said) => said.split(' ')[0]).sort()).toEqual(subjects.slice(2).sort());
    clock.set('2026-03-28T23:30:00.000Z');
    for (const runner of runners) await runner.settle();
    expect(heard.at(-1)).toContain(`${first} 2026-03-28T23:30:00.000Z`);
    expect(new Set(heard).size).toBe(29);
    expect(heard).toHaveLength(29);
  });

  it('what nobody here carries out waits for a process that does', async () => {
    const runner = await started({ handlers: [] });
    await world.does(await world.subject(), 'wants', 'comb');
    await runner.settle();
    expect(await world.claimed()).toEqual([]);
    const other = await started();
    await other.settle();
    expect(await world.claimed()).toEqual(['reservation-thing:comb']);
  });

  it('sends the commands of one fact in the order in which they were said', async () => {
    const said: string[] = [];
    const say = defineCommand('operations', 'Say', z.strictObject({ word: z.string() }));
    const talker = defineReactor<undefined>({
      ...wanting,
      name: 'talker',
      initial: undefined,
      evolve: () => undefined,
      react: () => ['a', 'b', 'c', 'd', 'e'].map((word) => send(say, { word })),
    });
    const runner = await started({
      reactors: [talker],
      handlers: [
        handle(say, async ({ word }) => {
          said.push(word);
          return { kind: 'accepted', position: null, version: 0, repeated: false };
        }),
      ],
    });
    await world.does(await world.subject(), 'speaks');
    await runner.settle();
    expect(said).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  describe('with a process of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsunagari-reactor-'));
    const bundle = join(folder, 'reactor.cjs');
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    beforeAll(() => {
      const program = `
        import { createPool } from '@tsunagari/postgres';
        import { fixedClock } from '@tsunagari/runtime';
        import { handle } from '@tsunagari/reactor';
        import { claimThing, reactorWorld } from './reactor-world';
        const keys = JSON.parse(process.env.KEYS);
        const secrets = Object.fromEntries(Object.entries(keys).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]));
        const die = () => process.kill(process.pid, 'SIGKILL');
        (async () => {
          const world = await reactorWorld(createPool(process.env.DATABASE), secrets, fixedClock('${START}'));
          const deadly = handle(claimThing, async (input, asked) => {
            if (process.env.DIES === 'before') die();
            const result = await world.claims.run(input, asked);
            die();
            return result;
          });
          await world.reactors({ handlers: [deadly], claimMs: 200 }).start();
        })();`;
      execFileSync(
        join(process.cwd(), 'node_modules/esbuild/bin/esbuild'),
        ['--bundle', '--platform=node', '--packages=external', `--outfile=${bundle}`, '--loader=ts', '--log-level=warning'],
        { input: program, cwd: join(process.cwd(), 'libs/testing/src') },
      );
    });

    it.each(['before', 'after'])('kill -9 %s the command was decided: it happens exactly once', async (dies) => {
      // The reactor goes live before the fact, and is gone again.
      const first = await started({ claimMs: 200 });
      await first.stop();
      await world.does(await world.subject(), 'wants', 'comb');
      const child = spawn(process.execPath, [bundle], {
        env: {
          ...process.env,
          DATABASE: db.url,
          DIES: dies,
          KEYS: JSON.stringify(Object.fromEntries(Object.entries(secrets).map(([name, key]) => [name, key.toString('hex')]))),
          NODE_PATH: join(process.cwd(), 'node_modules'),
        },
        stdio: 'inherit',
      });
      const signal = await new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
      expect(signal).toBe('SIGKILL');
      expect(await world.claimed()).toHaveLength(dies === 'before' ? 0 : 1);
      const heir = await started({ leaseMs: 300, claimMs: 200 });
      await heir.settle();
      expect(await world.claimed()).toEqual(['reservation-thing:comb']);
      expect(await world.facts(reactionRefused.type)).toEqual([]);
    });
  });
});
