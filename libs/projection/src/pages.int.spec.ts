import type { TestDatabase } from '@tsunagari/testing';
import { createIdentityReader } from './identity/identity-reader';
import { Pages } from './pages';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner, ProjectionRunnerOptions } from './runner-face';
import { specDeployment } from '../test-programs/spec-deployment';
import { behaviour, moment, trailProjection, uuid, type World } from './spec-world';

describe('the size of a page', () => {
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

  /** Writes down where each transaction moved its shards, and how many. */
  async function movesRecorded(): Promise<() => Promise<readonly { pos: number; shards: number }[]>> {
    await db.pool.query(`create table moves (pos bigint, tx bigint, nth serial);
      create function moved() returns trigger language plpgsql as $$ begin
        insert into moves (pos, tx) values (new.pos, txid_current()); return null; end $$;
      create trigger moved after update on understanding.checkpoints for each row
        when (new.reader = 'trail' and new.shard >= 0 and old.pos <> new.pos) execute function moved()`);
    return async () =>
      (
        await db.pool.query<{ pos: number; shards: number }>(
          'select pos::int, count(*)::int as shards from moves group by tx, pos order by min(nth)',
        )
      ).rows;
  }

  it('is many facts folded in lanes of some shards each, and comes to what small pages come to', async () => {
    const who = Array.from({ length: 150 }, (_, n) => uuid(`who ${n}`));
    await started();
    await running.pop()?.stop();
    const moves = await movesRecorded();
    const at = (n: number): string => who[n % who.length] ?? '';
    await world.append(Array.from({ length: 900 }, (_, n) => behaviour(at(n), n % 7 === 0 ? moment(0, n) : moment(1, n))));
    for (const n of [3, 4]) await world.register(at(n));
    await world.merge(at(3), at(4));
    await world.append(Array.from({ length: 900 }, (_, n) => behaviour(at(n), moment(2, (n * 31) % 900))));
    const runner = await started({ pageSize: 5_000 });
    await runner.catchUp();
    expect(await moves()).toEqual(Array.from({ length: 4 }, () => ({ pos: 1803, shards: 4 })));
    expect(await runner.audit('trail')).toMatchObject({ equal: true, rows: 149 });
    const paged = await started({ pageSize: 50, schema: 'paged' });
    await paged.catchUp();
    const hash = await runner.stateHash('trail');
    expect(hash.kind).toBe('hash');
    expect(await paged.stateHash('trail')).toEqual(hash);
  });

  it('is small after a death, and grows as long as it is done quickly (failure mode 13)', async () => {
    await started();
    await running.pop()?.stop();
    await world.append(Array.from({ length: 300 }, (_, n) => behaviour(uuid(`who ${n % 40}`), moment(1, n))));
    const moves = await movesRecorded();
    await db.pool.query("update understanding.checkpoints set lease = $1 where reader = 'trail' and shard >= 0", [uuid('dead')]);
    const runner = await started();
    await runner.catchUp();
    const positions = (await moves()).map(({ pos }) => pos);
    expect(positions[0]).toBe(32);
    expect(positions.at(-1)).toBe(300);
    // 32, and then at most twice as many each time.
    for (const [nth, pos] of positions.entries()) expect(pos).toBeLessThanOrEqual(32 * (2 ** (nth + 1) - 1));
    expect(await runner.audit('trail')).toMatchObject({ equal: true, rows: 40 });
  });

  it('of a build is small, and many are written in one transaction, unless its size was asked for', async () => {
    await world.append(Array.from({ length: 2_600 }, (_, n) => behaviour(uuid(`who ${n % 300}`), moment(1, n))));
    const writesOf = async (schema: string, given: Partial<ProjectionRunnerOptions>): Promise<number> => {
      const runner = await started({ ...given, schema });
      await runner.catchUp();
      const { rows } = await db.pool.query<{ n: number }>(`select count(*)::int as n from ${schema}_writes`);
      return rows[0]?.n ?? 0;
    };
    for (const schema of ['whole', 'paged']) {
      await started({ schema, definitions: [] });
      await running.pop()?.stop();
      await db.pool.query(`create table ${schema}_writes (customer uuid);
        create function ${schema}_wrote() returns trigger language plpgsql as $$ begin insert into ${schema}_writes values (new.last_customer); return null; end $$;
        create trigger wrote after update on ${schema}.checkpoints for each row
          when (new.shard = -1 and new.last_customer is distinct from old.last_customer) execute function ${schema}_wrote()`);
    }
    expect(await writesOf('whole', {})).toBe(1);
    expect(await writesOf('paged', { buildPageSize: 100 })).toBeGreaterThanOrEqual(26);
  });

  it('read once is kept for all who come, until everybody here has passed it', async () => {
    await world.append(Array.from({ length: 100 }, (_, n) => behaviour(uuid(`who ${n}`), moment(1, n))));
    const pages = new Pages(options.log, options.pool, createIdentityReader(options), 'understanding', 40);
    pages.frontier = '100';
    const readAfter = async (forgotten?: string): Promise<number> => {
      if (forgotten !== undefined) await pages.forgetBefore(forgotten);
      expect((await pages.within('0'))?.upTo).toBe('40');
      return pages.read;
    };
    expect([await readAfter(), await readAfter(), await readAfter('39')]).toEqual([40, 40, 40]);
    expect(await readAfter('40')).toBe(80);
  });

  it('is fewer facts where they are large, and as many as before where they are small again', async () => {
    const large = (n: number) => ({
      ...behaviour(uuid(`who ${n}`), moment(1, n)),
      data: { call: 'track', name: 'seen', properties: { text: 'x'.repeat(900_000) } },
    });
    for (let n = 0; n < 40; n += 10) await world.append(Array.from({ length: 10 }, (_, nth) => large(n + nth)));
    await world.append(Array.from({ length: 40 }, (_, n) => behaviour(uuid(`who ${n}`), moment(2, n))));
    const pages = new Pages(options.log, options.pool, createIdentityReader(options), 'understanding', 20);
    pages.frontier = '80';
    const ends: string[] = [];
    for (let after = '0'; after !== '80'; ends.push(after)) after = (await pages.within(after))?.upTo ?? 'nowhere';
    expect(ends).toEqual(['20', '30', '40', '50', '70', '80']);
  });
});
