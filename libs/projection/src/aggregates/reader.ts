import type { Pool } from '@tsunagari/postgres';
import { quoted } from '../schema';
import type { AnyReadModel, ReadModelDefinition } from './definition';

type Value = string | number | boolean | null;

export type RowQuery = {
  /** Columns that must have this value, or one of these. `key` is a column too. */
  readonly where?: Readonly<Record<string, Value | readonly (string | number)[]>>;
  /** A column without nulls; rows alike in it come by key. By default the key. */
  readonly orderBy?: string;
  readonly descending?: boolean;
  /** The row after which the page begins: a cursor's `key` and `id`. */
  readonly after?: { readonly key: readonly Value[]; readonly id: string } | null;
  /** Rows of the page; one more is read, by which the next page is known to exist. */
  readonly limit: number;
};

/** A row of a page. `sort` is what it was sorted by. */
export type ReadRow<S> = { readonly key: string; readonly state: S; readonly sort: string | number };

/** Reads a read model as it is shown: lists by indexed columns, many rows at once, never row by row. */
export type ReadModelReader<S> = {
  /** For cursors: one of another version is refused. */
  readonly generation: string;
  /** The states of these keys; no entry for a key without a row. */
  readonly get: (keys: readonly string[]) => Promise<ReadonlyMap<string, S>>;
  /** At most `limit + 1` rows. Throws on a column that the read model does not have: a bug. */
  readonly page: (query: RowQuery) => Promise<readonly ReadRow<S>[]>;
  readonly count: (where?: RowQuery['where']) => Promise<number>;
  /** The cursor of a row of a page. */
  readonly cursorOf: (row: ReadRow<S>) => { readonly key: readonly (string | number)[]; readonly id: string; readonly generation: string };
};

export function readModelReader<S>(pool: Pool, schema: string, definition: ReadModelDefinition<S>): ReadModelReader<S> {
  const view = `${quoted(schema)}."${definition.name}"`;
  const generation = `${definition.name}.${definition.version}`;
  return {
    generation,

    async get(keys) {
      if (keys.length === 0) return new Map();
      const { rows } = await pool.query<{ key: string; state: S }>(`select key, state from ${view} where key = any($1::text[])`, [
        [...new Set(keys)],
      ]);
      return new Map(rows.map(({ key, state }) => [key, state]));
    },

    async page({ where = {}, orderBy = 'key', descending = false, after, limit }) {
      const values: unknown[] = [];
      const conditions = conditionsOf(definition, where, values);
      const order = `"${orderBy}"`;
      const type = typeOf(definition, orderBy);
      if (after) {
        values.push(after.key[0] ?? '', after.id);
        conditions.push(`(${order}, key) ${descending ? '<' : '>'} ($${values.length - 1}::${type}, $${values.length}::text)`);
      }
      values.push(limit + 1);
      const direction = descending ? ' desc' : '';
      const { rows } = await pool.query<ReadRow<S>>(
        `select key, state, ${order} as sort from ${view}${whereOf(conditions)}
         order by ${order}${direction}, key${direction} limit $${values.length}`,
        values,
      );
      return rows;
    },

    async count(where = {}) {
      const values: unknown[] = [];
      const conditions = conditionsOf(definition, where, values);
      const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${view}${whereOf(conditions)}`, values);
      return rows[0]?.n ?? 0;
    },

    cursorOf: ({ key, sort }) => ({ key: [sort], id: key, generation }),
  };
}

function conditionsOf(definition: AnyReadModel, where: NonNullable<RowQuery['where']>, values: unknown[]): string[] {
  return Object.entries(where).map(([column, value]) => {
    const type = typeOf(definition, column);
    if (value === null) return `"${column}" is null`;
    values.push(value);
    return Array.isArray(value) ? `"${column}" = any($${values.length}::${type}[])` : `"${column}" = $${values.length}::${type}`;
  });
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

/** Also keeps names out of the SQL that are no columns. */
function typeOf(definition: AnyReadModel, column: string): string {
  if (column === 'key') return 'text';
  const known = definition.columns.find(({ name }) => name === column);
  if (!known) throw new RangeError(`${definition.name} has no column ${column}`);
  return known.sql;
}
