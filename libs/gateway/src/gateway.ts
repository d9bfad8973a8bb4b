import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { expressMiddleware } from '@as-integrations/express5';
import type { SubgraphExecutor, SubgraphSubscriber } from '@tsunagari/graphql';
import type { GraphQLSchema } from 'graphql';
import express, { type Router } from 'express';
import type { Authenticate } from './admission';
import { apolloServer } from './apollo';
import { graphiqlPage } from './graphiql';
import { admission, bodyFailure, contextOf } from './http';
import { defaultLimits, type Limits } from './limits';
import { securityHeaders } from './security-headers';
import type { TrustedDocuments } from './trusted-documents';
import { unifiedGraph } from './unified-graph';
import { attachGraphqlWebSocket, type Attached } from './web-socket';

export type GatewayOptions = {
  readonly supergraphSdl: string;
  /** By subgraph name: in the process (`subgraph.execute`) or by HTTP (`httpExecutor`). */
  readonly executors: Readonly<Record<string, SubgraphExecutor>>;
  /** By the name of a subgraph that has subscriptions: in the process (`subgraph.subscribe`) or by HTTP (`httpSubscriber`). */
  readonly subscribers?: Readonly<Record<string, SubgraphSubscriber>>;
  readonly authenticate: Authenticate;
  /** Default: off. */
  readonly trustedDocuments?: TrustedDocuments;
  readonly limits?: Partial<Limits>;
  /** Whether clients may ask for the schema. Default: yes. */
  readonly introspection?: boolean;
  /** The folder that `buildGraphiql` filled; null or absent: no page. */
  readonly graphiqlFolder?: string | null;
  /** Gets every error that was not meant for a client, as it was thrown. */
  readonly onError?: (error: unknown, requestId: string) => void;
};

export type Gateway = {
  /** Mount it at `/graphql`: POST operations, GET the GraphiQL page. Needs no body parser in front of it. */
  readonly handler: Router;
  readonly apiSchema: GraphQLSchema;
  /** Serves graphql-ws (protocol graphql-transport-ws) on the path of the given server. */
  readonly attachWebSocket: (server: Server, path?: string) => void;
  /** Says goodbye to every socket, with what it subscribed to; no new one is taken. */
  readonly closeSockets: () => Promise<void>;
  /** Closes the sockets and lets running operations end. */
  readonly stop: () => Promise<void>;
};

/** The edge: one pipeline for HTTP and WebSocket. Throws when the supergraph cannot be read. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = { ...defaultLimits, ...options.limits };
  const onError = options.onError ?? (() => undefined);
  const trusted = options.trustedDocuments ?? { mode: 'off', manifest: {} };
  const { supergraphSdl, executors, subscribers } = options;
  const graph = await unifiedGraph({ supergraphSdl, executors, subscribers, onError });
  const apollo = apolloServer({
    graph,
    supergraphSdl,
    limits,
    introspection: options.introspection ?? true,
    onError,
  });
  await apollo.start();

  const handler = express.Router();
  handler.use(securityHeaders());
  if (options.graphiqlFolder) handler.use(graphiqlPage(options.graphiqlFolder));
  handler.post(
    '/',
    express.json({ limit: limits.bodyBytes }),
    admission(options.authenticate, trusted, randomUUID),
    expressMiddleware(apollo, { context: async ({ res }) => contextOf(res) }),
  );
  handler.all('/', (_, response) => void response.status(405).set('allow', 'POST').end());
  handler.use(bodyFailure(randomUUID));

  const sockets: Attached[] = [];
  const closeSockets = async (): Promise<void> => void (await Promise.all(sockets.splice(0).map((socket) => socket.stop())));
  return {
    handler,
    apiSchema: graph.apiSchema,
    attachWebSocket: (server, path = '/graphql') =>
      void sockets.push(
        attachGraphqlWebSocket({
          server,
          path,
          apollo,
          graph,
          authenticate: options.authenticate,
          trusted,
          limits,
          onError,
        }),
      ),
    closeSockets,
    stop: async () => {
      await closeSockets();
      await apollo.stop();
    },
  };
}
