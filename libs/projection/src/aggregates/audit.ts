import { BEGINNING, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { decodeFor } from '../decoded';
import { quoted } from '../schema';
import { hexOfHash, rowHash, sumOfHashes } from '../state-hash';
import { type AnyReadModel, keysOf } from './definition';
import type { ReadModelTable } from './table';

export type TableHash = { readonly position: Position; readonly hash: string; readonly rows: number };

export type TableAudit = TableHash & {
  /** Of the fold of the log. */
  readonly folded: string;
  readonly equal: boolean;
  /** Keys whose row differs, is missing or should not be; at most 100. Parked keys are left out. */
  readonly differing: readonly string[];
};

const BATCH = 1000;
const MOST_NAMED = 100;

/** Rows and checkpoint as of one snapshot. */
async function rowHashes(
  pool: Pool,
  schema: string,
  { name, version }: AnyReadModel,
  table: ReadModelTable,
): Promise<{ position: Position; hashes: Map<string, bigint>; parked: Set<string> }> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    const position = await positionOf(client, schema, name, version);
    const parked = await client.query<{ customer: string }>(
      `select customer from ${quoted(schema)}.parked where projection = $1 and version = $2`,
      [name, version],
    );
    const hashes = new Map<string, bigint>();
    for (let after = ''; ;) {
      const rows = await table.after(client, after, BATCH);
      for (const { key, state } of rows) hashes.set(key, rowHash(key, state));
      const last = rows.at(-1);
      if (!last) break;
      after = last.key;
    }
    return { position, hashes, parked: new Set(parked.rows.map(({ customer }) => customer)) };
  } finally {
    await client.query('rollback').catch((lost: Error) => (broken = lost));
    client.release(broken);
  }
}

async function positionOf(client: PoolClient, schema: string, name: string, version: number): Promise<Position> {
  const { rows } = await client.query<{ pos: Position }>(
    `select pos from ${quoted(schema)}.checkpoints where reader = $1 and version = $2`,
    [name, version],
  );
  return rows[0]?.pos ?? BEGINNING;
}

export async function hashTable(pool: Pool, schema: string, definition: AnyReadModel, table: ReadModelTable): Promise<TableHash> {
  const { position, hashes } = await rowHashes(pool, schema, definition, table);
  return { position, hash: sumOf(hashes), rows: hashes.size };
}

export async function auditTable(
  {
    pool,
    schema,
    log,
    registry,
  }: { readonly pool: Pool; readonly schema: string; readonly log: Pick<EventLog, 'read'>; readonly registry: FactRegistry },
  definition: AnyReadModel,
  table: ReadModelTable,
): Promise<TableAudit> {
  const { position, hashes, parked } = await rowHashes(pool, schema, definition, table);
  const states = new Map<string, unknown>();
  for (let after = BEGINNING; ;) {
    const page = await log.read({ after, types: definition.types, limit: BATCH, upTo: position });
    for (const fact of decodeFor(registry, page.facts).facts)
      for (const key of keysOf(definition, fact))
        if (!parked.has(key)) states.set(key, definition.evolve(states.get(key) ?? definition.initial, fact, key));
    if (page.atEnd || page.upTo === after) break;
    after = page.upTo;
  }
  for (const key of parked) hashes.delete(key);
  const folded = new Map([...states].map(([key, state]) => [key, rowHash(key, JSON.parse(JSON.stringify(state)))]));
  const differing = [...new Set([...hashes.keys(), ...folded.keys()])].filter((key) => hashes.get(key) !== folded.get(key));
  return {
    position,
    rows: hashes.size,
    hash: sumOf(hashes),
    folded: sumOf(folded),
    equal: differing.length === 0,
    differing: differing.slice(0, MOST_NAMED),
  };
}

function sumOf(hashes: ReadonlyMap<string, bigint>): string {
  return hexOfHash([...hashes.values()].reduce(sumOfHashes, 0n));
}
