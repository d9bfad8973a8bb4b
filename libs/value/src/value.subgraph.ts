import type { CommandPath } from '@tsunagari/command';
import type { MetricOfPort, MetricsPort, Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import type { Keyring } from '@tsunagari/privacy';
import type { IdentityReader } from '@tsunagari/projection';
import DataLoader from 'dataloader';
import { type AggregateLoaders, type Loads, type Sends, type Shown, valueLoaders, valueLoads, valueSends } from './aggregates';
import { boardResolvers } from './boards/boards.resolver';
import { typeDefs } from './generated/graphql';
import { type GoalCommands, goalCommands } from './goal/goal.commands';
import { goalResolvers } from './goal/goal.resolver';
import { purposeResolvers } from './purpose/purpose.resolver';
import type { ValueReaders } from './read-models';
import { strategyResolvers } from './strategy/strategy.resolver';
import { successServiceResolvers } from './success-service/success-service.resolver';
import { tuningResolvers } from './tuning/tuning.resolver';
import { valueModelResolvers } from './value-model/value-model.resolver';

export type ValueLoaders = AggregateLoaders & {
  /** The goals of a customer over all her subjects. */
  readonly goalsOf: DataLoader<string, readonly Shown<'goal'>[]>;
  /** The customer of a subject. */
  readonly owner: DataLoader<string, string | null>;
  /** Of a defined metric and a period: asked of understanding once, however many purposes watch it. */
  readonly metric: DataLoader<MetricQuestion, MetricOfPort, string>;
};

type MetricQuestion = Parameters<MetricsPort['valueOf']>[0];

/** What resolvers of this context work with. */
export type ValuePorts = {
  readonly send: Sends;
  readonly load: Loads;
  readonly goals: GoalCommands;
  readonly readModels: ValueReaders;
  readonly identity: IdentityReader;
  readonly journal: Journal;
  readonly keyring: Keyring;
  /** What understanding says of defined metrics. */
  readonly metrics: MetricsPort;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  /** How far the lists have come. */
  readonly position: () => Promise<Position>;
};

export type ValueSubgraphOptions = Omit<ValuePorts, 'send' | 'load' | 'goals'> & {
  readonly path: CommandPath;
  readonly store: EventStore;
  /** Waits until the lists have seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

/** The subgraph of what is promised to customers: strategy, value, purposes, goals, services and their tuning. */
export function valueSubgraph({ path, store, waitFor, onError, ...shared }: ValueSubgraphOptions): Subgraph {
  const [send, load] = [valueSends(path), valueLoads(store)];
  const ports: ValuePorts = { ...shared, send, load, goals: goalCommands({ send, load, store, keyring: shared.keyring }) };
  return defineSubgraph<ValueLoaders>({
    name: 'value',
    typeDefs,
    resolvers: merged(
      strategyResolvers(ports),
      valueModelResolvers(ports),
      purposeResolvers(ports),
      goalResolvers(ports),
      successServiceResolvers(ports),
      tuningResolvers(ports),
      boardResolvers(ports),
    ),
    createLoaders: () => {
      const loaders = valueLoaders(store);
      return {
        ...loaders,
        goalsOf: new DataLoader((customers) => goalsOf(ports, loaders, customers)),
        owner: new DataLoader(async (subjects) => {
          const owners = await shared.identity.customersOf(subjects);
          return subjects.map((subject) => owners.get(subject) ?? null);
        }),
        metric: new DataLoader((questions) => Promise.all(questions.map((question) => outcomeOf(shared.metrics.valueOf(question)))), {
          cacheKeyFn: (question) => JSON.stringify(question),
        }),
      };
    },
    caughtUp: waitFor,
    ...(onError ? { onError } : {}),
  });
}

/** A failure is that one's own. */
function outcomeOf<T>(asked: Promise<T>): Promise<T | Error> {
  return asked.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

/** Which goals customers have, by the list; each as it stands, by its stream. */
async function goalsOf(
  { identity, readModels }: ValuePorts,
  loaders: AggregateLoaders,
  customers: readonly string[],
): Promise<readonly (readonly Shown<'goal'>[])[]> {
  const members = await identity.subjectsOf(customers);
  const customerOf = new Map([...members].flatMap(([customer, subjects]) => subjects.map((subject) => [subject, customer] as const)));
  const rows = customerOf.size === 0 ? [] : await readModels.goals.page({ where: { subject: [...customerOf.keys()] }, limit: 10_000 });
  const goals = await loaders.goal.loadMany(rows.map(({ key }) => key));
  const byCustomer = new Map<string, Shown<'goal'>[]>();
  for (const goal of goals) {
    if (goal instanceof Error) throw goal;
    const customer = goal && customerOf.get(goal.subject);
    if (goal && customer !== undefined && customer !== null) byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), goal]);
  }
  const byPurpose = (a: Shown<'goal'>, b: Shown<'goal'>): number =>
    a.purposeId === b.purposeId ? (a.declaredAt < b.declaredAt ? -1 : 1) : a.purposeId < b.purposeId ? -1 : 1;
  return customers.map((customer) => (byCustomer.get(customer) ?? []).sort(byPurpose));
}

/** One object of resolvers out of those of the aggregates: their queries and mutations side by side. */
function merged(...parts: readonly object[]): object {
  const types = new Map<string, object>();
  for (const part of parts)
    for (const [type, fields] of Object.entries(part)) types.set(type, { ...types.get(type), ...(fields as object) });
  return Object.fromEntries(types);
}
