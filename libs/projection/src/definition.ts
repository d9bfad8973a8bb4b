import type { Fact } from '@tsunagari/contracts';

/** A calendar day of the deployment's time zone, `yyyy-mm-dd`. */
export type Day = string;

/** A column of the read model beside `key` and `state`: what queries sort, filter or join by. `sql` is its PostgreSQL type. */
export type ReadModelColumn<S> = {
  readonly name: string;
  readonly sql: string;
  readonly value: (state: S) => string | number | boolean | null;
};

/**
 * A projection of understanding: pure. Its state for a customer is the fold of her facts sorted by (occurred, id), ticks
 * interleaved at the days where they were due; so it depends on the set of facts, not on their arrival.
 */
export type ProjectionDefinition<S> = {
  readonly name: string;
  /** Raised with every change of meaning; a new version is a new generation. */
  readonly version: number;
  /** Fact types that it folds. */
  readonly types: readonly string[];
  /** Everything of one customer, whoever she is made of. (Projections keyed by an aggregate fold by position and come later.) */
  readonly key: 'customer';
  readonly initial: S;
  readonly evolve: (state: S, fact: Fact) => S;
  /** The next day at whose close `tick` must run; undefined when time changes nothing. */
  readonly nextDue?: (state: S) => Day | undefined;
  /** The day is over: evolve by time alone. Called for due keys only. */
  readonly tick?: (state: S, day: Day) => S;
  /** The fold gives the same in any order, so a late fact needs no re-fold. */
  readonly commutative?: boolean;
  readonly columns: readonly ReadModelColumn<S>[];
  /** Indexes, as column lists: `['net_minor desc', 'key']`. */
  readonly indexes?: readonly (readonly string[])[];
  /** Decimals to which each float of the state is rounded in the state hash, by field name; integers need none. */
  readonly decimals?: Readonly<Record<string, number>>;
};

/** Any projection, whatever its state: what a runner keeps. Made with {@link defineProjection}. */
export type AnyProjection = ProjectionDefinition<unknown>;

/** Names a projection's state type once and hands it on as one that a runner can keep beside others. */
export function defineProjection<S>(definition: ProjectionDefinition<S>): ProjectionDefinition<S> {
  if (!/^[a-z][a-z0-9_]*$/.test(definition.name)) throw new Error(`a projection's name is lower case with underscores: ${definition.name}`);
  if ((definition.tick === undefined) !== (definition.nextDue === undefined))
    throw new Error(`${definition.name}: tick and nextDue belong together`);
  return definition;
}
