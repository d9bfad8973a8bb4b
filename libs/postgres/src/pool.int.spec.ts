import fc from 'fast-check';
import type { TestDatabase } from '@tsunagari/testing';
import { testDatabase } from '@tsunagari/testing';
import { createPool, isoMoment } from './pool';
import { waitUntil } from './supervisor';
import { inTransaction } from './transaction';
import { listen } from './listen';
import type { ListenState } from './listen';

let db: TestDatabase;
beforeAll(async () => (db = await testDatabase()));
afterAll(() => db.drop());

describe('the pool', () => {
  it('gives any moment between the years 1 and 9999 back as the ISO text it was given, to the millisecond', async () => {
    const moments = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.array(moments, { minLength: 1, maxLength: 50 }), async (dates) => {
        const texts = dates.map((date) => date.toISOString());
        const { rows } = await db.pool.query<{ moment: string }>('select unnest($1::timestamptz[]) as moment', [texts]);
        expect(rows.map(({ moment }) => moment)).toEqual(texts);
      }),
      { numRuns: 20 },
    );
  });

  it('gives whole seconds back place by place', () => {
    const date = fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (moment) => {
        const second = moment.toISOString().slice(0, 19);
        expect(isoMoment(`${second.replace('T', ' ')}+00`)).toBe(`${second}.000Z`);
      }),
    );
  });

  it('cuts microseconds off, understands other offsets, and leaves infinity as it is', () => {
    expect(isoMoment('2010-12-01 08:26:00.999999+00')).toBe('2010-12-01T08:26:00.999Z');
    expect(isoMoment('2010-12-01 08:26:00+00')).toBe('2010-12-01T08:26:00.000Z');
    expect(isoMoment('12010-12-01 08:26:00+00')).toBe('12010-12-01 08:26:00+00');
    expect(isoMoment('0044-03-15 08:26:00+00 BC')).toBe('0044-03-15 08:26:00+00 BC');
    expect(isoMoment('2010-12-01 10:26:00+02')).toBe('2010-12-01T08:26:00.000Z');
    expect(isoMoment('2010-12-01 13:56:00+05:30')).toBe('2010-12-01T08:26:00.000Z');
    expect(isoMoment('infinity')).toBe('infinity');
  });

  it('survives the end of its connections, idle and in use, and tells of it', async () => {
    const lost: string[] = [];
    const pool = createPool({ url: db.url, onConnectionLost: (error) => lost.push(error.message) });
    const [idle, used] = await Promise.all([pool.connect(), pool.connect()]);
    const ended = Promise.all([idle, used].map((client) => new Promise<void>((resolve) => client.once('end', resolve))));
    idle.release();
    await db.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()', [db.name]);
    await ended;
    expect(lost.length).toBeGreaterThanOrEqual(2);
    used.release();
    expect((await pool.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);
    await pool.end();
  });
});

describe('a transaction', () => {
  it('commits what it did, or nothing of it', async () => {
    await db.pool.query('create table counted (n int)');
    expect(await inTransaction(db.pool, async (client) => (await client.query('insert into counted values (1)')).rowCount)).toBe(1);
    await expect(
      inTransaction(db.pool, async (client) => {
        await client.query('insert into counted values (2)');
        throw new Error('changed its mind');
      }),
    ).rejects.toThrow('changed its mind');
    expect((await db.pool.query('select n from counted')).rows).toEqual([{ n: 1 }]);
  });

  it('does not return a broken connection to the pool', async () => {
    await expect(
      inTransaction(db.pool, async (client) => {
        await client.query('select pg_terminate_backend(pg_backend_pid())');
      }),
    ).rejects.toThrow();
    expect((await db.pool.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);
  });
});

describe('listening', () => {
  it('hears notifications, notices the loss of its connection, connects again and hears on (failure mode 16)', async () => {
    const heard: string[] = [];
    const states: ListenState[] = [];
    const listening = await listen(db.pool, 'facts', (payload) => heard.push(payload), {
      onState: (state) => states.push(state),
      pauseMs: 10,
    });
    expect(listening.state()).toBe('up');
    await db.pool.query("select pg_notify('facts', 'one'), pg_notify('others', 'not ours')");
    expect(await waitUntil(() => heard.length === 1, 10_000)).toBe(true);
    await db.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tsunagari listen facts' and datname = $1",
      [db.name],
    );
    expect(await waitUntil(() => states.length === 3, 10_000)).toBe(true);
    await db.pool.query("select pg_notify('facts', 'two')");
    expect(await waitUntil(() => heard.length === 2, 10_000)).toBe(true);
    await listening.close();
    expect(states).toEqual(['up', 'down', 'up', 'down']);
    expect(heard).toEqual(['one', 'two']);
  });

  it('takes no connection of the pool', async () => {
    const pool = createPool({ url: db.url, max: 1 });
    const listening = await listen(pool, 'facts', () => undefined);
    expect((await pool.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);
    await listening.close();
    await pool.end();
  });

  it('answers with state down while there is no server, and can be closed then', async () => {
    const listening = await listen('postgres://nobody@127.0.0.1:1/none', 'facts', () => undefined);
    expect(listening.state()).toBe('down');
    await listening.close();
  });
});
