import type { Pool } from 'pg';

/** A statement; one with a name is prepared once a connection. */
export type Statement = { readonly name?: string; readonly text: string };

const asSent = { getTypeParser: () => (text: string) => text };

/** Rows as arrays of the text that PostgreSQL sends, null where it is null: half the time of rows as objects, and nothing is converted that the caller does not convert. */
export async function queryText<R>(pool: Pool, statement: Statement, values: readonly unknown[]): Promise<R[]> {
  const result = await pool.query({ ...statement, values: [...values], rowMode: 'array', types: asSent });
  return result.rows as unknown as R[];
}
