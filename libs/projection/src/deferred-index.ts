import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { AnyProjection } from './definition';
import { Gate } from './gate';
import { inTransaction, quoted } from './schema';

/** A process that noted more rows than this brings an index up to date as soon as nothing is left to fold: no reader waits long. */
const MANY = 10_000;
/** And with more than this in the middle of it: they are some 16 bytes each. */
const TOO_MANY = 2_000_000;

/**
 * The indexes of a read model, kept beside it and brought up to date by whoever reads in their order: the table `<model>_index` holds the
 * key and the columns that are sorted by, `<model>_moved` the keys of rows written since. An indexed column on the model itself would have
 * every update of a row write all of its indexes anew, which took PostgreSQL half as long again; a row that is written ten times between
 * two reads costs an index beside it one write. Notes are written in the transaction of their rows, so an index is exact for everything
 * that was committed before it was asked for.
 */
export class DeferredIndex {
  readonly table: string;
  private readonly moved: string;
  private readonly model: string;
  private readonly columns: readonly { readonly name: string; readonly sql: string }[];
  /** Rows noted here since it was up to date. */
  private noted = 0;

  private constructor(
    private readonly schema: string,
    private readonly definition: AnyProjection,
    generation: number,
  ) {
    this.model = `${definition.name}_g${generation}`;
    [this.table, this.moved] = tablesOf(schema, this.model);
    const sorted = new Set((definition.indexes ?? []).flat().map((part) => part.split(' ')[0]));
    this.columns = [
      ...definition.columns.filter(({ name }) => sorted.has(name)),
      ...(definition.tick ? [{ name: 'next_due', sql: 'text collate "C"' }] : []),
    ];
  }

  /** None where nothing is read in an order. */
  static of(schema: string, definition: AnyProjection, generation: number): DeferredIndex | undefined {
    const index = new DeferredIndex(schema, definition, generation);
    return index.columns.length > 0 ? index : undefined;
  }

  get tables(): readonly string[] {
    return [this.table, this.moved];
  }

  async create(client: PoolClient): Promise<void> {
    const columns = this.columns.map(({ name, sql }) => `, "${name}" ${sql}`).join('');
    await client.query(`create table if not exists ${this.table} (key uuid not null${columns})`);
    // Ids are random: to try to compress them only takes time.
    await client.query(
      `create table if not exists ${this.moved} (keys uuid[] not null, n int not null); alter table ${this.moved} alter column keys set storage external`,
    );
  }

  /** Once the model is filled. */
  async fill(client: PoolClient): Promise<void> {
    const { model, table, schema, definition } = this;
    const names = ['key', ...this.columns.map(({ name }) => `"${name}"`)].join(', ');
    await client.query(`insert into ${table} (${names}) select ${names} from ${quoted(schema)}."${model}"`);
    await client.query(`alter table ${table} add primary key (key)`);
    if (definition.tick) await client.query(`create index "${model}_due" on ${table} (next_due) where next_due is not null`);
    // Those that end with the key hold something else for every row: looking for duplicates only takes time.
    for (const [nth, list] of (definition.indexes ?? []).entries())
      await client.query(`create index "${model}_i${nth}" on ${table} (${list.join(', ')}) with (deduplicate_items = off)`);
    await client.query(`analyze ${table}`);
  }

  /** Indexes stood on the model itself: a generation from then is given what they are now. */
  async takeOver(client: PoolClient, isBeingBuilt: boolean): Promise<void> {
    const { rows } = await client.query<{ is_there: boolean }>('select to_regclass($1) is not null as is_there', [this.table]);
    if (rows[0]?.is_there) return;
    await this.create(client);
    if (isBeingBuilt) return;
    const former = ['due', ...(this.definition.indexes ?? []).map((_, nth) => `i${nth}`)];
    await client.query(`drop index if exists ${former.map((each) => `${quoted(this.schema)}."${this.model}_${each}"`).join(', ')}`);
    await this.fill(client);
  }

  /** The beginning of a statement that writes or deletes the rows whose keys are its parameter `$1`, so many. */
  noting(keys: number): string {
    this.noted += keys;
    return `with noted as (insert into ${this.moved} (keys, n) select keys, cardinality(keys) from (values ($1::uuid[])) given(keys))`;
  }

  async bringUpToDate(pool: Pool): Promise<void> {
    const { noted, columns } = this;
    await bringUpToDate(
      pool,
      this.schema,
      this.model,
      columns.map(({ name }) => name),
    );
    this.noted = Math.max(0, this.noted - noted);
  }

  /** For who folds and has a rest. */
  async bringUpToDateIfMany(pool: Pool): Promise<void> {
    if (this.noted > MANY) await this.bringUpToDate(pool);
  }

  get hasTooMany(): boolean {
    return this.noted > TOO_MANY;
  }
}

function tablesOf(schema: string, model: string): [index: string, moved: string] {
  return [`${quoted(schema)}."${model}_index"`, `${quoted(schema)}."${model}_moved"`];
}

/** The tables of a generation that may be there. */
export function tablesOfModel(schema: string, model: string): readonly string[] {
  return [`${quoted(schema)}."${model}"`, ...tablesOf(schema, model)];
}

async function rowsNoted(pool: Pool, moved: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select coalesce(sum(n), 0)::float8 as n from ${moved}`);
  return rows[0]?.n ?? 0;
}

async function rowsAbout(client: PoolClient, table: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select reltuples as n from pg_class where oid = $1::regclass', [table]);
  return rows[0]?.n ?? 0;
}

/** Whoever waits for an index waits here, not with a connection. */
const gates = new WeakMap<Pool, Map<string, Gate>>();

function gateOf(pool: Pool, index: string): Gate {
  const ofPool = gates.get(pool) ?? new Map<string, Gate>();
  gates.set(pool, ofPool);
  const gate = ofPool.get(index) ?? new Gate();
  ofPool.set(index, gate);
  return gate;
}

async function bringUpToDate(pool: Pool, schema: string, model: string, columns: readonly string[]): Promise<void> {
  const [index, moved] = tablesOf(schema, model);
  await gateOf(pool, index).pass(async () => {
    const noted = await rowsNoted(pool, moved);
    if (noted > 0) await take(pool, { model: `${quoted(schema)}."${model}"`, index, moved, columns, noted });
  });
}

type Taking = {
  readonly model: string;
  readonly index: string;
  readonly moved: string;
  readonly columns: readonly string[];
  readonly noted: number;
};

/** Takes over what stands in the rows noted, in one statement: those that are written meanwhile are noted for the next one. */
function take(pool: Pool, { model, index, moved, columns, noted }: Taking): Promise<void> {
  const listed = (of: string): string => columns.map((name) => `${of}."${name}"`).join(', ');
  const names = columns.map((name) => `"${name}"`);
  return inTransaction(
    pool,
    async (client) => {
      // Other processes do so, too: who comes second finds little left to do.
      await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`tsunagari.index:${index}`]);
      // The planner cannot know how many keys are in the notes: it would look up most of a table one by one.
      if (noted > MANY && noted * 4 > (await rowsAbout(client, model))) await client.query('set local enable_nestloop = off');
      await client.query(
        `with noted as (delete from ${moved} returning keys),
           touched as (select distinct unnest(keys) as key from noted),
           found as (select touched.key, model.key is not null as is_there, ${listed('model')}
             from touched left join ${model} model on model.key = touched.key),
           gone as (delete from ${index} i using found where i.key = found.key and not found.is_there)
         insert into ${index} as i (key, ${names.join(', ')}) select key, ${names.join(', ')} from found where is_there
         on conflict (key) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
           where (${listed('i')}) is distinct from (${listed('excluded')})`,
      );
    },
    { idleMs: 60_000 },
  );
}

export type Order = {
  readonly schema?: string;
  readonly projection: string;
  /** Of a generation that shows the whole base as of a moment; the live one unless given. */
  readonly label?: string | null;
};

/**
 * The tables from which a projection is read in the order of its `indexes`: `index` has `key` and the columns of those, brought up to
 * date with every row that was committed by now; `rows` has all columns, to be joined by `key`. While a first generation is still built
 * both are its rows, read without any index. Undefined where there is no such generation.
 */
export async function inOrder(
  pool: Pool,
  { schema = 'understanding', projection, label = null }: Order,
): Promise<{ readonly rows: string; readonly index: string } | undefined> {
  const s = quoted(schema);
  const { rows } = await pool.query<{ model: string; columns: string[] }>({
    name: `${schema}.in-order`,
    text: `select g.model, array(select attname::text from pg_attribute
         where attrelid = to_regclass(format('%I.%I', $1::text, g.model || '_index')) and attnum > 0 and attname <> 'key' and g.phase <> 'building') as columns
       from (select *, name || '_g' || generation as model from ${s}.projections) g where g.name = $2 and (g.label = $3 or ($3 is null and g.live))`,
    values: [schema, projection, label],
  });
  const [found] = rows;
  if (!found) return undefined;
  const table = `${s}."${found.model}"`;
  if (found.columns.length === 0) return { rows: table, index: table };
  await bringUpToDate(pool, schema, found.model, found.columns);
  return { rows: table, index: tablesOf(schema, found.model)[0] };
}
