import { type Aggregate, type CommandPath, sender, viewAggregates, type ViewOf } from '@tsunagari/command';
import type { EventStore } from '@tsunagari/event-store';
import DataLoader from 'dataloader';
import { goalAggregate } from './goal/goal.decider';
import { promiseAggregate } from './goal/promise.decider';
import { purposeAggregate } from './purpose/purpose.decider';
import { strategyAggregate } from './strategy/strategy.decider';
import { successServiceAggregate } from './success-service/success-service.decider';
import { tuningCycleAggregate } from './tuning/tuning-cycle.decider';
import { tuningProcessAggregate } from './tuning/tuning-process.decider';
import { tuningAggregate } from './tuning/tuning.decider';
import { valueModelAggregate } from './value-model/value-model.decider';

/** Sends commands to the aggregates of this context, by their names here. */
export function valueSends(path: CommandPath) {
  return {
    strategy: sender(path, strategyAggregate),
    valueModel: sender(path, valueModelAggregate),
    purpose: sender(path, purposeAggregate),
    goal: sender(path, goalAggregate),
    promise: sender(path, promiseAggregate),
    service: sender(path, successServiceAggregate),
    process: sender(path, tuningProcessAggregate),
    cycle: sender(path, tuningCycleAggregate),
    tuning: sender(path, tuningAggregate),
  };
}
export type Sends = ReturnType<typeof valueSends>;

/** Looks up one aggregate at the moment of a command; nothing is kept. */
export function valueLoads(store: EventStore) {
  const one = <C, S>(aggregate: Aggregate<C, S>) => {
    return async (id: string): Promise<ViewOf<S> | null> => (await viewAggregates(store, aggregate, [id]))[0] ?? null;
  };
  return {
    strategy: one(strategyAggregate),
    valueModel: one(valueModelAggregate),
    purpose: one(purposeAggregate),
    goal: one(goalAggregate),
    promise: one(promiseAggregate),
    service: one(successServiceAggregate),
    process: one(tuningProcessAggregate),
    cycle: one(tuningCycleAggregate),
    tuning: one(tuningAggregate),
  };
}
export type Loads = ReturnType<typeof valueLoads>;

/** Reads aggregates for pages, each once a fetch. */
export function valueLoaders(store: EventStore) {
  const many = <C, S>(aggregate: Aggregate<C, S>): DataLoader<string, ViewOf<S> | null> =>
    new DataLoader((ids) => viewAggregates(store, aggregate, ids));
  return {
    strategy: many(strategyAggregate),
    valueModel: many(valueModelAggregate),
    purpose: many(purposeAggregate),
    goal: many(goalAggregate),
    promise: many(promiseAggregate),
    service: many(successServiceAggregate),
    process: many(tuningProcessAggregate),
    cycle: many(tuningCycleAggregate),
    tuning: many(tuningAggregate),
  };
}
export type AggregateLoaders = ReturnType<typeof valueLoaders>;

/** An aggregate as its page shows it. */
export type Shown<Name extends keyof Loads> = NonNullable<Awaited<ReturnType<Loads[Name]>>>;
