import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApolloServer } from '@apollo/server';
import type { Principal } from '@tsunagari/access';
import { failure, maskError } from '@tsunagari/graphql';
import { type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { admitRequest, type Authenticate, type OperationContext } from './admission';
import type { Limits } from './limits';
import type { TrustedDocuments } from './trusted-documents';

export type WebSocketOptions = {
  readonly server: Server;
  readonly path: string;
  readonly apollo: ApolloServer<OperationContext>;
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticate;
  readonly trusted: TrustedDocuments;
  readonly limits: Limits;
  readonly onError: (error: unknown, requestId: string) => void;
};

export type Attached = { readonly stop: () => Promise<void> };

type Session = { principal?: Principal; expiry?: NodeJS.Timeout };

/** Operations that one socket may have running at once. */
const OPERATIONS_PER_SOCKET = 50;
/** The longest a timer can wait; a token that lives longer is looked at again then by whoever reconnects. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * graphql-ws in front of the same Apollo Server. graphql-ws would parse and validate by itself, with rules of its own: it is given
 * an empty document instead, and what the client sent goes through the one pipeline.
 */
export function attachGraphqlWebSocket({
  server,
  path,
  apollo,
  schema,
  authenticate,
  trusted,
  limits,
  onError,
}: WebSocketOptions): Attached {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes });
  const nothing = parse('{ __typename }');

  const run = async (payload: unknown, principal: Principal, running: number): Promise<ExecutionResult> => {
    const requestId = randomUUID();
    try {
      if (running > OPERATIONS_PER_SOCKET)
        throw failure('LIMIT_EXCEEDED', 'Too many operations on one socket.', { rule: `at most ${OPERATIONS_PER_SOCKET}` });
      const { request, context } = admitRequest(payload, {}, principal, requestId, trusted);
      const { body } = await apollo.executeOperation(request, { contextValue: context });
      return body.kind === 'single' ? asExecuted(body.singleResult) : {};
    } catch (error) {
      if (!(error instanceof GraphQLError)) onError(error, requestId);
      return { errors: [maskError(error instanceof GraphQLError ? error : new GraphQLError(''), requestId)] };
    }
  };

  const protocol = useServer<Record<string, unknown>, Session>(
    {
      schema,
      onConnect: async ({ connectionParams, extra }) => {
        const sent = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
        const signIn = await authenticate(typeof sent === 'string' ? sent : null);
        if (signIn.kind === 'refused') return false;
        extra.principal = signIn.principal;
        if (signIn.expiresAt !== null) {
          const left = Math.max(0, signIn.expiresAt * 1000 - Date.now());
          extra.expiry = setTimeout(() => extra.socket.close(CloseCode.Forbidden, 'Token expired'), Math.min(left, LONGEST_TIMER_MS));
        }
        return true;
      },
      onClose: ({ extra }) => clearTimeout(extra.expiry),
      onSubscribe: ({ extra, subscriptions }, _id, payload) => {
        if (!extra.principal) return [failure('UNAUTHENTICATED', 'Sign in first.')];
        const { principal } = extra;
        const running = Object.keys(subscriptions).length;
        return { schema, document: nothing, contextValue: { run: () => run(payload, principal, running) } };
      },
      execute: ({ contextValue }) => (contextValue as { run: () => Promise<ExecutionResult> }).run(),
    },
    sockets,
  );

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url?.split('?')[0] !== path) {
      // Nobody else listens: without an answer the client would wait for ever.
      if (server.listenerCount('upgrade') === 1) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
  };
  server.on('upgrade', upgrade);
  return {
    stop: async () => {
      server.off('upgrade', upgrade);
      await protocol.dispose();
    },
  };
}

/** graphql-ws writes errors with `toJSON`; Apollo has formatted them already. */
function asExecuted({ errors, ...result }: FormattedExecutionResult): ExecutionResult {
  const written = errors?.map((error) => ({ ...error, toJSON: () => error }) as unknown as GraphQLError);
  return { ...result, ...(written ? { errors: written } : {}) } as ExecutionResult;
}
