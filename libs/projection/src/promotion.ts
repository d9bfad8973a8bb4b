import { comparePositions, laterPosition, type Position, refusal, type Refusal } from '@tsunagari/contracts';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { Dropped, Promoted, Refused, Verification } from './generation-face';
import { lockProjection, removeGeneration, showView, tell } from './generations';
import { inTransaction, quoted } from './schema';

export type Promotion = {
  readonly by: string;
  readonly acceptDifference?: boolean | undefined;
  /** Whether it goes back to the generation that the live one replaced. */
  readonly isRollback?: boolean;
  /** In the transaction, before anything is changed: what else must become true with it. */
  readonly onDefinitionChanged?: (client: PoolClient, change: DefinitionChange) => Promise<void>;
};

export type DefinitionChange = {
  readonly projection: string;
  readonly from: { readonly version: number; readonly generation: number };
  readonly to: { readonly version: number; readonly generation: number };
  readonly position: Position;
};

type Row = {
  readonly version: number;
  readonly generation: number;
  readonly live: boolean;
  readonly phase: string;
  readonly label: string | null;
  readonly replaced: number | null;
  readonly verification: Verification | null;
};

type Shard = { readonly generation: number; readonly shard: number; readonly pos: Position; readonly emits_until: Position | null };

/** A reader's lock on the view may last; whoever asks next would wait behind us, so each attempt to get it is short. */
const VIEW_LOCK_MS = 60;
const ATTEMPTS = 400;
const PAUSE_MS = 25;

/**
 * Moves the pointer: one transaction that names the generation which readers see and which may emit. Shard by shard both generations
 * are stopped for its length; the former emits up to where either stands, the new one from there on, so that nothing is emitted twice
 * and nothing is left out. Reads go on all along: they see the one or the other.
 */
export async function promoteGeneration(
  pool: Pool,
  schema: string,
  name: string,
  wanted: number | undefined,
  promotion: Promotion,
): Promise<Promoted | Refused> {
  for (let attempt = 1; ; attempt++) {
    try {
      const outcome = await inTransaction(pool, (client) => attemptPromotion(client, schema, name, wanted, promotion));
      if (outcome.kind === 'refused') return outcome;
      await removeSpares(pool, schema, name, outcome);
      return outcome;
    } catch (error) {
      const isBusy = error instanceof StillMoving || (error as { code?: unknown }).code === '55P03';
      if (!isBusy || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function attemptPromotion(
  client: PoolClient,
  schema: string,
  name: string,
  wanted: number | undefined,
  { by, acceptDifference = false, isRollback = false, onDefinitionChanged }: Promotion,
): Promise<Promoted | Refused> {
  const s = quoted(schema);
  await client.query(`set local lock_timeout = '2s'`);
  await lockProjection(client, schema, name);
  const { rows } = await client.query<Row>(
    `select version, generation, live, phase, label, replaced, verification from ${s}.projections where name = $1 for update`,
    [name],
  );
  const live = rows.find((row) => row.live);
  if (!live) return refused('UNKNOWN_PROJECTION', 'projection', `a projection with a live generation; ${name} has none`);
  const target = rows.find(({ generation }) => generation === (isRollback ? live.replaced : wanted));
  const broken = ruleBrokenBy(name, live, target, acceptDifference, isRollback);
  if (broken || !target) return { kind: 'refused', refusal: broken ?? unknown(name) };
  if (isRollback && !(await isFollowed(client, s, name, target.generation)))
    return refused(
      'GENERATION_STANDS_STILL',
      null,
      `generation ${target.generation} of ${name} is folded by some process; it stands still`,
      'start a process that knows its version, or rebuild',
    );
  const shards = await client.query<Shard>(
    `select generation, shard, pos, emits_until from ${s}.checkpoints where reader = $1 and generation = any($2::int[]) and shard >= 0
     order by generation, shard for update`,
    [name, [live.generation, target.generation]],
  );
  const pairs = pairsOf(shards.rows, live.generation, target.generation);
  // What it still had to emit from an earlier time as the live one must be out first.
  if (pairs.some(({ to }) => to.emits_until !== null && comparePositions(to.pos, to.emits_until) < 0)) throw new StillMoving();
  const position = pairs.reduce((low, { to }) => (low === '' || comparePositions(to.pos, low) < 0 ? to.pos : low), '');
  // Whether the former one tells nothing beyond where it stands: that is told with the difference.
  let isLeft = false;
  if (target.version !== live.version && onDefinitionChanged) {
    // The difference is that of two states as of one position. But a former one that nobody folds any more comes to no other, as when
    // processes of the new version took the place of all of the former.
    const isApart = pairs.some(({ from, to }) => from.pos !== to.pos);
    const isAhead = pairs.every(({ from, to }) => comparePositions(from.pos, to.pos) <= 0);
    isLeft = isApart && isAhead && !(await isFollowed(client, s, name, live.generation));
    if (isApart && !isLeft) throw new StillMoving();
    await onDefinitionChanged(client, { projection: name, from: live, to: target, position });
  }
  const cuts = pairs.map(({ from, to }) => ({ shard: to.shard, at: laterPosition(from.pos, to.pos), stands: from.pos }));
  for (const [generation, after, until] of [
    [live.generation, 'emits_after', isLeft ? 'c.stands' : 'c.at'],
    [target.generation, 'c.at', 'null'],
  ] as const)
    await client.query(
      `update ${s}.checkpoints p set emits_after = ${after}, emits_until = ${until}
       from unnest($3::int[], $4::bigint[], $5::bigint[]) c(shard, at, stands) where p.reader = $1 and p.generation = $2 and p.shard = c.shard`,
      [name, generation, cuts.map(({ shard }) => shard), cuts.map(({ at }) => at), cuts.map(({ stands }) => stands)],
    );
  await client.query(`update ${s}.projections set live = false where name = $1 and live`, [name]);
  await client.query(`update ${s}.projections set live = true, promotes = false, replaced = $3 where name = $1 and generation = $2`, [
    name,
    target.generation,
    live.generation,
  ]);
  await tell(client, schema, {
    kind: isRollback ? 'RolledBack' : 'Promoted',
    projection: name,
    version: target.version,
    generation: target.generation,
    replaced: live.generation,
    position,
    by,
  });
  await client.query(`set local lock_timeout = '${VIEW_LOCK_MS}ms'`);
  await showView(client, schema, name, name, target.generation);
  return { kind: 'promoted', generation: target.generation, replaced: live.generation, position };
}

function ruleBrokenBy(
  name: string,
  live: Row,
  target: Row | undefined,
  acceptDifference: boolean,
  isRollback: boolean,
): Refusal | undefined {
  if (!target || target.label !== null)
    return isRollback
      ? refusal('NO_FORMER_GENERATION', null, `the live generation of ${name} replaced one that is still there`, 'rebuild instead')
      : unknown(name);
  if (target.live) return refusal('GENERATION_LIVE', 'generation', `a generation that is not live already`);
  if (target.phase === 'differs' && !acceptDifference)
    return refusal(
      'GENERATION_DIFFERS',
      'generation',
      'a generation that its second fold, and the live one of the same definition, confirm',
      'look at the customers that differ; accept the difference when it is the live one that is wrong',
    );
  if (target.phase !== 'ready' && target.phase !== 'differs')
    return refusal(
      'GENERATION_NOT_READY',
      'generation',
      `a generation that is built and verified; this one is ${target.phase}`,
      'wait for it',
    );
  return undefined;
}

function unknown(name: string): Refusal {
  return refusal(
    'UNKNOWN_GENERATION',
    'generation',
    `a generation of ${name} that goes on with the log`,
    '`tsunagari projections list` shows them',
  );
}

function refused(...given: Parameters<typeof refusal>): Refused {
  return { kind: 'refused', refusal: refusal(...given) };
}

function pairsOf(shards: readonly Shard[], from: number, to: number): readonly { readonly from: Shard; readonly to: Shard }[] {
  return shards.flatMap((shard) => {
    const other = shard.generation === to ? shards.find((each) => each.generation === from && each.shard === shard.shard) : undefined;
    return other ? [{ from: other, to: shard }] : [];
  });
}

async function isFollowed(client: PoolClient, s: string, name: string, generation: number): Promise<boolean> {
  const { rows } = await client.query(
    `select from ${s}.checkpoints c join ${s}.workers w on w.id = c.lease and w.alive_until > now() where c.reader = $1 and c.generation = $2 limit 1`,
    [name, generation],
  );
  return rows.length > 0;
}

/** Beside the live generation only the one that it replaced is kept. */
async function removeSpares(pool: Pool, schema: string, name: string, { generation, replaced }: Promoted): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockProjection(client, schema, name);
    const { rows } = await client.query<{ generation: number }>(
      `select generation from ${quoted(schema)}.projections
       where name = $1 and label is null and not live and generation <> $2 and generation <> $3 and phase in ('ready', 'differs', 'failed')`,
      [name, generation, replaced],
    );
    for (const spare of rows) await removeGeneration(client, schema, name, spare.generation, null);
  });
}

/** Removes a generation that is not live, at an operator's wish. */
export function dropGeneration(pool: Pool, schema: string, name: string, generation: number): Promise<Dropped | Refused> {
  return inTransaction(pool, async (client) => {
    await lockProjection(client, schema, name);
    const { rows } = await client.query<{ live: boolean; label: string | null }>(
      `select live, label from ${quoted(schema)}.projections where name = $1 and generation = $2`,
      [name, generation],
    );
    const [row] = rows;
    if (!row) return { kind: 'refused', refusal: unknown(name) };
    if (row.live) return refused('GENERATION_LIVE', 'generation', 'a generation that is not live', 'promote another one first');
    await removeGeneration(client, schema, name, generation, row.label);
    return { kind: 'dropped', generation };
  });
}

/** The two generations do not stand where they can be exchanged; in a moment they will. */
class StillMoving extends Error {
  constructor() {
    super('the two generations stood at different places all the time');
  }
}
