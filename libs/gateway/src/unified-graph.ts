import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { laterPosition } from '@tsunagari/contracts';
import { failure, type FetchContext, isFailureCode, maskError, type SubgraphExecutor, unavailable, withScalars } from '@tsunagari/graphql';
import {
  buildSchema,
  type DocumentNode,
  execute as executeSchema,
  type ExecutionResult,
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
};

export type UnifiedGraphOptions = {
  readonly supergraphSdl: string;
  /** By subgraph name. A subgraph without an executor is one that does not answer. */
  readonly executors: Readonly<Record<string, SubgraphExecutor>>;
  /** Gets what an executor threw; the client is told SUBGRAPH_UNAVAILABLE. */
  readonly onError: (error: unknown, requestId: string) => void;
};

/** What the fetches of one operation share: a mutation moves `atLeast` on for those that follow it. */
type Fetching = { context: FetchContext; appended: boolean };

/** Builds the graph. Throws when the supergraph cannot be read. */
export async function unifiedGraph({ supergraphSdl, executors, onError }: UnifiedGraphOptions): Promise<UnifiedGraph> {
  const byName = new Map(Object.entries(executors).map(([name, executor]) => [name.toLowerCase(), executor]));
  const fetch = async (subgraph: string, request: PlannedFetch): Promise<ExecutionResult> => {
    const name = subgraph.toLowerCase();
    const fetching = request.context as Fetching;
    const { document, variables, operationName } = request;
    let result;
    try {
      result = await (byName.get(name)?.({ document, variables, operationName, context: fetching.context }) ?? unavailable(name));
    } catch (error) {
      onError(error, fetching.context.requestId);
      result = unavailable(name);
    }
    const position = result.extensions?.position;
    if (position !== undefined) {
      fetching.context = { ...fetching.context, atLeast: laterPosition(position, fetching.context.atLeast ?? position) };
      fetching.appended = true;
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

  return {
    apiSchema,
    execute: async ({ document, operation, operationName, variables, context }) => {
      if (introspectionUse(document, operation) === 'only')
        return (await executeSchema({ schema: apiSchema, document, operationName, variableValues: variables })) as OperationResult;
      const fetching: Fetching = { context, appended: false };
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
        ...(fetching.appended ? { extensions: { position: fetching.context.atLeast } } : {}),
      };
    },
  };
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
