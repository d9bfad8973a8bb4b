import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { TakenShard } from './leases';
import type { AnyProjection } from './definition';
import { Straddles } from './checkpoints';
import type { IdentityReader } from './identity/identity-reader';
import { PageFold } from './page-fold';
import type { Page, Pages } from './pages';
import type { Gate } from './gate';
import { writePage } from './page-writer';
import type { NewlyParked } from './parked';
import type { ReadModel } from './read-model';
import type { RunnerError } from './runner-face';
import { quoted, shardOf } from './schema';

/**
 * A page that takes long, because its customers are to be folded anew from long histories, keeps everybody waiting who wants to see the
 * facts at its beginning, and is done again from there by whoever takes over. So pages halve when one took longer than `SLOW_MS`, and
 * double again when they are done in a quarter of that; after a death they begin at `CAREFUL` facts, whose keys are marked one by one.
 */
const SLOW_MS = 800;
const CAREFUL = 32;
/**
 * A page of many facts is folded in so many lanes, each of some shards. A small one is not worth several transactions; and with eight lanes,
 * of half as many rows each, the database took some 7 % longer for each row.
 */
const LANES = 4;
const FACTS_OF_LANE = 300;
/** After so long lanes meet. */
const RUN_MS = 500;

export type WorkerContext = {
  readonly pool: Pool;
  readonly schema: string;
  readonly worker: string;
  readonly pages: Pages;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly registry: FactRegistry;
  readonly gate: Gate;
  readonly retryMs: number;
  readonly attempts: number;
  readonly onError: (error: RunnerError) => void;
  /** Some shards have come to the end of a page. */
  readonly onFolded: () => void;
  readonly isStopped: () => boolean;
};

/** Lanes on their way. */
type Run = {
  readonly until: number;
  /** The end of the page that the first of them has begun. */
  furthest: Position;
  /** They go no further than that any more. */
  meets: boolean;
  failed: boolean;
  /** Facts of pages, by shard. */
  facts: number;
};

/** One projection in this process: the shards that it has, page by page. */
export class ProjectionWorker {
  /** In the middle of a page. */
  busy = false;
  /** Its generation was dropped: nothing is left to fold. */
  gone = false;
  skipped = 0;
  factsPerSecond = 0;
  private readonly at = new Map<number, Position>();
  private readonly types: ReadonlySet<string>;
  /** Keys of ours that wait, with the attempts made: one for all parts of a page, each of which adds those of its own shards. */
  private readonly waiting = new Map<string, number>();
  /** Shards whose waiting keys are still to be read. */
  private readonly unread = new Set<number>();
  private readonly retries = new Set<string>();
  /** Shards whose last owner died: their next page marks each key before it is folded. */
  private readonly careful = new Set<number>();
  /** So many facts a page at most. */
  private most = Infinity;

  constructor(
    readonly definition: AnyProjection,
    readonly model: ReadModel,
    private readonly context: WorkerContext,
  ) {
    this.types = new Set(definition.types);
  }

  /** A shard became ours. A key at which its owners died twice in a row is parked before anything is folded. */
  async own({ shard, pos, strikes, marker }: TakenShard): Promise<void> {
    const { pool, schema } = this.context;
    if (strikes >= 2 && marker !== null) {
      const error = `the process ended ${strikes} times while this key was folded`;
      await pool.query(
        `with cleared as (update ${quoted(schema)}.checkpoints set marker = null, strikes = 1 where reader = $1 and generation = $2 and shard = $3)
         insert into ${quoted(schema)}.parked (projection, generation, customer, shard, first_pos, error, attempts, retry_at)
         values ($1, $2, $4, $3, $5, $6, $7, null) on conflict do nothing`,
        [this.definition.name, this.model.generation, shard, marker, pos, error, strikes],
      );
      this.context.onError({ projection: this.definition.name, kind: 'parked', customer: marker, message: error });
    }
    if (strikes > 0) {
      this.careful.add(shard);
      this.most = CAREFUL;
    }
    this.stand(shard, pos);
  }

  keepOnly(isOwned: (shard: number) => boolean): void {
    for (const shard of [...this.at.keys(), ...this.unread])
      if (!isOwned(shard)) {
        this.at.delete(shard);
        this.unread.delete(shard);
      }
  }

  /** After a lost lease: what is ours, where it stands. */
  resync = (shards: readonly TakenShard[]): void => {
    this.at.clear();
    this.unread.clear();
    for (const { shard, pos } of shards) this.stand(shard, pos);
  };

  private stand(shard: number, pos: Position): void {
    this.at.set(shard, pos);
    this.unread.add(shard);
    for (const customer of this.waiting.keys()) if (shardOf(customer) === shard) this.waiting.delete(customer);
  }

  get shards(): number {
    return this.at.size;
  }

  /** The lowest position of our shards; undefined when we have none. */
  get position(): Position | undefined {
    return this.groups()[0]?.after;
  }

  retry(customer: string): void {
    this.retries.add(customer);
  }

  /**
   * Folds the next page of the shards that are furthest behind. Where facts are many it goes on for a while, in lanes: while the rows of
   * some shards are on their way to the database or from it, others are folded, and no lane waits for another one at the end of a page.
   * False when there is nothing to do.
   */
  async step(): Promise<boolean> {
    const [group, next] = this.groups();
    if (!group) return false;
    // Shards at different places meet again: whoever is behind reads up to where the next ones stand.
    const page = await this.pageAfter(group.after, next?.after);
    if (!page && this.retries.size === 0) return false;
    this.busy = true;
    const began = performance.now();
    try {
      const first = page ?? { after: group.after, upTo: group.after, facts: [], last: undefined };
      const lanes = lanesOf(group.shards, first.facts.length);
      const meets = next !== undefined || lanes.length === 1;
      const run: Run = { until: began + RUN_MS, furthest: first.upTo, meets, failed: false, facts: 0 };
      const ends = await Promise.allSettled(lanes.map((shards) => this.follow(run, first, shards)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      if (this.model.index?.hasTooMany) await this.model.index.bringUpToDate(this.context.pool);
      if (run.facts > 0)
        this.factsPerSecond = 0.5 * this.factsPerSecond + (0.5 * run.facts * 1000) / group.shards.length / (performance.now() - began);
    } finally {
      this.busy = false;
    }
    return true;
  }

  /** What a rush has left to do for the read model's index, once it is over. */
  async tidy(): Promise<void> {
    await this.model.index?.bringUpToDateIfMany(this.context.pool);
  }

  private async pageAfter(after: Position, upTo?: Position): Promise<Page | undefined> {
    const { pages } = this.context;
    const shared = await pages.within(after);
    return shared && pages.beginningOf(shared, { most: this.most, upTo });
  }

  private async follow(run: Run, first: Page, shards: readonly number[]): Promise<void> {
    let ours = shards;
    try {
      for (let page: Page | undefined = first; page && ours.length > 0;) {
        const began = performance.now();
        const reached: Position = await this.takeOrCut(page, ours);
        this.learnFrom(page.facts.length, performance.now() - began);
        run.facts += page.facts.length * ours.length;
        this.context.onFolded();
        page = run.failed || this.context.isStopped() ? undefined : await this.nextOf(run, reached);
        // Another process may have taken some of them meanwhile.
        ours = ours.filter((shard) => this.at.get(shard) === reached);
      }
    } catch (error) {
      run.failed = true;
      throw error;
    }
  }

  /** What a lane goes on with. All meet where the first of them stands when their time is up, when little is left and when a shard came. */
  private async nextOf(run: Run, after: Position): Promise<Page | undefined> {
    run.meets ||= performance.now() > run.until || this.unread.size > 0;
    const page = run.meets ? undefined : await this.pageAfter(after);
    if (page && lanesIn(page.facts.length) > 1) {
      if (isBefore(run.furthest, page.upTo)) run.furthest = page.upTo;
      return page;
    }
    run.meets = true;
    return isBefore(after, run.furthest) ? this.pageAfter(after, run.furthest) : undefined;
  }

  /** Answers where the shards stand afterwards: within the page, where it is to be taken in two. */
  private async takeOrCut(page: Page, shards: readonly number[]): Promise<Position> {
    try {
      await this.take(page, shards);
      return page.upTo;
    } catch (error) {
      if (!(error instanceof Straddles)) throw error;
      await this.take(this.context.pages.beginningOf(page, { upTo: error.at }), shards);
      return error.at;
    }
  }

  private learnFrom(facts: number, ms: number): void {
    // A customer who is replayed alone says nothing of pages.
    if (facts === 0) return;
    if (ms > SLOW_MS) this.most = Math.max(CAREFUL, Math.ceil(facts / 2));
    else if (ms < SLOW_MS / 4 && facts >= this.most) this.most *= 2;
  }

  private groups(): { readonly after: Position; readonly shards: number[] }[] {
    const groups = new Map<Position, number[]>();
    for (const [shard, position] of this.at) groups.set(position, [...(groups.get(position) ?? []), shard]);
    return [...groups].map(([after, shards]) => ({ after, shards })).sort((a, b) => (isBefore(a.after, b.after) ? -1 : 1));
  }

  private async take(page: Page, shards: readonly number[]): Promise<void> {
    const { pool, schema, worker, gate, pages } = this.context;
    const { definition, model } = this;
    const context = await pages.context(page);
    await this.readWaiting(shards);
    const { waiting } = this;
    const retried = [...this.retries].filter((key) => shards.includes(shardOf(key)));
    const careful = shards.some((shard) => this.careful.has(shard));
    const outcome = await writePage(
      {
        pool,
        schema,
        worker,
        definition,
        model,
        gate,
        shards: { reader: definition.name, generation: model.generation, shards },
        unwritable: (customer, error) => this.parkedBy(customer, error, waiting),
      },
      page,
      (sink) => new PageFold(this, this.context, page, context, new Set(shards), waiting, retried, careful, sink).run(),
    );
    for (const shard of shards) {
      if (this.at.has(shard)) this.at.set(shard, page.upTo);
      this.careful.delete(shard);
    }
    for (const customer of retried) this.retries.delete(customer);
    for (const customer of outcome.unparked) waiting.delete(customer);
    for (const { customer, attempts, error } of outcome.parked) {
      waiting.set(customer, attempts);
      this.context.onError({ projection: definition.name, kind: 'parked', customer, message: error });
    }
  }

  private async readWaiting(of: readonly number[]): Promise<void> {
    const shards = of.filter((shard) => this.unread.has(shard));
    if (shards.length === 0) return;
    // Not behind the question: one of them may come anew meanwhile.
    for (const shard of shards) this.unread.delete(shard);
    try {
      const { rows } = await this.context.pool.query<{ customer: string; attempts: number }>(
        `select customer, attempts from ${quoted(this.context.schema)}.parked where projection = $1 and generation = $2 and shard = any($3::int[])`,
        [this.definition.name, this.model.generation, shards],
      );
      for (const { customer, attempts } of rows) this.waiting.set(customer, attempts);
    } catch (error) {
      for (const shard of shards) this.unread.add(shard);
      throw error;
    }
  }

  parkedBy(customer: string, cause: unknown, waiting: ReadonlyMap<string, number>): NewlyParked {
    const attempts = (waiting.get(customer) ?? 0) + 1;
    const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const retryMs = attempts >= this.context.attempts ? null : Math.min(this.context.retryMs * 2 ** (attempts - 1), 3_600_000);
    return { customer, error, attempts, retryMs };
  }

  folds(type: string): boolean {
    return this.types.has(type);
  }
}

function lanesIn(facts: number): number {
  // By halves: each has as many of the shards as the others.
  let lanes = LANES;
  while (lanes > 1 && facts < lanes * FACTS_OF_LANE) lanes /= 2;
  return lanes;
}

function lanesOf(shards: readonly number[], facts: number): readonly (readonly number[])[] {
  const count = lanesIn(facts);
  return Array.from({ length: count }, (_, lane) => shards.filter((_, nth) => nth % count === lane)).filter(({ length }) => length > 0);
}

function isBefore(a: Position, b: Position): boolean {
  return a.length !== b.length ? a.length < b.length : a < b;
}
