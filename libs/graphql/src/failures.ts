import { GraphQLError } from 'graphql';

/**
 * The closed list of `extensions.code`. These are failures of a request; what a command refuses is an outcome and comes as
 * `CommandRefused` in the result union.
 */
export const FAILURE_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'DOCUMENT_NOT_TRUSTED',
  'LIMIT_EXCEEDED',
  'INTROSPECTION_MIXED',
  'NOT_FOUND',
  'AS_OF_UNSUPPORTED',
  'CURSOR_EXPIRED',
  'SUBSCRIBER_TOO_SLOW',
  'OVERLOADED',
  'SUBGRAPH_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** What may stand in an error's `extensions`; everything else is taken out on its way to the client. */
export type FailureDetail = {
  /** The argument or variable that broke the rule. */
  readonly field?: string;
  readonly rule?: string;
  readonly remedy?: string;
  /** The subgraph that did not answer. */
  readonly subgraph?: string;
};

export function isFailureCode(code: unknown): code is FailureCode {
  return (FAILURE_CODES as readonly unknown[]).includes(code);
}

/** An error that may be shown to a client. A resolver throws it; anything else that it throws is masked. */
export function failure(code: FailureCode, message: string, detail: FailureDetail = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...detail } });
}

/** What a client may see of an error: our own failures as they are, everything else as INTERNAL_SERVER_ERROR without a detail. */
export function maskError(error: GraphQLError, requestId: string): GraphQLError {
  const code = error.extensions['code'];
  const place = { path: error.path ?? null, nodes: null, positions: null, source: null };
  if (!isFailureCode(code) || code === 'INTERNAL_SERVER_ERROR')
    return new GraphQLError('Something failed on our side. Quote the requestId.', {
      ...place,
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    });
  return new GraphQLError(error.message, { ...place, extensions: { ...shownDetail(error), code, requestId } });
}

function shownDetail(error: GraphQLError): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const name of ['field', 'rule', 'remedy', 'subgraph'] as const) {
    const value = error.extensions[name];
    if (typeof value === 'string') shown[name] = value;
  }
  return shown;
}
