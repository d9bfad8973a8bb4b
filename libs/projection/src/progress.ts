import { BEGINNING, comparePositions, type Position } from '@tsunagari/contracts';
import { ageAfter, type EventLog } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { Bell } from './bell';
import type { Crew } from './crew';
import type { GenerationStatus } from './generation-face';
import type { Pages } from './pages';
import type { CaughtUp, Progress as CatchUpProgress, ProjectionRunnerOptions, ProjectionStatus } from './runner-face';
import { IDENTITY, quoted, SHARDS } from './schema';
import type { ProjectionWorker } from './worker';

export type ProgressOptions = {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: EventLog;
  /** See {@link ProjectionRunnerOptions}. */
  readonly now: ProjectionRunnerOptions['now'];
  readonly pages: Pages;
  readonly crew: Crew;
  /** Rings when something of this process has moved. */
  readonly moved: Bell;
  /** Facts read so far, of the log and of the journal. */
  readonly factsRead: () => number;
  /** Nothing moves any more: it was stopped, or the log is another one. */
  readonly stands: () => boolean;
};

/** How far projections have come, here or in another process, and the waiting for it. */
export class Progress {
  /** Where the log stood when it began to fold; until then a projection is rebuilding. */
  goal: Position = BEGINNING;

  constructor(private readonly options: ProgressOptions) {}

  async waitFor(projection: string, position: Position, timeoutMs: number): Promise<CaughtUp> {
    const { moved } = this.options;
    const until = performance.now() + timeoutMs;
    for (;;) {
      const heard = moved.count;
      const at = await this.servedAt(projection);
      if (comparePositions(at, position) >= 0) return { kind: 'caught-up', position: at };
      const left = until - performance.now();
      if (left <= 0) return { kind: 'lagging', position: at, wanted: position };
      // Positions of our own shards ring when they move; those of another process must be asked for.
      await moved.wait(heard, Math.min(left, this.isWhole(projection) ? left : 25));
    }
  }

  async catchUp(timeoutMs: number, onProgress?: (progress: CatchUpProgress) => void): Promise<CaughtUp> {
    const { log, pages, crew, moved, factsRead, stands } = this.options;
    const head = await log.head();
    const until = performance.now() + timeoutMs;
    const began = { at: performance.now(), read: factsRead() };
    for (;;) {
      const heard = moved.count;
      const all = await Promise.all([pages.frontier, ...crew.followed().map(({ name, generation }) => this.positionOf(name, generation))]);
      const position = all.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
      const facts = factsRead() - began.read;
      onProgress?.({ position, head, facts, factsPerSecond: Math.round(facts / Math.max(0.001, (performance.now() - began.at) / 1000)) });
      if (comparePositions(position, head) >= 0) return { kind: 'caught-up', position };
      const left = until - performance.now();
      if (left <= 0 || stands()) return { kind: 'lagging', position, wanted: head };
      await moved.wait(heard, Math.min(left, 100));
    }
  }

  /** Where the shards of a generation stand: the lowest of them. */
  async positionOf(name: string, generation: number): Promise<Position> {
    const { pool, schema, crew } = this.options;
    const worker = crew.workerOf(name, generation);
    if (worker?.shards === SHARDS && worker.position !== undefined) return worker.position;
    const { rows } = await pool.query<{ pos: Position | null }>(
      `select min(pos) as pos from ${quoted(schema)}.checkpoints where reader = $1 and generation = $2 and shard >= 0`,
      [name, generation],
    );
    return rows[0]?.pos ?? BEGINNING;
  }

  async statusOf(
    head: Position,
    { projection: name, version, generation, phase, position, parked }: GenerationStatus,
  ): Promise<ProjectionStatus> {
    const { log, now, crew } = this.options;
    const worker: ProjectionWorker | undefined = crew.workerOf(name, generation);
    return {
      name,
      version,
      generation,
      position,
      head,
      lagMs: comparePositions(position, head) >= 0 ? 0 : await ageAfter(log, position, { now }),
      rebuilding: phase === 'building' || (worker !== undefined && comparePositions(position, this.goal) < 0),
      parked,
      skipped: worker?.skipped ?? 0,
      factsPerSecond: Math.round(worker?.factsPerSecond ?? 0),
    };
  }

  private isWhole(projection: string): boolean {
    const { crew } = this.options;
    const live = crew.liveOf(projection);
    return live === undefined || crew.workerOf(projection, live.generation)?.shards === SHARDS;
  }

  /** How far the answers of a projection have come. */
  async servedAt(projection: string): Promise<Position> {
    const { pages, crew } = this.options;
    if (projection === IDENTITY) return pages.frontier;
    const live = crew.liveOf(projection);
    if (!live) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
    return this.positionOf(projection, live.generation);
  }
}
