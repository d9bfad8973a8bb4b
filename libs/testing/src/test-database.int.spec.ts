import { describeWith } from './describe-with';
import { testDatabase } from './test-database';

describe('a test database', () => {
  it('is fresh, empty and gone after drop', async () => {
    const one = await testDatabase();
    const two = await testDatabase();
    await one.pool.query('create table only_here (id int)');
    const there = await two.pool.query("select to_regclass('only_here') as found");
    expect(there.rows).toEqual([{ found: null }]);
    await one.drop();
    const left = await two.pool.query('select 1 from pg_database where datname = $1', [one.name]);
    expect(left.rowCount).toBe(0);
    await two.drop();
  });

  it('reads moments as ISO text in UTC and big numbers as strings', async () => {
    const db = await testDatabase();
    const { rows } = await db.pool.query(
      `select '2010-12-01 10:26:00.123999+02'::timestamptz as moment, 9007199254740993::bigint as position, 1.10::numeric as amount,
              '2010-12-01'::date as day, array['2010-12-01 08:26Z'::timestamptz] as moments, array[9007199254740993::bigint] as positions,
              current_setting('TimeZone') as zone, count(*) as n from generate_series(1, 3)`,
    );
    expect(rows).toEqual([
      {
        moment: '2010-12-01T08:26:00.123Z',
        position: '9007199254740993',
        amount: '1.10',
        day: '2010-12-01',
        moments: ['2010-12-01T08:26:00.000Z'],
        positions: ['9007199254740993'],
        zone: 'UTC',
        n: '3',
      },
    ]);
    await db.drop();
  });
});

describe('describeWith', () => {
  let ran = false;
  describeWith('linux', 'a suite whose need is met', () => {
    it('runs', () => {
      ran = true;
    });
  });
  afterAll(() => expect(ran).toBe(process.platform === 'linux'));
});
