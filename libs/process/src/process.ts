import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DAYS, type Deployment, type HostName, intakeAddress, PAGE_PREFIXES, pagesMiddleware, type Services } from '@tsunagari/deployment';
import type { Gateway } from '@tsunagari/gateway';
import { intakeMiddleware, type Intake } from '@tsunagari/intake';
import { type Configuration, listenOn, listenOnNextFreePort, type Logger, type Shutdown } from '@tsunagari/runtime';
import type { RequestHandler } from 'express';
import { handOn } from './hand-on';
import { internalRoutes } from './internal';
import { ProcessModule } from './process.module';
import { DEPLOYMENT, GATEWAY, INTAKE, LOGGER, SERVICES, SHUTDOWN } from './tokens';

/** A process of a deployment, listening. */
export type RunningProcess = {
  /** Where it can be reached, without a slash at the end. */
  readonly url: string;
  readonly deployment: Deployment;
  readonly services: Services;
  readonly intake: Intake | null;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
};

export type StartOptions = {
  /** Whether days are closed as they end; a job that closes them itself says no. Default true. */
  readonly closesDays?: boolean;
};

/**
 * Starts what the process hosts and listens on one port: `/graphql` and `/v1/*` (a platform, a gateway), `/subgraphs/*` and
 * `/internal/*` (a service), `/health/*` and `/metrics` (each).
 * @throws whatever keeps a part from starting, with what was started before stopped again.
 */
export async function startProcess(name: HostName, configuration: Configuration, options: StartOptions = {}): Promise<RunningProcess> {
  const app: INestApplication = await NestFactory.create<NestExpressApplication>(
    ProcessModule.of(name, configuration, options.closesDays === false ? [DAYS] : []),
    { bodyParser: false, logger: false, abortOnError: false },
  );
  const shutdown = app.get<Shutdown>(SHUTDOWN);
  try {
    const [deployment, services, intake, gateway, logger] = [
      app.get<Deployment>(DEPLOYMENT),
      app.get<Services>(SERVICES),
      app.get<Intake | null>(INTAKE),
      app.get<Gateway | null>(GATEWAY),
      app.get<Logger>(LOGGER),
    ];
    app.use(lastAnswerCloses(shutdown));
    if (intake) app.use(intakeMiddleware(intake));
    app.use(pagesMiddleware(services.contexts, (error) => logger.error({ err: error }, 'page')));
    if (gateway) app.use('/graphql', gateway.handler);
    const intakeElsewhere = intakeAddress(configuration);
    if (gateway && !intake && intakeElsewhere !== undefined)
      for (const prefix of ['/v1/', ...PAGE_PREFIXES]) app.use(handOn(prefix, intakeElsewhere));
    const streams = new AbortController();
    if (!gateway) app.use(internalRoutes(deployment, services, (error) => logger.error({ err: error }, 'port'), streams.signal));
    await app.init();
    const server = app.getHttpServer();
    gateway?.attachWebSocket(server);
    // Others know a service by its address; a person reads where a platform listens.
    const port = await (name === 'platform' ? listenOnNextFreePort : listenOn)(server, configuration.port, configuration.host);
    shutdown.onShutdown('requests', () => app.close());
    // What has no end of its own would keep the server: it ends before the requests.
    shutdown.onShutdown('subscriptions', async () => {
      streams.abort();
      await gateway?.closeSockets();
    });
    return { url: `http://${shownHost(configuration.host)}:${port}`, deployment, services, intake, logger, shutdown };
  } catch (error) {
    await shutdown.shutDown('could not start');
    throw error;
  }
}

/** A client that never pauses would keep its connection, and the process, for ever: while shutting down each answer is its last. */
function lastAnswerCloses(shutdown: Shutdown): RequestHandler {
  return (_request, response, next) => {
    if (shutdown.begun()) response.setHeader('connection', 'close');
    next();
  };
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
