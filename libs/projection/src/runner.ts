import { randomUUID } from 'node:crypto';
import { BEGINNING, comparePositions, type Position } from '@tsunagari/contracts';
import { ageAfter } from '@tsunagari/event-log';
import { type AsOf, type Moment, momentOf, type StateAsOf, stateAsOf } from './as-of';
import { audit, stateHash } from './audit';
import { Bell } from './bell';
import { Crew } from './crew';
import { Builds } from './builds';
import { LostLease } from './checkpoints';
import type { AnyProjection } from './definition';
import type { Dropped, GenerationStatus, Promoted, RebuildRequest, RebuildStarted, Refused } from './generation-face';
import { Operations } from './operations';
import { ensureGeneration } from './generations';
import { createIdentityReader, type IdentityReader } from './identity/identity-reader';
import { StageZero } from './identity/stage-zero';
import { giveBack } from './leases';
import { Gate } from './page-writer';
import { Pages } from './pages';
import { listParked, replayParked } from './parked';
import { ReadModel } from './read-model';
import { logDiffers } from './restored-log';
import type {
  Audit,
  CaughtUp,
  LogDiffers,
  ParkedKey,
  Progress,
  ProjectionRunner,
  ProjectionRunnerOptions,
  ProjectionStatus,
  ReplayOutcome,
  RunnerError,
  RunnerStatus,
  StartOutcome,
  StateHash,
} from './runner-face';
import { ensureSchema, IDENTITY, quoted, SHARDS } from './schema';
import type { ProjectionWorker, WorkerContext } from './worker';

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
  private readonly builds: Builds;
  private readonly operations: Operations;
  private readonly context: WorkerContext;
  private readonly crew: Crew;
  /** Everything that this process can fold; grows by {@link define}. */
  private readonly definitions: AnyProjection[] = [];
  /** Where the log stood when it began to fold; until then a projection is rebuilding. */
  private goal: Position = BEGINNING;
  private readonly appended = new Bell();
  private readonly advanced = new Bell();
  private readonly moved = new Bell();
  private readonly ending = new Bell();
  private readonly beats = new Gate();
  private loops: Promise<void>[] = [];
  private recording: Promise<void> | undefined;
  private stopListening: () => void = () => undefined;
  private stopped = true;
  private suspicious = false;
  private halted: LogDiffers | undefined;

  constructor(private readonly options: ProjectionRunnerOptions) {
    const { pool, log, journal, definitions, registry, schema = 'understanding', pageSize = 1500 } = options;
    this.schema = schema;
    this.pollMs = options.pollMs ?? 1000;
    this.leaseMs = options.leaseMs ?? 1500;
    this.identity = createIdentityReader({ pool, journal, registry, schema });
    this.pages = new Pages(log, pool, this.identity, schema, pageSize);
    this.stageZero = new StageZero(pool, journal, registry, schema, this.worker);
    const { onError = () => undefined } = options;
    const shared = { pool, schema, worker: this.worker, journal, identity: this.identity, registry };
    this.context = {
      ...shared,
      pages: this.pages,
      gate: new Gate(),
      retryMs: options.retryMs ?? 1000,
      attempts: options.attempts ?? 4,
      onError,
    };
    this.operations = new Operations({
      pool,
      schema,
      log,
      definitions: this.definitions,
      frontier: () => this.identity.position(),
    });
    this.builds = new Builds({
      ...shared,
      log,
      pageSize: options.buildPageSize,
      frontier: () => this.pages.frontier,
      isStopped: () => this.stopped,
      positionOf: (name, generation) => this.positionOf(name, generation),
      liveOf: (name) => this.crew.liveOf(name),
      onPhase: () => this.beat(),
      promote: async (name, generation) => {
        const outcome = await this.operations.promote(name, generation, { by: 'system:understanding' });
        if (outcome.kind === 'refused') this.say(name, 'generation', new Error(outcome.refusal.message));
      },
      onError: (name, cause) => this.say(name, 'generation', cause),
    });
    this.crew = new Crew({
      context: this.context,
      leaseMs: this.leaseMs,
      stageZero: this.stageZero,
      builds: this.builds,
      begin: (worker) => {
        this.loops.push(
          this.run(
            () => this.fold(worker),
            this.advanced,
            () => worker.gone,
          ),
        );
      },
    });
    for (const definition of definitions) this.learn(definition);
  }

  private learn(definition: AnyProjection): void {
    deepFreeze(definition.initial);
    this.crew.teach(definition);
    this.definitions.push(definition);
  }

  async start(): Promise<StartOutcome> {
    const { pool, log, journal } = this.options;
    await ensureSchema(pool, this.schema);
    const differs = await logDiffers(pool, this.schema, journal);
    if (differs) return differs;
    for (const definition of (await this.options.findDefinitions?.()) ?? [])
      if (!this.crew.definitionOf(definition.name, definition.version)) this.learn(definition);
    this.goal = await log.head();
    // Identity tells what it resolves from its first start on: history is no news.
    await pool.query(
      `update ${quoted(this.schema)}.checkpoints set emits_after = $1 where reader = '${IDENTITY}' and emits_after is null`,
      [this.goal],
    );
    // The lowest version first: it is the one that a projection without any generation begins with.
    for (const definition of this.definitions.toSorted((a, b) => a.version - b.version))
      if (!(await ensureGeneration(pool, this.schema, definition, this.goal)))
        this.say(
          definition.name,
          'generation',
          new Error(`a newer version than ${definition.version} is live; this process does not fold it`),
        );
    this.stopped = false;
    this.loops = [];
    await this.beat();
    this.stopListening = log.onAppended(this.appended.ring);
    this.loops.push(
      this.run(() => this.resolveIdentity(), this.appended),
      this.run(() => this.build(), this.advanced),
      this.keepAlive(),
    );
    return { kind: 'started' };
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.stopListening();
    for (const bell of [this.ending, this.appended, this.advanced, this.moved]) bell.ring();
    await Promise.all(this.loops);
    await this.recording;
    this.crew.leave();
    await giveBack(this.options.pool, this.schema, this.worker).catch((cause: unknown) => this.say(IDENTITY, 'outage', cause));
  }

  async waitFor(projection: string, position: Position, { timeoutMs = 2000 } = {}): Promise<CaughtUp> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const heard = this.moved.count;
      const at = await this.servedAt(projection);
      if (comparePositions(at, position) >= 0) return { kind: 'caught-up', position: at };
      const left = until - performance.now();
      if (left <= 0) return { kind: 'lagging', position: at, wanted: position };
      // Positions of our own shards ring when they move; those of another process must be asked for.
      await this.moved.wait(heard, Math.min(left, this.isWhole(projection) ? left : 25));
    }
  }

  position(projection: string): Promise<Position> {
    return this.servedAt(projection);
  }

  onMoved(listener: () => void): () => void {
    return this.moved.listen(listener);
  }

  async catchUp({
    onProgress,
    timeoutMs = 3_600_000,
  }: { onProgress?: (progress: Progress) => void; timeoutMs?: number } = {}): Promise<CaughtUp> {
    const head = await this.options.log.head();
    const until = performance.now() + timeoutMs;
    const began = { at: performance.now(), read: this.factsRead };
    for (;;) {
      const heard = this.moved.count;
      const all = await Promise.all([
        this.pages.frontier,
        ...this.crew.followed().map(({ name, generation }) => this.positionOf(name, generation)),
      ]);
      const position = all.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
      const facts = this.factsRead - began.read;
      onProgress?.({ position, head, facts, factsPerSecond: Math.round(facts / Math.max(0.001, (performance.now() - began.at) / 1000)) });
      if (comparePositions(position, head) >= 0) return { kind: 'caught-up', position };
      const left = until - performance.now();
      if (left <= 0 || this.stopped || this.halted) return { kind: 'lagging', position, wanted: head };
      await this.moved.wait(heard, Math.min(left, 100));
    }
  }

  async status(): Promise<RunnerStatus> {
    const { log } = this.options;
    const [head, identity, generations] = await Promise.all([log.head(), this.identity.position(), this.operations.generations()]);
    const served = generations.filter(({ live }) => live);
    const projections = await Promise.all(
      served.map((each) => projectionStatus(this.options, head, this.goal, each, this.crew.workerOf(each.projection, each.generation))),
    );
    return { head, identity, projections, ...(this.halted ? { halted: this.halted } : {}) };
  }

  async stateHash(projection: string, generation?: number): Promise<StateHash> {
    const { definition, model } = await this.modelOf(projection, generation);
    return stateHash(this.context, definition, model);
  }

  async audit(projection: string, generation?: number): Promise<Audit> {
    const { definition, model } = await this.modelOf(projection, generation);
    return audit(this.context, definition, model);
  }

  async define(definition: AnyProjection): Promise<void> {
    if (!this.crew.definitionOf(definition.name, definition.version)) this.learn(definition);
    if (this.stopped) return;
    const { pool, log } = this.options;
    await ensureGeneration(pool, this.schema, definition, await log.head());
    await this.beat();
  }

  generations(): Promise<readonly GenerationStatus[]> {
    return this.operations.generations();
  }

  async startRebuild(projection: string, request: RebuildRequest): Promise<RebuildStarted | Refused> {
    const outcome = await this.operations.startRebuild(projection, request);
    if (outcome.kind === 'started' && !this.stopped) await this.beat();
    return outcome;
  }

  async promote(
    projection: string,
    generation: number,
    request: { by: string; acceptDifference?: boolean | undefined },
  ): Promise<Promoted | Refused> {
    const outcome = await this.operations.promote(projection, generation, request);
    if (!this.stopped) await this.beat();
    return outcome;
  }

  async rollBack(projection: string, request: { by: string }): Promise<Promoted | Refused> {
    // A process that was busy may be late with saying that it lives.
    if (!this.stopped) await this.beat();
    const outcome = await this.operations.rollBack(projection, request);
    if (!this.stopped) await this.beat();
    return outcome;
  }

  async drop(projection: string, generation: number): Promise<Dropped | Refused> {
    const outcome = await this.operations.drop(projection, generation);
    if (!this.stopped) await this.beat();
    return outcome;
  }

  async rebuild(
    projection: string,
    { by = 'system:understanding', onProgress }: { by?: string; onProgress?: (status: GenerationStatus) => void } = {},
  ): Promise<Promoted | Refused> {
    const started = await this.startRebuild(projection, { by });
    return started.kind === 'refused' ? started : this.operations.ended(projection, started.generation, this.moved, onProgress);
  }

  momentOf(asOf: AsOf): Promise<Moment> {
    return momentOf(this.context, asOf);
  }

  async stateAsOf(projection: string, subject: string, moment: Moment): Promise<StateAsOf> {
    const live = this.crew.liveOf(projection);
    const definition = live && this.crew.definitionOf(projection, live.version);
    if (!definition) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return stateAsOf(this.context, definition, subject, moment);
  }

  parked(projection?: string): Promise<readonly ParkedKey[]> {
    return listParked(this.options.pool, this.schema, projection);
  }

  async replay(projection: string, customer: string): Promise<ReplayOutcome> {
    const live = this.crew.liveOf(projection);
    if (!live) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return replayParked(this.options.pool, this.schema, { name: projection, generation: live.generation }, customer, async () => {
      const heard = this.moved.count;
      await this.beat();
      this.advanced.ring();
      await this.moved.wait(heard, 50);
    });
  }

  /** Stage 0: takes in the next page where this process has it, else learns how far it has come elsewhere. */
  private async resolveIdentity(): Promise<boolean> {
    const { stageZero, pages } = this;
    if (stageZero.position === undefined) {
      const before = pages.frontier;
      this.see(await this.identity.position());
      return pages.frontier !== before;
    }
    const workers = this.crew.workers;
    const fastest = workers.flatMap(({ position }) => position ?? []).reduce((a, b) => (comparePositions(a, b) > 0 ? a : b), BEGINNING);
    if (workers.some(({ busy }) => busy) && pages.ahead(fastest) > AHEAD) {
      await this.moved.wait(this.moved.count, 100);
      return true;
    }
    const builtTo = this.builds.bounds.find((bound) => comparePositions(bound, pages.frontier) > 0);
    const page =
      builtTo === undefined ? await pages.beyondFrontier(stageZero.position) : await pages.ofIdentity(stageZero.position, builtTo);
    if (!page) return false;
    await stageZero.apply(page);
    this.see(page.upTo);
    return true;
  }

  private see(frontier: Position): void {
    if (comparePositions(frontier, this.pages.frontier) <= 0) return;
    this.pages.frontier = frontier;
    this.advanced.ring();
    this.moved.ring();
  }

  private async fold(worker: ProjectionWorker): Promise<boolean> {
    const did = await worker.step();
    if (did) {
      this.moved.ring();
      // A generation beside the live one is verified once it has come far enough.
      if (!this.builds.isIdle) this.advanced.ring();
    }
    return did;
  }

  private async build(): Promise<boolean> {
    const did = await this.builds.step();
    if (did) this.moved.ring();
    return did;
  }

  /** Repeats a step while there is something to do, then waits for the bell. An outage pauses it; nothing ends it but `stop`. */
  private async run(step: () => Promise<boolean>, bell: Bell, isOver: () => boolean = () => false): Promise<void> {
    while (!this.stopped && !isOver()) {
      const heard = bell.count;
      try {
        if (this.suspicious) await this.checkLog();
        if (!this.halted && (await step())) continue;
        await bell.wait(heard, this.pollMs);
      } catch (error) {
        if (!isOver()) await this.afterFailure(error);
      }
    }
  }

  private async afterFailure(error: unknown): Promise<void> {
    try {
      if (error instanceof LostLease) return await this.crew.resync();
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
      // What was not known before is asked for at once.
      for (;;) {
        const { beat, isNew } = await this.crew.beat();
        if (beat.taken.length > 0) this.appended.ring();
        this.see(beat.identity);
        if (beat.taken.length > 0 || beat.retries.length > 0) this.advanced.ring();
        if (beat.changes > 0) this.recordChanges();
        if (!isNew) return;
      }
    });
  }

  /** Beside the beat: a store that does not answer must not cost a lease. */
  private recordChanges(): void {
    this.recording ??= this.operations
      .recordChanges(this.options.record)
      .catch((cause: unknown) => this.say(IDENTITY, 'outage', cause))
      .finally(() => (this.recording = undefined));
  }

  private isWhole(projection: string): boolean {
    const live = this.crew.liveOf(projection);
    return live === undefined || this.crew.workerOf(projection, live.generation)?.shards === SHARDS;
  }

  /** How far the answers of a projection have come. */
  private async servedAt(projection: string): Promise<Position> {
    if (projection === IDENTITY) return this.pages.frontier;
    const live = this.crew.liveOf(projection);
    if (!live) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return this.positionOf(projection, live.generation);
  }

  private async positionOf(name: string, generation: number): Promise<Position> {
    const worker = this.crew.workerOf(name, generation);
    if (worker?.shards === SHARDS && worker.position !== undefined) return worker.position;
    const { rows } = await this.options.pool.query<{ pos: Position | null }>(
      `select min(pos) as pos from ${quoted(this.schema)}.checkpoints where reader = $1 and generation = $2 and shard >= 0`,
      [name, generation],
    );
    return rows[0]?.pos ?? BEGINNING;
  }

  private async modelOf(projection: string, generation?: number): Promise<{ definition: AnyProjection; model: ReadModel }> {
    const all = await this.operations.generations();
    const found = all.find(
      (each) => each.projection === projection && (generation === undefined ? each.live : each.generation === generation),
    );
    const definition = found && this.crew.definitionOf(projection, found.version);
    if (!found || !definition) throw new RangeError(`${projection} has no such generation that this process knows the definition of`);
    return { definition, model: new ReadModel(this.schema, definition, found.generation) };
  }

  private get factsRead(): number {
    return this.pages.read + this.builds.read;
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

async function projectionStatus(
  { log, now }: Pick<ProjectionRunnerOptions, 'log' | 'now'>,
  head: Position,
  goal: Position,
  { projection: name, version, generation, phase, position, parked }: GenerationStatus,
  worker: ProjectionWorker | undefined,
): Promise<ProjectionStatus> {
  return {
    name,
    version,
    generation,
    position,
    head,
    lagMs: comparePositions(position, head) >= 0 ? 0 : await ageAfter(log, position, { now }),
    rebuilding: phase === 'building' || (worker !== undefined && comparePositions(position, goal) < 0),
    parked,
    skipped: worker?.skipped ?? 0,
    factsPerSecond: Math.round(worker?.factsPerSecond ?? 0),
  };
}
