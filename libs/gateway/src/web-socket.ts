import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApolloServer } from '@apollo/server';
import type { Principal } from '@tsunagari/access';
import { failure, maskError } from '@tsunagari/graphql';
import { type ExecutionResult, type FormattedExecutionResult, GraphQLError, parse } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { admitRequest, type Authenticate, type OperationContext } from './admission';
import { shownError } from './apollo';
import type { Limits } from './limits';
import type { TrustedDocuments } from './trusted-documents';
import type { Operation, OperationResult, UnifiedGraph } from './unified-graph';

export type WebSocketOptions = {
  readonly server: Server;
  readonly path: string;
  readonly apollo: ApolloServer<OperationContext>;
  readonly graph: UnifiedGraph;
  readonly authenticate: Authenticate;
  readonly trusted: TrustedDocuments;
  readonly limits: Limits;
  readonly onError: (error: unknown, requestId: string) => void;
};

export type Attached = { readonly stop: () => Promise<void> };

/** What one operation comes to: an answer, or the events of a subscription. */
type Outcome = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

type Tracked = <T>(work: Promise<T>) => Promise<T>;

type Session = { principal?: Principal; expiry?: NodeJS.Timeout };

/** Operations that one socket may have running at once. */
const OPERATIONS_PER_SOCKET = 50;
/** How long a client has to close its side when the process stops. */
const GOODBYE_MS = 1_000;
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
  graph,
  authenticate,
  trusted,
  limits,
  onError,
}: WebSocketOptions): Attached {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes });
  const nothing = parse('{ __typename }');
  const schema = graph.apiSchema;

  /** What goes on: a process that stops lets it end before it closes its database. */
  const running = new Set<Promise<unknown>>();
  const tracked: Tracked = (work) => {
    const ended = work.then(
      () => void running.delete(ended),
      () => void running.delete(ended),
    );
    running.add(ended);
    return work;
  };

  const run = async (payload: unknown, principal: Principal, others: number): Promise<Outcome> => {
    const requestId = randomUUID();
    try {
      if (others > OPERATIONS_PER_SOCKET)
        throw failure('LIMIT_EXCEEDED', 'Too many operations on one socket.', { rule: `at most ${OPERATIONS_PER_SOCKET}` });
      const { request, context } = admitRequest(payload, {}, principal, requestId, trusted);
      const admitted: Operation[] = [];
      const contextValue: OperationContext = { ...context, onSubscription: (operation) => void admitted.push(operation) };
      const { body } = await apollo.executeOperation(request, { contextValue });
      const [subscription] = admitted;
      if (subscription) return events(graph, subscription, tracked);
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
        const others = Object.keys(subscriptions).length;
        return { schema, document: nothing, contextValue: { run: () => tracked(run(payload, principal, others)) } };
      },
      execute: ({ contextValue }) => (contextValue as { run: () => Promise<Outcome> }).run(),
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
      // Whoever does not answer the goodbye is cut off.
      const patience = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, GOODBYE_MS);
      await protocol.dispose();
      clearTimeout(patience);
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** A subscription as graphql-ws follows it: it asks for the next event once the last one is written, so a slow client slows only itself. */
function events(graph: UnifiedGraph, subscription: Operation, tracked: Tracked): AsyncIterableIterator<ExecutionResult> {
  const gone = new AbortController();
  const source = shownEvents(graph.subscribe(subscription, gone.signal), subscription.context.requestId);
  // A generator that waits for its source hears of `return` only after the next event: the signal ends the source itself.
  const leave = (): void => gone.abort();
  return {
    next: () => tracked(source.next()),
    return: (value) => (leave(), tracked(source.return(value))),
    throw: (error) => (leave(), tracked(source.throw(error))),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* shownEvents(results: AsyncIterable<OperationResult>, requestId: string): AsyncGenerator<ExecutionResult> {
  for await (const { errors, ...result } of results) {
    const shown = errors?.map((error) => {
      const { extensions, ...rest } = shownError(error.toJSON());
      return { ...rest, extensions: { ...extensions, requestId } };
    });
    yield asExecuted({ ...result, ...(shown ? { errors: shown } : {}) });
  }
}

/** graphql-ws writes errors with `toJSON`; Apollo has formatted them already. */
function asExecuted({ errors, ...result }: FormattedExecutionResult): ExecutionResult {
  const written = errors?.map((error) => ({ ...error, toJSON: () => error }) as unknown as GraphQLError);
  return { ...result, ...(written ? { errors: written } : {}) } as ExecutionResult;
}
