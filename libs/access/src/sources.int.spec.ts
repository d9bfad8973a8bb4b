import { migrate } from '@tsunagari/postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { accessSchema, isVerifiedSource, sources } from './index';

let db: TestDatabase;
let time = 0;
const elapsed = () => time;
beforeAll(async () => {
  db = await testDatabase();
  await Promise.all([migrate(db.pool, accessSchema), migrate(db.pool, accessSchema)]);
});
afterAll(() => db.drop());

describe('sources', () => {
  it('are known by their write key, of which only a hash is kept', async () => {
    const access = sources(db.pool, elapsed);
    const key = await access.registerSource({ name: 'web', kind: 'browser' });
    expect(await access.sourceFor(key)).toEqual({ kind: 'source', source: { name: 'web', kind: 'browser' } });
    expect(await access.sourceFor(`${key}x`)).toEqual({ kind: 'unknown' });
    expect(await access.sourceFor('')).toEqual({ kind: 'unknown' });
    const { rows } = await db.pool.query("select s::text from access.sources s where s::text like '%' || $1 || '%'", [key]);
    expect(rows).toEqual([]);
  });

  it('may be registered again with the key of the deployment, and with no other', async () => {
    const access = sources(db.pool, elapsed);
    const source = { name: 'default', kind: 'server' as const, writeKey: 'the key of this deployment' };
    await access.registerSource(source);
    expect(await access.registerSource(source)).toBe(source.writeKey);
    await expect(access.registerSource({ ...source, writeKey: 'another key, long enough' })).rejects.toThrow(
      'there is a source default already',
    );
    await expect(access.registerSource({ ...source, kind: 'browser' })).rejects.toThrow('there is a source default already');
    await expect(access.registerSource({ name: 'No Name', kind: 'server' })).rejects.toThrow('not a source');
    await expect(access.registerSource({ name: 'short', kind: 'server', writeKey: 'short' })).rejects.toThrow('at least 20');
  });

  it('rotate their key with a time of grace', async () => {
    const access = sources(db.pool, elapsed);
    const old = await access.registerSource({ name: 'till', kind: 'server' });
    const fresh = await access.rotateWriteKey('till', 3600);
    expect(await access.sourceFor(old)).toMatchObject({ kind: 'source' });
    expect(await access.sourceFor(fresh ?? '')).toMatchObject({ kind: 'source' });
    const fresher = await access.rotateWriteKey('till', 0);
    expect(await access.sourceFor(fresher ?? '')).toMatchObject({ kind: 'source' });
    expect(await access.sourceFor(fresh ?? '')).toEqual({ kind: 'unknown' });
    expect(await access.sourceFor(old)).toEqual({ kind: 'unknown' });
    expect(await access.rotateWriteKey('nobody')).toBeUndefined();
  });

  it('are shut out at once here and within half a minute elsewhere when disabled', async () => {
    const [here, elsewhere] = [sources(db.pool, elapsed), sources(db.pool, elapsed)];
    const key = await here.registerSource({ name: 'leaked', kind: 'browser' });
    expect(await elsewhere.sourceFor(key)).toMatchObject({ kind: 'source' });
    expect(await here.disableSource('leaked')).toBe(true);
    expect(await here.disableSource('nobody')).toBe(false);
    expect(await here.sourceFor(key)).toEqual({ kind: 'disabled', name: 'leaked' });
    time += 30_000;
    expect(await elsewhere.sourceFor(key)).toEqual({ kind: 'disabled', name: 'leaked' });
  });

  it('are proof unless their key is public', () => {
    expect(['browser', 'server', 'import'].filter((kind) => isVerifiedSource(kind as 'browser'))).toEqual(['server', 'import']);
  });
});
