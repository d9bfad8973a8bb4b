import { type Aggregate, type CommandPath, sender, viewAggregates, type ViewOf } from '@tsunagari/command';
import type { Position } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import DataLoader from 'dataloader';
import { typeDefs } from './generated/graphql';
import { purposeAggregate } from './purpose/purpose.decider';
import { purposeResolvers } from './purpose/purpose.resolver';
import type { ValueReaders } from './read-models';
import { strategyAggregate } from './strategy/strategy.decider';
import { strategyResolvers } from './strategy/strategy.resolver';
import { valueModelAggregate } from './value-model/value-model.decider';
import { valueModelResolvers } from './value-model/value-model.resolver';

/** The aggregates of this context, by the name under which they are sent commands and read. */
type Aggregates = {
  readonly strategy: typeof strategyAggregate;
  readonly valueModel: typeof valueModelAggregate;
  readonly purpose: typeof purposeAggregate;
};
type StateOf<A> = A extends Aggregate<infer _, infer S> ? S : never;

/** Each aggregate as its page shows it. */
export type Views = { readonly [Name in keyof Aggregates]: ViewOf<StateOf<Aggregates[Name]>> };
export type ValueLoaders = { readonly [Name in keyof Views]: DataLoader<string, Views[Name] | null> };

/** Sends a command to one of the aggregates. */
export function valueCommands(path: CommandPath) {
  return {
    strategy: sender(path, strategyAggregate),
    valueModel: sender(path, valueModelAggregate),
    purpose: sender(path, purposeAggregate),
  };
}

/** Looks up another aggregate at the moment of a command; nothing is kept. */
function loads(store: EventStore) {
  const one = <C, S>(aggregate: Aggregate<C, S>) => {
    return async (id: string): Promise<ViewOf<S> | null> => (await viewAggregates(store, aggregate, [id]))[0] ?? null;
  };
  return { strategy: one(strategyAggregate), valueModel: one(valueModelAggregate), purpose: one(purposeAggregate) };
}

export type ValuePorts = {
  readonly send: ReturnType<typeof valueCommands>;
  readonly load: ReturnType<typeof loads>;
  readonly readModels: ValueReaders;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
};

export type ValueSubgraphOptions = {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly readModels: ValueReaders;
  readonly now: () => string;
  /** Waits until the lists have seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

/** The subgraph of what is promised to customers: strategy, value, purposes. */
export function valueSubgraph({ path, store, readModels, now, waitFor, onError }: ValueSubgraphOptions): Subgraph {
  const ports: ValuePorts = { send: valueCommands(path), load: loads(store), readModels, now };
  const loader = <C, S>(aggregate: Aggregate<C, S>): DataLoader<string, ViewOf<S> | null> =>
    new DataLoader((ids) => viewAggregates(store, aggregate, ids));
  return defineSubgraph<ValueLoaders>({
    name: 'value',
    typeDefs,
    resolvers: merged(strategyResolvers(ports), valueModelResolvers(ports), purposeResolvers(ports)),
    createLoaders: () => ({
      strategy: loader(strategyAggregate),
      valueModel: loader(valueModelAggregate),
      purpose: loader(purposeAggregate),
    }),
    caughtUp: waitFor,
    ...(onError ? { onError } : {}),
  });
}

/** One object of resolvers out of those of the aggregates: their queries and mutations side by side. */
function merged(...parts: readonly object[]): object {
  const types = new Map<string, object>();
  for (const part of parts)
    for (const [type, fields] of Object.entries(part)) types.set(type, { ...types.get(type), ...(fields as object) });
  return Object.fromEntries(types);
}
