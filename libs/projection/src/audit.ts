import { BEGINNING, comparePositions, type FactRegistry, laterPosition, type Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import { decodeFor } from './decoded';
import type { AnyProjection } from './definition';
import { foldCustomer } from './fold';
import type { IdentityReader } from './identity/identity-reader';
import { readDays } from './pages';
import type { ReadModel, Row } from './read-model';
import type { Audit, StateHash } from './runner-face';
import { quoted, SHARDS, shardOf } from './schema';
import { hexOfHash, rowHash, sumOfHashes } from './state-hash';
import { factsOfCustomers } from './worker';

type Audited = {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly registry: FactRegistry;
};

const BATCH = 500;
const MOST_NAMED = 100;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Rows and checkpoints as of one snapshot, so that a page that is written meanwhile is seen whole or not at all. */
async function inSnapshot<T>(
  pool: Pool,
  work: (rows: SnapshotOf) => Promise<T>,
  schema: string,
  definition: AnyProjection,
  model: ReadModel,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ shard: number; pos: Position }>(
      `select shard, pos from ${quoted(schema)}.checkpoints where reader = $1 and version = $2`,
      [definition.name, definition.version],
    );
    const parked = await client.query<{ customer: string }>(
      `select customer from ${quoted(schema)}.parked where projection = $1 and version = $2`,
      [definition.name, definition.version],
    );
    return await work({
      positions: new Map(rows.map(({ shard, pos }) => [shard, pos])),
      parked: new Set(parked.rows.map(({ customer }) => customer)),
      next: (shards, after) => model.all(client, shards, after, BATCH),
    });
  } finally {
    await client.query('rollback').catch((lost: Error) => (broken = lost));
    client.release(broken);
  }
}

type SnapshotOf = {
  readonly positions: ReadonlyMap<number, Position>;
  readonly parked: ReadonlySet<string>;
  next(shards: readonly number[], after: string): Promise<readonly Row[]>;
};

export function stateHash(audited: Audited, definition: AnyProjection, model: ReadModel): Promise<StateHash> {
  return inSnapshot(
    audited.pool,
    async ({ positions, next }) => {
      const [position, another] = new Set(positions.values());
      if (position === undefined || another !== undefined) return { kind: 'uneven' };
      let sum = 0n;
      let count = 0;
      for (let rows = await next(ALL_SHARDS, FIRST_KEY); rows.length > 0; rows = await next(ALL_SHARDS, rows.at(-1)?.key ?? '')) {
        for (const { key, state } of rows) sum = sumOfHashes(sum, rowHash(key, state, definition.decimals));
        count += rows.length;
      }
      return { kind: 'hash', position, hash: hexOfHash(sum), rows: count };
    },
    audited.schema,
    definition,
    model,
  );
}

/** Folds every customer again from the journal at the position where her shard stands, and compares row by row. */
export function audit(audited: Audited, definition: AnyProjection, model: ReadModel): Promise<Audit> {
  const { pool, schema, identity, registry, log } = audited;
  return inSnapshot(
    pool,
    async ({ positions, parked, next }) => {
      let kept = 0n;
      let folded = 0n;
      let count = 0;
      const differing: string[] = [];
      const differs = (key: string): void => {
        if (differing.length < MOST_NAMED) differing.push(key);
      };
      const refold = async (keys: readonly string[], shard: number): Promise<ReadonlyMap<string, bigint>> => {
        const position = positions.get(shard) ?? BEGINNING;
        const days = await readDays(pool, schema, position);
        const hashes = new Map<string, bigint>();
        for (const [key, hers] of await factsOfCustomers(audited, keys, definition.types, position)) {
          const again = foldCustomer(definition, decodeFor(registry, hers).facts, days);
          if (again) hashes.set(key, rowHash(key, JSON.parse(JSON.stringify(again.state)), definition.decimals));
        }
        return hashes;
      };
      const seen = new Set<string>(parked);
      for (const shard of positions.keys())
        for (let rows = await next([shard], FIRST_KEY); rows.length > 0; rows = await next([shard], rows.at(-1)?.key ?? '')) {
          const ours = rows.filter(({ key }) => !parked.has(key));
          const again = await refold(
            ours.map(({ key }) => key),
            shard,
          );
          for (const { key, state } of ours) {
            seen.add(key);
            const hash = rowHash(key, state, definition.decimals);
            const expected = again.get(key);
            kept = sumOfHashes(kept, hash);
            if (expected !== undefined) folded = sumOfHashes(folded, expected);
            if (hash !== expected) differs(key);
            count++;
          }
        }
      // Customers who should have a row and have none: whoever the log names.
      const end = [...positions.values()].reduce(laterPosition, BEGINNING);
      for (let after = BEGINNING; comparePositions(after, end) < 0;) {
        const page = await log.read({ after, upTo: end, types: definition.types, limit: 5000 });
        if (comparePositions(page.upTo, after) <= 0) break;
        after = page.upTo;
        const subjects = [...new Set(page.facts.flatMap(({ subject }) => subject ?? []))];
        const missing = new Set([...(await identity.customersOf(subjects, end)).values()].filter((key) => !seen.has(key)));
        for (const shard of positions.keys()) {
          const keys = [...missing].filter((key) => shardOf(key) === shard);
          for (const key of keys) seen.add(key);
          for (const [key, hash] of await refold(keys, shard)) {
            folded = sumOfHashes(folded, hash);
            differs(key);
          }
        }
      }
      const position = [...positions.values()].reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
      return {
        projection: definition.name,
        version: definition.version,
        position,
        rows: count,
        hash: hexOfHash(kept),
        folded: hexOfHash(folded),
        equal: kept === folded && differing.length === 0,
        differing,
        parked: parked.size,
      };
    },
    schema,
    definition,
    model,
  );
}
