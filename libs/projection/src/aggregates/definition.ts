import type { Fact } from '@tsunagari/contracts';
import type { AnyColumn, ReadModelColumn } from '../definition';

/**
 * A read model of aggregates: one row a key (mostly the stream's id), the fold of the facts of that key **in the order of their
 * positions**, which within a stream is the order in which they were decided. Pure. For lists and boards; a single aggregate is
 * read where it was decided, by folding its stream.
 */
export type ReadModelDefinition<S> = {
  readonly name: string;
  /** Raised with every change of meaning: the new one is built beside the one that readers see, and takes its place when it is there. */
  readonly version: number;
  /** Fact types that it folds. */
  readonly types: readonly string[];
  /** The row or rows that a fact belongs to; none for a fact that means nothing here. At most 200 characters each. */
  readonly key: (fact: Fact) => string | readonly string[] | undefined;
  /** JSON, and frozen by the runner. */
  readonly initial: S;
  /** Answers a state that is JSON; undefined keeps no row. */
  readonly evolve: (state: S, fact: Fact, key: string) => S;
  /** What follows from a fact, handed to `onFolded` of the runner. What it throws parks the key. */
  readonly follows?: (fact: Fact, state: S, key: string) => unknown;
  readonly columns: readonly ReadModelColumn<S>[];
  /** Indexes, as column lists: `['due_by', 'key']`. */
  readonly indexes?: readonly (readonly string[])[];
};

/** Any read model, whatever its state. Methods, so that every definition is one of these. */
export type AnyReadModel = Omit<ReadModelDefinition<unknown>, 'evolve' | 'follows' | 'columns'> & {
  evolve(state: unknown, fact: Fact, key: string): unknown;
  follows?(fact: Fact, state: unknown, key: string): unknown;
  readonly columns: readonly AnyColumn[];
};

/** Columns that every read model of aggregates has. */
export const OWN_COLUMNS: readonly string[] = ['key', 'state'];

/** Checks what a type cannot say. Throws on a definition that could never run: a bug. */
export function defineReadModel<S>(definition: ReadModelDefinition<S>): ReadModelDefinition<S> {
  const name = /^[a-z][a-z0-9_]{0,40}$/;
  if (!name.test(definition.name)) throw new Error(`a read model's name is lower case with underscores: ${definition.name}`);
  for (const column of definition.columns)
    if (!name.test(column.name) || OWN_COLUMNS.includes(column.name))
      throw new Error(`${definition.name}: no column may be called ${column.name}`);
  if (!Number.isInteger(definition.version) || definition.version < 1) throw new Error(`${definition.name}: versions are 1, 2, 3, …`);
  return definition;
}

/** The keys of a fact, each once. */
export function keysOf(definition: Pick<AnyReadModel, 'key'>, fact: Fact): readonly string[] {
  const keys = definition.key(fact);
  if (keys === undefined) return [];
  return typeof keys === 'string' ? [keys] : [...new Set(keys)];
}
