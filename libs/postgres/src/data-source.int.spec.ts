import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { TestDatabase } from '@tsunagari/testing';
import { testDatabase } from '@tsunagari/testing';
import { createDataSource, expectNoDrift, migrate, schemaDrift, schemaSql } from './data-source';
import { createPool } from './pool';
import { waitUntil } from './supervisor';

@Entity({ name: 'parked', schema: 'service' })
class Parked {
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'timestamptz' })
  since!: string;

  @Column({ type: 'bigint' })
  position!: string;
}

class CreateParked implements MigrationInterface {
  readonly name = 'CreateParked1764000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table service.parked (key text, since timestamptz not null, position bigint not null)');
    await runner.query('alter table service.parked add constraint parked_key primary key (key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table service.parked');
  }
}

class Failing implements MigrationInterface {
  readonly name = 'Failing1764000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table service.half (id int)');
    await runner.query('select * from service.nowhere');
  }
  async down(): Promise<void> {
    // Nothing to undo: it never succeeds.
  }
}

const service = { schema: 'service', migrations: [CreateParked], entities: [Parked] };

let db: TestDatabase;
beforeEach(async () => (db = await testDatabase()));
afterEach(() => db.drop());

describe('TypeORM on our pool', () => {
  it('migrates once when several processes start together', async () => {
    const pools = [1, 2, 3].map(() => createPool(db.url));
    const ran = await Promise.all(pools.map(async (pool) => migrate(pool, service)));
    expect(ran.flat()).toEqual(['CreateParked1764000000000']);
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it('makes a schema once when many start together, whichever part of the platform is the first', async () => {
    await Promise.all(Array.from({ length: 8 }, () => db.pool.query(schemaSql('made_together'))));
    await db.pool.query(schemaSql('made_together'));
    const { rowCount } = await db.pool.query(`select from pg_namespace where nspname = 'made_together'`);
    expect(rowCount).toBe(1);
  });

  it('takes no lock where nothing is pending', async () => {
    await migrate(db.pool, service);
    const other = await db.pool.connect();
    await other.query('select pg_advisory_lock(7483113690551)');
    expect(await migrate(db.pool, service)).toEqual([]);
    other.release(true);
  });

  it('finds no drift between migrations and entities, and names the statement when there is one', async () => {
    await migrate(db.pool, service);
    const dataSource = await createDataSource(db.pool, service);
    await expectNoDrift(dataSource);
    await db.pool.query('alter table service.parked drop column since');
    expect(await schemaDrift(dataSource)).toEqual([expect.stringContaining('ADD "since"') as string]);
    await expect(expectNoDrift(dataSource)).rejects.toThrow('ADD "since"');
  });

  it('undoes a failed migration whole and gives the lock back', async () => {
    const failing = { ...service, migrations: [CreateParked, Failing] };
    await expect(migrate(db.pool, failing)).rejects.toThrow('nowhere');
    expect((await db.pool.query("select to_regclass('service.half') as half")).rows).toEqual([{ half: null }]);
    // The server gives the lock back when it has seen that the connection is closed: a moment later.
    const free = await waitUntil(async () => {
      const locks = await db.pool.query(
        "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = $1)",
        [db.name],
      );
      return locks.rowCount === 0;
    }, 10_000);
    expect(free).toBe(true);
    expect(await migrate(db.pool, service)).toEqual([]);
  });

  it('reads and writes moments as ISO text and positions as strings, and leaves the pool open when destroyed', async () => {
    await migrate(db.pool, service);
    const dataSource = await createDataSource(db.pool, service);
    const row = { key: 'k', since: '2010-12-01T08:26:00.000Z', position: '9007199254740993' };
    await dataSource.getRepository(Parked).insert(row);
    expect(await dataSource.getRepository(Parked).findOneByOrFail({ key: 'k' })).toEqual(row);
    await dataSource.destroy();
    expect((await db.pool.query('select since, position from service.parked')).rows).toEqual([
      { since: row.since, position: row.position },
    ]);
  });
});
