import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { laterPosition } from '@tsunagari/contracts';
import {
  failure,
  type FetchContext,
  isFailureCode,
  maskError,
  type SubgraphExecutor,
  type SubgraphResult,
  type SubgraphSubscriber,
  unavailable,
  withScalars,
} from '@tsunagari/graphql';
import {
  buildSchema,
  type DocumentNode,
  execute as executeSchema,
  type ExecutionResult,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { completeResult, type Hole, withTypeNames } from './completion';
import { introspectionUse } from './introspection';

/** A validated operation. */
export type Operation = {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName?: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: FetchContext;
};

export type OperationResult = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

/** The whole graph as one schema. The only module that knows the planner. */
export type UnifiedGraph = {
  readonly apiSchema: GraphQLSchema;
  /** Answers always with `data`, be it null. `extensions.position` says how far a mutation has appended. */
  readonly execute: (operation: Operation) => Promise<OperationResult>;
  /**
   * The events of a subscription, each completed with fields of the other subgraphs. `extensions.position` says how far an event has
   * seen the log. Ends when its subgraph ends it; `signal` says that nobody listens any more.
   */
  readonly subscribe: (operation: Operation, signal: AbortSignal) => AsyncGenerator<OperationResult>;
};

export type UnifiedGraphOptions = {
  readonly supergraphSdl: string;
  /** By subgraph name. A subgraph without an executor is one that does not answer. */
  readonly executors: Readonly<Record<string, SubgraphExecutor>>;
  /** By subgraph name, for those that have subscriptions. */
  readonly subscribers?: Readonly<Record<string, SubgraphSubscriber>> | undefined;
  /** Gets what an executor threw; the client is told SUBGRAPH_UNAVAILABLE. */
  readonly onError: (error: unknown, requestId: string) => void;
};

/**
 * What the fetches of one operation share: a mutation moves `atLeast` on for those that follow it. Of a subscription the fetch of its
 * root field is noted in `root` and not sent, or answered by the `event` that came.
 */
type Fetching = { context: FetchContext; seen: boolean; root?: RootFetch; readonly event?: SubgraphResult };
type RootFetch = { readonly subgraph: string; readonly request: PlannedFetch };

/** Builds the graph. Throws when the supergraph cannot be read. */
export async function unifiedGraph({ supergraphSdl, executors, subscribers = {}, onError }: UnifiedGraphOptions): Promise<UnifiedGraph> {
  const byName = namedInLowerCase(executors);
  const subscriberOf = namedInLowerCase(subscribers);
  const fetch = async (subgraph: string, request: PlannedFetch): Promise<ExecutionResult> => {
    const name = subgraph.toLowerCase();
    const fetching = request.context as Fetching;
    const { document, variables, operationName } = request;
    let result: SubgraphResult | undefined;
    if (getOperationAST(document, operationName)?.operation === 'subscription') {
      fetching.root = { subgraph: name, request };
      result = fetching.event ?? { data: null };
    }
    try {
      result ??= await (byName.get(name)?.({ document, variables, operationName, context: fetching.context }) ?? unavailable(name));
    } catch (error) {
      onError(error, fetching.context.requestId);
      result = unavailable(name);
    }
    const position = result.extensions?.position;
    if (position !== undefined) {
      fetching.context = { ...fetching.context, atLeast: laterPosition(position, fetching.context.atLeast ?? position) };
      fetching.seen = true;
    }
    return { data: result.data ?? null, ...(result.errors?.length ? { errors: result.errors.map(withoutRequest) } : {}) };
  };
  const planner = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraphSdl,
    onSubgraphExecute: (name: string, request: unknown) => fetch(name, request as PlannedFetch),
  } as unknown as Parameters<typeof unifiedGraphHandler>[0]);
  const { executor: planned } = planner;
  if (!planned) throw new Error('the planner made no executor for this supergraph');
  const apiSchema = withScalars(planner.unifiedGraph);

  const plannedDocuments = new WeakMap<DocumentNode, DocumentNode>();
  const plannedDocument = (document: DocumentNode): DocumentNode => {
    const known = plannedDocuments.get(document) ?? withTypeNames(apiSchema, document);
    plannedDocuments.set(document, known);
    return known;
  };

  const run = async (
    { document, operation, operationName, variables, context }: Operation,
    fetching: Fetching,
  ): Promise<OperationResult> => {
    const merged = (await planned({
      document: plannedDocument(document),
      variables: { ...variables },
      ...(operationName === undefined ? {} : { operationName }),
      operationType: operation.operation,
      context: fetching,
    })) as OperationResult;
    const { coerced } = getVariableValues(apiSchema, operation.variableDefinitions ?? [], { ...variables });
    const { data, holes } = merged.data
      ? completeResult(apiSchema, document, operation, coerced ?? {}, merged.data)
      : { data: null, holes: [] };
    const errors = (merged.errors ?? []).map((error) => maskError(asGraphQLError(error), context.requestId));
    if (errors.length === 0) for (const path of holes) errors.push(maskError(notThere(path), context.requestId));
    return {
      data,
      ...(errors.length > 0 ? { errors } : {}),
      ...(fetching.seen ? { extensions: { position: fetching.context.atLeast } } : {}),
    };
  };

  return {
    apiSchema,
    execute: async (asked) => {
      const { document, operation, operationName, variables, context } = asked;
      if (introspectionUse(document, operation) === 'only')
        return (await executeSchema({ schema: apiSchema, document, operationName, variableValues: variables })) as OperationResult;
      return run(asked, { context, seen: false });
    },
    subscribe: async function* (asked, signal) {
      const { context } = asked;
      const planning: Fetching = { context, seen: false };
      await run(asked, planning);
      const { subgraph = '', request } = planning.root ?? {};
      const subscribe = subscriberOf.get(subgraph);
      if (!request || !subscribe) {
        const { message, path, extensions } = maskError(notAnswered(subgraph), context.requestId);
        return yield { data: null, errors: [new GraphQLError(message, { path: path ?? null, extensions })] };
      }
      const { document, variables, operationName } = request;
      // The plan is followed anew for every event: the planner's own loop keeps the data and the errors of the events before.
      for await (const event of subscribe({ document, variables, operationName, context, signal }))
        yield run(asked, { context, seen: false, event });
    },
  };
}

function namedInLowerCase<T>(byName: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(byName).map(([name, one]) => [name.toLowerCase(), one]));
}

function notAnswered(subgraph: string): GraphQLError {
  return failure('SUBGRAPH_UNAVAILABLE', `${subgraph} has no subscriptions now.`, { subgraph, remedy: 'Ask by a query, or try again.' });
}

/** Each subgraph completes what it returns itself: a hole between them is an object that its owner does not know. */
function notThere(path: Hole): GraphQLError {
  const { message, extensions } = failure('NOT_FOUND', 'There is no such object.');
  return new GraphQLError(message, { path, extensions });
}

type PlannedFetch = {
  readonly document: DocumentNode;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly context: unknown;
};

/** The planner puts the failed subrequest, with address, query and variables, next to a code: only ours goes on. */
function withoutRequest(error: GraphQLError): GraphQLError {
  const { request: _request, ...extensions } = error.extensions;
  return new GraphQLError(error.message, { path: error.path ?? null, extensions });
}

function asGraphQLError(error: GraphQLError): GraphQLError {
  if (isFailureCode(error.extensions?.['code'])) return error;
  if (error.extensions?.['code'] === 'DOWNSTREAM_SERVICE_ERROR')
    return failure('SUBGRAPH_UNAVAILABLE', 'A part of the answer is not available now.');
  return error;
}
