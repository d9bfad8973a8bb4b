import type { Pool } from 'pg';

/**
 * The tables of understanding that no projection keeps: scores of the last fit, and jobs. `key` is the customer's id. Scores are a
 * cache: any fit writes them whole. Names a customer may be sorted by, so a page is one index scan.
 */
const TABLES = `
create schema if not exists understanding;
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
`;

/** Makes the tables where they are missing. Safe at every start, also of several processes at once. */
export async function ensureUnderstandingTables(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('tsunagari understanding tables', 0))`);
    await client.query(TABLES);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
