import { type Aggregate, aggregateIdOf } from '@tsunagari/command';
import { defineReadModel, type ReadModelDefinition } from './definition';

/** The read model that lists an aggregate: one row a stream, the state that its decider folds, with columns to sort and filter by. */
export function readModelOf<C, S>(
  aggregate: Aggregate<C, S>,
  { name, version, columns, indexes }: Pick<ReadModelDefinition<S>, 'name' | 'version' | 'columns' | 'indexes'>,
): ReadModelDefinition<S> {
  return defineReadModel({
    name,
    version,
    types: aggregate.facts.map(({ type }) => type),
    key: (fact) => aggregateIdOf(aggregate, fact),
    initial: aggregate.decider.initial,
    evolve: (state, fact) => aggregate.decider.evolve(state, fact),
    columns,
    ...(indexes === undefined ? {} : { indexes }),
  });
}
