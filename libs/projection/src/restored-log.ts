import type { Position } from '@tsunagari/contracts';
import type { SeenFacts } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { LogDiffers } from './runner-face';
import { quoted } from './schema';

/**
 * Whether the log is the one that was folded: each checkpoint remembers the id of the last event it has seen, and the log must have
 * that event at that position. It has not when one of the two databases was restored or promoted from an older copy.
 */
export async function logDiffers(pool: Pool, schema: string, journal: SeenFacts): Promise<LogDiffers | undefined> {
  const { rows } = await pool.query<{ reader: string; id: string; id_pos: Position }>(
    `select min(reader) as reader, id, id_pos from ${quoted(schema)}.checkpoints where id is not null group by id, id_pos order by id_pos`,
  );
  const seen = await journal.byIds(
    rows.map(({ id }) => id),
    rows.map(({ id_pos }) => id_pos),
  );
  const facts = new Map(seen.map((fact) => [fact.id, fact.position]));
  const other = rows.find(({ id, id_pos }) => facts.get(id) !== id_pos);
  if (!other) return undefined;
  const found = facts.get(other.id) ?? null;
  return {
    kind: 'log-differs',
    projection: other.reader,
    position: other.id_pos,
    expected: other.id,
    found,
    explanation:
      `${other.reader} has folded event ${other.id} at position ${other.id_pos}, but the event log has it ` +
      `${found === null ? 'nowhere' : `at position ${found}`}: the event store or the read models were restored from an older copy.`,
    remedy: 'Restore both from the same moment, or drop the read models’ schema so that everything is folded again from this log.',
  };
}
