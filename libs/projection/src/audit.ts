import { BEGINNING, comparePositions, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { inCustomerOrder } from './customer-order';
import { decodeFor } from './decoded';
import type { AnyProjection } from './definition';
import { foldCustomer } from './fold';
import type { IdentityReader } from './identity/identity-reader';
import { readDays } from './pages';
import type { ReadModel, StateText } from './read-model';
import type { Audit, StateHash } from './runner-face';
import { quoted, SHARDS, shardOf } from './schema';
import { hexOfHash, rowHash, sumOfHashes } from './state-hash';

export type Audited = {
  readonly pool: Pool;
  readonly schema: string;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly registry: FactRegistry;
};

const BATCH = 500;
const MOST_NAMED = 100;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

type Snapshot = {
  readonly client: PoolClient;
  readonly positions: ReadonlyMap<number, Position>;
  readonly parked: ReadonlySet<string>;
  next(shards: readonly number[], after: string): Promise<readonly StateText[]>;
};

/** Rows and checkpoints as of one moment, so that a page that is written meanwhile is seen whole or not at all. */
async function inSnapshot<T>(
  pool: Pool,
  schema: string,
  definition: AnyProjection,
  model: ReadModel,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    const positions = await positionsOf(client, schema, definition.name, model.generation);
    const parked = await client.query<{ customer: string }>(
      `select customer from ${quoted(schema)}.parked where projection = $1 and generation = $2`,
      [definition.name, model.generation],
    );
    return await work({
      client,
      positions,
      parked: new Set(parked.rows.map(({ customer }) => customer)),
      next: (shards, after) => model.texts(client, shards, after, BATCH),
    });
  } finally {
    await client.query('rollback').catch((lost: Error) => (broken = lost));
    client.release(broken);
  }
}

async function positionsOf(client: PoolClient, schema: string, name: string, generation: number): Promise<Map<number, Position>> {
  const { rows } = await client.query<{ shard: number; pos: Position }>(
    `select shard, pos from ${quoted(schema)}.checkpoints where reader = $1 and generation = $2 and shard >= 0`,
    [name, generation],
  );
  return new Map(rows.map(({ shard, pos }) => [shard, pos]));
}

export function stateHash({ pool, schema }: Audited, definition: AnyProjection, model: ReadModel): Promise<StateHash> {
  return inSnapshot(pool, schema, definition, model, async ({ positions, next }) => {
    const [position, another] = new Set(positions.values());
    if (position === undefined || another !== undefined) return { kind: 'uneven' };
    let sum = 0n;
    let count = 0;
    for (let rows = await next(ALL_SHARDS, FIRST_KEY); rows.length > 0; rows = await next(ALL_SHARDS, rows.at(-1)?.key ?? '')) {
      for (const row of rows) sum = sumOfHashes(sum, hashOf(row, definition));
      count += rows.length;
    }
    return { kind: 'hash', position, hash: hexOfHash(sum), rows: count };
  });
}

/** Folds every customer again from the journal at the position where her shard stands, in customer order, and compares row by row. */
export function audit(audited: Audited, definition: AnyProjection, model: ReadModel): Promise<Audit> {
  return inSnapshot(audited.pool, audited.schema, definition, model, async ({ positions, parked, next }) => {
    const sums = { kept: 0n, folded: 0n, rows: 0 };
    const differing: string[] = [];
    const differs = (key: string): void => {
      if (differing.length < MOST_NAMED) differing.push(key);
    };
    // Shards mostly stand at one position: then this is one pass. Otherwise one for each place.
    for (const [position, shards] of byPosition(positions)) {
      const rows = new Ahead((after) => next(shards, after));
      for await (const again of foldedAgain(audited, definition, position, new Set(shards))) {
        const { key } = again;
        for (let row = await rows.peek(); row && row.key < key; row = await rows.peek()) extra(rows.take());
        const row = await rows.peek();
        if (row?.key === key) rows.take();
        if (parked.has(key)) continue;
        const hash = hashOf(again, definition);
        sums.folded = sumOfHashes(sums.folded, hash);
        if (row?.key !== key) differs(key);
        // Text for text the same, which is nearly always so, is hashed once.
        else if (keep(row.text === again.text ? hash : hashOf(row, definition)) !== hash) differs(key);
      }
      for (let row = await rows.peek(); row; row = await rows.peek()) extra(rows.take());
    }
    function keep(hash: bigint): bigint {
      sums.kept = sumOfHashes(sums.kept, hash);
      sums.rows++;
      return hash;
    }
    function extra(row: StateText | undefined): void {
      if (!row || parked.has(row.key)) return;
      keep(hashOf(row, definition));
      differs(row.key);
    }
    const all = [...positions.values()];
    return {
      projection: definition.name,
      version: definition.version,
      generation: model.generation,
      position: all.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b), all[0] ?? BEGINNING),
      rows: sums.rows,
      hash: hexOfHash(sums.kept),
      folded: hexOfHash(sums.folded),
      equal: sums.kept === sums.folded && differing.length === 0,
      differing,
      parked: parked.size,
    };
  });
}

/**
 * Customers whose rows of two generations of one definition differ, at most 100: v_old = v_new at the same position. Undefined while
 * shards stand at different positions in the two.
 */
export function differenceFrom(
  { pool, schema }: Audited,
  definition: AnyProjection,
  model: ReadModel,
  other: ReadModel,
): Promise<readonly string[] | undefined> {
  return inSnapshot(pool, schema, definition, model, async ({ client, positions, parked }) => {
    const others = await positionsOf(client, schema, definition.name, other.generation);
    if ([...positions].some(([shard, position]) => others.get(shard) !== position)) return undefined;
    // Text for text the same, which is nearly always so, never leaves the server. Joined in the order of the keys, so that it is streamed.
    await client.query(
      `set local enable_hashjoin = off; declare other_states no scroll cursor for
       select key, mine.state as text, theirs.state as other from ${model.table} mine full join ${other.table} theirs using (key)
       where mine.state is distinct from theirs.state order by key`,
    );
    const differing: string[] = [];
    for (;;) {
      const { rows } = await client.query<{ key: string; text: string | null; other: string | null }>(`fetch ${BATCH} from other_states`);
      for (const { key, text, other: otherText } of rows) {
        if (parked.has(key) || differing.length >= MOST_NAMED) continue;
        if (text === null || otherText === null || hashOf({ key, text }, definition) !== hashOf({ key, text: otherText }, definition))
          differing.push(key);
      }
      if (rows.length < BATCH || differing.length >= MOST_NAMED) return differing;
    }
  });
}

function hashOf({ key, text }: StateText, { decimals }: AnyProjection): bigint {
  return rowHash(key, JSON.parse(text), decimals);
}

/** Rows in order of their key, a page at a time, looked at before they are taken. */
class Ahead {
  private rows: readonly StateText[] = [];
  private at = 0;
  private after = FIRST_KEY;
  private ended = false;

  constructor(private readonly read: (after: string) => Promise<readonly StateText[]>) {}

  async peek(): Promise<StateText | undefined> {
    if (this.at >= this.rows.length && !this.ended) {
      this.rows = await this.read(this.after);
      this.at = 0;
      this.ended = this.rows.length === 0;
      this.after = this.rows.at(-1)?.key ?? this.after;
    }
    return this.rows[this.at];
  }

  take(): StateText | undefined {
    return this.rows[this.at++];
  }
}

async function* foldedAgain(
  audited: Audited,
  definition: AnyProjection,
  position: Position,
  shards: ReadonlySet<number>,
): AsyncGenerator<StateText> {
  const days = await readDays(audited.pool, audited.schema, position);
  for await (const { customers } of inCustomerOrder(audited, { after: null, upTo: position, types: definition.types }))
    for (const key of [...customers.keys()].sort()) {
      if (!shards.has(shardOf(key))) continue;
      const again = foldAgain(audited, definition, customers.get(key) ?? [], days);
      if (again) yield { key, text: JSON.stringify(again.state) };
    }
}

/** A key that cannot be folded is parked: it has no state to compare. */
function foldAgain(
  { registry }: Audited,
  definition: AnyProjection,
  facts: Parameters<typeof foldCustomer>[1],
  days: Parameters<typeof foldCustomer>[2],
): ReturnType<typeof foldCustomer> {
  try {
    return foldCustomer(definition, decodeFor(registry, facts).facts, days);
  } catch {
    return undefined;
  }
}

function byPosition(positions: ReadonlyMap<number, Position>): ReadonlyMap<Position, number[]> {
  const groups = new Map<Position, number[]>();
  for (const [shard, position] of positions) groups.set(position, [...(groups.get(position) ?? []), shard]);
  return groups;
}
