import type { MigrationInterface, QueryRunner } from 'typeorm';
import { quarantineEntity } from './quarantine/quarantine.entity';

class CreateQuarantine implements MigrationInterface {
  readonly name = 'CreateQuarantine1763769600000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table if not exists intake.quarantine (
        id uuid primary key,
        seq bigint generated always as identity unique,
        source text not null,
        message_id text,
        code text not null,
        field text,
        rule text not null,
        line int,
        body text,
        status text not null default 'held' check (status in ('held', 'released', 'discarded')),
        received timestamptz not null,
        decided timestamptz,
        decided_by text
      );
      create index if not exists quarantine_by_status on intake.quarantine (status, seq);
    `);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table intake.quarantine');
  }
}

/** The tables of the intake, for `migrate` and `createDataSource`. */
export const intakeSchema = { schema: 'intake', migrations: [CreateQuarantine], entities: [quarantineEntity] };
