import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { anonymous, type Principal, type Role } from '@tsunagari/access';
import { comparePositions, laterPosition, type Position } from '@tsunagari/contracts';
import {
  commandRefused,
  type ContextSigner,
  connectionOf,
  defineSubgraph,
  failure,
  type FetchContext,
  fromGlobalId,
  nodeSubgraph,
  nodeTypeDefs,
  pageOf,
  type Subgraph,
  subgraphSdl,
  toGlobalId,
} from '@tsunagari/graphql';
import { composeServices } from '@theguild/federation-composition';
import express from 'express';
import { parse } from 'graphql';
import { WebSocket } from 'ws';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway';

/** A small shop of two subgraphs that know nothing of one another, for the specs of the edge. Real planner, real servers. */
const peopleSdl = /* GraphQL */ `
  type Person implements Node @key(fields: "id") {
    id: ID!
    name: String!
    secret: String @role(anyOf: ["admin"])
  }
  type PersonEdge {
    cursor: String!
    node: Person!
  }
  type PersonConnection {
    edges: [PersonEdge!]!
    pageInfo: PageInfo!
  }
  type PersonRenamed {
    position: Position!
    person: Person!
  }
  union RenameResult = PersonRenamed | CommandRefused
  type Query {
    person(id: ID!, atLeast: Position): Person @role(anyOf: ["ops", "admin"])
    people(first: Int!, after: String): PersonConnection! @role(anyOf: ["ops", "admin"])
    everybody: [Person!]! @role(anyOf: ["ops", "admin"])
    crash: String @role(anyOf: ["ops"])
    since(day: Day!): String @role(anyOf: ["ops"])
    seenAtLeast: Position @role(anyOf: ["ops"])
  }
  type PersonChange {
    position: Position!
    person: Person!
    "Of the loaders that this event was read with."
    loaders: Int!
    broken: String
  }
  type Subscription {
    "Ends after the last of so many."
    personChanged(id: ID!, count: Int, after: Position): PersonChange! @role(anyOf: ["ops", "admin"])
  }
  type Mutation {
    renamePerson(id: ID!, name: String!): RenameResult! @role(anyOf: ["ops"])
  }
`;

/** \`grade\` is a String! of another subgraph, as this platform forbids it: the edge must survive what a deployment may bring. */
const gradesSdl = /* GraphQL */ `
  extend type Person @key(fields: "id") {
    id: ID!
    points: Int
    grade: String!
    nameAsGraded: String
  }
  type Query {
    best: Person @role(anyOf: ["ops"])
  }
`;

type Key = { readonly key: string };
type Change = Key & { readonly position: Position; readonly broken?: boolean };

export type Shop = ReturnType<typeof openShop>;

/** A shop with its state, and what its subgraphs were asked. */
export function openShop() {
  const names = new Map(['1', '2', '3'].map((key) => [key, `Person ${key}`]));
  const failing = new Set<string>();
  const errors: unknown[] = [];
  const fetches: { subgraph: string; context: FetchContext }[] = [];
  let head: Position = '10';
  /** What `grades` has seen of the names: it follows only when it is asked to. */
  const graded = new Map(names);
  let gradedUpTo: Position = head;
  let loadersMade = 0;
  /** Who follows which person, and how each is told. */
  const following = new Set<(change: Change) => void>();
  const told: Change[] = [];

  async function* changes(key: string, count: number, after: Position | undefined, signal?: AbortSignal): AsyncGenerator<Change> {
    const waiting = told.filter((change) => change.key === key && after !== undefined && comparePositions(change.position, after) > 0);
    let wake = (): void => undefined;
    const take = (change: Change): void => {
      if (change.key !== key) return;
      waiting.push(change);
      wake();
    };
    const leave = (): void => wake();
    following.add(take);
    signal?.addEventListener('abort', leave);
    try {
      for (let told = 0; told < count && !signal?.aborted;) {
        const change = waiting.shift();
        if (change) {
          told++;
          yield change;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      following.delete(take);
    }
  }

  const people = defineSubgraph({
    name: 'people',
    typeDefs: peopleSdl,
    createLoaders: () => ({ made: ++loadersMade }),
    onError: (error) => errors.push(error),
    resolvers: {
      Person: {
        id: ({ key }: Key) => toGlobalId('Person', key),
        name: ({ key }: Key) => names.get(key),
        secret: () => 'xyzzy',
        __resolveReference: ({ id }: { id: string }) => {
          const key = fromGlobalId('Person', id);
          if (key === '-7') throw failure('NOT_FOUND', 'There is no such person.');
          return names.has(key) ? { key } : null;
        },
      },
      Query: {
        person: (_: unknown, { id }: { id: string }) => {
          const key = fromGlobalId('Person', id);
          return names.has(key) ? { key } : null;
        },
        people: (_: unknown, args: { first: number; after?: string }) => {
          const page = pageOf(args);
          const keys = [...names.keys()].filter((key) => page.after === null || key > page.after.id);
          return connectionOf(
            keys.map((key) => ({ key })),
            page,
            ({ key }) => ({ key: [key], id: key }),
          );
        },
        everybody: () => [...names.keys()].map((key) => ({ key })),
        crash: () => {
          throw new Error('connect ECONNREFUSED 10.0.0.7:5432 password=hunter2');
        },
        since: (_: unknown, { day }: { day: string }) => day,
        seenAtLeast: (_: unknown, __: unknown, context: FetchContext) => context.atLeast,
      },
      Subscription: {
        personChanged: {
          subscribe: (
            _: unknown,
            { id, count, after }: { id: string; count?: number; after?: Position },
            { signal }: { signal?: AbortSignal },
          ) => {
            const key = fromGlobalId('Person', id);
            if (!names.has(key)) throw failure('NOT_FOUND', 'There is no such person.', { field: 'id' });
            return changes(key, count ?? Infinity, after, signal);
          },
          resolve: (change: Change) => change,
        },
      },
      PersonChange: {
        person: ({ key }: Change) => ({ key }),
        loaders: (_: unknown, __: unknown, { loaders }: { loaders: { made: number } }) => loaders.made,
        broken: ({ broken }: Change) => {
          if (broken) throw failure('OVERLOADED', 'Not this one.');
          return null;
        },
      },
      Mutation: {
        renamePerson: (_: unknown, { id, name }: { id: string; name: string }, context: { appended(position: Position): void }) => {
          const key = fromGlobalId('Person', id);
          if (!names.has(key))
            return commandRefused({ code: 'UNKNOWN_CUSTOMER', field: 'id', rule: 'a person there is', message: 'Nobody.', remedy: null });
          names.set(key, name);
          head = String(BigInt(head) + 1n);
          context.appended(head);
          return { __typename: 'PersonRenamed', position: head, person: { key } };
        },
      },
    },
  });

  const grades = defineSubgraph({
    name: 'grades',
    typeDefs: gradesSdl,
    createLoaders: () => ({}),
    caughtUp: async (position) => {
      if (comparePositions(gradedUpTo, position) >= 0) return;
      gradedUpTo = laterPosition(gradedUpTo, head);
      for (const [key, name] of names) graded.set(key, name);
    },
    resolvers: {
      Person: {
        points: ({ id }: { id: string }) => Number(fromGlobalId('Person', id)) * 10,
        grade: ({ id }: { id: string }) => {
          if (failing.has(id)) throw failure('OVERLOADED', 'No grade now.');
          return 'A';
        },
        nameAsGraded: ({ id }: { id: string }) => graded.get(fromGlobalId('Person', id)),
      },
      Query: { best: () => ({ id: toGlobalId('Person', '1') }) },
    },
  });

  const recorded =
    (subgraph: Subgraph): Subgraph['execute'] =>
    (request) => {
      fetches.push({ subgraph: subgraph.name, context: request.context });
      return subgraph.execute(request);
    };
  const node = nodeSubgraph(['Person']);
  return {
    people,
    grades,
    node,
    failing,
    errors,
    fetches,
    /** How many subscriptions follow somebody. */
    followers: () => following.size,
    /** Gives a person another name, and tells who follows her. */
    change: (key: string, name: string, { broken = false } = {}) => {
      names.set(key, name);
      head = String(BigInt(head) + 1n);
      const change = { key, position: head, broken };
      told.push(change);
      for (const take of following) take(change);
      return head;
    },
    subscribers: { people: people.subscribe },
    executors: { people: recorded(people), grades: recorded(grades), node: recorded(node) },
  };
}

export function shopSupergraph(): string {
  const services = Object.entries({ people: peopleSdl, grades: gradesSdl, node: nodeTypeDefs(['Person']) });
  const composed = composeServices(
    services.map(([name, sdl]) => ({ name, typeDefs: parse(subgraphSdl(sdl)), url: `http://${name}.invalid` })),
  );
  if (!composed.supergraphSdl) throw new Error(composed.errors?.map((error) => error.message).join('\n'));
  return composed.supergraphSdl;
}

export function staff(...roles: Role[]): Principal {
  return { kind: 'staff', roles, actor: 'user:test', subject: null };
}

export type Edge = {
  readonly gateway: Gateway;
  readonly url: string;
  readonly post: (body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** The same operation by graphql-ws, on a socket of its own. */
  readonly send: (body: unknown, authorization?: string | null) => Promise<Answer['body']>;
  /** Cuts every connection, as a network does. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
};

type ShownError = { message: string; path?: (string | number)[]; extensions: Record<string, unknown> };
export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  body: { data?: Record<string, never> | null; errors?: ShownError[]; extensions?: Record<string, unknown> };
};

/** A gateway behind a real server. `Bearer <role>` signs in as staff with that role, no header is anonymous, `Bearer bad` is refused. */
export async function openEdge(options: Partial<GatewayOptions> & Pick<GatewayOptions, 'executors'>): Promise<Edge> {
  const gateway = await createGateway({
    supergraphSdl: shopSupergraph(),
    authenticate: async (authorization) => {
      if (authorization === null) return { kind: 'accepted', principal: anonymous, expiresAt: null };
      const [, role, seconds] = /^Bearer (\w+)(?: (\d+))?$/.exec(authorization) ?? [];
      if (role === undefined || role === 'bad') return { kind: 'refused', message: 'This token does not hold.' };
      return { kind: 'accepted', principal: staff(role as Role), expiresAt: seconds === undefined ? null : Number(seconds) };
    },
    ...options,
  });
  const app = express();
  app.use('/graphql', gateway.handler);
  const server: Server = createServer(app);
  gateway.attachWebSocket(server);
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/graphql`;
  return {
    gateway,
    url,
    post: async (body, headers = {}) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer ops', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Answer['body'] };
    },
    cut: () => {
      for (const socket of connections) socket.destroy();
    },
    send: (body, authorization = 'Bearer ops') => sendByWebSocket(url.replace('http', 'ws'), body, authorization),
    close: async () => {
      await gateway.stop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Speaks graphql-transport-ws by hand, so that no client library checks the operation before the server does. */
function sendByWebSocket(url: string, payload: unknown, authorization: string | null): Promise<Answer['body']> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws');
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.on('open', () => send({ type: 'connection_init', payload: authorization === null ? {} : { authorization } }));
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as { type: string; payload: unknown };
      if (message.type === 'connection_ack') send({ id: '1', type: 'subscribe', payload });
      if (message.type === 'next') resolve(message.payload as Answer['body']);
      if (message.type === 'error') resolve({ errors: message.payload as ShownError[] });
      if (message.type === 'next' || message.type === 'error') socket.close();
    });
    socket.on('close', (code, reason) => reject(new Error(`closed with ${code} ${reason.toString()}`)));
    socket.on('error', reject);
  });
}

/** A signer for specs: the context in plain JSON behind a shared word. */
export const plainSigner: ContextSigner = {
  sign: (context) => `word ${JSON.stringify(context)}`,
  verify: (signed) => (signed.startsWith('word ') ? (JSON.parse(signed.slice(5)) as FetchContext) : null),
};
