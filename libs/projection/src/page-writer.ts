import type { Position } from '@tsunagari/contracts';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { Gate } from './gate';
import { moveCheckpoints, type ShardsOf } from './checkpoints';
import type { Page } from './pages';
import { type NewlyParked, park, unpark } from './parked';
import type { ReadModel, Written } from './read-model';
import type { AnyProjection } from './definition';
import { inTransaction, shardOf } from './schema';
import { emit, type EmissionRange, type Emitted, isEmitted } from './signals/outbox';

/** Rows kept in memory before a page begins to write: only a change of rules or a closed day makes more. */
const FULL = 5000;
/** A page that writes as it goes folds meanwhile, so its session may stand still longer. */
const PATIENCE_MS = 60_000;

/** Everything that a page becomes. */
export type PageOutcome = {
  readonly rows: Written[];
  readonly dropped: string[];
  readonly parked: NewlyParked[];
  readonly unparked: string[];
  /** Told when the shard's generation is the one that emits. */
  readonly emitted: Emitted[];
};

/** Hands what was folded on for writing. `full` must be called between keys: it writes when there is much, and there is nothing to wait for else. */
export type Sink = PageOutcome & { full(): Promise<void> | undefined };

export type WriteTarget = {
  readonly pool: Pool;
  readonly schema: string;
  readonly worker: string;
  readonly definition: AnyProjection;
  readonly model: ReadModel;
  readonly shards: ShardsOf;
  /** A page that holds a connection while it asks for others must be the only one to do so. */
  readonly gate: Gate;
  readonly unwritable: (customer: string, error: unknown) => NewlyParked;
};

/**
 * Folds a page and writes it in one transaction that begins with the fence. Mostly everything is folded before the transaction
 * begins; a page with very many rows starts over and writes while it folds, so that memory stays flat.
 */
export async function writePage(target: WriteTarget, page: Page, fold: (sink: Sink) => Promise<void>): Promise<PageOutcome> {
  const sink = emptySink(() => {
    if (sink.rows.length + sink.dropped.length > FULL) throw new TooMany();
    return undefined;
  });
  try {
    await fold(sink);
  } catch (error) {
    if (error instanceof TooMany) return target.gate.pass(() => writeAsItGoes(target, page, fold));
    throw error;
  }
  try {
    await inTransaction(
      target.pool,
      async (client) => {
        const ranges = await moveCheckpoints(client, target.schema, target.worker, target.shards, page, emits(target));
        await target.model.write(client, sink.rows, sink.dropped);
        await settle(target, client, page.upTo, sink, ranges);
      },
      { writer: target },
    );
  } catch (error) {
    if (!isFaultOfData(error)) throw error;
    await inTransaction(
      target.pool,
      async (client) => {
        const ranges = await moveCheckpoints(client, target.schema, target.worker, target.shards, page, emits(target));
        await writeWhatCanBe(target, client, sink);
        await settle(target, client, page.upTo, sink, ranges);
      },
      { writer: target },
    );
  }
  return sink;
}

async function writeAsItGoes(target: WriteTarget, page: Page, fold: (sink: Sink) => Promise<void>): Promise<PageOutcome> {
  const work = async (client: PoolClient): Promise<Sink> => {
    const ranges = await moveCheckpoints(client, target.schema, target.worker, target.shards, page, emits(target));
    const sink = emptySink(() =>
      sink.rows.length + sink.dropped.length < FULL
        ? undefined
        : writeWhatCanBe(target, client, sink).then(() => {
            sink.rows.length = 0;
            sink.dropped.length = 0;
          }),
    );
    await fold(sink);
    await writeWhatCanBe(target, client, sink);
    await settle(target, client, page.upTo, sink, ranges);
    return sink;
  };
  return inTransaction(target.pool, work, { idleMs: PATIENCE_MS, writer: target });
}

async function settle(
  target: WriteTarget,
  client: PoolClient,
  position: Position,
  { parked, unparked, emitted }: PageOutcome,
  ranges: ReadonlyMap<number, EmissionRange>,
): Promise<void> {
  const of = { name: target.definition.name, generation: target.model.generation };
  await unpark(client, target.schema, of, unparked);
  await park(client, target.schema, of, position, parked);
  const range = (customer: string): EmissionRange => ranges.get(shardOf(customer)) ?? { after: null, until: null };
  // A value that could not be written was parked after it was folded: nothing is told of it.
  const unwritten = new Set(parked.map(({ customer }) => customer));
  await emit(
    client,
    target.schema,
    emitted.filter(({ customer, at }) => !unwritten.has(customer) && isEmitted(range(customer), at)),
  );
}

function emits({ definition }: WriteTarget): boolean {
  return definition.signals !== undefined || definition.publishes !== undefined;
}

/** A value that does not fit its column is that key's fault: it is parked, the others are written. */
async function writeWhatCanBe(target: WriteTarget, client: PoolClient, sink: PageOutcome): Promise<void> {
  await client.query('savepoint rows');
  try {
    await target.model.write(client, sink.rows, sink.dropped);
    return;
  } catch (error) {
    if (!isFaultOfData(error)) throw error;
    await client.query('rollback to savepoint rows');
  }
  await target.model.write(client, [], sink.dropped);
  for (const row of sink.rows) {
    await client.query('savepoint one');
    try {
      await target.model.write(client, [row], []);
    } catch (error) {
      if (!isFaultOfData(error)) throw error;
      await client.query('rollback to savepoint one');
      sink.parked.push(target.unwritable(row.key, error));
    }
  }
}

/** The same of rows whose keys are not there yet, by halves: COPY does not say which one it was. Answers those to be parked. */
export async function copyWhatCanBe(client: PoolClient, model: ReadModel, rows: readonly Written[]): Promise<readonly NewlyParked[]> {
  await client.query('savepoint copied');
  try {
    await model.copy(client, rows);
    return [];
  } catch (error) {
    if (!isFaultOfData(error)) throw error;
    await client.query('rollback to savepoint copied');
    const [one, another] = rows;
    if (one && !another) return [{ customer: one.key, error: String(error), attempts: 1, retryMs: 1000 }];
    const half = rows.length >> 1;
    return [...(await copyWhatCanBe(client, model, rows.slice(0, half))), ...(await copyWhatCanBe(client, model, rows.slice(half)))];
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint). */
function isFaultOfData(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^2[23]/.test(code) && code.length === 5;
}

class TooMany extends Error {}

function emptySink(full: Sink['full']): Sink {
  return { rows: [], dropped: [], parked: [], unparked: [], emitted: [], full };
}
