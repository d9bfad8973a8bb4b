import { randomUUID } from 'node:crypto';
import { BEGINNING, comparePositions, type Position } from '@tsunagari/contracts';
import { audit, stateHash } from './audit';
import { Bell } from './bell';
import { LostLease } from './checkpoints';
import { emptyGeneration, ensureGeneration, promote } from './generations';
import { createIdentityReader, type IdentityReader } from './identity/identity-reader';
import { StageZero } from './identity/stage-zero';
import { giveBack, heartbeat, ownShards, type Reader } from './leases';
import { Gate } from './page-writer';
import { Pages } from './pages';
import { listParked } from './parked';
import { logDiffers } from './restored-log';
import type {
  Audit,
  CaughtUp,
  LogDiffers,
  ParkedKey,
  Progress,
  ProjectionRunner,
  ProjectionRunnerOptions,
  ReplayOutcome,
  RunnerError,
  RunnerStatus,
  StartOutcome,
  StateHash,
} from './runner-face';
import { ensureSchema, IDENTITY, quoted, SHARDS } from './schema';
import { ProjectionWorker, type WorkerContext } from './worker';

/** See {@link ProjectionRunner}. Nothing runs before `start`. */
export function createProjectionRunner(options: ProjectionRunnerOptions): ProjectionRunner {
  return new Runner(options);
}

/** Pages that stage 0 may be ahead of the projections while they are folding: what is kept to be shared. */
const AHEAD = 2;
const OUTAGE_PAUSE_MS = 250;

class Runner implements ProjectionRunner {
  readonly identity: IdentityReader;
  private readonly worker = randomUUID();
  private readonly schema: string;
  private readonly pollMs: number;
  private readonly leaseMs: number;
  private readonly pages: Pages;
  private readonly stageZero: StageZero;
  private readonly workers = new Map<string, ProjectionWorker>();
  /** Where the log stood when the projection began to fold history; until then it is rebuilding. */
  private readonly goals = new Map<string, Position>();
  private readonly unshown = new Set<string>();
  private readonly appended = new Bell();
  private readonly advanced = new Bell();
  private readonly moved = new Bell();
  private readonly ending = new Bell();
  private readonly beats = new Gate();
  private readonly gate = new Gate();
  private loops: Promise<void>[] = [];
  private stopListening: () => void = () => undefined;
  private stopped = true;
  private suspicious = false;
  private halted: LogDiffers | undefined;

  constructor(private readonly options: ProjectionRunnerOptions) {
    const { pool, log, journal, definitions, registry, schema = 'understanding', pageSize = 3000 } = options;
    this.schema = schema;
    this.pollMs = options.pollMs ?? 1000;
    this.leaseMs = options.leaseMs ?? 1500;
    this.identity = createIdentityReader({ pool, schema });
    this.pages = new Pages(log, pool, this.identity, schema, pageSize);
    this.stageZero = new StageZero(pool, journal, registry, schema, this.worker);
    const names = definitions.map(({ name }) => name);
    if (new Set(names).size < names.length || names.includes(IDENTITY))
      throw new Error(`projections need names of their own: ${names.join(', ')}`);
    for (const definition of definitions) deepFreeze(definition.initial);
  }

  async start(): Promise<StartOutcome> {
    const { pool, log, journal, definitions, registry, onError = () => undefined } = this.options;
    await ensureSchema(pool, this.schema);
    const differs = await logDiffers(pool, this.schema, journal);
    if (differs) return differs;
    const context: WorkerContext = {
      pool,
      schema: this.schema,
      worker: this.worker,
      pages: this.pages,
      journal,
      identity: this.identity,
      registry,
      gate: this.gate,
      retryMs: this.options.retryMs ?? 1000,
      attempts: this.options.attempts ?? 4,
      onError,
    };
    const head = await log.head();
    for (const definition of definitions) {
      const { model, live } = await ensureGeneration(pool, this.schema, definition);
      if (!live) this.unshown.add(definition.name);
      this.goals.set(definition.name, head);
      this.workers.set(definition.name, new ProjectionWorker(definition, model, context));
    }
    await this.beat();
    this.stopped = false;
    this.stopListening = log.onAppended(this.appended.ring);
    this.loops = [this.run(() => this.resolveIdentity(), this.appended), this.keepAlive()];
    for (const worker of this.workers.values()) this.loops.push(this.run(() => this.fold(worker), this.advanced));
    return { kind: 'started' };
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.stopListening();
    for (const bell of [this.ending, this.appended, this.advanced, this.moved]) bell.ring();
    await Promise.all(this.loops);
    await giveBack(this.options.pool, this.schema, this.worker).catch((cause: unknown) => this.say(IDENTITY, 'outage', cause));
  }

  async waitFor(projection: string, position: Position, { timeoutMs = 2000 } = {}): Promise<CaughtUp> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const heard = this.moved.count;
      const at = await this.positionOf(projection);
      if (comparePositions(at, position) >= 0) return { kind: 'caught-up', position: at };
      const left = until - performance.now();
      if (left <= 0) return { kind: 'lagging', position: at, wanted: position };
      // Positions of our own shards ring when they move; those of another process must be asked for.
      await this.moved.wait(heard, Math.min(left, this.isWhole(projection) ? left : 25));
    }
  }

  async catchUp({
    onProgress,
    timeoutMs = 3_600_000,
  }: { onProgress?: (progress: Progress) => void; timeoutMs?: number } = {}): Promise<CaughtUp> {
    const head = await this.options.log.head();
    const until = performance.now() + timeoutMs;
    const began = { at: performance.now(), read: this.pages.read };
    for (;;) {
      const all = await Promise.all([IDENTITY, ...this.workers.keys()].map((name) => this.positionOf(name)));
      const position = all.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
      const facts = this.pages.read - began.read;
      onProgress?.({ position, head, facts, factsPerSecond: Math.round(facts / Math.max(0.001, (performance.now() - began.at) / 1000)) });
      if (comparePositions(position, head) >= 0) return { kind: 'caught-up', position };
      const left = until - performance.now();
      if (left <= 0 || this.stopped || this.halted) return { kind: 'lagging', position, wanted: head };
      await this.moved.wait(this.moved.count, Math.min(left, 100));
    }
  }

  async status(): Promise<RunnerStatus> {
    const { log, pool } = this.options;
    const head = await log.head();
    const { rows } = await pool.query<{ reader: string; version: number; pos: Position; parked: number }>(
      `select c.reader, c.version, min(c.pos) as pos,
        (select count(*)::int from ${quoted(this.schema)}.parked p where p.projection = c.reader and p.version = c.version) as parked
       from ${quoted(this.schema)}.checkpoints c group by c.reader, c.version`,
    );
    const projections = [...this.workers.values()].map(async ({ definition, model, skipped, factsPerSecond }) => {
      const row = rows.find(({ reader, version }) => reader === definition.name && version === definition.version);
      const position = row?.pos ?? BEGINNING;
      const [missing] = comparePositions(position, head) >= 0 ? [] : (await log.read({ after: position, limit: 1 })).facts;
      return {
        name: definition.name,
        version: definition.version,
        generation: model.generation,
        position,
        head,
        lagMs: missing ? Math.max(0, Date.now() - Date.parse(missing.recorded)) : 0,
        rebuilding: this.unshown.has(definition.name) || comparePositions(position, this.goals.get(definition.name) ?? BEGINNING) < 0,
        parked: row?.parked ?? 0,
        skipped,
        factsPerSecond: Math.round(factsPerSecond),
      };
    });
    return {
      head,
      identity: rows.find(({ reader }) => reader === IDENTITY)?.pos ?? BEGINNING,
      projections: await Promise.all(projections),
      ...(this.halted ? { halted: this.halted } : {}),
    };
  }

  stateHash(projection: string): Promise<StateHash> {
    const { definition, model } = this.workerOf(projection);
    return stateHash(this.audited(), definition, model);
  }

  audit(projection: string): Promise<Audit> {
    const { definition, model } = this.workerOf(projection);
    return audit(this.audited(), definition, model);
  }

  async rebuild(projection: string): Promise<void> {
    const { definition, model } = this.workerOf(projection);
    this.goals.set(projection, await this.options.log.head());
    await emptyGeneration(this.options.pool, this.schema, definition, model);
    await this.beat();
    this.advanced.ring();
  }

  parked(projection?: string): Promise<readonly ParkedKey[]> {
    return listParked(this.options.pool, this.schema, projection);
  }

  async replay(projection: string, customer: string): Promise<ReplayOutcome> {
    const worker = this.workerOf(projection);
    const { version } = worker.definition;
    const { pool } = this.options;
    const parked = `from ${quoted(this.schema)}.parked where projection = $1 and version = $2 and customer = $3`;
    const before = await pool.query<{ attempts: number }>(`select attempts ${parked}`, [projection, version, customer]);
    if (!before.rows[0]) return { kind: 'not-parked' };
    await pool.query(`update ${quoted(this.schema)}.parked set retry_at = now() where projection = $1 and version = $2 and customer = $3`, [
      projection,
      version,
      customer,
    ]);
    for (const until = performance.now() + 30_000; ;) {
      const heard = this.moved.count;
      const { rows } = await pool.query<{ attempts: number; error: string }>(`select attempts, error ${parked}`, [
        projection,
        version,
        customer,
      ]);
      if (!rows[0]) return { kind: 'replayed' };
      if (rows[0].attempts > before.rows[0].attempts || performance.now() > until) return { kind: 'still-parked', error: rows[0].error };
      await this.beat();
      this.advanced.ring();
      await this.moved.wait(heard, 50);
    }
  }

  /** Stage 0: takes in the next page where this process has it, else learns how far it has come elsewhere. */
  private async resolveIdentity(): Promise<boolean> {
    const { stageZero, pages } = this;
    if (stageZero.position === undefined) {
      const before = pages.frontier;
      await this.see(await this.identity.position());
      return pages.frontier !== before;
    }
    const workers = [...this.workers.values()];
    const fastest = workers.flatMap(({ position }) => position ?? []).reduce((a, b) => (comparePositions(a, b) > 0 ? a : b), BEGINNING);
    if (workers.some(({ busy }) => busy) && pages.ahead(fastest) > AHEAD) {
      await this.moved.wait(this.moved.count, 100);
      return true;
    }
    const page = await pages.beyondFrontier(stageZero.position);
    if (!page) return false;
    await stageZero.apply(page);
    await this.see(page.upTo);
    return true;
  }

  private async see(frontier: Position): Promise<void> {
    if (comparePositions(frontier, this.pages.frontier) <= 0) return;
    this.pages.frontier = frontier;
    this.advanced.ring();
    this.moved.ring();
  }

  private async fold(worker: ProjectionWorker): Promise<boolean> {
    const did = await worker.step();
    if (did) this.moved.ring();
    return did;
  }

  /** Repeats a step while there is something to do, then waits for the bell. An outage pauses it; nothing ends it but `stop`. */
  private async run(step: () => Promise<boolean>, bell: Bell): Promise<void> {
    while (!this.stopped) {
      const heard = bell.count;
      try {
        if (this.suspicious) await this.checkLog();
        if (!this.halted && (await step())) continue;
        await bell.wait(heard, this.pollMs);
      } catch (error) {
        await this.afterFailure(error);
      }
    }
  }

  private async afterFailure(error: unknown): Promise<void> {
    try {
      if (error instanceof LostLease) return await this.resync(error.reader);
      this.say(IDENTITY, 'outage', error);
      this.suspicious = true;
      this.pages.forget();
      await this.moved.wait(this.moved.count, OUTAGE_PAUSE_MS);
    } catch (cause) {
      this.say(IDENTITY, 'outage', cause);
      await this.moved.wait(this.moved.count, OUTAGE_PAUSE_MS);
    }
  }

  /** After an outage the database may be another one: one that was promoted from an older copy. */
  private async checkLog(): Promise<void> {
    this.halted = await logDiffers(this.options.pool, this.schema, this.options.journal);
    this.suspicious = false;
    if (this.halted) this.say(this.halted.projection, 'log-differs', new Error(this.halted.explanation));
  }

  private async keepAlive(): Promise<void> {
    while (!this.stopped) {
      await this.ending.wait(this.ending.count, this.leaseMs * 0.4);
      if (this.stopped) return;
      await this.beat().catch((cause: unknown) => {
        this.suspicious = true;
        this.say(IDENTITY, 'outage', cause);
      });
    }
  }

  private beat(): Promise<void> {
    return this.beats.pass(async () => {
      const { pool } = this.options;
      const readers: Reader[] = [{ reader: IDENTITY, version: 1 }];
      for (const { definition } of this.workers.values()) readers.push({ reader: definition.name, version: definition.version });
      const { identity, taken, owned, retries } = await heartbeat(pool, this.schema, this.worker, readers, this.leaseMs);
      if (!owned.has(`${IDENTITY}:1:0`)) this.stageZero.lose();
      for (const worker of this.workers.values()) {
        const { name, version } = worker.definition;
        worker.keepOnly((shard) => owned.has(`${name}:${version}:${shard}`));
        for (const shard of taken) if (shard.reader === name && shard.version === version) await worker.own(shard);
        for (const retry of retries) if (retry.projection === name && retry.version === version) worker.retry(retry.customer);
      }
      const stageZero = taken.find(({ reader }) => reader === IDENTITY);
      if (stageZero) this.stageZero.own(stageZero.pos);
      if (taken.length > 0) this.appended.ring();
      await this.see(identity);
      if (taken.length > 0 || retries.length > 0) this.advanced.ring();
      await this.showFinished();
    });
  }

  /** A new version takes the place of the old one when it has seen what the log held at the start. */
  private async showFinished(): Promise<void> {
    for (const name of this.unshown) {
      const { definition, model } = this.workerOf(name);
      const [position, goal] = [await this.positionOf(name), this.goals.get(name) ?? BEGINNING];
      if (comparePositions(position, goal) < 0) continue;
      await promote(this.options.pool, this.schema, definition, model);
      this.unshown.delete(name);
    }
  }

  private async resync(reader: string): Promise<void> {
    const shards = await ownShards(this.options.pool, this.schema, this.worker);
    const ours = shards.filter((shard) => shard.reader === reader);
    if (reader !== IDENTITY) {
      const worker = this.workerOf(reader);
      return worker.resync(ours.filter(({ version }) => version === worker.definition.version));
    }
    const [mine] = ours;
    if (mine) this.stageZero.own(mine.pos);
    else this.stageZero.lose();
  }

  private isWhole(projection: string): boolean {
    return projection === IDENTITY ? true : this.workerOf(projection).shards === SHARDS;
  }

  private async positionOf(projection: string): Promise<Position> {
    if (projection === IDENTITY) return this.pages.frontier;
    const worker = this.workerOf(projection);
    const { position } = worker;
    if (worker.shards === SHARDS && position !== undefined) return position;
    const { rows } = await this.options.pool.query<{ pos: Position | null }>(
      `select min(pos) as pos from ${quoted(this.schema)}.checkpoints where reader = $1 and version = $2`,
      [projection, worker.definition.version],
    );
    return rows[0]?.pos ?? BEGINNING;
  }

  private workerOf(projection: string): ProjectionWorker {
    const worker = this.workers.get(projection);
    if (!worker) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return worker;
  }

  private audited() {
    const { pool, log, journal, registry } = this.options;
    return { pool, log, journal, registry, schema: this.schema, identity: this.identity };
  }

  private say(projection: string, kind: RunnerError['kind'], cause: unknown): void {
    this.options.onError?.({ projection, kind, message: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}
