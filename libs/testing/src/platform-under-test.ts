import { type Role, sources } from '@tsunagari/access';
import { DAYS, openAccess, openDeployment, openServices, pagesMiddleware, type Deployment, type Services } from '@tsunagari/deployment';
import type { Position } from '@tsunagari/contracts';
import { createGateway } from '@tsunagari/gateway';
import { nodeSubgraph } from '@tsunagari/graphql';
import { nodeTypes, supergraphSdl } from '@tsunagari/graphql/supergraph';
import { createIntake, intakeMiddleware } from '@tsunagari/intake';
import { type Clock, type MovableClock, readConfiguration } from '@tsunagari/runtime';
import express from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { type Subscribed, subscribeTo } from './subscription';
import { testDatabase } from './test-database';

/** What a GraphQL request came back with. */
export type Answer = {
  readonly status: number;
  // Specs say what they expect of an answer; a type for each would only repeat the query.
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
  /** How far a mutation has appended. */
  readonly position: string | undefined;
};

export type PlatformUnderTest = {
  readonly url: string;
  readonly deployment: Deployment;
  readonly services: Services;
  /** Asks the graph over HTTP; `role: null` sends no token, `userId` that of the customer who signed in with it. */
  readonly ask: (query: string, variables?: object, options?: { readonly role?: Role | null; readonly userId?: string }) => Promise<Answer>;
  /** Subscribes over a socket of its own; it is ended when the platform stops. Say `after` ({@link head}): nothing tells when a source listens. */
  readonly subscribe: (
    query: string,
    variables?: Record<string, unknown>,
    options?: { readonly role?: Role | null; readonly userId?: string },
  ) => Promise<Subscribed>;
  /** Does some work and counts the SQL statements of resolvers meanwhile, by context. One at a time. */
  readonly counted: <T>(work: () => Promise<T>) => Promise<{ readonly answer: T; readonly statements: Readonly<Record<string, number>> }>;
  /** The position of the newest fact. */
  readonly head: () => Promise<Position>;
  /** Sends to the collector (`/v1/identify`, …) and waits until every read model has seen it. Browser keys prove nothing. */
  readonly send: (
    route: string,
    body: object,
    options?: { readonly source?: 'server' | 'browser' },
  ) => Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  /** Waits until every read model has seen all that stands in the log. */
  readonly caughtUp: () => Promise<void>;
  /** Lets the deployment's clock stand at a moment, and waits until what is due by then has happened. */
  readonly moveClock: (moment: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Where the platform's clock stands in tests. */
export const TEST_NOW = '2026-01-02T03:04:05.000Z';

/** The platform in this process: every real part, composed as the app composes them, over a fresh database, reached over HTTP. */
export async function platformUnderTest(): Promise<PlatformUnderTest> {
  const database = await testDatabase();
  const home = mkdtempSync(path.join(tmpdir(), 'tsunagari-test-'));
  const configuration = readConfiguration({ DATABASE_URL: database.url, TSUNAGARI_HOME: home, TSUNAGARI_CLOCK: TEST_NOW });
  const deployment = await openDeployment(configuration, { role: 'own' });
  const unexpected: unknown[] = [];
  const services = openServices(deployment, {
    // Specs close days when they want them closed.
    without: [DAYS],
    onRunnerError: (error) => unexpected.push(error),
    onRunError: (_, error) => unexpected.push(error),
    onResolverError: (error) => unexpected.push(error),
  });
  await services.start();
  const access = await openAccess(deployment);
  const { store, keyring, pool, dataSource, clock } = deployment;
  const directory = sources(pool);
  const writeKeys = {
    server: await directory.registerSource({ name: 'shop', kind: 'server' }),
    browser: await directory.registerSource({ name: 'web', kind: 'browser' }),
  };
  const intake = createIntake({
    store,
    keyring,
    pool,
    dataSource,
    sources: directory,
    clock: () => clock.now(),
    onError: (error) => unexpected.push(error),
  });
  const asking = new AsyncLocalStorage<string>();
  const statements = new Map<string, number>();
  const { pool: counting } = deployment;
  const query = counting.query.bind(counting) as (...args: unknown[]) => unknown;
  Object.assign(counting, {
    query: (...args: unknown[]): unknown => {
      const context = asking.getStore();
      if (context !== undefined) statements.set(context, (statements.get(context) ?? 0) + 1);
      return query(...args);
    },
  });
  const subgraphs = [...services.subgraphs, nodeSubgraph(nodeTypes)];
  const gateway = await createGateway({
    supergraphSdl,
    executors: Object.fromEntries(subgraphs.map(({ name, execute }) => [name, (request) => asking.run(name, () => execute(request))])),
    subscribers: Object.fromEntries(subgraphs.map(({ name, subscribe }) => [name, subscribe])),
    authenticate: access.signIn,
    onError: (error) => unexpected.push(error),
  });
  const app = express();
  app.use(intakeMiddleware(intake));
  app.use(pagesMiddleware(services.contexts, (error) => unexpected.push(error)));
  app.use('/graphql', gateway.handler);
  const server = createServer(app);
  gateway.attachWebSocket(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriptions: Subscribed[] = [];
  const tokens = new Map<string, string>();
  const tokenOf = async (role: Role, name = `a-${role}`): Promise<string> => {
    const token = tokens.get(name) ?? (await access.issueToken({ name, roles: [role], hours: 1 }));
    tokens.set(name, token);
    return token;
  };
  return {
    url,
    deployment,
    services,
    caughtUp: services.caughtUp,
    async moveClock(moment) {
      if (!isMovable(clock)) throw new Error('this clock runs by itself');
      clock.set(moment);
      await services.caughtUp();
    },
    async ask(query, variables = {}, { userId, role = userId === undefined ? 'admin' : 'customer' } = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(role === null ? {} : { authorization: `Bearer ${await tokenOf(role, userId)}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const body = (await response.json()) as { data?: unknown; errors?: Answer['errors']; extensions?: { position?: string } };
      return { status: response.status, data: body.data ?? null, errors: body.errors ?? [], position: body.extensions?.position };
    },
    async subscribe(query, variables = {}, { userId, role = userId === undefined ? 'admin' : 'customer' } = {}) {
      const subscribed = subscribeTo(`${url}/graphql`, role === null ? null : `Bearer ${await tokenOf(role, userId)}`, query, variables);
      subscriptions.push(subscribed);
      return subscribed;
    },
    async counted(work) {
      statements.clear();
      const answer = await work();
      return { answer, statements: Object.fromEntries(statements) };
    },
    head: () => deployment.log.head(),
    async send(route, body, { source = 'server' } = {}) {
      const response = await fetch(`${url}${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${writeKeys[source]}:`).toString('base64')}` },
        body: JSON.stringify(body),
      });
      const answer = { status: response.status, body: (await response.json()) as Record<string, unknown> };
      if (response.ok) await services.caughtUp();
      return answer;
    },
    async stop() {
      for (const subscribed of subscriptions) await subscribed.end().catch(() => undefined);
      await gateway.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await services.stop();
      await deployment.close();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
      if (unexpected.length > 0)
        throw new Error(`the platform met errors of its own: ${unexpected.map((error) => inspect(error)).join('; ')}`);
    },
  };
}

function isMovable(clock: Clock): clock is MovableClock {
  return 'set' in clock;
}
