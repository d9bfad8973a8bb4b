import type { Fact, FactMeta } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { ReadStreamOptions, StreamState } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import { isoMoment, queryText, type Statement } from '@tsunagari/postgres';

type Head = [lastVersion: string, closed: string];
type Columns = [
  pos: string,
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
type Row = [...Head, ...Columns] | [...Head, ...null[]];

const largestVersion = '9223372036854775807';

/** Facts, last version and tombstone in one statement: a decision rests on their being of one moment. */
const statement = (name: string, range: string): Statement => ({
  name,
  text: `select head.version, head.closed, e.* from (
      select coalesce((select max(version) from events where stream_id = $1), 0) as version,
        exists (select 1 from closed_streams where stream_id = $1) as closed
    ) head left join lateral (
      select pos, version, id, type, schema, subject, data, meta, occurred, recorded from events where stream_id = $1 and ${range} limit $3
    ) e on true`,
});
const forward = statement('tsunagari-stream-forward-1', 'version >= $2 order by version');
const backward = statement('tsunagari-stream-backward-1', 'version <= $2 order by version desc');

export async function readStream(pool: Pool, stream: string, options: ReadStreamOptions = {}): Promise<StreamState> {
  const back = options.direction === 'backward';
  const from = options.from === undefined ? (back ? largestVersion : '1') : String(options.from);
  const limit = options.limit === undefined ? null : Math.max(0, options.limit);
  const rows = await queryText<Row>(pool, back ? backward : forward, [stream, from, limit]);
  const [lastVersion, closed] = rows[0] ?? ['0', 'f'];
  if (closed === 't') return { kind: 'closed' };
  if (lastVersion === '0') return { kind: 'missing' };
  const facts: Fact[] = [];
  for (const row of rows) if (row[2] !== null) facts.push(toFact(stream, row.slice(2) as Columns));
  return { kind: 'open', facts, lastVersion: Number(lastVersion) };
}

/** Whole streams in one statement. */
export async function readStreams(pool: Pool, streams: readonly string[]): Promise<ReadonlyMap<string, StreamState>> {
  const states = new Map<string, StreamState>(streams.map((stream) => [stream, { kind: 'missing' }]));
  if (states.size === 0) return states;
  const streamsStatement = {
    name: 'tsunagari-streams-1',
    text: `select asked.stream_id, exists (select 1 from closed_streams c where c.stream_id = asked.stream_id) as closed, e.*
      from unnest($1::text[]) asked (stream_id) left join lateral (
        select pos, version, id, type, schema, subject, data, meta, occurred, recorded from events where stream_id = asked.stream_id
      ) e on true order by asked.stream_id, e.version`,
  };
  const facts = new Map<string, Fact[]>();
  type StreamRow = [stream: string, closed: string, ...Columns] | [string, string, ...null[]];
  for (const [stream, closed, ...columns] of await queryText<StreamRow>(pool, streamsStatement, [[...states.keys()]])) {
    if (closed === 't') states.set(stream, { kind: 'closed' });
    else if (isFact(columns)) {
      const own = facts.get(stream);
      if (own) own.push(toFact(stream, columns));
      else facts.set(stream, [toFact(stream, columns)]);
    }
  }
  for (const [stream, own] of facts) states.set(stream, { kind: 'open', facts: own, lastVersion: own.at(-1)?.version ?? 0 });
  return states;
}

function isFact(columns: Columns | null[]): columns is Columns {
  return columns[0] !== null;
}

/** The last version and position of a stream; 0 and the beginning where there is none. */
export async function streamHead(pool: Pool, stream: string): Promise<{ version: number; position: string }> {
  const head = {
    name: 'tsunagari-stream-head-1',
    text: 'select version, pos from events where stream_id = $1 order by version desc limit 1',
  };
  const [[version, position] = []] = await queryText<string[]>(pool, head, [stream]);
  return { version: Number(version ?? 0), position: position ?? BEGINNING };
}

function toFact(stream: string, row: Columns): Fact {
  const [position, version, id, type, schema, subject, data, meta, occurred, recorded] = row;
  return {
    position,
    stream,
    version: Number(version),
    id,
    type,
    schema: Number(schema),
    subject,
    data: JSON.parse(data) as unknown,
    meta: JSON.parse(meta) as FactMeta,
    occurred: isoMoment(occurred),
    recorded: isoMoment(recorded),
  };
}
