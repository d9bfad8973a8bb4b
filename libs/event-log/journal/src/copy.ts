import type { Fact } from '@tsunagari/contracts';
import type { FactTable } from '@tsunagari/event-log-postgres';
import type { PoolClient } from '@tsunagari/postgres';
import { from } from 'pg-copy-streams';

const columns = 'pos, stream_id, version, id, type, schema, subject, data, meta, occurred, recorded';

/** Writes facts that are not there yet: one COPY, no statement per fact. */
export async function copyFacts(client: PoolClient, target: string, facts: readonly Fact[]): Promise<void> {
  const stream = client.query(from(`copy ${target} (${columns}) from stdin`));
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve).once('error', reject);
    stream.end(facts.map(row).join(''));
  });
}

/** The same where some of them may be there already: those have no effect. Slower, and seldom needed. */
export async function copyNewFacts(client: PoolClient, { events }: FactTable, facts: readonly Fact[]): Promise<void> {
  await client.query(`create temp table if not exists arriving (like ${events}) on commit delete rows`);
  await copyFacts(client, 'pg_temp.arriving', facts);
  await client.query(`insert into ${events} (${columns}) select ${columns} from pg_temp.arriving order by pos on conflict (id) do nothing`);
}

/** One line of COPY's text format. */
function row(fact: Fact): string {
  const cells = [
    fact.position,
    text(fact.stream),
    fact.version,
    fact.id,
    text(fact.type),
    fact.schema,
    fact.subject ?? '\\N',
    text(JSON.stringify(fact.data)),
    text(JSON.stringify(fact.meta)),
    fact.occurred,
    fact.recorded,
  ];
  return `${cells.join('\t')}\n`;
}

/** Streams and types hold no control characters, and JSON escapes them: the backslash is all that is left to escape. */
function text(value: string): string {
  return value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
}
