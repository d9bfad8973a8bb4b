import { dayClosed, type Fact, laterPosition } from '@tsunagari/contracts';
import { factsOfMembers } from './customer-order';
import { decodeFor } from './decoded';
import type { Evidence } from './definition';
import { comesAfter, foldCustomer, type Folded, foldOn, inFoldOrder } from './fold';
import type { Page, PageContext } from './pages';
import type { Sink } from './page-writer';
import { foldedSoFar, type StoredRow } from './read-model';
import { quoted, shardOf } from './schema';
import type { ProjectionWorker, WorkerContext } from './worker';

/** Customers folded again at a time: bounds what is read of the journal at once. */
const REFOLD_BATCH = 250;
const DUE_BATCH = 2000;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

type Folding = (was: Folded<unknown> | undefined) => Folded<unknown> | undefined;

/** What one page means for the customers of some shards. */
export class PageFold {
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

  /** What this projection folds of our customers' facts. */
  private factsByCustomer(): Map<string, readonly Fact[]> {
    const { worker, known, shards } = this;
    const byCustomer = new Map<string, readonly Fact[]>();
    for (const shard of shards)
      for (const [key, all] of known.byShard[shard] ?? []) {
        const facts = all.every(({ type }) => worker.folds(type)) ? all : all.filter(({ type }) => worker.folds(type));
        if (facts.length > 0) byCustomer.set(key, facts);
      }
    return byCustomer;
  }

  /** Folds each customer's new facts on her row. Whoever has a fact that belongs before what was folded is folded again instead. */
  private async foldOnRows(fresh: ReadonlyMap<string, readonly Fact[]>, refold: Set<string>): Promise<void> {
    const { worker, context, known } = this;
    const foldOne = (key: string, row: StoredRow | undefined, facts: readonly Fact[]): Promise<void> | undefined => {
      const sorted = inFoldOrder(facts);
      if (row && !comesAfter(worker.definition, row, sorted, known.days)) {
        refold.add(key);
        return undefined;
      }
      return this.keep(key, row, (was) => foldOn(worker.definition, was, this.decoded(sorted), known.days));
    };
    const rows = await worker.model.rows(context.pool, [...fresh.keys()]);
    for (const row of rows) {
      const writing = foldOne(row.key, row, fresh.get(row.key) ?? []);
      if (writing) await writing;
    }
    // Mostly everybody has a row.
    const there = rows.length < fresh.size ? new Set(rows.map(({ key }) => key)) : undefined;
    if (there)
      for (const [key, facts] of fresh) {
        const writing = there.has(key) ? undefined : foldOne(key, undefined, facts);
        if (writing) await writing;
      }
    // A day that was closed has come to all of them.
    if (worker.definition.tick && this.closesADay) for (const key of fresh.keys()) this.handled.add(key);
  }

  private async refold(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += REFOLD_BATCH) {
      const batch = keys.slice(start, start + REFOLD_BATCH);
      const facts = await this.factsOf(batch);
      const before = this.tells ? await this.worker.model.rows(this.context.pool, batch) : [];
      const rows = new Map(before.map((row) => [row.key, row]));
      for (const key of batch) {
        const hers = facts.get(key);
        if (hers) await this.keep(key, rows.get(key), () => foldCustomer(this.worker.definition, this.decoded(hers), this.known.days));
        else this.drop(key, rows.get(key));
      }
    }
  }

  /** By customer, as known at the page's end. No entry for who has none or is no customer (any more). */
  private async factsOf(customers: readonly string[]): Promise<ReadonlyMap<string, readonly Fact[]>> {
    const { upTo } = this.page;
    const members = await this.context.identity.subjectsOf(customers, upTo);
    return factsOfMembers(this.context.journal, members, { types: this.worker.definition.types, upTo });
  }

  private get closesADay(): boolean {
    return this.known.days.lastClosed !== this.known.daysBefore.lastClosed;
  }

  /** A day was closed: the rows whose tick is due, and no others. */
  private async tickDue(): Promise<void> {
    const { worker, context, known } = this;
    const by = known.days.lastClosed;
    if (!worker.definition.tick || by === undefined || !this.closesADay) return;
    await worker.model.index?.bringUpToDate(context.pool);
    for (let last = FIRST_KEY; ;) {
      const rows = await worker.model.due(context.pool, [...this.shards], by, last, DUE_BATCH);
      for (const row of rows)
        if (!this.handled.has(row.key)) await this.keep(row.key, row, (was) => foldOn(worker.definition, was, [], known.days));
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.key;
    }
  }

  /** What throws for a key stops that key alone. Mostly there is nothing to wait for, and a promise a customer would be garbage. */
  private keep(key: string, row: StoredRow | undefined, fold: Folding): Promise<void> | undefined {
    if (this.careful) return this.mark(key).then(() => this.keepFolded(key, row, fold));
    return this.keepFolded(key, row, fold);
  }

  private keepFolded(key: string, row: StoredRow | undefined, fold: Folding): Promise<void> | undefined {
    try {
      const before = row && foldedSoFar(row);
      const folded = fold(before);
      if (!folded) {
        this.drop(key, row);
        return undefined;
      }
      const written = this.worker.model.written(key, folded);
      this.tell(key, before, folded);
      this.sink.rows.push(written);
      if (this.waiting.has(key)) this.sink.unparked.push(key);
    } catch (error) {
      this.sink.parked.push(this.worker.parkedBy(key, error, this.waiting));
      return undefined;
    }
    return this.sink.full();
  }

  private drop(key: string, row: StoredRow | undefined): void {
    this.tell(key, row && foldedSoFar(row), undefined);
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
