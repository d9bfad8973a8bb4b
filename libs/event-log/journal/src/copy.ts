import type { UnparsedFact } from '@tsunagari/event-log';
import type { FactTable } from '@tsunagari/event-log-postgres';
import type { PoolClient } from '@tsunagari/postgres';
import { from } from 'pg-copy-streams';

const columns = 'pos, stream_id, version, id, type, schema, subject, data, meta, occurred, recorded';

/** Writes facts that are not there yet: one COPY, no statement per fact. */
export async function copyFacts(client: PoolClient, target: string, facts: readonly UnparsedFact[]): Promise<void> {
  const stream = client.query(from(`copy ${target} (${columns}) from stdin`));
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve).once('error', reject);
    stream.end(facts.map(row).join(''));
  });
}

/** The same where some of them may be there already: those have no effect. Slower, and seldom needed. */
export async function copyNewFacts(client: PoolClient, { events }: FactTable, facts: readonly UnparsedFact[]): Promise<void> {
  await client.query(`create temp table if not exists arriving (like ${events}) on commit delete rows`);
  await copyFacts(client, 'pg_temp.arriving', facts);
  await client.query(`insert into ${events} (${columns}) select ${columns} from pg_temp.arriving order by pos on conflict (id) do nothing`);
}

/** One line of COPY's text format. */
function row(fact: UnparsedFact): string {
  const cells = [
    fact.position,
    text(fact.stream),
    fact.version,
    fact.id,
    text(fact.type),
    fact.schema,
    fact.subject ?? '\\N',
    text(fact.json),
    text(JSON.stringify(fact.meta)),
    fact.occurred,
    fact.recorded,
  ];
  return `${cells.join('\t')}\n`;
}

/** In COPY's text format a backslash escapes, and a tab or the end of a line ends a cell: JSON may have them between its tokens. */
function text(value: string): string {
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : value;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
