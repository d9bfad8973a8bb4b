import type { Principal } from '@tsunagari/access';
import { isPosition, laterPosition, type Position } from '@tsunagari/contracts';
import { failure, type FetchContext, POSITION_HEADER } from '@tsunagari/graphql';
import {
  getVariableValues,
  GraphQLError,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { introspectionUse } from './introspection';
import { exceeded, type Limits, measure } from './limits';
import { type OperationRequest, resolveDocument, type TrustedDocuments } from './trusted-documents';
import type { Operation } from './unified-graph';

/** What a token or a key proved. Refused: it was sent and does not hold; whoever sends none is the anonymous principal. */
export type SignIn =
  | { readonly kind: 'accepted'; readonly principal: Principal; /** Seconds since 1970. */ readonly expiresAt: number | null }
  | { readonly kind: 'refused'; readonly message: string };

/** Checks the value of `Authorization`, null when there is none. */
export type Authenticate = (authorization: string | null) => Promise<SignIn>;

/** One request on its way through the pipeline. `atLeast` grows while its sources are read: header, extensions, arguments. */
export type OperationContext = { -readonly [Key in keyof FetchContext]: FetchContext[Key] } & {
  /** Takes an admitted subscription over; a transport that has no stream leaves it out, and subscriptions are refused. */
  readonly onSubscription?: (operation: Operation) => void;
};

export type Admitted = { readonly request: OperationRequest; readonly context: OperationContext };

/** The part before the document is read. Throws what the client is told. */
export function admitRequest(
  body: unknown,
  headers: Headers,
  principal: Principal,
  requestId: string,
  trusted: TrustedDocuments,
): Admitted {
  const request = resolveDocument(readRequest(body), trusted);
  if (request instanceof GraphQLError) throw request;
  const context: OperationContext = { requestId, principal, atLeast: null };
  seenAtLeast(context, headers[POSITION_HEADER], POSITION_HEADER);
  seenAtLeast(context, request.extensions?.['atLeast'], 'extensions.atLeast');
  return { request, context };
}

type Headers = Readonly<Record<string, unknown>>;

/** The part after the document was parsed and validated, before anything is asked of a subgraph. Throws what the client is told. */
export function admitOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  context: OperationContext,
  limits: Limits,
): void {
  if (!schema.getRootType(operation.operation))
    throw failure('GRAPHQL_VALIDATION_FAILED', `There is no ${operation.operation} in this schema.`);
  if (operation.operation === 'subscription' && !context.onSubscription)
    throw failure('BAD_REQUEST', 'A subscription has more than one answer.', {
      rule: 'subscriptions go over WebSocket, by the protocol graphql-transport-ws',
      remedy: 'Use subscribe of @tsunagari/client, or any client of graphql-ws.',
    });
  if (introspectionUse(document, operation) === 'mixed')
    throw failure('INTROSPECTION_MIXED', 'An operation asks for the schema or for data, not for both.', { remedy: 'Send two operations.' });
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variables }, { maxErrors: 5 });
  const [wrong] = coerced.errors ?? [];
  if (wrong) throw badVariable(wrong);
  const tooMuch = exceeded(measure(schema, document, operation, coerced.coerced ?? {}), limits);
  if (tooMuch) throw tooMuch;
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    const argument = selection.arguments?.find(({ name }) => name.value === 'atLeast');
    if (argument) seenAtLeast(context, valueFromASTUntyped(argument.value, coerced.coerced), 'atLeast');
  }
}

function seenAtLeast(context: OperationContext, value: unknown, field: string): void {
  if (value === undefined || value === null) return;
  if (!isPosition(value))
    throw failure('BAD_USER_INPUT', 'This is not a position.', { field, rule: 'a position as a mutation or a freshness returned it' });
  context.atLeast = laterPosition(value, context.atLeast ?? value) satisfies Position;
}

function readRequest(body: unknown): OperationRequest {
  if (Array.isArray(body)) throw failure('BAD_REQUEST', 'Batches are not offered.', { remedy: 'Send one operation a request.' });
  if (typeof body !== 'object' || body === null) throw failure('BAD_REQUEST', 'A request is a JSON object.');
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (!isAbsentOr(query, 'string')) throw failure('BAD_REQUEST', 'query is not a text.', { field: 'query' });
  if (!isAbsentOr(operationName, 'string')) throw failure('BAD_REQUEST', 'operationName is not a text.', { field: 'operationName' });
  for (const [field, value] of Object.entries({ variables, extensions }))
    if (!isAbsentOr(value, 'object') || Array.isArray(value)) throw failure('BAD_REQUEST', `${field} is not an object.`, { field });
  // graphql-ws lets no request pass without `query`: an empty one stands for the hash in `extensions`.
  const given = Object.entries({ query: query === '' ? null : query, operationName, variables, extensions });
  return Object.fromEntries(given.filter(([, value]) => value != null));
}

function isAbsentOr(value: unknown, type: 'string' | 'object'): boolean {
  return value === undefined || value === null || typeof value === type;
}

function badVariable(error: GraphQLError): GraphQLError {
  const [node] = error.nodes ?? [];
  const field = node?.kind === Kind.VARIABLE_DEFINITION ? node.variable.name.value : undefined;
  const cause = error.originalError instanceof GraphQLError ? error.originalError.extensions['rule'] : undefined;
  return failure('BAD_USER_INPUT', error.message, {
    ...(field === undefined ? {} : { field }),
    ...(typeof cause === 'string' ? { rule: cause } : {}),
  });
}
