import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { failure, isFailureCode, maskError } from '@tsunagari/graphql';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { admitOperation, type OperationContext } from './admission';
import type { Limits } from './limits';
import type { UnifiedGraph } from './unified-graph';

export type EdgeOptions = {
  readonly graph: UnifiedGraph;
  readonly supergraphSdl: string;
  readonly limits: Limits;
  readonly introspection: boolean;
  readonly onError: (error: unknown, requestId: string) => void;
};

type Logger = NonNullable<ConstructorParameters<typeof ApolloServer>[0]['logger']>;
type Gateway = NonNullable<ConstructorParameters<typeof ApolloServer>[0]['gateway']>;

/** HTTP status of what is refused before anything was asked. An answer with data, even null, is 200. */
const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  PERSISTED_QUERY_NOT_FOUND: 200,
  OVERLOADED: 503,
  INTERNAL_SERVER_ERROR: 500,
};

export function statusOf(code: unknown): number {
  return STATUS[String(code)] ?? 400;
}

/**
 * Apollo Server over the unified graph. Both transports send their operations through it, so parsing, validation, limits and the
 * masking of errors are the same for both by construction.
 */
export function apolloServer({ graph, supergraphSdl, limits, introspection, onError }: EdgeOptions): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({
    gateway: gatewayOf(graph, supergraphSdl),
    parseOptions: { maxTokens: limits.tokens },
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    nodeEnv: 'production',
    stopOnTerminationSignals: false,
    logger: quiet,
    formatError: shownError,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      pipeline(graph, limits, onError),
    ],
  });
}

/** Errors as a client sees them: a code of the closed list, no stack, no address, no cause. */
export function shownError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const error = new GraphQLError(formatted.message, { path: formatted.path ?? null, extensions: formatted.extensions ?? {} });
  const { message, path, extensions } = maskError(error, '').toJSON();
  const { requestId: _later, ...shown } = extensions ?? {};
  const masked = shown['code'] === 'INTERNAL_SERVER_ERROR';
  return {
    message,
    ...(formatted.locations && !masked ? { locations: formatted.locations } : {}),
    ...(path === undefined ? {} : { path }),
    extensions: shown,
  };
}

function gatewayOf(graph: UnifiedGraph, supergraphSdl: string): Gateway {
  return {
    onSchemaLoadOrUpdate: (listen) => {
      listen({ apiSchema: graph.apiSchema, coreSupergraphSdl: supergraphSdl });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ document, request, operation, operationName, context }) => {
        const { requestId, principal, atLeast, onSubscription } = context as OperationContext;
        const admitted = {
          document,
          operation,
          operationName: operationName ?? undefined,
          variables: request.variables ?? {},
          context: { requestId, principal, atLeast },
        };
        if (operation.operation !== 'subscription') return graph.execute(admitted);
        // Apollo has no streams: whoever sent it follows it.
        onSubscription?.(admitted);
        return { data: {} };
      },
    }),
    stop: async () => undefined,
  };
}

function pipeline(graph: UnifiedGraph, limits: Limits, onError: EdgeOptions['onError']): ApolloServerPlugin<OperationContext> {
  return {
    requestDidStart: async ({ contextValue: { requestId } }) => ({
      didResolveOperation: async ({ document, operation, request, contextValue }) => {
        try {
          if (!operation)
            throw failure('OPERATION_RESOLUTION_FAILURE', 'The document has no such operation, or several and none is named.', {
              field: 'operationName',
            });
          admitOperation(graph.apiSchema, document, operation, request.variables ?? {}, contextValue, limits);
        } catch (error) {
          throw error instanceof GraphQLError ? withStatus(error) : error;
        }
      },
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) if (!isFailureCode(error.extensions['code'])) onError(error.originalError ?? error, requestId);
      },
      willSendResponse: async ({ response: { body } }) => {
        if (body.kind !== 'single' || !body.singleResult.errors) return;
        body.singleResult.errors = body.singleResult.errors.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
      },
    }),
  };
}

function withStatus(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { ...error.extensions, http: { status: statusOf(error.extensions['code']) } } });
}

/** What Apollo logs we are told by its hooks; its own lines carry no requestId. */
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
