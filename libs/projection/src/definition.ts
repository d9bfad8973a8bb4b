import type { Fact, Position, SignalCause } from '@tsunagari/contracts';

/** A calendar day of the deployment's time zone, `yyyy-mm-dd`. */
export type Day = string;

/** A column of the read model beside `key` and `state`: what queries sort, filter or join by. `sql` is its PostgreSQL type. */
export type ReadModelColumn<S> = {
  readonly name: string;
  readonly sql: string;
  readonly value: (state: S) => string | number | boolean | null;
};

/** What made a customer's state another one. */
export type Evidence = {
  readonly customer: string;
  /** The position in the log at which it became so. */
  readonly position: Position;
  readonly cause: SignalCause;
  /** Her facts of the page; none when a day, a merge or another definition did it. */
  readonly facts: readonly Fact[];
};

export type SignalDraft = {
  /** `SegmentEntered` …: at most one of a kind a customer and position, unless `of` tells them apart. */
  readonly kind: string;
  /** What it is about, where several of a kind may become so at once: the segment, the need. */
  readonly of?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Ids of the facts behind it; those of the page unless given. */
  readonly evidence?: readonly string[];
};

/**
 * A projection of understanding: pure. Its state for a customer is the fold of her facts sorted by (occurred, id), ticks
 * interleaved at the days where they were due; so it depends on the set of facts, not on their arrival. See `foldCustomer`.
 */
export type ProjectionDefinition<S> = {
  readonly name: string;
  /** Raised with every change of meaning; a new version is a new generation. */
  readonly version: number;
  /** Fact types that it folds. */
  readonly types: readonly string[];
  /** Everything of one customer, whoever she is made of. (Projections keyed by an aggregate fold by position and come later.) */
  readonly key: 'customer';
  /** JSON, and frozen by the runner: an `evolve` that changes its input throws. */
  readonly initial: S;
  /** Answers a state that is JSON: what `JSON.stringify` drops or changes (undefined, NaN, Date, Map) is not kept. */
  readonly evolve: (state: S, fact: Fact) => S;
  /** The next day at whose close `tick` must run; undefined when time changes nothing. After a tick it must be a later day. */
  readonly nextDue?: (state: S) => Day | undefined;
  /** The day `nextDue` is over: evolve by time alone. Called for due keys only, after all facts of that day. */
  readonly tick?: (state: S, day: Day) => S;
  /**
   * Which of the ticks that are due run. `each` (default): one after the other. `latest`: the last of them alone, called with the last day
   * that is over; for a tick that depends on the facts and that day and on no tick before it. History then costs one tick a customer.
   */
  readonly ticks?: 'each' | 'latest';
  /**
   * What others should be told when a customer's state changed: undefined before her first fact, and after she became another customer.
   * Pure. Told once, by the live generation alone and in the transaction of the state, for what comes after it went live; never by a
   * rebuild. Under another definition (`cause: 'definition'`) it is asked once for every customer whose state became another one:
   * `before` is then the state of the former version.
   */
  readonly signals?: (before: S | undefined, after: S | undefined, evidence: Evidence) => readonly SignalDraft[];
  /** What the topic `state` shows of a customer, newest only, and only when it became another. Without it she is not published. */
  readonly publishes?: (state: S) => unknown;
  /** The fold gives the same in any order, so a late fact needs no re-fold. Without effect where there are ticks. */
  readonly commutative?: boolean;
  readonly columns: readonly ReadModelColumn<S>[];
  /** Orders in which it is read by `inOrder`: column lists that end with `key`, `['net_minor', 'key']`. Only what a query reads. */
  readonly indexes?: readonly (readonly string[])[];
  /** Decimals to which each float of the state is rounded in the state hash, by field name; integers need none. */
  readonly decimals?: Readonly<Record<string, number>>;
};

/** Any projection, whatever its state: what a runner keeps beside others. Methods, so that every definition is one of these. */
export type AnyProjection = Omit<ProjectionDefinition<unknown>, 'evolve' | 'nextDue' | 'tick' | 'columns' | 'signals' | 'publishes'> & {
  evolve(state: unknown, fact: Fact): unknown;
  nextDue?(state: unknown): Day | undefined;
  tick?(state: unknown, day: Day): unknown;
  signals?(before: unknown, after: unknown, evidence: Evidence): readonly SignalDraft[];
  publishes?(state: unknown): unknown;
  readonly columns: readonly AnyColumn[];
};

export type AnyColumn = { readonly name: string; readonly sql: string; value(state: unknown): string | number | boolean | null };

/** Checks what a type cannot say. Throws on a definition that could never run: a bug. */
export function defineProjection<S>(definition: ProjectionDefinition<S>): ProjectionDefinition<S> {
  const name = /^[a-z][a-z0-9_]{0,30}$/;
  if (!name.test(definition.name)) throw new Error(`a projection's name is lower case with underscores: ${definition.name}`);
  if ((definition.tick === undefined) !== (definition.nextDue === undefined))
    throw new Error(`${definition.name}: tick and nextDue belong together`);
  for (const list of definition.indexes ?? [])
    if (list.at(-1) !== 'key') throw new Error(`${definition.name}: an index ends with key, as the pages of a list do: ${list.join(', ')}`);
  for (const column of definition.columns)
    if (!name.test(column.name) || OWN_COLUMNS.includes(column.name))
      throw new Error(`${definition.name}: no column may be called ${column.name}`);
  return definition;
}

/** Columns that every read model has. */
export const OWN_COLUMNS: readonly string[] = ['key', 'shard', 'state', 'last_occurred', 'last_id', 'last_tick', 'next_due'];
