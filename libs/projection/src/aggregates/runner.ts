import { randomUUID } from 'node:crypto';
import { BEGINNING, comparePositions, type Fact, laterPosition, type Position } from '@tsunagari/contracts';
import { ageAfter } from '@tsunagari/event-log';
import type { PoolClient } from '@tsunagari/postgres';
import { Bell } from '../bell';
import { giveBack, heartbeat, ownShards } from '../leases';
import { Loops } from '../loops';
import { logDiffers } from '../restored-log';
import type { CaughtUp, ReplayOutcome, StartOutcome } from '../runner-face';
import { inTransaction, quoted } from '../schema';
import { auditTable, hashTable, type TableAudit, type TableHash } from './audit';
import { moveReaders } from './checkpoints';
import type { AnyReadModel, ReadModelDefinition } from './definition';
import { emptyTable, ensureReaders, ensureTable, showInstead } from './generations';
import { foldPage, type Outcome, settleParked, writeRows } from './page-fold';
import { Kept } from './kept';
import { type ReadModelReader, readModelReader } from './reader';
import type { ParkedRow, ReadModelError, ReadModelRunner, ReadModelRunnerOptions, ReadModelStatus } from './runner-face';

/** See {@link ReadModelRunner}. Nothing runs before `start`. */
export function createReadModelRunner(options: ReadModelRunnerOptions): ReadModelRunner {
  return new Runner(options);
}

/** How long a position that passed nothing but strangers' facts may stand in memory only. */
const FLUSH_MS = 200;

class Runner implements ReadModelRunner {
  readonly worker = randomUUID();
  private readonly kept = new Map<string, Kept>();
  private readonly appended = new Bell();
  private readonly moved = new Bell();
  private readonly loops: Loops;
  private stopListening: () => void = () => undefined;
  private readonly pollMs: number;
  private readonly leaseMs: number;
  readonly schema: string;

  constructor(private readonly options: ReadModelRunnerOptions) {
    const { definitions, schema, pollMs = 1000, leaseMs = 3000 } = options;
    const names = definitions.map(({ name }) => name);
    if (new Set(names).size < names.length) throw new Error(`read models need names of their own: ${names.join(', ')}`);
    for (const { initial } of definitions) deepFreeze(initial);
    this.schema = schema;
    this.pollMs = pollMs;
    this.leaseMs = leaseMs;
    this.loops = new Loops({
      pollMs,
      leaseMs,
      beat: () => this.takeAndLearn(),
      resync: () => this.resync(),
      logDiffers: () => logDiffers(options.pool, schema, options.journal),
      say: (kind, cause, readModel = '*') => this.say(readModel, kind, cause),
    });
  }

  reader<S>(definition: ReadModelDefinition<S>): ReadModelReader<S> {
    if (!this.options.definitions.some(({ name }) => name === definition.name))
      throw new RangeError(`no read model is called ${definition.name}`);
    return readModelReader(this.options.pool, this.schema, definition);
  }

  async start(): Promise<StartOutcome> {
    const { pool, log, journal, definitions } = this.options;
    await ensureReaders(pool, this.schema);
    const differs = await logDiffers(pool, this.schema, journal);
    if (differs) return differs;
    const head = await log.head();
    for (const definition of definitions) {
      const { table, shown } = await ensureTable(pool, this.schema, definition);
      this.kept.set(definition.name, new Kept(definition, table, shown, head));
    }
    this.loops.begin();
    if (definitions.length === 0) return { kind: 'started' };
    await this.loops.beat();
    this.stopListening = log.onAppended(this.appended.ring);
    this.loops.add({
      step: () => this.step(),
      bell: this.appended,
      waitMs: () => (this.isDirty() ? FLUSH_MS : this.pollMs),
      onQuiet: () => this.flush(),
    });
    this.loops.keepAlive();
    return { kind: 'started' };
  }

  async stop(): Promise<void> {
    if (this.loops.isStopped) return;
    this.stopListening();
    const ended = this.loops.stop();
    this.moved.ring();
    await ended;
    await this.flush().catch(() => undefined);
    if (this.kept.size > 0)
      await giveBack(this.options.pool, this.schema, this.worker).catch((cause: unknown) => this.say('*', 'outage', cause));
  }

  async waitFor(position: Position, { timeoutMs = 2000 } = {}): Promise<CaughtUp> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const heard = this.moved.count;
      const at = await this.lowest(position);
      if (comparePositions(at, position) >= 0) return { kind: 'caught-up', position: at };
      const left = until - performance.now();
      if (left <= 0 || this.loops.isStopped) return { kind: 'lagging', position: at, wanted: position };
      const allOurs = [...this.kept.values()].every((kept) => kept.at !== undefined);
      await this.moved.wait(heard, Math.min(left, allOurs ? left : 25));
    }
  }

  async position(): Promise<Position> {
    return this.lowest(await this.options.log.head());
  }

  onMoved(listener: () => void): () => void {
    return this.moved.listen(listener);
  }

  async catchUp({ timeoutMs = 3_600_000 } = {}): Promise<CaughtUp> {
    return this.waitFor(await this.options.log.head(), { timeoutMs });
  }

  async status(): Promise<readonly ReadModelStatus[]> {
    const head = await this.options.log.head();
    const { rows } = await this.options.pool.query<{ reader: string; version: number; pos: Position; parked: number }>(
      `select c.reader, c.version, c.pos, (select count(*)::int from ${quoted(this.schema)}.parked p
        where p.projection = c.reader and p.version = c.version) as parked from ${quoted(this.schema)}.checkpoints c`,
    );
    return [...this.kept.values()].map(({ definition: { name, version }, shown, at }) => {
      const row = rows.find((r) => r.reader === name && r.version === version);
      return { name, version, position: at ?? row?.pos ?? BEGINNING, head, parked: row?.parked ?? 0, rebuilding: !shown };
    });
  }

  async lagMs(): Promise<number> {
    const all = await this.status();
    const lowest = all.map(({ position }) => position).reduce((a, b) => (comparePositions(a, b) < 0 ? a : b), all[0]?.head ?? BEGINNING);
    return ageAfter(this.options.log, lowest, { now: this.options.now });
  }

  stateHash(name: string): Promise<TableHash> {
    const { definition, table } = this.named(name);
    return hashTable(this.options.pool, this.schema, definition, table);
  }

  audit(name: string): Promise<TableAudit> {
    const { definition, table } = this.named(name);
    return auditTable(this.options, definition, table);
  }

  async rebuild(name: string): Promise<void> {
    const kept = this.named(name);
    await emptyTable(this.options.pool, this.schema, kept.definition, kept.table);
    kept.at = undefined;
    await this.loops.beat();
    this.appended.ring();
  }

  async parked(): Promise<readonly ParkedRow[]> {
    const { rows } = await this.options.pool.query<ParkedRow>(
      `select projection as "readModel", customer as key, error, attempts, retry_at as "retryAt"
       from ${quoted(this.schema)}.parked order by projection, first_pos, customer`,
    );
    return rows;
  }

  async replay(name: string, key: string): Promise<ReplayOutcome> {
    const { definition } = this.named(name);
    const { pool } = this.options;
    const where = `from ${quoted(this.schema)}.parked where projection = $1 and version = $2 and customer = $3`;
    const values = [name, definition.version, key];
    const before = (await pool.query<{ attempts: number }>(`select attempts ${where}`, values)).rows[0];
    if (!before) return { kind: 'not-parked' };
    await pool.query(
      `update ${quoted(this.schema)}.parked set retry_at = now() where projection = $1 and version = $2 and customer = $3`,
      values,
    );
    for (const until = performance.now() + 30_000; ;) {
      const heard = this.moved.count;
      const now = (await pool.query<{ attempts: number; error: string }>(`select attempts, error ${where}`, values)).rows[0];
      if (!now) return { kind: 'replayed' };
      if (now.attempts > before.attempts || performance.now() > until) return { kind: 'still-parked', error: now.error };
      await this.loops.beat();
      this.appended.ring();
      await this.moved.wait(heard, 50);
    }
  }

  /** One page for every group of read models that stand at one place: whoever rebuilds does not keep the others waiting. */
  private async step(): Promise<boolean> {
    const head = await this.options.log.head();
    const groups = new Map<Position, Kept[]>();
    for (const kept of this.kept.values()) if (kept.at !== undefined) groups.set(kept.at, [...(groups.get(kept.at) ?? []), kept]);
    let did = false;
    for (const [after, group] of groups) {
      const isBehind = comparePositions(after, head) < 0;
      if (!isBehind && group.every(({ retries }) => retries.size === 0)) continue;
      await this.takePage(
        after,
        group,
        isBehind,
        [...groups.keys()].filter((other) => comparePositions(other, after) > 0),
      );
      did = true;
    }
    return did;
  }

  private async takePage(after: Position, group: readonly Kept[], isBehind: boolean, ahead: readonly Position[]): Promise<void> {
    const { pool, log, pageSize = 1000, registry, journal } = this.options;
    const types = [...new Set(group.flatMap(({ definition }) => definition.types))];
    // Whoever is behind reads up to where the next ones stand: groups meet again.
    const limit = ahead.reduce<Position | undefined>((a, b) => (a === undefined || comparePositions(b, a) < 0 ? b : a), undefined);
    const page = isBehind
      ? await log.read({ after, types, limit: pageSize, ...(limit === undefined ? {} : { upTo: limit }) })
      : { facts: [] as readonly Fact[], upTo: after };
    const upTo = laterPosition(page.upTo, after);
    if (page.facts.length === 0 && group.every(({ retries }) => retries.size === 0)) return this.pass(group, upTo);
    const folds: { readonly kept: Kept; readonly outcome: Outcome; readonly retried: ReadonlySet<string> }[] = [];
    for (const kept of group) {
      const { definition, table } = kept;
      kept.waiting ??= await this.readWaiting(definition);
      const retried = new Set([...kept.retries].filter((key) => kept.waiting?.has(key)));
      const outcome = await foldPage(
        { definition, table, pool, schema: this.schema, registry, journal },
        page.facts,
        kept.waiting,
        retried,
      );
      folds.push({ kept, outcome, retried });
    }
    const readers = group.map(({ definition: { name, version }, stored }) => ({ reader: name, version, stored }));
    const write = async (client: PoolClient): Promise<void> => {
      await moveReaders(client, this.schema, this.worker, readers, upTo, page.facts.at(-1));
      for (const { kept, outcome } of folds) {
        await writeRows(client, kept.table, outcome);
        const { retryMs = 1000, attempts = 4 } = this.options;
        await settleParked(client, this.schema, kept.definition, outcome, { retryMs, attempts });
        if (outcome.folded.length > 0) await this.options.onFolded?.(client, kept.definition, outcome.folded);
      }
    };
    await inTransaction(pool, write, { writer: this });
    for (const { kept, outcome, retried } of folds) {
      kept.at = upTo;
      kept.stored = upTo;
      for (const key of retried) kept.retries.delete(key);
      for (const key of outcome.freed) kept.waiting?.delete(key);
      for (const { key, error } of outcome.stuck.values()) {
        kept.waiting?.add(key);
        if (error !== '') this.options.onError?.({ readModel: kept.definition.name, kind: 'parked', key, message: error });
      }
    }
    await this.showFinished();
    this.options.onTaken?.();
    this.moved.ring();
  }

  /** A page of nothing but strangers' facts: written down later, so that a busy log costs no write a page. */
  private async pass(group: readonly Kept[], upTo: Position): Promise<void> {
    for (const kept of group) kept.at = upTo;
    await this.showFinished();
    this.moved.ring();
  }

  private isDirty(): boolean {
    return [...this.kept.values()].some(({ at, stored }) => at !== undefined && at !== stored);
  }

  private async flush(): Promise<void> {
    const dirty = [...this.kept.values()].filter(({ at, stored }) => at !== undefined && at !== stored);
    if (dirty.length === 0) return;
    const to = new Map<Position, Kept[]>();
    for (const kept of dirty) if (kept.at !== undefined) to.set(kept.at, [...(to.get(kept.at) ?? []), kept]);
    const write = async (client: PoolClient): Promise<void> => {
      for (const [upTo, group] of to) {
        const readers = group.map(({ definition: { name, version }, stored }) => ({ reader: name, version, stored }));
        await moveReaders(client, this.schema, this.worker, readers, upTo, undefined);
      }
    };
    await inTransaction(this.options.pool, write, { writer: this });
    for (const [upTo, group] of to) for (const kept of group) kept.stored = upTo;
  }

  private async takeAndLearn(): Promise<void> {
    const readers = [...this.kept.values()].map(({ definition: { name, version } }) => ({ reader: name, generation: version }));
    const { taken, owned, retries } = await heartbeat(this.options.pool, this.schema, this.worker, readers, this.leaseMs, 'versions');
    for (const kept of this.kept.values()) {
      const { name, version } = kept.definition;
      if (!owned.has(`${name}:${version}:0`)) kept.at = undefined;
      const mine = taken.find((shard) => shard.reader === name && shard.generation === version);
      if (mine) kept.own(mine.pos);
      for (const retry of retries) if (retry.projection === name && retry.generation === version) kept.retries.add(retry.customer);
    }
    if (taken.length > 0 || retries.length > 0) this.appended.ring();
  }

  private async resync(): Promise<void> {
    const ours = await ownShards(this.options.pool, this.schema, this.worker, 'versions');
    for (const kept of this.kept.values()) {
      const mine = ours.find(({ reader, generation }) => reader === kept.definition.name && generation === kept.definition.version);
      if (mine) kept.own(mine.pos);
      else kept.at = undefined;
    }
  }

  private async showFinished(): Promise<void> {
    for (const kept of this.kept.values()) {
      if (kept.shown || kept.at === undefined || comparePositions(kept.at, kept.goal) < 0) continue;
      await showInstead(this.options.pool, this.schema, kept.definition, kept.table);
      kept.shown = true;
    }
  }

  /** The lowest position of all read models; those of other processes are asked for when our own have come so far. */
  private async lowest(wanted: Position): Promise<Position> {
    const all = [...this.kept.values()];
    if (all.length === 0) return wanted;
    const lowest = (positions: readonly Position[]): Position => positions.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
    // What is built beside the one that is shown has not been seen by anybody yet.
    const own = all.flatMap(({ at, shown }) => (at === undefined ? [] : [shown ? at : BEGINNING]));
    if (own.length > 0 && comparePositions(lowest(own), wanted) < 0) return lowest(own);
    const others = all.filter(({ at }) => at === undefined);
    if (others.length === 0) return lowest(own);
    const { rows } = await this.options.pool.query<{ pos: Position }>(
      `select case when p.live then c.pos else 0 end as pos from ${quoted(this.schema)}.checkpoints c
        join unnest($1::text[], $2::int[]) r(reader, version) using (reader, version)
        join ${quoted(this.schema)}.projections p on (p.name, p.version) = (c.reader, c.version)`,
      [others.map(({ definition }) => definition.name), others.map(({ definition }) => definition.version)],
    );
    return lowest([...own, ...rows.map(({ pos }) => pos)]);
  }

  private async readWaiting({ name, version }: AnyReadModel): Promise<Set<string>> {
    const { rows } = await this.options.pool.query<{ customer: string }>(
      `select customer from ${quoted(this.schema)}.parked where projection = $1 and version = $2`,
      [name, version],
    );
    return new Set(rows.map(({ customer }) => customer));
  }

  private named(name: string): Kept {
    const kept = this.kept.get(name);
    if (!kept) throw new RangeError(`no read model is called ${name}, or the runner was not started`);
    return kept;
  }

  private say(readModel: string, kind: ReadModelError['kind'], cause: unknown): void {
    this.options.onError?.({ readModel, kind, message: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}
