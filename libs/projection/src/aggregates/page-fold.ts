import type { Fact, FactRegistry, Position } from '@tsunagari/contracts';
import type { SeenFacts } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { decodeFor } from '../decoded';
import { quoted } from '../schema';
import { type AnyReadModel, keysOf } from './definition';
import type { ReadModelTable, WrittenRow } from './table';

/** A fact as it was folded on a key. */
export type FoldedFact = { readonly key: string; readonly fact: Fact; readonly state: unknown; readonly follows: unknown };

/** A key that could not be folded, with the facts of this page that wait for it from now on. */
export type Stuck = { readonly key: string; readonly error: string; readonly facts: readonly Fact[] };

/** What a page means for one read model. Nothing is written yet. */
export type Outcome = {
  readonly rows: Map<string, WrittenRow>;
  readonly folded: FoldedFact[];
  readonly stuck: Map<string, Stuck>;
  /** Keys that waited and are folded again. */
  readonly freed: string[];
};

export type FoldTarget = {
  readonly definition: AnyReadModel;
  readonly table: ReadModelTable;
  readonly pool: Pool;
  readonly schema: string;
  readonly registry: FactRegistry;
  readonly journal: SeenFacts;
};

/**
 * Folds a page's facts on their rows. A key that waits (`waiting`) gets its facts put aside; those of `retried` keys that were put
 * aside before are folded first. What throws stops its own key alone.
 */
export async function foldPage(
  target: FoldTarget,
  facts: readonly Fact[],
  waiting: ReadonlySet<string>,
  retried: ReadonlySet<string>,
): Promise<Outcome> {
  const { definition, table, pool, registry } = target;
  const outcome: Outcome = { rows: new Map(), folded: [], stuck: new Map(), freed: [] };
  const types = new Set(definition.types);
  const byKey = new Map<string, Fact[]>();
  for (const [key, set] of await factsPutAside(target, [...retried])) byKey.set(key, [...set]);
  for (const fact of facts) {
    if (!types.has(fact.type)) continue;
    const [decoded] = decodeFor(registry, [fact]).facts;
    if (!decoded) continue;
    for (const key of keysOf(definition, decoded)) {
      const own = byKey.get(key);
      if (own) own.push(decoded);
      else byKey.set(key, [decoded]);
    }
  }
  const states = await table.states(pool, [...byKey.keys()]);
  for (const [key, own] of byKey) {
    if (waiting.has(key) && !retried.has(key)) {
      outcome.stuck.set(key, { key, error: '', facts: own });
      continue;
    }
    const folded: FoldedFact[] = [];
    try {
      let state = states.get(key) ?? definition.initial;
      for (const fact of own) {
        state = definition.evolve(state, fact, key);
        folded.push({ key, fact, state, follows: definition.follows?.(fact, state, key) });
      }
      if (state !== undefined) outcome.rows.set(key, table.written(key, state));
      outcome.folded.push(...folded);
      if (retried.has(key)) outcome.freed.push(key);
    } catch (error) {
      outcome.stuck.set(key, { key, error: messageOf(error), facts: own });
    }
  }
  // Keys were folded one after another; what follows from their facts follows in the order of the log.
  outcome.folded.sort((a, b) => a.fact.position.length - b.fact.position.length || (a.fact.position < b.fact.position ? -1 : 1));
  return outcome;
}

/** Writes the rows; a row that PostgreSQL cannot hold becomes a stuck key, the others are written. */
export async function writeRows(client: PoolClient, table: ReadModelTable, outcome: Outcome): Promise<void> {
  const rows = [...outcome.rows.values()];
  if (rows.length === 0) return;
  await client.query('savepoint rows');
  try {
    return await table.write(client, rows);
  } catch (error) {
    if (!isFaultOfData(error)) throw error;
    await client.query('rollback to savepoint rows');
  }
  const unwritten = new Set<string>();
  for (const row of rows) {
    await client.query('savepoint one');
    try {
      await table.write(client, [row]);
    } catch (error) {
      if (!isFaultOfData(error)) throw error;
      await client.query('rollback to savepoint one');
      const facts = outcome.folded.filter(({ key }) => key === row.key).map(({ fact }) => fact);
      outcome.stuck.set(row.key, { key: row.key, error: messageOf(error), facts });
      unwritten.add(row.key);
    }
  }
  const kept = outcome.folded.filter(({ key }) => !unwritten.has(key));
  outcome.folded.splice(0, outcome.folded.length, ...kept);
  const freed = outcome.freed.filter((key) => !unwritten.has(key));
  outcome.freed.splice(0, outcome.freed.length, ...freed);
}

/** Records which keys wait, with which facts, and lets go of those that are folded. Attempts count up for keys that threw. */
export async function settleParked(
  client: PoolClient,
  schema: string,
  { name, version }: AnyReadModel,
  outcome: Outcome,
  { retryMs, attempts }: { readonly retryMs: number; readonly attempts: number },
): Promise<void> {
  const s = quoted(schema);
  if (outcome.freed.length > 0) {
    await client.query(`delete from ${s}.parked where projection = $1 and version = $2 and customer = any($3::text[])`, [
      name,
      version,
      outcome.freed,
    ]);
    await client.query(`delete from ${s}.waiting_facts where projection = $1 and version = $2 and key = any($3::text[])`, [
      name,
      version,
      outcome.freed,
    ]);
  }
  const stuck = [...outcome.stuck.values()];
  if (stuck.length === 0) return;
  const thrown = stuck.filter(({ error }) => error !== '');
  await client.query(
    `insert into ${s}.parked as p (projection, version, customer, first_pos, error, attempts, retry_at)
     select $1, $2, k.key, k.pos, k.error, 1, case when $7 <= 1 then null else now() + $6 * interval '1 millisecond' end
     from unnest($3::text[], $4::bigint[], $5::text[]) k(key, pos, error)
     on conflict (projection, version, customer) do update set error = excluded.error, attempts = p.attempts + 1,
       retry_at = case when p.attempts + 1 >= $7 then null else now() + $6 * 2 ^ p.attempts * interval '1 millisecond' end`,
    [
      name,
      version,
      thrown.map(({ key }) => key),
      thrown.map(({ facts }) => facts[0]?.position ?? '0'),
      thrown.map(({ error }) => error.slice(0, 2000).replaceAll('\u0000', '')),
      retryMs,
      attempts,
    ],
  );
  const aside = stuck.flatMap(({ key, facts }) => facts.map(({ position, id }) => ({ key, position, id })));
  await client.query(
    `insert into ${s}.waiting_facts select $1, $2, w.key, w.pos, w.id from unnest($3::text[], $4::bigint[], $5::uuid[]) w(key, pos, id)
     on conflict do nothing`,
    [name, version, aside.map(({ key }) => key), aside.map(({ position }) => position), aside.map(({ id }) => id)],
  );
}

async function factsPutAside(
  { definition: { name, version }, pool, schema, registry, journal }: FoldTarget,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const byKey = new Map<string, Fact[]>();
  if (keys.length === 0) return byKey;
  const { rows } = await pool.query<{ key: string; pos: Position; id: string }>(
    `select key, pos, id from ${quoted(schema)}.waiting_facts
     where projection = $1 and version = $2 and key = any($3::text[]) order by key, pos`,
    [name, version, keys],
  );
  const seen = await journal.byIds(
    rows.map(({ id }) => id),
    rows.map(({ pos }) => pos),
  );
  const { facts } = decodeFor(registry, seen);
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  for (const { key, id } of rows) {
    const fact = byId.get(id);
    if (!fact) throw new Error(`${name}: fact ${id} waits for ${key} and is not in the journal`);
    byKey.set(key, [...(byKey.get(key) ?? []), fact]);
  }
  return byKey;
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint). */
function isFaultOfData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23].{3}$/.test(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
