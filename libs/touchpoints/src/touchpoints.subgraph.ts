import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import type { IdentityReader, ReadModelReader } from '@tsunagari/projection';
import { twoWayBoardResolvers } from './board/two-way-board.resolver';
import type { CustomerCommands } from './customer.commands';
import { customerResolvers } from './customer.resolver';
import { type Resolvers, typeDefs } from './generated/graphql';
import type { MessageCommands } from './message/message.commands';
import { messageResolvers } from './message/message.resolver';
import { requestLiveResolvers } from './request/live.resolver';
import type { RequestFeed } from './request/request-changes';
import type { RequestState } from './request/request.decider';
import type { TaskState } from './task/task.decider';
import type { TouchpointCommands } from './touchpoint/touchpoint.commands';
import { touchpointResolvers } from './touchpoint/touchpoint.resolver';

export type TouchpointsPorts = {
  readonly store: EventStore;
  readonly journal: Journal;
  readonly log: EventLog;
  readonly registry: FactRegistry;
  readonly identity: IdentityReader;
  readonly touchpoints: TouchpointCommands;
  readonly customers: CustomerCommands;
  readonly messages: MessageCommands;
  readonly requestBoard: ReadModelReader<{ readonly request: RequestState | null }>;
  readonly requestFeed: RequestFeed;
  readonly worklist: ReadModelReader<{ readonly task: TaskState | null }>;
  /** Waits until the boards have seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

/** The subgraph of touchpoints: where brand and customers meet, what they ask for, what reaches them. */
export function touchpointsSubgraph(ports: TouchpointsPorts): Subgraph {
  return defineSubgraph<Record<string, never>>({
    name: 'touchpoints',
    typeDefs,
    resolvers: resolversOf(ports),
    createLoaders: () => ({}),
    caughtUp: ports.waitFor,
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}

function resolversOf(ports: TouchpointsPorts): Resolvers {
  const [touchpoints, customers, messages] = [touchpointResolvers(ports), customerResolvers(ports), messageResolvers(ports)];
  return {
    ...touchpoints,
    ...customers,
    ...messages,
    ...requestLiveResolvers(ports),
    Query: { ...touchpoints.Query, ...customers.Query, ...messages.Query, ...twoWayBoardResolvers(ports).Query },
    Mutation: { ...touchpoints.Mutation, ...customers.Mutation, ...messages.Mutation },
  };
}
