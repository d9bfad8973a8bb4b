import type { Position } from '@tsunagari/contracts';
import type { LogPage, Tail, UnparsedFact } from '@tsunagari/event-log';
import type { FactTable } from '@tsunagari/event-log-postgres';
import type { Lease, Pool } from '@tsunagari/postgres';
import { inTransaction, quotedName } from '@tsunagari/postgres';
import { copyFacts, copyNewFacts } from './copy';
import type { Place } from './table';

/** Another process fills the journal now. Nothing was written. */
export class LostLease extends Error {}

export type Target = { readonly pool: Pool; readonly schema: string; readonly table: FactTable; readonly lease: Lease };

/**
 * Writes a page and moves the place in one transaction, if the journal still stands at the page's beginning and is ours to fill:
 * whatever is delivered twice, or by a process that was frozen, has no effect. The commit does not wait for the disk: a crash of the
 * server loses facts and place together, and the log gives them again.
 */
export async function writePage(target: Target, place: Place, page: LogPage<UnparsedFact>): Promise<Place> {
  const next: Place = { position: page.upTo, tail: tailOf(page, place) };
  try {
    await write(target, place.position, page, next, 'new');
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await write(target, place.position, page, next, 'partly known');
  }
  return next;
}

async function write(
  { pool, schema, table, lease }: Target,
  after: Position,
  { facts }: LogPage<UnparsedFact>,
  next: Place,
  kind: 'new' | 'partly known',
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = off');
    const moved = await client.query({
      name: `${schema}.journal-fence`,
      text: `update ${quotedName(schema)}.journal set pos = $2, id = $3, id_pos = $4, previous = $5 where pos = $1`,
      values: [after, next.position, next.tail?.id ?? null, next.tail?.position ?? null, next.tail?.previous ?? null],
    });
    if (moved.rowCount !== 1 || !(await lease.fence(client))) throw new LostLease(`the journal in ${schema} is filled by another process`);
    if (facts.length > 0) await (kind === 'new' ? copyFacts(client, table.events, facts) : copyNewFacts(client, table, facts));
    await client.query({ name: `${schema}.journal-notify`, text: 'select pg_notify($1, $2)', values: [table.channel, ''] });
  });
}

function tailOf({ facts }: LogPage<UnparsedFact>, place: Place): Tail | undefined {
  const last = facts.at(-1);
  if (!last) return place.tail;
  return { id: last.id, position: last.position, previous: facts.at(-2)?.position ?? place.position };
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
