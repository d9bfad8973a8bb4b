import type { OwnedSchema } from '@tsunagari/postgres';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The schema is open to its owner only, and belongs into no long backup: what a backup keeps, an erasure cannot reach (`forgetAgain`
 * mends it after a restore).
 *
 * `subjects`: a row for each identifier ever seen. `lookup` = HMAC of type and normalised value, null when an erasure forgot that too;
 * `wrapped` = the data key under the master key `kek`, null once erased; `registered_at` = its `IdentifierRegistered` stands.
 * `expiring`: keys of bodies that belong to no subject; a row is deleted when its day comes.
 */
class CreateKeyring implements MigrationInterface {
  readonly name = 'CreateKeyring1763769600000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      revoke all on schema keyring from public;
      create table if not exists keyring.subjects (
        subject uuid primary key,
        lookup bytea unique,
        wrapped bytea,
        kek text,
        registered_at timestamptz,
        erased_at timestamptz,
        check ((wrapped is null) = (erased_at is not null))
      );
      create index if not exists subjects_by_kek on keyring.subjects (kek) where wrapped is not null;
      create table if not exists keyring.expiring (
        expires_on date primary key,
        wrapped bytea not null,
        kek text not null
      );
    `);
  }
  /** Refuses where keys are: without them nothing personal can be read again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      do $$ begin
        if exists (select from keyring.subjects) then raise exception 'the keyring holds keys, which only an erasure destroys'; end if;
      end $$;
      drop table keyring.expiring, keyring.subjects;
    `);
  }
}

/** What the tables are, for the check for drift only: reading and writing go by `pg`. */
const subjectEntity = new EntitySchema({
  name: 'Subject',
  schema: 'keyring',
  tableName: 'subjects',
  columns: {
    subject: { type: 'uuid', primary: true },
    lookup: { type: 'bytea', nullable: true },
    wrapped: { type: 'bytea', nullable: true },
    kek: { type: 'text', nullable: true },
    registered_at: { type: 'timestamptz', nullable: true },
    erased_at: { type: 'timestamptz', nullable: true },
  },
  uniques: [{ name: 'subjects_lookup_key', columns: ['lookup'] }],
  indices: [{ name: 'subjects_by_kek', columns: ['kek'], where: 'wrapped is not null' }],
  checks: [{ name: 'subjects_check', expression: '(wrapped is null) = (erased_at is not null)' }],
});

const expiringKeyEntity = new EntitySchema({
  name: 'ExpiringKey',
  schema: 'keyring',
  tableName: 'expiring',
  columns: { expires_on: { type: 'date', primary: true }, wrapped: { type: 'bytea' }, kek: { type: 'text' } },
});

/** The tables of the keyring. */
export const keyringSchema = {
  schema: 'keyring',
  migrations: [CreateKeyring],
  entities: [subjectEntity, expiringKeyEntity],
} satisfies OwnedSchema;
