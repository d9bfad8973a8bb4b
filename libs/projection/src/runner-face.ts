import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { AsOf, Moment, StateAsOf, StatesAsOf } from './as-of';
import type { AnyProjection } from './definition';
import type { GenerationChange, GenerationCommands, GenerationStatus, Promoted, Refused } from './generation-face';
import type { IdentityReader } from './identity/identity-reader';

export type ProjectionRunnerOptions = {
  /** The read models' database. At least 3 connections. */
  readonly pool: Pool;
  readonly log: EventLog;
  readonly journal: Journal;
  /**
   * Several versions of one projection may stand beside each other: each has a generation of its own, the newest takes the live one's
   * place once it is built and verified, and the older ones are folded on until they are dropped.
   */
  readonly definitions: readonly AnyProjection[];
  /** Definitions that are data, as they stand: asked for at each start. See {@link ProjectionRunner.define} for those that come later. */
  readonly findDefinitions?: () => Promise<readonly AnyProjection[]>;
  readonly registry: FactRegistry;
  /** Where checkpoints, identity and read models live; created when missing. Default `understanding`. */
  readonly schema?: string;
  /** Told of everything that goes wrong and is dealt with (an outage, a poisonous fact); by default nothing is said. */
  readonly onError?: (error: RunnerError) => void;
  /**
   * Told what happened to generations, once it has happened, at least once each: the same `id` is the same change. Where operations'
   * deeds become facts.
   */
  readonly record?: (id: string, change: GenerationChange) => Promise<void>;
  /** The clock that `recorded` comes from, ISO 8601: how far behind is counted by it. By default the real time. */
  readonly now?: () => string;
  /** At most so many facts a page while behind: what a process holds in memory, a few pages at a time. Default 6,000, fewer where they are large. */
  readonly pageSize?: number;
  /** At most so many facts a page while building in customer order, but for a customer with more; then every page is a transaction of its own. Default 1,000, some 4,000 a transaction. */
  readonly buildPageSize?: number;
  /** The safety net beside the log's hint, milliseconds. Default 1,000. */
  readonly pollMs?: number;
  /** How long a process that says nothing keeps its shards, milliseconds. Default 1,500; it says something every 0.4 of it. */
  readonly leaseMs?: number;
  /** First pause before a poisonous key is folded again, milliseconds; doubles each time. Default 1,000. */
  readonly retryMs?: number;
  /** Attempts after which a poisonous key waits for a person. Default 4. */
  readonly attempts?: number;
};

export type RunnerError = {
  readonly projection: string;
  readonly kind: 'outage' | 'parked' | 'log-differs' | 'generation';
  readonly message: string;
  readonly customer?: string;
  readonly cause?: unknown;
};

/**
 * `log-differs`: a checkpoint names an event that the log does not have at that position, so one of the two databases was restored
 * or promoted from an older copy. Nothing was started and nothing changed.
 */
export type StartOutcome = { readonly kind: 'started' } | LogDiffers;

export type LogDiffers = {
  readonly kind: 'log-differs';
  readonly projection: string;
  readonly position: Position;
  /** The id of the event that was folded there. */
  readonly expected: string;
  /** What the log has instead: where it has that event now, or null. */
  readonly found: Position | null;
  readonly explanation: string;
  readonly remedy: string;
};

/** A read model of the whole base as of a position, that stays what it is. */
export type LabelledBase = {
  /** Its table, quoted, with the columns of the projection's view. */
  readonly table: string;
  readonly version: number;
  /** The newest position that counts. */
  readonly position: Position;
  /** The last day closed by then. */
  readonly lastDay: string | null;
  /** It is built and verified; before that its rows are not whole. */
  readonly isReady: boolean;
};

export type CaughtUp = { readonly kind: 'caught-up'; readonly position: Position } | Lagging;
export type Lagging = { readonly kind: 'lagging'; readonly position: Position; readonly wanted: Position };

/** A projection as readers see it: its live generation. */
export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  /** Every fact up to here is in the read model. */
  readonly position: Position;
  readonly head: Position;
  /** How old the oldest fact is that the read model lacks, milliseconds; 0 when there is none. */
  readonly lagMs: number;
  /** Folding history: its answers are those of a past position. */
  readonly rebuilding: boolean;
  readonly parked: number;
  /** Facts of unknown types that were skipped since the start. */
  readonly skipped: number;
  /** Facts read a second, over the last busy moments of this process. */
  readonly factsPerSecond: number;
};

export type RunnerStatus = {
  readonly head: Position;
  /** How far identity is resolved; no projection passes it. */
  readonly identity: Position;
  readonly projections: readonly ProjectionStatus[];
  /** Set once the log was found to differ: everything stands still until the process starts anew. */
  readonly halted?: LogDiffers;
};

export type Progress = { readonly position: Position; readonly head: Position; readonly facts: number; readonly factsPerSecond: number };

/** A key that cannot be folded. Its later facts wait; the row shows what stood before. */
export type ParkedKey = {
  readonly projection: string;
  readonly generation: number;
  readonly customer: string;
  /** Folding stopped at the page that ends here. */
  readonly firstPosition: Position;
  readonly error: string;
  readonly attempts: number;
  /** When it is tried again, ISO 8601; null when it waits for a person. */
  readonly retryAt: string | null;
};

export type ReplayOutcome =
  { readonly kind: 'replayed' } | { readonly kind: 'still-parked'; readonly error: string } | { readonly kind: 'not-parked' };

export type StateHash =
  | { readonly kind: 'hash'; readonly position: Position; readonly hash: string; readonly rows: number }
  /** Shards stand at different positions (work in progress): there is no one state to name. */
  | { readonly kind: 'uneven' };

export type Audit = {
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  readonly position: Position;
  readonly rows: number;
  /** Of the read model, and of the fold of the journal. */
  readonly hash: string;
  readonly folded: string;
  readonly equal: boolean;
  /** Keys whose row differs, is missing or should not be; at most 100. */
  readonly differing: readonly string[];
  /** Parked keys, which are left out. */
  readonly parked: number;
};

/** Keeps the read models of all its definitions, in this process and beside others. */
export interface ProjectionRunner extends GenerationCommands {
  readonly identity: IdentityReader;
  /** Creates what is missing, checks that the log is the one that was folded, begins to read. */
  start(): Promise<StartOutcome>;
  /** Finishes the pages at hand, gives the shards back. */
  stop(): Promise<void>;
  /** Until the projection has seen that position (the `atLeast` of a query), or the time is over. Default 2,000 ms. */
  waitFor(projection: string, position: Position, options?: { readonly timeoutMs?: number }): Promise<CaughtUp>;
  /** Every fact up to here is in what readers of the projection (or of `identity`) see. */
  position(projection: string): Promise<Position>;
  /** Calls back when a position of this process moved, or a build has come further. A hint only. Returns how to stop. */
  onMoved(listener: () => void): () => void;
  /** Until every projection has seen all that the log holds now. */
  catchUp(options?: { readonly onProgress?: (progress: Progress) => void; readonly timeoutMs?: number }): Promise<CaughtUp>;
  status(): Promise<RunnerStatus>;
  /** The sum of the hashes of all rows of the live generation (or of another one): the same whatever the order, pages and shards. */
  stateHash(projection: string, generation?: number): Promise<StateHash>;
  /** Folds everything again from the journal, in customer order with flat memory, and compares. */
  audit(projection: string, generation?: number): Promise<Audit>;
  /**
   * Another version of a projection, while it runs: a generation is built beside the live one, by whichever process has it, and takes its
   * place once it is verified. Without effect for a version that has a generation, or is below the live one. Every process must be told.
   */
  define(definition: AnyProjection): Promise<void>;
  /** A generation beside the live one that takes its place: {@link GenerationCommands.startRebuild}, and the wait until it is over. */
  rebuild(
    projection: string,
    options?: { readonly by?: string; readonly onProgress?: (status: GenerationStatus) => void },
  ): Promise<Promoted | Refused>;
  /** The moment that bounds name: both clocks, knowledge as a position that identity has resolved. */
  momentOf(asOf: AsOf): Promise<Moment>;
  /**
   * What was understood of one customer at a moment, under the live definition: a bounded fold of the journal, in milliseconds. The subject
   * is any id that was ever hers; identity is that of the moment.
   */
  stateAsOf(projection: string, subject: string, moment: Moment): Promise<StateAsOf>;
  /** The same of several customers and projections, by subject and name: their facts are read once. */
  statesAsOf(projections: readonly string[], subjects: readonly string[], moment: Moment): Promise<StatesAsOf>;
  /** The whole base as of a moment, under the name that it was built with; null when no generation has that name. */
  labelled(projection: string, label: string): Promise<LabelledBase | null>;
  parked(projection?: string): Promise<readonly ParkedKey[]>;
  /** After a fix: folds a parked key again from the journal. */
  replay(projection: string, customer: string): Promise<ReplayOutcome>;
}
