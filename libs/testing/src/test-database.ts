import { randomBytes } from 'node:crypto';
import { createPool } from '@tsunagari/postgres';
import type { Pool } from '@tsunagari/postgres';

/** A fresh, empty database on the run's PostgreSQL. */
export type TestDatabase = {
  readonly url: string;
  readonly name: string;
  /** At most 10 connections, with the platform's type parsers. */
  readonly pool: Pool;
  /** Ends the pool and removes the database; connections of others are cut off. */
  readonly drop: () => Promise<void>;
};

/** The connection string of the PostgreSQL that Jest's global setup started, or that the environment named. */
export function testServerUrl(): string {
  const url = process.env['TSUNAGARI_TEST_DATABASE_URL'];
  if (!url)
    throw new Error('TSUNAGARI_TEST_DATABASE_URL is not set: run tests by "npx jest" from the root, whose global setup starts PostgreSQL.');
  return url;
}

async function onServer(sql: string): Promise<void> {
  const pool = createPool({ url: testServerUrl(), max: 1 });
  try {
    await pool.query(sql);
  } finally {
    await pool.end();
  }
}

/** Makes a database that nobody else uses. Call `drop` in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`create database ${name} template template0`);
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  const pool = createPool(url.href);
  const drop = async (): Promise<void> => {
    if (!pool.ended) await pool.end();
    await onServer(`drop database if exists ${name} with (force)`);
  };
  return { url: url.href, name, pool, drop };
}
