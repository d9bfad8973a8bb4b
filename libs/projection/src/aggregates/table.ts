import type { Pool, PoolClient } from '@tsunagari/postgres';
import { quoted } from '../schema';
import { type AnyReadModel, OWN_COLUMNS } from './definition';

/** A row ready to be written. */
export type WrittenRow = { readonly key: string; readonly state: string; readonly columns: readonly unknown[] };

/** What a runner of read models keeps in its context's schema. The same shapes as a projection runner's, with keys that are text. */
export const readersSql = (s: string): string => `
-- Where a reader stands. id is the last fact seen, id_pos its position: a restored database is noticed by it. lease names the
-- process that may move it.
create table if not exists ${s}.checkpoints (
  reader text collate "C" not null, version int not null, shard int not null default 0, pos bigint not null default 0,
  id uuid, id_pos bigint, lease uuid, strikes int not null default 0, marker uuid, primary key (reader, version, shard)
) with (fillfactor = 50);
create table if not exists ${s}.workers (id uuid primary key, readers text[] not null, alive_until timestamptz not null) with (fillfactor = 50);
create table if not exists ${s}.projections (
  name text collate "C" not null, version int not null, generation int not null, live boolean not null, primary key (name, generation)
);
create unique index if not exists projections_live on ${s}.projections (name) where live;
-- Keys that cannot be folded, and the facts that wait for them.
create table if not exists ${s}.parked (
  projection text collate "C" not null, version int not null, customer text collate "C" not null, shard int not null default 0,
  first_pos bigint not null, error text not null, attempts int not null, retry_at timestamptz, primary key (projection, version, customer)
);
create table if not exists ${s}.waiting_facts (
  projection text collate "C" not null, version int not null, key text collate "C" not null, pos bigint not null, id uuid not null,
  primary key (projection, version, key, pos)
);
`;

/** The table of one generation of a read model, and the view `<schema>.<name>` that readers use. */
export class ReadModelTable {
  readonly table: string;

  constructor(
    private readonly schema: string,
    private readonly definition: AnyReadModel,
    readonly generation: number,
  ) {
    this.table = `${quoted(schema)}."${definition.name}_g${generation}"`;
  }

  async create(client: PoolClient): Promise<void> {
    const { definition, table } = this;
    const columns = definition.columns.map(({ name, sql }) => `, "${name}" ${sql}`).join('');
    await client.query(
      `create table if not exists ${table} (key text collate "C" primary key, state json not null${columns}) with (fillfactor = 80)`,
    );
    for (const [index, list] of (definition.indexes ?? []).entries())
      await client.query(`create index if not exists "${definition.name}_g${this.generation}_i${index}" on ${table} (${list.join(', ')})`);
  }

  /** Points the view that readers use at this generation. */
  async show(client: PoolClient): Promise<void> {
    const view = `${quoted(this.schema)}."${this.definition.name}"`;
    const columns = this.definition.columns.map(({ name }) => `, "${name}"`).join('');
    await client.query(`drop view if exists ${view}; create view ${view} as select key, state${columns} from ${this.table}`);
  }

  async states(client: Pool | PoolClient, keys: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    if (keys.length === 0) return new Map();
    const { rows } = await client.query<{ key: string; state: unknown }>(
      `select key, state from ${this.table} where key = any($1::text[])`,
      [keys],
    );
    return new Map(rows.map(({ key, state }) => [key, state]));
  }

  /** Rows in order of their key, after one. */
  async after(client: Pool | PoolClient, key: string, limit: number): Promise<readonly { key: string; state: unknown }[]> {
    const { rows } = await client.query<{ key: string; state: unknown }>(
      `select key, state from ${this.table} where key > $1 order by key limit $2`,
      [key, limit],
    );
    return rows;
  }

  /** Throws what the definition's columns throw. */
  written(key: string, state: unknown): WrittenRow {
    return { key, state: JSON.stringify(state), columns: this.definition.columns.map((column) => column.value(state)) };
  }

  async write(client: PoolClient, rows: readonly WrittenRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { definition, table } = this;
    const names = [...OWN_COLUMNS, ...definition.columns.map(({ name }) => name)].map((name) => `"${name}"`);
    const types = ['text', 'json', ...definition.columns.map(({ sql }) => sql)];
    await client.query({
      name: `w:${this.schema}.${definition.name}_g${this.generation}`,
      text: `insert into ${table} (${names.join(', ')}) select * from unnest(${types.map((type, n) => `$${n + 1}::${type}[]`).join(', ')})
        on conflict (key) do update set ${names
          .slice(1)
          .map((name) => `${name} = excluded.${name}`)
          .join(', ')}`,
      values: [
        rows.map(({ key }) => key),
        rows.map(({ state }) => state),
        ...definition.columns.map((_, n) => rows.map(({ columns }) => columns[n] ?? null)),
      ],
    });
  }
}
