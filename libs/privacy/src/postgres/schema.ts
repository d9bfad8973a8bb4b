import type { Pool } from '@tsunagari/postgres';

/** The schema that holds the keyring where nothing else is said. */
export const KEYRING_SCHEMA = 'keyring';

/** Checks a schema's name before it is put into SQL. */
export function schemaName(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new RangeError(`not a schema name: ${JSON.stringify(name)}`);
  return `"${name}"`;
}

/**
 * Makes the keyring's tables where they are missing; safe from several processes at once. The schema is open to its owner only, and
 * belongs into no long backup: what a backup keeps, an erasure cannot reach (`forgetAgain` mends it after a restore).
 *
 * `subjects`: a row for each identifier ever seen. `lookup` = HMAC of type and normalised value, null when an erasure forgot that too;
 * `wrapped` = the data key under the master key `kek`, null once erased; `registered_at` = its `IdentifierRegistered` stands.
 * `expiring`: keys of bodies that belong to no subject; a row is deleted when its day comes.
 */
export async function ensureKeyringSchema(pool: Pool, schema: string = KEYRING_SCHEMA): Promise<void> {
  const s = schemaName(schema);
  // One simple query is one transaction: the lock holds until all of it stands.
  await pool.query(`
    select pg_advisory_xact_lock(hashtextextended('tsunagari keyring schema', 0));
    create schema if not exists ${s};
    revoke all on schema ${s} from public;
    create table if not exists ${s}.subjects (
      subject uuid primary key,
      lookup bytea unique,
      wrapped bytea,
      kek text,
      registered_at timestamptz,
      erased_at timestamptz,
      check ((wrapped is null) = (erased_at is not null))
    );
    create index if not exists subjects_by_kek on ${s}.subjects (kek) where wrapped is not null;
    create table if not exists ${s}.expiring (
      expires_on date primary key,
      wrapped bytea not null,
      kek text not null
    );
  `);
}
