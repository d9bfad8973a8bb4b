import { buildSubgraphSchema } from '@apollo/subgraph';
import { laterPosition, type Position } from '@tsunagari/contracts';
import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
} from 'graphql';
import { maskError } from './failures';
import type { FetchContext, RequestContext } from './request-context';
import { enforceRoles } from './roles';
import { scalarResolvers } from './scalars';
import { sharedSdl } from './shared-sdl';
import { executeSubscription, type SubgraphSubscriber, type SubgraphSubscription } from './subgraph-subscription';

export type SubgraphDefinition<Loaders> = {
  /** The context's name: its place in the supergraph and in `/subgraphs/<name>`. */
  readonly name: string;
  /** The context's SDL, without the shared part. Generated out of its *.graphql files as `typeDefs`. */
  readonly typeDefs: string;
  /** Codegen's `Resolvers`. */
  readonly resolvers: object;
  /** Called once for every fetch. */
  readonly createLoaders: (context: FetchContext) => Loaders;
  /** Waits (up to 2 s) until the context's read models have seen the position. Called before a fetch that asks for it. */
  readonly caughtUp?: (position: Position) => Promise<unknown>;
  /** Gets every error as it was thrown; what goes to the client is masked. */
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

/** One fetch from a subgraph. */
export type SubgraphRequest = {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  readonly context: FetchContext;
  /** Of a subscription: aborted when nobody listens any more. */
  readonly signal?: AbortSignal | undefined;
};

/** `extensions.position` says how far a mutation has appended, or an event of a subscription has seen the log. */
export type SubgraphResult = ExecutionResult<Record<string, unknown>, { position?: Position }>;

/** How the gateway reaches a subgraph: in the process, or by HTTP. Never throws for what a resolver throws. */
export type SubgraphExecutor = (request: SubgraphRequest) => Promise<SubgraphResult>;

export type Subgraph = {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly execute: SubgraphExecutor;
  readonly subscribe: SubgraphSubscriber;
};

/**
 * A context's part of the graph. Throws when the SDL does not parse, a root field has no `@role`, or a resolver has no field.
 * Errors that leave `execute` are masked: only those made by `failure` keep their message.
 */
export function defineSubgraph<Loaders>(definition: SubgraphDefinition<Loaders>): Subgraph {
  const schema = subgraphSchema(definition.typeDefs, definition.resolvers);
  return {
    name: definition.name,
    schema,
    execute: (request) => executeFetch(definition, schema, request),
    subscribe: (subscription) => subscribed(definition, schema, subscription),
  };
}

/** The schema of one subgraph, with the shared types, Federation's fields and the roles in front of its fields. */
export function subgraphSchema(typeDefs: string, resolvers: object): GraphQLSchema {
  const usable = { ...scalarResolvers, ...resolvers } as object as Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>>;
  return enforceRoles(buildSubgraphSchema({ typeDefs: parse(subgraphSdl(typeDefs)), resolvers: usable }));
}

/** The whole SDL of a subgraph, as it is composed. */
export function subgraphSdl(typeDefs: string): string {
  return `${sharedSdl}\n${typeDefs}`;
}

async function executeFetch<Loaders>(
  definition: SubgraphDefinition<Loaders>,
  schema: GraphQLSchema,
  { document, variables, operationName, context, signal }: SubgraphRequest,
): Promise<SubgraphResult> {
  let position: Position | null = null;
  const appended = (to: Position): void => {
    position = position === null ? to : laterPosition(position, to);
  };
  const masked = maskingOf(definition, context);
  try {
    if (context.atLeast !== null) await definition.caughtUp?.(context.atLeast);
    const contextValue: RequestContext<Loaders> = { ...context, loaders: definition.createLoaders(context), appended, signal };
    const { data, errors } = await execute({ schema, document, variableValues: variables, operationName, contextValue });
    return {
      data: data ?? null,
      ...(errors?.length ? { errors: errors.map(masked) } : {}),
      ...(position === null ? {} : { extensions: { position } }),
    };
  } catch (error) {
    return { data: null, errors: [masked(error)] };
  }
}

async function* subscribed<Loaders>(
  definition: SubgraphDefinition<Loaders>,
  schema: GraphQLSchema,
  subscription: SubgraphSubscription,
): AsyncGenerator<SubgraphResult> {
  const { context, signal } = subscription;
  const masked = maskingOf(definition, context);
  try {
    if (context.atLeast !== null) await definition.caughtUp?.(context.atLeast);
  } catch (error) {
    return yield { data: null, errors: [masked(error)] };
  }
  const contextOf = (position: Position | null): RequestContext<Loaders> => {
    const seen = { ...context, atLeast: position ?? context.atLeast };
    return { ...seen, loaders: definition.createLoaders(seen), appended: () => undefined, signal };
  };
  yield* executeSubscription({ schema, contextOf, masked }, subscription);
}

function maskingOf({ onError }: Pick<SubgraphDefinition<never>, 'onError'>, context: FetchContext): (error: unknown) => GraphQLError {
  return (error) => {
    const located = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
    onError?.(located.originalError ?? located, context);
    return maskError(located, context.requestId);
  };
}
