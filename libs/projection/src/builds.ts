import { comparePositions, type Fact, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { audit, differenceFrom } from './audit';
import { LostLease } from './checkpoints';
import { type CustomerBatch, inCustomerOrder, shareDone } from './customer-order';
import { decodeFor } from './decoded';
import type { AnyProjection } from './definition';
import { type Days, foldCustomer } from './fold';
import type { Verification } from './generation-face';
import { type KnownGeneration, labelledView, lockProjection, placeShards, showView, tell } from './generations';
import type { IdentityReader } from './identity/identity-reader';
import type { TakenShard } from './leases';
import { copyWhatCanBe } from './page-writer';
import { readDays } from './pages';
import { type NewlyParked, park } from './parked';
import { ReadModel, type Written } from './read-model';
import { BUILDER, inTransaction, quoted } from './schema';

export type BuildsContext = {
  readonly pool: Pool;
  readonly schema: string;
  readonly worker: string;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly registry: FactRegistry;
  readonly pageSize: number | undefined;
  /** How far identity is resolved: nothing is built beyond it. */
  readonly frontier: () => Position;
  readonly isStopped: () => boolean;
  readonly positionOf: (name: string, generation: number) => Promise<Position>;
  readonly liveOf: (name: string) => KnownGeneration | undefined;
  /** A generation was built, verified or failed: whoever folds by position may begin. */
  readonly onPhase: () => Promise<void>;
  readonly promote: (name: string, generation: number) => Promise<void>;
  readonly onError: (projection: string, cause: unknown) => void;
};

type Build = {
  readonly known: KnownGeneration;
  readonly definition: AnyProjection;
  readonly model: ReadModel;
  readonly bound: Position;
  /** Its last builder died: each key is marked before it is folded. */
  careful: boolean;
  /** Keys at which builders died twice in a row. */
  deadly: ReadonlySet<string>;
  lastCustomer: string | null;
  phase: KnownGeneration['phase'];
  /** Where the log stood when it was built: it is verified when it has seen that. */
  goal?: Position;
};

/** What was folded of a generation and not written yet. */
type Folding = { readonly build: Build; readonly rows: Written[]; readonly parked: NewlyParked[]; facts: number };

const nothingFolded = (build: Build): Folding => ({ build, rows: [], parked: [], facts: 0 });

/** So many facts, in several pages, are written in one transaction. */
const FACTS_A_WRITE = 4000;

/** What this process builds: the generations whose builder's lease it holds. One step at a time, beside what is folded by position. */
export class Builds {
  /** Facts read of the journal. */
  read = 0;
  private readonly builds = new Map<string, Build>();

  constructor(private readonly context: BuildsContext) {}

  async own(taken: TakenShard, known: KnownGeneration, definition: AnyProjection): Promise<void> {
    const { pool, schema } = this.context;
    const model = new ReadModel(schema, definition, known.generation);
    if (taken.strikes >= 2 && taken.marker !== null) {
      const error = `the process ended ${taken.strikes} times while this key was folded`;
      await park(pool, schema, { name: taken.reader, generation: taken.generation }, taken.pos, [
        { customer: taken.marker, error, attempts: taken.strikes, retryMs: null },
      ]);
      this.context.onError(taken.reader, new Error(`${taken.marker}: ${error}`));
    }
    this.builds.set(keyOf(taken.reader, taken.generation), {
      known,
      definition,
      model,
      bound: taken.pos,
      careful: taken.strikes > 0,
      deadly: new Set(),
      lastCustomer: taken.lastCustomer,
      // Asked for, not remembered: it may have come further since the last beat.
      phase: (await this.phaseOf(pool, known)) ?? known.phase,
    });
  }

  keepOnly(isOwned: (key: string) => boolean): void {
    for (const key of [...this.builds.keys()]) if (!isOwned(key)) this.builds.delete(key);
  }

  get isIdle(): boolean {
    return this.builds.size === 0;
  }

  /** How far identity must be resolved before those that wait can be built. */
  get bounds(): readonly Position[] {
    return [...this.builds.values()].filter(({ phase }) => phase === 'building').map(({ bound }) => bound);
  }

  /** Builds, or brings one of the built ones a phase on. False when there is nothing to do now. */
  async step(): Promise<boolean> {
    for (const build of this.builds.values()) {
      if (build.phase === 'building') {
        if (comparePositions(this.context.frontier(), build.bound) < 0) continue;
        // Those that begin together are built together: the journal is read once for all of them.
        const together = [...this.builds.values()].filter(
          ({ phase, bound, lastCustomer }) => phase === 'building' && bound === build.bound && lastCustomer === build.lastCustomer,
        );
        await this.build(together);
        return true;
      }
      if (build.phase === 'catching-up') {
        build.goal ??= await this.context.log.head();
        const position = await this.context.positionOf(build.definition.name, build.known.generation);
        if (comparePositions(position, build.goal) < 0) continue;
        await this.become(build, 'verifying');
        return true;
      }
      if (build.phase === 'verifying') {
        await this.verify(build);
        return true;
      }
      if (build.phase === 'ready') {
        await this.promote(build);
        return true;
      }
    }
    return false;
  }

  private async build(together: readonly Build[]): Promise<void> {
    const [first] = together;
    if (!first) return;
    const { pool, schema } = this.context;
    const types = [...new Set(together.flatMap(({ definition }) => definition.types))];
    const days = await readDays(pool, schema, first.bound);
    for (const build of together) if (build.careful) build.deadly = await this.parkedKeys(build);
    const { pageSize } = this.context;
    const read = { after: first.lastCustomer, upTo: first.bound, types, ...(pageSize === undefined ? {} : { limit: pageSize }) };
    let writing: Promise<void> = Promise.resolve();
    let began = performance.now();
    let folded = together.map(nothingFolded);
    let facts = 0;
    for await (const batch of inCustomerOrder({ ...this.context }, read)) {
      this.read += batch.facts;
      facts += batch.facts;
      for (const each of folded) {
        const error = await this.fold(each, batch, days);
        if (error === undefined) continue;
        await writing;
        return this.fail(each.build, error);
      }
      const isStopped = this.context.isStopped();
      // Pages are small, so that their facts are gone before they cost the garbage collector anything; transactions are large.
      if (pageSize === undefined && facts < FACTS_A_WRITE && !batch.atEnd && !isStopped) continue;
      await writing;
      const busyMs = Math.round(performance.now() - began);
      began = performance.now();
      // Written while the next batch is read and folded. Whoever waits for it hears of a failure.
      writing = this.writeAll(folded, batch.upTo, busyMs);
      writing.catch(() => undefined);
      if (isStopped) break;
      folded = together.map(nothingFolded);
      facts = 0;
    }
    await writing;
    for (const build of together) if (build.phase === 'building' && this.isWhole(build)) await this.finish(build);
  }

  private isWhole({ lastCustomer }: Build): boolean {
    return shareDone(lastCustomer) >= 1;
  }

  /** Answers what fails the whole build. */
  private async fold(into: Folding, batch: CustomerBatch, days: Days): Promise<string | undefined> {
    const { build, rows, parked } = into;
    const { definition, model } = build;
    const types = new Set(definition.types);
    for (const [customer, all] of batch.customers) {
      const hers = all.filter(({ type }) => types.has(type));
      into.facts += hers.length;
      if (build.deadly.has(customer)) continue;
      if (build.careful) await this.mark(build, customer);
      try {
        const decoded = this.decoded(hers);
        if (typeof decoded === 'string') return decoded;
        const folded = foldCustomer(definition, decoded, days);
        if (folded) rows.push(model.written(customer, folded));
      } catch (cause) {
        const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        parked.push({ customer, error, attempts: 1, retryMs: 1000 });
      }
    }
    return undefined;
  }

  private async parkedKeys({ definition, known }: Build): Promise<ReadonlySet<string>> {
    const { rows } = await this.context.pool.query<{ customer: string }>(
      `select customer from ${quoted(this.context.schema)}.parked where projection = $1 and generation = $2`,
      [definition.name, known.generation],
    );
    return new Set(rows.map(({ customer }) => customer));
  }

  private async mark({ definition, known }: Build, customer: string): Promise<void> {
    await this.context.pool.query(
      `update ${quoted(this.context.schema)}.checkpoints set marker = $3 where reader = $1 and generation = $2 and shard = ${BUILDER}`,
      [definition.name, known.generation, customer],
    );
  }

  /** What nobody knows would be missing from all history: a build fails on it, and says what it was. */
  private decoded(facts: readonly Fact[]): readonly Fact[] | string {
    const { facts: known, unknown } = decodeFor(this.context.registry, facts);
    if (unknown === 0) return known;
    const strange = facts.find((fact) => this.context.registry.decode(fact).kind === 'unknown-type');
    return `the type ${strange?.type} at position ${strange?.position} is unknown to this process`;
  }

  private async writeAll(folded: readonly Folding[], upTo: string, busyMs: number): Promise<void> {
    for (const { build, rows, parked, facts } of folded) {
      const { pool, schema, worker } = this.context;
      const { name } = build.definition;
      const { generation } = build.known;
      const write = async (client: PoolClient): Promise<void> => {
        const moved = await client.query(
          `update ${quoted(schema)}.checkpoints set last_customer = $5, strikes = 0, marker = null
           where reader = $1 and generation = $2 and shard = ${BUILDER} and lease = $3 and last_customer is not distinct from $4`,
          [name, generation, worker, build.lastCustomer, upTo],
        );
        if (moved.rowCount !== 1) throw new LostLease(name);
        const unwritable = await copyWhatCanBe(client, build.model, rows);
        await park(client, schema, { name, generation }, build.bound, [...parked, ...unwritable]);
        await client.query(
          `update ${quoted(schema)}.projections set facts = facts + $3, customers = customers + $4, busy_ms = busy_ms + $5, done = $6
           where name = $1 and generation = $2`,
          [name, generation, facts, rows.length, busyMs, shareDone(upTo)],
        );
      };
      await inTransaction(pool, write, { writer: this.context });
      build.lastCustomer = upTo;
      build.careful = false;
    }
  }

  /** Indexes, and the shards' checkpoints where the build ends: from here on it is folded by position like any other. */
  private async finish(build: Build): Promise<void> {
    const { pool, schema, worker } = this.context;
    const { definition, known, model, bound } = build;
    const next = known.live ? 'ready' : known.label === null ? 'catching-up' : 'verifying';
    const already = await inTransaction(
      pool,
      async (client) => {
        await this.holdLease(client, build, worker);
        // It may have been taken up again, after a lost lease, while this very step was on its way to the database.
        const phase = await this.phaseOf(client, known);
        if (phase !== undefined && phase !== 'building') return phase;
        await model.filled(client);
        await placeShards(client, schema, definition.name, known.generation, bound, known.live);
        await client.query(
          `update ${quoted(schema)}.projections set phase = $3, built = now(), done = 1 where name = $1 and generation = $2`,
          [definition.name, known.generation, next],
        );
        if (next === 'ready') await this.giveUpLease(client, build);
        if (known.label !== null)
          await showView(client, schema, labelledView(definition.name, known.label), definition.name, known.generation);
        return undefined;
      },
      { idleMs: 600_000, writer: this.context },
    );
    build.phase = already ?? next;
    if (!already && next === 'ready') this.builds.delete(keyOf(definition.name, known.generation));
    await this.context.onPhase();
  }

  private async verify(build: Build): Promise<void> {
    const { pool, schema, worker } = this.context;
    const { definition, known } = build;
    const verification = await this.verificationOf(build);
    const phase = verification.equal && (verification.differingFromLive ?? []).length === 0 ? 'ready' : 'differs';
    const promotes = phase === 'ready' && known.promotes;
    const settle = async (client: PoolClient): Promise<void> => {
      await lockProjection(client, schema, definition.name);
      await this.holdLease(client, build, worker);
      const { rows } = await client.query<{ facts: string; customers: string; busy_ms: string }>(
        `update ${quoted(schema)}.projections set phase = $3, verification = $4 where name = $1 and generation = $2 and phase = 'verifying'
         returning facts, customers, busy_ms`,
        [definition.name, known.generation, phase, JSON.stringify(verification)],
      );
      if (rows.length === 0) throw new LostLease(definition.name);
      await tell(client, schema, {
        kind: 'RebuildCompleted',
        projection: definition.name,
        version: definition.version,
        generation: known.generation,
        facts: Number(rows[0]?.facts),
        customers: Number(rows[0]?.customers),
        busyMs: Number(rows[0]?.busy_ms),
        verification,
      });
      // Whoever is to promote it keeps the lease until it is: should it die before that, the next one promotes.
      if (!promotes) await this.giveUpLease(client, build);
    };
    await inTransaction(pool, settle, { writer: this.context });
    build.phase = phase;
    if (!promotes) this.builds.delete(keyOf(definition.name, known.generation));
    if (phase === 'differs')
      this.context.onError(
        definition.name,
        new Error(`generation ${known.generation} differs from its second fold or from the live one; it was not promoted`),
      );
    await this.context.onPhase();
  }

  private async promote(build: Build): Promise<void> {
    const { definition, known } = build;
    // Refused where a person was faster, or where a newer one took its place: then nothing is left to do for it.
    await this.context.promote(definition.name, known.generation);
    await inTransaction(this.context.pool, (client) => this.giveUpLease(client, build), { writer: this.context });
    this.builds.delete(keyOf(definition.name, known.generation));
    await this.context.onPhase();
  }

  private async verificationOf({ definition, known, model }: Build): Promise<Verification> {
    const { schema } = this.context;
    const { position, rows, hash, folded, equal, differing } = await audit(this.context, definition, model);
    const live = this.context.liveOf(definition.name);
    let differingFromLive: readonly string[] | null = null;
    if (known.label === null && live && live.version === definition.version) {
      const other = new ReadModel(schema, definition, live.generation);
      // Both are folded page by page by the same reader: they meet again and again.
      for (let attempt = 0; attempt < 200 && !this.context.isStopped(); attempt++) {
        const found = await differenceFrom(this.context, definition, model, other);
        if (found) {
          differingFromLive = found;
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    return { position, rows, hash, folded, equal, differing, differingFromLive };
  }

  private async become(build: Build, phase: Build['phase']): Promise<void> {
    const { definition, known } = build;
    const moved = await this.context.pool.query(
      `update ${quoted(this.context.schema)}.projections set phase = $3 where name = $1 and generation = $2 and phase in ($3, $4)`,
      [definition.name, known.generation, phase, build.phase],
    );
    if (moved.rowCount !== 1) throw new LostLease(definition.name);
    build.phase = phase;
  }

  private async fail(build: Build, error: string): Promise<void> {
    const { name } = build.definition;
    await this.context.pool.query(
      `update ${quoted(this.context.schema)}.projections set phase = 'failed', error = $3 where name = $1 and generation = $2`,
      [name, build.known.generation, error],
    );
    build.phase = 'failed';
    this.context.onError(name, new Error(`generation ${build.known.generation} was not built: ${error}`));
  }

  private async phaseOf(on: Pick<PoolClient, 'query'>, { name, generation }: KnownGeneration): Promise<Build['phase'] | undefined> {
    const { rows } = await on.query<{ phase: Build['phase'] }>(
      `select phase from ${quoted(this.context.schema)}.projections where name = $1 and generation = $2`,
      [name, generation],
    );
    return rows[0]?.phase;
  }

  private async holdLease(client: Parameters<ReadModel['copy']>[0], { definition, known }: Build, worker: string): Promise<void> {
    const held = await client.query(
      `select from ${quoted(this.context.schema)}.checkpoints where reader = $1 and generation = $2 and shard = ${BUILDER} and lease = $3 for update`,
      [definition.name, known.generation, worker],
    );
    if (held.rowCount !== 1) throw new LostLease(definition.name);
  }

  private async giveUpLease(client: Parameters<ReadModel['copy']>[0], { definition, known }: Build): Promise<void> {
    await client.query(
      `delete from ${quoted(this.context.schema)}.checkpoints where reader = $1 and generation = $2 and shard = ${BUILDER}`,
      [definition.name, known.generation],
    );
  }
}

export function keyOf(name: string, generation: number): string {
  return `${name}:${generation}`;
}
