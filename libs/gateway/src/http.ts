import { failure, maskError } from '@tsunagari/graphql';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { GraphQLError } from 'graphql';
import { admitRequest, type Authenticate, type OperationContext } from './admission';
import { statusOf } from './apollo';
import type { TrustedDocuments } from './trusted-documents';

/** Signs in, and reads the request as far as that goes without its document. What fails is answered here. */
export function admission(authenticate: Authenticate, trusted: TrustedDocuments, newRequestId: () => string): RequestHandler {
  return async (request, response, next) => {
    const requestId = newRequestId();
    response.setHeader('x-request-id', requestId);
    try {
      const signIn = await authenticate(request.headers.authorization ?? null);
      if (signIn.kind === 'refused') throw failure('UNAUTHENTICATED', signIn.message, { remedy: 'Sign in again.' });
      const admitted = admitRequest(request.body, request.headers, signIn.principal, requestId, trusted);
      request.body = admitted.request;
      response.locals['context'] = admitted.context;
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return answer(response, error, requestId);
    }
    next();
  };
}

/** The context that {@link admission} made. */
export function contextOf(response: Response): OperationContext {
  return response.locals['context'] as OperationContext;
}

/** What fails around an operation: a body that is no JSON or too long (400, 413), and our own faults (500), in GraphQL's form. */
export function bodyFailure(newRequestId: () => string): ErrorRequestHandler {
  return (error: { status?: number; type?: string }, _request, response, next) => {
    if (response.headersSent) return next(error);
    const requestId = String(response.getHeader('x-request-id') ?? newRequestId());
    if (error.type === 'entity.too.large')
      return answer(response, failure('LIMIT_EXCEEDED', 'The request is too long.', { field: 'body' }), requestId, 413);
    if (typeof error.status === 'number' && error.status < 500)
      return answer(response, failure('BAD_REQUEST', 'The request is no JSON.', { field: 'body' }), requestId, error.status);
    answer(response, failure('INTERNAL_SERVER_ERROR', ''), requestId);
  };
}

function answer(response: Response, error: GraphQLError, requestId: string, status = statusOf(error.extensions['code'])): void {
  response.status(status).json({ errors: [maskError(error, requestId).toJSON()] });
}
