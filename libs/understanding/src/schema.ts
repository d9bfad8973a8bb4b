import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { Job } from './jobs';
import type { CurrentScores } from './lifetime-value/scores.query';

/** A customer's scores of the last fit; `key` is the customer's id. */
type ScoreRow = {
  readonly key: string;
  readonly modelId: string;
  readonly purchaseProbability: number;
  readonly expectedPurchases: number;
  readonly alive: number | null;
  readonly ltvMinor: string | null;
};

type CurrentScoresRow = Omit<CurrentScores, 'asOfDay'> & {
  readonly purpose: string;
  /** Days since 1970-01-01. */
  readonly asOfDay: number;
  readonly scoredAt: string;
};

const jobEntity = new EntitySchema<Job & { readonly updated: string }>({
  name: 'Job',
  schema: 'understanding',
  tableName: 'jobs',
  columns: {
    id: { type: 'uuid', primary: true },
    kind: { type: 'text' },
    status: { type: 'text' },
    stage: { type: 'text' },
    done: { type: 'integer', default: 0 },
    total: { type: 'integer', default: 0 },
    result: { type: 'json', nullable: true },
    error: { type: 'text', nullable: true },
    started: { type: 'timestamptz', default: () => 'now()' },
    updated: { type: 'timestamptz', default: () => 'now()' },
    finished: { type: 'timestamptz', nullable: true },
  },
  indices: [{ name: 'jobs_started', columns: ['kind', 'started'] }],
  checks: [{ name: 'jobs_status_check', expression: "status in ('running', 'succeeded', 'refused', 'failed', 'interrupted')" }],
});

const scoreEntity = new EntitySchema<ScoreRow>({
  name: 'CustomerScore',
  schema: 'understanding',
  tableName: 'customer_scores',
  columns: {
    key: { type: 'uuid', primary: true },
    modelId: { name: 'model_id', type: 'uuid' },
    purchaseProbability: { name: 'purchase_probability', type: 'double precision' },
    expectedPurchases: { name: 'expected_purchases', type: 'double precision' },
    alive: { type: 'double precision', nullable: true },
    ltvMinor: { name: 'ltv_minor', type: 'bigint', nullable: true },
  },
  indices: [
    { name: 'customer_scores_ltv', columns: ['ltvMinor', 'key'] },
    { name: 'customer_scores_risk', columns: ['purchaseProbability', 'key'] },
  ],
});

const currentScoresEntity = new EntitySchema<CurrentScoresRow>({
  name: 'CurrentScores',
  schema: 'understanding',
  tableName: 'current_scores',
  columns: {
    purpose: { type: 'text', primary: true },
    modelId: { name: 'model_id', type: 'uuid' },
    asOfDay: { name: 'as_of_day', type: 'integer' },
    currency: { type: 'text' },
    position: { type: 'bigint' },
    customers: { type: 'integer' },
    scoredAt: { name: 'scored_at', type: 'timestamptz' },
  },
});

/** Scores are a cache: any fit writes them whole. Names a customer may be sorted by are indexed, so a page is one index scan. */
class CreateScoresAndJobs implements MigrationInterface {
  readonly name = 'CreateScoresAndJobs1763769600000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table if not exists understanding.customer_scores (
        key                  uuid primary key,
        model_id             uuid not null,
        purchase_probability double precision not null,
        expected_purchases   double precision not null,
        alive                double precision,
        ltv_minor            bigint
      );
      create index if not exists customer_scores_ltv on understanding.customer_scores (ltv_minor, key);
      create index if not exists customer_scores_risk on understanding.customer_scores (purchase_probability, key);
      create table if not exists understanding.current_scores (
        purpose     text primary key,
        model_id    uuid not null,
        as_of_day   integer not null,
        currency    text not null,
        position    bigint not null,
        customers   integer not null,
        scored_at   timestamptz not null
      );
      create table if not exists understanding.jobs (
        id       uuid primary key,
        kind     text not null,
        status   text not null check (status in ('running', 'succeeded', 'refused', 'failed', 'interrupted')),
        stage    text not null,
        done     integer not null default 0,
        total    integer not null default 0,
        result   json,
        error    text,
        started  timestamptz not null default now(),
        updated  timestamptz not null default now(),
        finished timestamptz
      );
      create index if not exists jobs_started on understanding.jobs (kind, started);
    `);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table understanding.jobs, understanding.current_scores, understanding.customer_scores');
  }
}

/** The tables of understanding that no projection keeps, for `migrate` and `createDataSource`. */
export const understandingSchema = {
  schema: 'understanding',
  migrations: [CreateScoresAndJobs],
  entities: [jobEntity, scoreEntity, currentScoresEntity],
};
