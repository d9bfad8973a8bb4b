import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { heartbeat } from './leases';
import { ensureSchema } from './schema';
import { uuid } from './spec-world';

describe('the leases of shards', () => {
  const [dead, ours] = [uuid('dead'), uuid('ours')];
  let db: TestDatabase;
  beforeEach(async () => {
    db = await testDatabase();
    await ensureSchema(db.pool, 'understanding');
    await db.pool.query(
      "insert into understanding.checkpoints (reader, generation, shard, lease) values ('trail', 1, 0, $1), ('trail', 1, 1, null)",
      [dead],
    );
  });
  afterEach(() => db.drop());

  const beat = () => heartbeat(db.pool, 'understanding', ours, [{ reader: 'trail', generation: 1 }], 60_000);
  /** Whoever has the first shard ends without a word, at a key or between two. */
  const dies = (marker: string | null) =>
    db.pool.query('update understanding.checkpoints set lease = $1, marker = $2 where shard = 0', [dead, marker]);

  it('count the deaths at a key, and of those between keys the first only: they are no key’s fault (failure mode 13)', async () => {
    const strikes: (number | undefined)[] = [];
    for (const marker of [null, null, null, uuid('a'), uuid('a')]) {
      await dies(marker);
      const { taken } = await beat();
      strikes.push(taken.find(({ shard }) => shard === 0)?.strikes);
    }
    expect(strikes).toEqual([1, 1, 1, 2, 3]);
  });

  it('are told of all that were taken, also where a dead process still keeps one locked (failure modes 10 and 15)', async () => {
    const locked = await db.pool.connect();
    await locked.query('begin');
    await locked.query('select from understanding.checkpoints where shard = 0 for update');
    const { taken, owned } = await beat();
    expect(taken.map(({ shard }) => shard)).toEqual([1]);
    expect([...owned]).toEqual(['trail:1:1']);
    await locked.query('rollback');
    locked.release();
    expect((await beat()).taken.map(({ shard }) => shard)).toEqual([0]);
  });
});
