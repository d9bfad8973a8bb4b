import { comparePositions, type Position } from '@tsunagari/contracts';
import { Builds, keyOf } from './builds';
import type { AnyProjection } from './definition';
import type { KnownGeneration } from './generations';
import type { StageZero } from './identity/stage-zero';
import { heartbeat, type Heartbeat, ownShards, type Reader, takeBackStrikes, type TakenShard } from './leases';
import { ReadModel } from './read-model';
import { BUILDER, IDENTITY } from './schema';
import { ProjectionWorker, type WorkerContext } from './worker';

type CrewOptions = {
  readonly context: WorkerContext;
  readonly leaseMs: number;
  readonly stageZero: StageZero;
  readonly builds: Builds;
  /** A generation is folded by position here from now on. */
  readonly begin: (worker: ProjectionWorker) => void;
};

/** Who works on what in this process: one worker a generation, as the leases say. */
export class Crew {
  /** By name and version: what this process can fold. */
  private readonly definitions = new Map<string, AnyProjection>();
  private readonly byGeneration = new Map<string, ProjectionWorker>();
  private known: readonly KnownGeneration[] = [];
  /** Shards that were ours at the last beat. */
  private held: ReadonlySet<string> = new Set();

  constructor(private readonly options: CrewOptions) {}

  /** This process can fold it from now on. Throws where another definition has its name and version: a bug. */
  teach(definition: AnyProjection): void {
    const key = keyOf(definition.name, definition.version);
    if (definition.name === IDENTITY || this.definitions.has(key))
      throw new Error(`projections need names or versions of their own: ${definition.name} ${definition.version}`);
    this.definitions.set(key, definition);
  }

  get workers(): readonly ProjectionWorker[] {
    return [...this.byGeneration.values()];
  }

  /** Where each of them stands, the furthest behind first. */
  get positions(): readonly Position[] {
    return this.workers.flatMap(({ position }) => position ?? []).sort(comparePositions);
  }

  workerOf(name: string, generation: number): ProjectionWorker | undefined {
    return this.byGeneration.get(keyOf(name, generation));
  }

  definitionOf(name: string, version: number): AnyProjection | undefined {
    return this.definitions.get(keyOf(name, version));
  }

  liveOf(projection: string): KnownGeneration | undefined {
    return this.known.find(({ name, live }) => name === projection && live);
  }

  /** What catches up with the log here: a bounded generation does not. */
  followed(): readonly KnownGeneration[] {
    return this.known.filter((each) => each.label === null && this.isFolded(each));
  }

  /** Says that this process lives, takes and gives back shards. `isNew`: there are generations that it has not asked for yet. */
  async beat(): Promise<{ readonly beat: Heartbeat; readonly isNew: boolean }> {
    const { context, leaseMs, stageZero, builds } = this.options;
    const readers: Reader[] = [{ reader: IDENTITY, generation: 1 }];
    for (const { name, generation } of this.known.filter((each) => this.isFolded(each))) readers.push({ reader: name, generation });
    const beat = await heartbeat(context.pool, context.schema, context.worker, readers, leaseMs);
    const lost = [...this.held].filter((shard) => !beat.owned.has(shard));
    this.held = beat.owned;
    await takeBackStrikes(context.pool, context.schema, context.worker, lost);
    const isNew = this.learn(beat);
    const owned = (name: string, generation: number, shard: number): boolean => beat.owned.has(`${name}:${generation}:${shard}`);
    if (!owned(IDENTITY, 1, 0)) stageZero.lose();
    builds.keepOnly((key) => beat.owned.has(`${key}:${BUILDER}`));
    for (const worker of this.workers) {
      const { definition, model } = worker;
      worker.keepOnly((shard) => owned(definition.name, model.generation, shard));
      for (const retry of beat.retries)
        if (retry.projection === definition.name && retry.generation === model.generation) worker.retry(retry.customer);
    }
    for (const taken of beat.taken) await this.own(taken);
    return { beat, isNew };
  }

  /** After a lost lease: what is ours, where it stands. */
  async resync(): Promise<void> {
    const { context, stageZero, builds } = this.options;
    const shards = await ownShards(context.pool, context.schema, context.worker);
    for (const { definition, model, resync } of this.workers)
      resync(shards.filter(({ reader, generation, shard }) => reader === definition.name && generation === model.generation && shard >= 0));
    builds.keepOnly(() => false);
    for (const shard of shards) if (shard.shard === BUILDER) await this.own({ ...shard, strikes: 0, marker: null });
    const mine = shards.find(({ reader }) => reader === IDENTITY);
    if (mine) stageZero.own(mine.pos);
    else stageZero.lose();
  }

  leave(): void {
    this.held = new Set();
    this.byGeneration.clear();
    this.options.builds.keepOnly(() => false);
    this.known = [];
  }

  /** Which generations there are: begins to fold those that are new here, and ends with those that are gone. */
  private learn({ generations }: Heartbeat): boolean {
    const { context, begin } = this.options;
    const before = new Set(this.known.filter((each) => this.isFolded(each)).map(({ name, generation }) => keyOf(name, generation)));
    this.known = generations;
    const folded = generations.filter((each) => this.isFolded(each));
    for (const each of folded.filter(({ label }) => label === null)) {
      const key = keyOf(each.name, each.generation);
      const definition = this.definitionOf(each.name, each.version);
      if (!definition || this.byGeneration.has(key)) continue;
      const worker = new ProjectionWorker(definition, new ReadModel(context.schema, definition, each.generation), context);
      this.byGeneration.set(key, worker);
      begin(worker);
    }
    for (const [key, worker] of this.byGeneration)
      if (!folded.some(({ name, generation }) => keyOf(name, generation) === key)) {
        worker.gone = true;
        this.byGeneration.delete(key);
      }
    return folded.some(({ name, generation }) => !before.has(keyOf(name, generation)));
  }

  private isFolded(each: KnownGeneration): boolean {
    const isGoingOn = each.label === null || each.phase === 'building' || each.phase === 'verifying';
    return this.definitionOf(each.name, each.version) !== undefined && isGoingOn && each.phase !== 'failed';
  }

  private async own(taken: TakenShard): Promise<void> {
    const { reader, generation, shard, pos } = taken;
    if (reader === IDENTITY) return this.options.stageZero.own(pos);
    const known = this.known.find((each) => each.name === reader && each.generation === generation);
    const definition = known && this.definitionOf(known.name, known.version);
    if (!known || !definition) return;
    if (shard === BUILDER) return this.options.builds.own(taken, known, definition);
    return this.workerOf(reader, generation)?.own(taken);
  }
}
