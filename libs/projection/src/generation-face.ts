import type { Position, Refusal } from '@tsunagari/contracts';

/**
 * Where a generation is: `building` in customer order up to its bound; `catching-up` by position with what came meanwhile; `verifying`
 * by a second fold; `ready` to be promoted (or promoted); `differs` from its second fold, or from the live one of the same definition;
 * `failed`, with the reason in `error`.
 */
export type GenerationPhase = 'building' | 'catching-up' | 'verifying' | 'ready' | 'differs' | 'failed';

/** What a second fold of everything said of a generation, and the comparison with the live one where the definition is the same. */
export type Verification = {
  readonly position: Position;
  readonly rows: number;
  /** State hash of its rows, and of the second fold. */
  readonly hash: string;
  readonly folded: string;
  readonly equal: boolean;
  /** Customers whose row differs, at most 100. */
  readonly differing: readonly string[];
  /** Customers whose row differs from the live one's at the same position; null where the definition is another one. */
  readonly differingFromLive: readonly string[] | null;
};

export type GenerationStatus = {
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  /** The one that readers see, and the only one that emits. */
  readonly live: boolean;
  readonly phase: GenerationPhase;
  /** Takes the live one's place by itself once it is verified. */
  readonly promotes: boolean;
  /** Name of a generation that shows the whole base as of `upTo`; null for one that goes on. */
  readonly label: string | null;
  readonly upTo: Position | null;
  /** Every fact up to here is in it; `BEGINNING` while it is built. */
  readonly position: Position;
  /** Some process that lives folds it. */
  readonly followed: boolean;
  /** It is built in customer order up to here. */
  readonly bound: Position;
  /** Facts folded and customers written while it was built. */
  readonly facts: number;
  readonly customers: number;
  /** How much of the build is done, from 0 to 1. */
  readonly done: number;
  readonly factsPerSecond: number;
  /** Of the build, milliseconds; 0 when it is over, null before anything can be said. */
  readonly remainingMs: number | null;
  readonly started: string;
  readonly built: string | null;
  readonly verification: Verification | null;
  readonly error: string | null;
  /** The generation whose place it took: what a rollback goes back to. */
  readonly replaced: number | null;
  readonly parked: number;
};

/** What happened to a generation, to be told as a fact. */
export type GenerationChange =
  | {
      readonly kind: 'RebuildStarted';
      readonly projection: string;
      readonly version: number;
      readonly generation: number;
      readonly bound: Position;
      readonly label: string | null;
      readonly by: string;
    }
  | {
      readonly kind: 'RebuildCompleted';
      readonly projection: string;
      readonly version: number;
      readonly generation: number;
      readonly facts: number;
      readonly customers: number;
      readonly busyMs: number;
      readonly verification: Verification;
    }
  | {
      readonly kind: 'Promoted' | 'RolledBack';
      readonly projection: string;
      readonly version: number;
      readonly generation: number;
      /** The generation that was live before. */
      readonly replaced: number;
      readonly position: Position;
      readonly by: string;
    };

export type RebuildRequest = {
  /** Who wants it, as facts name an actor: `user:…`, `system:…`. */
  readonly by: string;
  /** Whether it takes the live one's place once it is verified. Default true; never for an as-of generation. */
  readonly promotes?: boolean | undefined;
  /** Builds the whole base as of a position, under a name (lower case, digits, underscores); it stays as it is. */
  readonly asOf?: { readonly label: string; readonly position: Position };
};

export type RebuildStarted = { readonly kind: 'started'; readonly generation: number };
export type Promoted = {
  readonly kind: 'promoted';
  readonly generation: number;
  readonly replaced: number | null;
  readonly position: Position;
};
export type Dropped = { readonly kind: 'dropped'; readonly generation: number };
export type Refused = { readonly kind: 'refused'; readonly refusal: Refusal };

/** How operations change which generation is live. Every refusal is a value; nothing half-done is left. */
export interface GenerationCommands {
  /** All generations of all projections, newest first. */
  generations(): Promise<readonly GenerationStatus[]>;
  /**
   * Begins a new generation beside the live one: built in customer order at full speed, caught up, verified by a second fold, promoted.
   * Refuses UNKNOWN_PROJECTION, REBUILD_RUNNING, INVALID_FIELD (an as-of position beyond the log, a bad label).
   */
  startRebuild(projection: string, request: RebuildRequest): Promise<RebuildStarted | Refused>;
  /**
   * Makes a generation the live one in one transaction, while reads go on; the former one is still folded, until it is dropped. Refuses
   * UNKNOWN_GENERATION, GENERATION_LIVE, GENERATION_NOT_READY, and GENERATION_DIFFERS unless `acceptDifference`.
   */
  promote(
    projection: string,
    generation: number,
    request: { readonly by: string; readonly acceptDifference?: boolean | undefined },
  ): Promise<Promoted | Refused>;
  /** Goes back to the generation that the live one replaced. Refuses NO_FORMER_GENERATION, GENERATION_STANDS_STILL. */
  rollBack(projection: string, request: { readonly by: string }): Promise<Promoted | Refused>;
  /** Removes a generation that is not live. Refuses UNKNOWN_GENERATION, GENERATION_LIVE. */
  drop(projection: string, generation: number): Promise<Dropped | Refused>;
}
