import { randomUUID } from 'node:crypto';
import { BEGINNING, comparePositions, type Position } from '@tsunagari/contracts';
import type { AsOf, Moment, StateAsOf, StatesAsOf } from './as-of';
import { Bell } from './bell';
import { Crew } from './crew';
import { Builds } from './builds';
import type { AnyProjection } from './definition';
import type { Dropped, GenerationStatus, Promoted, RebuildRequest, RebuildStarted, Refused } from './generation-face';
import { Operations } from './operations';
import { ensureGeneration, keepStatesAsText } from './generations';
import { createIdentityReader, type IdentityReader } from './identity/identity-reader';
import { StageZero } from './identity/stage-zero';
import { giveBack } from './leases';
import { Loops } from './loops';
import { Gate } from './gate';
import { Pages } from './pages';
import { listParked, replayParked } from './parked';
import { Progress } from './progress';
import { Questions } from './questions';
import { logDiffers } from './restored-log';
import type {
  Audit,
  CaughtUp,
  LabelledBase,
  ParkedKey,
  Progress as CatchUpProgress,
  ProjectionRunner,
  ProjectionRunnerOptions,
  ReplayOutcome,
  RunnerError,
  RunnerStatus,
  StartOutcome,
  StateHash,
} from './runner-face';
import { ensureSchema, IDENTITY, quoted } from './schema';
import type { WorkerContext } from './worker';

/** See {@link ProjectionRunner}. Nothing runs before `start`. */
export function createProjectionRunner(options: ProjectionRunnerOptions): ProjectionRunner {
  return new Runner(options);
}

class Runner implements ProjectionRunner {
  readonly identity: IdentityReader;
  private readonly worker = randomUUID();
  private readonly schema: string;
  private readonly pages: Pages;
  private readonly stageZero: StageZero;
  private readonly builds: Builds;
  private readonly operations: Operations;
  private readonly context: WorkerContext;
  private readonly crew: Crew;
  private readonly questions: Questions;
  /** Everything that this process can fold; grows by {@link define}. */
  private readonly definitions: AnyProjection[] = [];
  private readonly loops: Loops;
  private readonly progress: Progress;
  private readonly appended = new Bell();
  private readonly advanced = new Bell();
  private readonly moved = new Bell();
  private recording: Promise<void> | undefined;
  private stopListening: () => void = () => undefined;

  constructor(private readonly options: ProjectionRunnerOptions) {
    const { pool, log, journal, definitions, registry, schema = 'understanding', pageSize = 6000 } = options;
    this.schema = schema;
    const { pollMs = 1000, leaseMs = 1500 } = options;
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
      onFolded: () => this.folded(),
      isStopped: () => this.loops.isStopped,
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
      isStopped: () => this.loops.isStopped,
      positionOf: (name, generation) => this.progress.positionOf(name, generation),
      liveOf: (name) => this.crew.liveOf(name),
      onPhase: () => this.loops.beat(),
      promote: async (name, generation) => {
        const outcome = await this.operations.promote(name, generation, { by: 'system:understanding' });
        if (outcome.kind === 'refused') this.say(name, 'generation', new Error(outcome.refusal.message));
      },
      onError: (name, cause) => this.say(name, 'generation', cause),
    });
    this.crew = new Crew({
      context: this.context,
      leaseMs,
      stageZero: this.stageZero,
      builds: this.builds,
      begin: (worker) => {
        const isOver = (): boolean => worker.gone;
        this.loops.add({ step: () => worker.step(), bell: this.advanced, isOver });
        this.loops.add({ step: () => Promise.resolve(false), bell: this.moved, isOver, onQuiet: () => worker.tidy() });
      },
    });
    this.questions = new Questions({ context: this.context, crew: this.crew, operations: this.operations });
    this.loops = new Loops({
      pollMs,
      leaseMs,
      beat: () => this.takeAndLearn(),
      resync: () => this.crew.resync(),
      logDiffers: () => logDiffers(pool, this.schema, journal),
      onOutage: () => this.pages.forget(),
      say: (kind, cause, projection = IDENTITY) => this.say(projection, kind, cause),
    });
    this.progress = new Progress({
      pool,
      schema,
      log,
      now: options.now,
      pages: this.pages,
      crew: this.crew,
      moved: this.moved,
      factsRead: () => this.pages.read + this.builds.read,
      stands: () => this.loops.isStopped || this.loops.halted !== undefined,
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
    await keepStatesAsText(pool, this.schema);
    const differs = await logDiffers(pool, this.schema, journal);
    if (differs) return differs;
    for (const definition of (await this.options.findDefinitions?.()) ?? [])
      if (!this.crew.definitionOf(definition.name, definition.version)) this.learn(definition);
    const head = await log.head();
    this.progress.goal = head;
    // Identity tells what it resolves from its first start on: history is no news.
    await pool.query(
      `update ${quoted(this.schema)}.checkpoints set emits_after = $1 where reader = '${IDENTITY}' and emits_after is null`,
      [head],
    );
    // The lowest version first: it is the one that a projection without any generation begins with.
    for (const definition of this.definitions.toSorted((a, b) => a.version - b.version))
      if (!(await ensureGeneration(pool, this.schema, definition, head)))
        this.say(
          definition.name,
          'generation',
          new Error(`a newer version than ${definition.version} is live; this process does not fold it`),
        );
    this.loops.begin();
    await this.loops.beat();
    this.stopListening = log.onAppended(this.appended.ring);
    this.loops.add({ step: () => this.resolveIdentity(), bell: this.appended });
    this.loops.add({ step: () => this.build(), bell: this.advanced });
    this.loops.keepAlive();
    return { kind: 'started' };
  }

  async stop(): Promise<void> {
    if (this.loops.isStopped) return;
    this.stopListening();
    const ended = this.loops.stop();
    this.moved.ring();
    await ended;
    await this.recording;
    this.crew.leave();
    await giveBack(this.options.pool, this.schema, this.worker).catch((cause: unknown) => this.say(IDENTITY, 'outage', cause));
  }

  waitFor(projection: string, position: Position, { timeoutMs = 2000 } = {}): Promise<CaughtUp> {
    return this.progress.waitFor(projection, position, timeoutMs);
  }

  position(projection: string): Promise<Position> {
    return this.progress.servedAt(projection);
  }

  onMoved(listener: () => void): () => void {
    return this.moved.listen(listener);
  }

  catchUp({
    onProgress,
    timeoutMs = 3_600_000,
  }: { onProgress?: (progress: CatchUpProgress) => void; timeoutMs?: number } = {}): Promise<CaughtUp> {
    return this.progress.catchUp(timeoutMs, onProgress);
  }

  async status(): Promise<RunnerStatus> {
    const { log } = this.options;
    const [head, identity, generations] = await Promise.all([log.head(), this.identity.position(), this.operations.generations()]);
    const served = generations.filter(({ live }) => live);
    const projections = await Promise.all(served.map((each) => this.progress.statusOf(head, each)));
    const { halted } = this.loops;
    return { head, identity, projections, ...(halted ? { halted } : {}) };
  }

  stateHash(projection: string, generation?: number): Promise<StateHash> {
    return this.questions.stateHash(projection, generation);
  }

  audit(projection: string, generation?: number): Promise<Audit> {
    return this.questions.audit(projection, generation);
  }

  async define(definition: AnyProjection): Promise<void> {
    if (!this.crew.definitionOf(definition.name, definition.version)) this.learn(definition);
    if (this.loops.isStopped) return;
    const { pool, log } = this.options;
    await ensureGeneration(pool, this.schema, definition, await log.head());
    await this.loops.beat();
  }

  generations(): Promise<readonly GenerationStatus[]> {
    return this.operations.generations();
  }

  async startRebuild(projection: string, request: RebuildRequest): Promise<RebuildStarted | Refused> {
    const outcome = await this.operations.startRebuild(projection, request);
    if (outcome.kind === 'started') await this.beatIfRunning();
    return outcome;
  }

  async promote(
    projection: string,
    generation: number,
    request: { by: string; acceptDifference?: boolean | undefined },
  ): Promise<Promoted | Refused> {
    const outcome = await this.operations.promote(projection, generation, request);
    await this.beatIfRunning();
    return outcome;
  }

  async rollBack(projection: string, request: { by: string }): Promise<Promoted | Refused> {
    // A process that was busy may be late with saying that it lives.
    await this.beatIfRunning();
    const outcome = await this.operations.rollBack(projection, request);
    await this.beatIfRunning();
    return outcome;
  }

  async drop(projection: string, generation: number): Promise<Dropped | Refused> {
    const outcome = await this.operations.drop(projection, generation);
    await this.beatIfRunning();
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
    return this.questions.momentOf(asOf);
  }

  stateAsOf(projection: string, subject: string, moment: Moment): Promise<StateAsOf> {
    return this.questions.stateAsOf(projection, subject, moment);
  }

  statesAsOf(projections: readonly string[], subjects: readonly string[], moment: Moment): Promise<StatesAsOf> {
    return this.questions.statesAsOf(projections, subjects, moment);
  }

  labelled(projection: string, label: string): Promise<LabelledBase | null> {
    return this.questions.labelled(projection, label);
  }

  parked(projection?: string): Promise<readonly ParkedKey[]> {
    return listParked(this.options.pool, this.schema, projection);
  }

  async replay(projection: string, customer: string): Promise<ReplayOutcome> {
    const live = this.crew.liveOf(projection);
    if (!live) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return replayParked(this.options.pool, this.schema, { name: projection, generation: live.generation }, customer, async () => {
      const heard = this.moved.count;
      await this.loops.beat();
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
    const fastest = this.crew.positions.at(-1) ?? BEGINNING;
    // One page is enough to wait for who is folding: the log's reader has the next one behind it already.
    if (workers.some(({ busy }) => busy) && pages.isAheadOf(fastest)) {
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

  private folded(): void {
    this.moved.ring();
    const [slowest] = this.crew.positions;
    if (slowest !== undefined) void this.pages.forgetBefore(slowest);
    // A generation beside the live one is verified once it has come far enough.
    if (!this.builds.isIdle) this.advanced.ring();
  }

  private async build(): Promise<boolean> {
    const did = await this.builds.step();
    if (did) this.moved.ring();
    return did;
  }

  private async takeAndLearn(): Promise<void> {
    // What was not known before is asked for at once.
    for (;;) {
      const { beat, isNew } = await this.crew.beat();
      if (beat.taken.length > 0) this.appended.ring();
      this.see(beat.identity);
      if (beat.taken.length > 0 || beat.retries.length > 0) this.advanced.ring();
      if (beat.changes > 0) this.recordChanges();
      if (!isNew) return;
    }
  }

  /** A deed on generations is learnt at once; where nothing runs, whoever runs learns it. */
  private async beatIfRunning(): Promise<void> {
    if (!this.loops.isStopped) await this.loops.beat();
  }

  /** Beside the beat: a store that does not answer must not cost a lease. */
  private recordChanges(): void {
    this.recording ??= this.operations
      .recordChanges(this.options.record)
      .catch((cause: unknown) => this.say(IDENTITY, 'outage', cause))
      .finally(() => (this.recording = undefined));
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
