import { randomUUID } from 'node:crypto';
import { quotedName, schemaSql } from './data-source';
import type { Pool, PoolClient } from './pool';

/** The right to do something that only one process may do at a time; who says nothing for a while loses it. */
export type Lease = {
  readonly name: string;
  /** How long a holder that says nothing keeps it, ms. */
  readonly leaseMs: number;
  /** Takes it, or renews it where it is ours; false while another holds it. */
  readonly acquire: () => Promise<boolean>;
  /**
   * Whether it is ours, as the first statement of a transaction that writes by its right. Who takes the lease over ends such
   * transactions of whoever had it: a process that is frozen in the middle of one keeps no locks.
   */
  readonly fence: (client: PoolClient) => Promise<boolean>;
  /** Gives it back, so that the next one need not wait. */
  readonly release: () => Promise<void>;
};

export type LeaseOptions = {
  readonly pool: Pool;
  readonly name: string;
  /** The schema of its table `leases`; made when missing. Default `leases`. */
  readonly schema?: string;
  /** Default 1,200: with a look every 300 ms a successor stands within 1.5 s. */
  readonly leaseMs?: number;
};

/** Class of the advisory locks that writers hold. Any number nobody else uses. */
const writing = 1_414_744_905;
/** Any number nobody else uses: tables that are made when missing are made by one process at a time. */
const making = 7_483_113_690_552;

/** Sessions that hold the writers' lock, in this database: they are of one who had the lease before. */
const endWriters = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 2
  and classid::bigint = $1 and objid::bigint = hashtext($2)::bigint & 4294967295
  and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()`;

/** A lease as a row of PostgreSQL, by the server's clock: a process that is frozen loses it as one that died does. */
export function postgresLease({ pool, name, schema = 'leases', leaseMs = 1_200 }: LeaseOptions): Lease {
  const table = `${quotedName(schema)}.leases`;
  const holder = randomUUID();
  const key = `${schema}.${name}`;
  let ours = false;
  let made: Promise<void> | undefined;

  const make = async (): Promise<void> => {
    const client = await pool.connect();
    try {
      await client.query(
        `begin; select pg_advisory_xact_lock(${making}); ${schemaSql(schema)}
         create table if not exists ${table} (name text primary key, holder uuid not null, until timestamptz not null) with (fillfactor = 50);
         commit`,
      );
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
  const ready = (): Promise<void> => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };

  return {
    name,
    leaseMs,
    async acquire() {
      await ready();
      const { rowCount } = await pool.query({
        name: `${schema}.lease-acquire`,
        text: `insert into ${table} as l (name, holder, until) values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
          on conflict (name) do update set holder = excluded.holder, until = excluded.until
          where l.holder = excluded.holder or l.until < clock_timestamp()`,
        values: [name, holder, leaseMs],
      });
      const taken = rowCount === 1 && !ours;
      ours = rowCount === 1;
      if (taken) await pool.query(endWriters, [writing, key]);
      return ours;
    },
    async fence(client) {
      const { rows } = await client.query<{ ours: boolean }>({
        name: `${schema}.lease-fence`,
        text: `select pg_advisory_xact_lock_shared($3, hashtext($4)), exists (select from ${table} where name = $1 and holder = $2) as ours`,
        values: [name, holder, writing, key],
      });
      return rows[0]?.ours === true;
    },
    async release() {
      await ready();
      ours = false;
      await pool.query(`delete from ${table} where name = $1 and holder = $2`, [name, holder]);
    },
  };
}
