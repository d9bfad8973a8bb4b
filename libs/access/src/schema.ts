import type { OwnedSchema } from '@tsunagari/postgres';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { SourceKind } from './sources';

/** A row of `access.sources`: a source and the hashes of its write keys, the present one and the one before. */
type SourceRow = {
  readonly name: string;
  readonly kind: SourceKind;
  readonly keyHash: Buffer;
  readonly previousHash: Buffer | null;
  readonly previousUntil: string | null;
  readonly createdAt: string;
  readonly disabledAt: string | null;
};

const sourceEntity = new EntitySchema<SourceRow>({
  name: 'Source',
  schema: 'access',
  tableName: 'sources',
  columns: {
    name: { type: 'text', primary: true },
    kind: { type: 'text' },
    keyHash: { name: 'key_hash', type: 'bytea' },
    previousHash: { name: 'previous_hash', type: 'bytea', nullable: true },
    previousUntil: { name: 'previous_until', type: 'timestamptz', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz', default: () => 'now()' },
    disabledAt: { name: 'disabled_at', type: 'timestamptz', nullable: true },
  },
  uniques: [
    { name: 'sources_key_hash_key', columns: ['keyHash'] },
    { name: 'sources_previous_hash_key', columns: ['previousHash'] },
  ],
  checks: [{ name: 'sources_kind_check', expression: "kind in ('browser', 'server', 'import')" }],
});

class CreateSources implements MigrationInterface {
  readonly name = 'CreateSources1763769600000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table if not exists access.sources (
        name text primary key,
        kind text not null check (kind in ('browser', 'server', 'import')),
        key_hash bytea not null unique,
        previous_hash bytea unique,
        previous_until timestamptz,
        created_at timestamptz not null default now(),
        disabled_at timestamptz
      );
    `);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table access.sources');
  }
}

/** The table of sources. */
export const accessSchema = { schema: 'access', migrations: [CreateSources], entities: [sourceEntity] } satisfies OwnedSchema;
