import { arrayParameter, type Pool, type PoolClient, queryText } from '@tsunagari/postgres';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { DeferredIndex } from './deferred-index';
import { type AnyProjection, type Day, OWN_COLUMNS } from './definition';
import type { Folded, FoldedTo } from './fold';
import { quoted, shardOf } from './schema';

/**
 * A row as it stands in the table, its state unparsed: a page has very many, and a state that is parsed only while it is folded never
 * lives long enough to cost the garbage collector anything.
 */
export type StoredRow = FoldedTo & { readonly key: string; readonly text: string };

export type StateText = { readonly key: string; readonly text: string };

/** A row ready to be written. Made one by one, so that a state or a column that cannot be written is that key's fault alone. */
export type Written = FoldedTo & {
  readonly key: string;
  readonly state: string;
  readonly columns: readonly unknown[];
};

type Stored = readonly [key: string, text: string, occurred: string, id: string, lastTick: Day | null, nextDue: Day | null];

const STORED = 'key, state, last_occurred, last_id, last_tick, next_due';

/** The table of one generation of a projection, and the view `<schema>.<name>` that readers use. */
export class ReadModel {
  readonly table: string;
  /** Undefined where nothing is read in an order. */
  readonly index: DeferredIndex | undefined;

  constructor(
    private readonly schema: string,
    private readonly definition: AnyProjection,
    readonly generation: number,
  ) {
    this.table = `${quoted(schema)}."${definition.name}_g${generation}"`;
    this.index = DeferredIndex.of(schema, definition, generation);
  }

  /** The table alone, without indexes: what a build copies into. */
  async create(client: PoolClient): Promise<void> {
    const columns = this.definition.columns.map(({ name, sql }) => `, "${name}" ${sql}`).join('');
    // Moments and days as text: they compare as the fold compares them, and come back as they went in.
    await client.query(`create table if not exists ${this.table} (
      key uuid not null, shard smallint not null, state text not null,
      last_occurred text collate "C" not null, last_id uuid not null, last_tick text collate "C", next_due text collate "C"${columns}
    ) with (fillfactor = 65)`);
    await this.index?.create(client);
  }

  /** What finds a row, once they are all there. */
  async filled(client: PoolClient): Promise<void> {
    const { table, index } = this;
    await client.query(`alter table ${table} add primary key (key) with (deduplicate_items = off)`);
    await client.query(`analyze ${table}`);
    await index?.fill(client);
  }

  /** Empty again, as {@link create} made it. */
  async empty(client: PoolClient): Promise<void> {
    await client.query(`truncate ${[this.table, ...(this.index?.tables ?? [])].join(', ')}`);
  }

  /** Adds rows of keys that it does not have yet: the fastest way in. */
  async copy(client: PoolClient, rows: readonly Written[]): Promise<void> {
    if (rows.length === 0) return;
    const lines = rows.map(({ key, occurred, id, lastTick, nextDue, state, columns }) =>
      [key, shardOf(key), state, occurred, id, lastTick ?? null, nextDue ?? null, ...columns].map(copied).join('\t'),
    );
    const names = [...OWN_COLUMNS, ...this.definition.columns.map(({ name }) => name)].map((name) => `"${name}"`).join(', ');
    await pipeline(
      Readable.from([Buffer.from(`${lines.join('\n')}\n`)]),
      client.query(copyFrom(`copy ${this.table} (${names}) from stdin`)),
    );
  }

  async rows(pool: Pool, keys: readonly string[]): Promise<readonly StoredRow[]> {
    if (keys.length === 0) return [];
    return storedRows(pool, `select ${STORED} from ${this.table} where key = any($1::uuid[])`, [arrayParameter('uuid', keys)]);
  }

  /** Rows whose next tick is due by that day, in order of their key. The index is to be up to date. */
  async due(pool: Pool, shards: readonly number[], by: Day, after: string, limit: number): Promise<readonly StoredRow[]> {
    const { table, index } = this;
    if (!index) return [];
    const text = `select ${STORED} from ${table} model where shard = any($2::int[]) and next_due <= $1
      and key in (select key from ${index.table} where next_due <= $1 and key > $3) order by key limit $4`;
    return storedRows(pool, text, [by, shards, after, limit]);
  }

  /** All rows of some shards in order of their key, each state as its text stands in the table: nothing is parsed. */
  async texts(client: PoolClient, shards: readonly number[], after: string, limit: number): Promise<readonly StateText[]> {
    const { rows } = await client.query<StateText>(
      `select key, state as text from ${this.table} where shard = any($1::int[]) and key > $2 order by key limit $3`,
      [shards, after, limit],
    );
    return rows;
  }

  /** Throws what the definition's columns throw. */
  written(key: string, folded: Folded<unknown>): Written {
    const { state, occurred, id, lastTick, nextDue } = folded;
    return {
      key,
      ...{ occurred, id, lastTick, nextDue },
      state: JSON.stringify(state),
      columns: this.definition.columns.map((column) => column.value(state)),
    };
  }

  async write(client: PoolClient, rows: readonly Written[], dropped: readonly string[]): Promise<void> {
    const { definition, table, index } = this;
    if (dropped.length > 0)
      await client.query(`${index?.noting(dropped.length) ?? ''} delete from ${table} where key = any($1::uuid[])`, [dropped]);
    if (rows.length === 0) return;
    // The states come last: the driver copies what it has of a message whenever that grows.
    const columns: readonly (readonly [name: string, type: string, values: readonly unknown[]])[] = [
      ['key', 'uuid', rows.map(({ key }) => key)],
      ['shard', 'smallint', rows.map(({ key }) => shardOf(key))],
      ['last_occurred', 'text', rows.map(({ occurred }) => occurred)],
      ['last_id', 'uuid', rows.map(({ id }) => id)],
      ['last_tick', 'text', rows.map(({ lastTick }) => lastTick ?? null)],
      ['next_due', 'text', rows.map(({ nextDue }) => nextDue ?? null)],
      ...definition.columns.map(({ name, sql }, index) => [name, sql, rows.map(({ columns }) => columns[index] ?? null)] as const),
      ['state', 'text', rows.map(({ state }) => state)],
    ];
    const names = columns.map(([name]) => `"${name}"`);
    await client.query({
      name: `w:${this.schema}.${definition.name}_g${this.generation}`,
      text: `${index?.noting(rows.length) ?? ''} insert into ${table} (${names.join(', ')}) select * from unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
        on conflict (key) do update set ${names
          .slice(1)
          .map((name) => `${name} = excluded.${name}`)
          .join(', ')}`,
      values: columns.map(([, type, values]) => arrayParameter(type, values)),
    });
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A value in the text format of COPY. */
function copied(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  const text = String(value);
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPED[character] ?? character) : text;
}

/** What was folded so far, for folding on. */
export function foldedSoFar({ text, occurred, id, lastTick, nextDue }: StoredRow): Folded<unknown> {
  return { state: JSON.parse(text) as unknown, occurred, id, lastTick, nextDue };
}

/** Planned for each page: a plan that was made while the table was empty would be kept for a full one. */
async function storedRows(pool: Pool, text: string, values: readonly unknown[]): Promise<readonly StoredRow[]> {
  const rows = await queryText<Stored>(pool, { text }, values);
  return rows.map(([key, state, occurred, id, lastTick, nextDue]) => ({
    ...{ key, text: state, occurred, id, lastTick: lastTick ?? undefined, nextDue: nextDue ?? undefined },
  }));
}
