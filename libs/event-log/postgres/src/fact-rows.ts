import type { Fact, FactMeta } from '@tsunagari/contracts';
import type { UnparsedFact } from '@tsunagari/event-log';
import { isoMoment, type Pool, queryText, type Statement } from '@tsunagari/postgres';

/** The columns of a fact, in the order that {@link toFact} reads them. */
export const FACT_COLUMNS = 'e.pos, e.stream_id, e.version, e.id, e.type, e.schema, e.subject, e.data, e.meta, e.occurred, e.recorded';

type FactRow = [
  pos: string,
  stream: string,
  version: string,
  id: string,
  type: string,
  schema: string,
  subject: string | null,
  data: string,
  meta: string,
  occurred: string,
  recorded: string,
];

export function queryFacts(pool: Pool, statement: Statement, values: readonly unknown[]): Promise<Fact[]> {
  return queryRows(pool, statement, values, toFact);
}

/** The same facts with their data as it is stored. */
export function queryUnparsed(pool: Pool, statement: Statement, values: readonly unknown[]): Promise<UnparsedFact[]> {
  return queryRows(pool, statement, values, toUnparsed);
}

async function queryRows<F>(
  pool: Pool,
  statement: Statement,
  values: readonly unknown[],
  from: (row: FactRow, recorded: string) => F,
): Promise<F[]> {
  const rows = await queryText<FactRow>(pool, statement, values);
  // Facts of one batch carry one recorded moment, so most conversions are the last one again.
  let sent = '';
  let recorded = '';
  return rows.map((row) => {
    if (row[10] !== sent) {
      sent = row[10];
      recorded = isoMoment(sent);
    }
    return from(row, recorded);
  });
}

function toFact(row: FactRow, recorded: string): Fact {
  return {
    id: row[3],
    type: row[4],
    schema: Number(row[5]),
    subject: row[6],
    data: JSON.parse(row[7]) as unknown,
    meta: JSON.parse(row[8]) as FactMeta,
    occurred: isoMoment(row[9]),
    position: row[0],
    stream: row[1],
    version: Number(row[2]),
    recorded,
  };
}

function toUnparsed(row: FactRow, recorded: string): UnparsedFact {
  return {
    id: row[3],
    type: row[4],
    schema: Number(row[5]),
    subject: row[6],
    json: row[7],
    meta: JSON.parse(row[8]) as FactMeta,
    occurred: isoMoment(row[9]),
    position: row[0],
    stream: row[1],
    version: Number(row[2]),
    recorded,
  };
}
