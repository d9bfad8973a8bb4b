import type { Pool, PoolClient } from './pool';

/** How much a transaction sees of others. */
export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/**
 * Runs `work` in one transaction: commits when it answers, rolls back when it throws, and throws on.
 * A connection that cannot roll back is closed, so that nobody gets it with half a transaction on it.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
  isolation: Isolation = 'read committed',
): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(`begin isolation level ${isolation}`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => (broken = true));
    throw error;
  } finally {
    client.release(broken);
  }
}
