import { dayClosed, type Fact, type FactRegistry, laterPosition, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { TakenShard } from './leases';
import type { AnyProjection, Evidence } from './definition';
import { Straddles } from './checkpoints';
import { decodeFor } from './decoded';
import { comesAfter, type Days, foldCustomer, type Folded, foldOn, inFoldOrder } from './fold';
import type { IdentityReader } from './identity/identity-reader';
import type { Page, PageContext, Pages } from './pages';
import { type Gate, type Sink, writePage } from './page-writer';
import type { NewlyParked } from './parked';
import type { ReadModel } from './read-model';
import type { RunnerError } from './runner-face';
import { quoted, shardOf } from './schema';

/** Customers folded again at a time: bounds what is read of the journal at once. */
const REFOLD_BATCH = 250;
const DUE_BATCH = 2000;
/**
 * A page that takes long, because its customers are to be folded anew from long histories, keeps everybody waiting who wants to see the
 * facts at its beginning, and is done again from there by whoever takes over. So pages halve when one took longer than `SLOW_MS`, and
 * double again when they are done in a quarter of that; after a death they begin at `CAREFUL` facts, whose keys are marked one by one.
 */
const SLOW_MS = 800;
const CAREFUL = 32;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

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
  /** Keys of ours that wait, with the attempts made; undefined when it must be read anew. */
  private waiting: Map<string, number> | undefined;
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
    this.at.set(shard, pos);
    this.waiting = undefined;
  }

  keepOnly(isOwned: (shard: number) => boolean): void {
    for (const shard of [...this.at.keys()]) if (!isOwned(shard)) this.at.delete(shard);
  }

  /** After a lost lease: what is ours, where it stands. */
  resync = (shards: readonly TakenShard[]): void => {
    this.at.clear();
    for (const { shard, pos } of shards) this.at.set(shard, pos);
    this.waiting = undefined;
  };

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

  /** Folds the next page of the shards that are furthest behind. False when there is nothing to do. */
  async step(): Promise<boolean> {
    const [group, next] = this.groups();
    if (!group) return false;
    const { pages } = this.context;
    const shared = await pages.within(group.after);
    // Shards at different places meet again: whoever is behind reads up to where the next ones stand.
    const page = shared && pages.beginningOf(shared, { most: this.most, upTo: next?.after });
    if (!page && this.retries.size === 0) return false;
    this.busy = true;
    const began = performance.now();
    try {
      const whole = page ?? { after: group.after, upTo: group.after, facts: [], last: undefined };
      await this.take(whole, group.shards).catch(async (error: unknown) => {
        if (!(error instanceof Straddles)) throw error;
        await this.take(pages.beginningOf(whole, { upTo: error.at }), group.shards);
      });
    } finally {
      this.busy = false;
    }
    if (page && page.facts.length > 0) this.learnFrom(page.facts.length, performance.now() - began);
    return true;
  }

  private learnFrom(facts: number, ms: number): void {
    this.factsPerSecond = 0.5 * this.factsPerSecond + (0.5 * facts * 1000) / ms;
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
    const waiting = (this.waiting ??= await this.readWaiting());
    const retried = [...this.retries];
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

  private async readWaiting(): Promise<Map<string, number>> {
    const { rows } = await this.context.pool.query<{ customer: string; attempts: number }>(
      `select customer, attempts from ${quoted(this.context.schema)}.parked where projection = $1 and generation = $2 and shard = any($3::int[])`,
      [this.definition.name, this.model.generation, [...this.at.keys()]],
    );
    return new Map(rows.map(({ customer, attempts }) => [customer, attempts]));
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

/** What one page means for the customers of some shards. */
class PageFold {
  private readonly handled = new Set<string>();
  /** What touched a customer in this page: only where somebody is told of it. */
  private readonly touched = new Map<string, readonly Fact[]>();

  constructor(
    private readonly worker: ProjectionWorker,
    private readonly context: WorkerContext,
    private readonly page: Page,
    private readonly known: PageContext,
    private readonly shards: ReadonlySet<number>,
    private readonly waiting: ReadonlyMap<string, number>,
    private readonly retried: readonly string[],
    private readonly careful: boolean,
    private readonly sink: Sink,
  ) {}

  async run(): Promise<void> {
    const { known, waiting, worker } = this;
    const refold = new Set<string>(this.retried.filter((key) => waiting.has(key) && this.isOurs(key)));
    for (const { previous, customer } of known.changes) for (const key of [previous, customer]) if (this.isOurs(key)) refold.add(key);
    if (worker.definition.tick && known.days.timeZone !== known.daysBefore.timeZone)
      for (const key of await this.allKeys()) refold.add(key);

    const fresh = this.factsByCustomer();
    if (this.tells) for (const [key, facts] of fresh) this.touched.set(key, facts);
    for (const key of waiting.keys()) this.handled.add(key);
    for (const key of refold) this.handled.add(key);
    for (const key of this.handled) fresh.delete(key);
    await this.foldOnRows(fresh, refold);
    await this.refold([...refold]);
    await this.tickDue();
  }

  private isOurs(key: string): boolean {
    return this.shards.has(shardOf(key));
  }

  private factsByCustomer(): Map<string, Fact[]> {
    const byCustomer = new Map<string, Fact[]>();
    for (const fact of this.page.facts) {
      if (fact.subject === null || !this.worker.folds(fact.type)) continue;
      const key = this.known.customers.get(fact.subject) ?? fact.subject;
      if (!this.isOurs(key)) continue;
      const facts = byCustomer.get(key);
      if (facts) facts.push(fact);
      else byCustomer.set(key, [fact]);
    }
    return byCustomer;
  }

  /** Folds each customer's new facts on her row. Whoever has a fact that belongs before what was folded is folded again instead. */
  private async foldOnRows(fresh: ReadonlyMap<string, readonly Fact[]>, refold: Set<string>): Promise<void> {
    const { worker, context, known } = this;
    const rows = new Map((await worker.model.rows(context.pool, [...fresh.keys()])).map((row) => [row.key, row]));
    for (const [key, facts] of fresh) {
      this.handled.add(key);
      const row = rows.get(key);
      const sorted = inFoldOrder(facts);
      if (row && !comesAfter(worker.definition, row, sorted, known.days)) refold.add(key);
      else await this.keep(key, row, () => foldOn(worker.definition, row, this.decoded(sorted), known.days));
    }
  }

  private async refold(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += REFOLD_BATCH) {
      const batch = keys.slice(start, start + REFOLD_BATCH);
      const facts = await factsOfCustomers(this.context, batch, this.worker.definition.types, this.page.upTo);
      const before = this.tells ? await this.worker.model.rows(this.context.pool, batch) : [];
      const rows = new Map(before.map((row) => [row.key, row]));
      for (const key of batch) {
        const hers = facts.get(key);
        if (hers) await this.keep(key, rows.get(key), () => foldCustomer(this.worker.definition, this.decoded(hers), this.known.days));
        else this.drop(key, rows.get(key));
      }
    }
  }

  /** A day was closed: the rows whose tick is due, and no others. */
  private async tickDue(): Promise<void> {
    const { worker, context, known } = this;
    const by = known.days.lastClosed;
    if (!worker.definition.tick || by === undefined || by === known.daysBefore.lastClosed) return;
    for (let last = FIRST_KEY; ;) {
      const rows = await worker.model.due(context.pool, [...this.shards], by, last, DUE_BATCH);
      for (const row of rows)
        if (!this.handled.has(row.key)) await this.keep(row.key, row, () => foldOn(worker.definition, row, [], known.days));
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.key;
    }
  }

  /** What throws for a key stops that key alone. */
  private async keep(key: string, before: Folded<unknown> | undefined, fold: () => Folded<unknown> | undefined): Promise<void> {
    if (this.careful) await this.mark(key);
    try {
      const folded = fold();
      if (!folded) return this.drop(key, before);
      const written = this.worker.model.written(key, folded);
      this.tell(key, before, folded);
      this.sink.rows.push(written);
      if (this.waiting.has(key)) this.sink.unparked.push(key);
    } catch (error) {
      this.sink.parked.push(this.worker.parkedBy(key, error, this.waiting));
      return;
    }
    await this.sink.full();
  }

  private drop(key: string, before: Folded<unknown> | undefined): void {
    this.tell(key, before, undefined);
    this.sink.dropped.push(key);
    if (this.waiting.has(key)) this.sink.unparked.push(key);
  }

  private get tells(): boolean {
    const { signals, publishes } = this.worker.definition;
    return signals !== undefined || publishes !== undefined;
  }

  private tell(key: string, before: Folded<unknown> | undefined, after: Folded<unknown> | undefined): void {
    const { definition } = this.worker;
    if (!this.tells || (!before && !after)) return;
    const evidence = this.evidenceOf(key);
    const shared = {
      projection: definition.name,
      version: definition.version,
      customer: key,
      at: evidence.position,
      cause: evidence.cause,
      evidence: evidence.facts.map(({ id }) => id),
    };
    const drafts = definition.signals?.(before?.state, after?.state, evidence) ?? [];
    this.sink.emitted.push(...drafts.map((draft) => ({ ...shared, ...draft, topic: 'signals' as const })));
    if (!definition.publishes) return;
    const data = after ? definition.publishes(after.state) : null;
    // A night that changed nothing of a customer publishes nothing of her.
    if (before && after && JSON.stringify(definition.publishes(before.state)) === JSON.stringify(data)) return;
    this.sink.emitted.push({ ...shared, topic: 'state', kind: definition.name, data });
  }

  /** What touched a customer in this page; of a tick, the day that was closed. */
  private evidenceOf(customer: string): Evidence {
    const facts = this.touched.get(customer) ?? [];
    const changes = this.known.changes.filter((change) => change.customer === customer || change.previous === customer);
    const positions = [...facts.map(({ position }) => position), ...changes.map(({ pos }) => pos)];
    if (positions.length > 0)
      return { customer, position: positions.reduce(laterPosition), cause: changes.length > 0 ? 'identity' : 'facts', facts };
    const day = this.page.facts.findLast(({ type }) => type === dayClosed.type);
    return { customer, position: day?.position ?? this.page.upTo, cause: day ? 'time' : 'facts', facts };
  }

  private decoded(facts: readonly Fact[]): readonly Fact[] {
    const { facts: known, unknown } = decodeFor(this.context.registry, facts);
    this.worker.skipped += unknown;
    return known;
  }

  private async mark(key: string): Promise<void> {
    const { pool, schema, worker } = this.context;
    const { definition, model } = this.worker;
    await pool.query(
      `update ${quoted(schema)}.checkpoints set marker = $4 where reader = $1 and generation = $2 and shard = $3 and lease = $5`,
      [definition.name, model.generation, shardOf(key), key, worker],
    );
  }

  private async allKeys(): Promise<readonly string[]> {
    const { rows } = await this.context.pool.query<{ key: string }>(
      `select key from ${this.worker.model.table} where shard = any($1::int[])`,
      [[...this.shards]],
    );
    return rows.map(({ key }) => key);
  }
}

/** The facts of customers, by customer, as known at a position. No entry for who has none or is no customer (any more). */
export async function factsOfCustomers(
  { identity, journal }: Pick<WorkerContext, 'identity' | 'journal'>,
  customers: readonly string[],
  types: readonly string[],
  upTo: Position,
  known?: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const owner = new Map<string, string>();
  for (const [customer, subjects] of known ?? (await identity.subjectsOf(customers, upTo)))
    for (const subject of subjects) owner.set(subject, customer);
  const byCustomer = new Map<string, Fact[]>();
  if (owner.size === 0) return byCustomer;
  for (const fact of await journal.bySubjects({ subjects: [...owner.keys()], types, upTo })) {
    const customer = fact.subject === null ? undefined : owner.get(fact.subject);
    if (customer === undefined) continue;
    const facts = byCustomer.get(customer);
    if (facts) facts.push(fact);
    else byCustomer.set(customer, [fact]);
  }
  return byCustomer;
}

export type { Days };

function isBefore(a: Position, b: Position): boolean {
  return a.length !== b.length ? a.length < b.length : a < b;
}
