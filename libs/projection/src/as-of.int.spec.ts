import { facts as registry } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner } from './runner-face';
import { behaviour, createWorld, dayText, moment, type Trail, trailProjection, uuid, type World } from './spec-world';

describe('a customer as of a moment', () => {
  let db: TestDatabase;
  let world: World;
  let runner: ProjectionRunner;
  let close: () => Promise<void>;
  const names = Array.from({ length: 8 }, (_, n) => uuid(`c${n}`));

  beforeAll(async () => {
    db = await testDatabase();
    await migrate(db.pool, eventsSchema);
    const store = postgresEventStore({ pool: db.pool });
    const log = postgresEventLog({ pool: db.pool });
    world = createWorld(store);
    runner = createProjectionRunner({
      pool: db.pool,
      log,
      journal: postgresJournal({ pool: db.pool }),
      registry,
      definitions: [trailProjection()],
    });
    await runner.start();
    close = async () => {
      await runner.stop();
      await log.close();
      await store.close();
      await db.drop();
    };
    for (const name of names) await world.register(name);
    for (let n = 0; n < 40; n++) {
      await world.append([behaviour(names[n % 8] ?? '', moment((n * 5) % 19, n))]);
      if (n % 9 === 4) await world.link(names[n % 8] ?? '', names[(n + 3) % 8] ?? '');
      if (n % 13 === 7) await world.split(names[(n + 3) % 8] ?? '');
      if (n % 10 === 9) await world.closeDay(n / 2);
    }
    await runner.catchUp();
  });
  afterAll(() => close());

  it('is what the whole base as of that position has of her, whoever she was then', async () => {
    const last = Number(world.last());
    for (const position of [9, 20, 33, 41, last].map(String)) {
      const started = await runner.startRebuild('trail', { by: 'user:spec', asOf: { label: `p${position}`, position } });
      expect(started.kind).toBe('started');
      for (const end = Date.now() + 20_000; (await runner.generations())[0]?.phase !== 'ready'; await new Promise(setImmediate))
        if (Date.now() > end) throw new Error('it was not built');
      const { rows } = await db.pool.query<{ key: string; state: Trail }>(`select key, state from understanding.trail_at_p${position}`);
      const base = new Map(rows.map(({ key, state }) => [key, state]));
      expect(base.size).toBeGreaterThan(3);
      for (const name of names) {
        const then = await runner.stateAsOf('trail', name, { position, occurredBy: null });
        expect(then.state).toEqual(base.get(then.customer) ?? null);
        expect(then.subjects).toContain(name);
      }
    }
  }, 60_000);

  it('leaves out what happened later, facts and days, and what was recorded later', async () => {
    const occurredBy = moment(6, 12 * 60);
    const now = await runner.momentOf({});
    expect(now).toEqual({ position: world.last(), occurredBy: null });
    const then = await runner.momentOf({ occurredBy, position: '999999' });
    expect(then).toEqual({ position: world.last(), occurredBy });
    const name = names[1] ?? '';
    const [all, some] = [await runner.stateAsOf('trail', name, now), await runner.stateAsOf('trail', name, then)];
    expect(some.facts).toEqual(
      all.facts.filter(({ occurred }) => occurred <= occurredBy).filter(({ subject }) => some.subjects.includes(subject ?? '')),
    );
    expect(some.facts.length).toBeLessThan(all.facts.length);
    expect(some.lastDay === null || some.lastDay <= dayText(5)).toBe(true);
    expect(all.lastDay).toBe(dayText(19));
    const { rows } = await db.pool.query<{ recorded: string; pos: string }>('select recorded, pos from events where pos = 20');
    const known = await runner.momentOf({ knownBy: rows[0]?.recorded ?? '' });
    expect(Number(known.position)).toBeGreaterThanOrEqual(20);
    expect((await runner.momentOf({ knownBy: '2000-01-01T00:00:00.000Z' })).position).toBe('0');
    expect(await runner.stateAsOf('trail', name, { position: '0', occurredBy: null })).toMatchObject({
      state: null,
      facts: [],
      lastDay: null,
    });
  });
});
