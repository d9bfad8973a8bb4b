import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DAYS, type Deployment, type Services } from '@tsunagari/deployment';
import type { Gateway } from '@tsunagari/gateway';
import { intakeMiddleware, type Intake } from '@tsunagari/intake';
import { type Configuration, listenOnNextFreePort, type Logger, type Shutdown } from '@tsunagari/runtime';
import type { RequestHandler } from 'express';
import { PlatformModule } from './platform.module';
import { DEPLOYMENT, GATEWAY, INTAKE, LOGGER, SERVICES, SHUTDOWN } from './tokens';

/** The platform, listening. */
export type Platform = {
  /** Where it can be reached, without a slash at the end. */
  readonly url: string;
  readonly deployment: Deployment;
  readonly services: Services;
  readonly intake: Intake;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
};

export type StartOptions = {
  /** Whether days are closed as they end; a job that closes them itself says no. Default true. */
  readonly closesDays?: boolean;
};

/**
 * Starts everything and listens on one public port: `/graphql`, `/v1/*`, `/health/*`, `/metrics`.
 * @throws whatever keeps a part from starting, with what was started before stopped again.
 */
export async function startPlatform(configuration: Configuration, options: StartOptions = {}): Promise<Platform> {
  const app: INestApplication = await NestFactory.create<NestExpressApplication>(
    PlatformModule.of(configuration, options.closesDays === false ? [DAYS] : []),
    {
      bodyParser: false,
      logger: false,
      abortOnError: false,
    },
  );
  const shutdown = app.get<Shutdown>(SHUTDOWN);
  try {
    const [deployment, services, intake, gateway, logger] = [
      app.get<Deployment>(DEPLOYMENT),
      app.get<Services>(SERVICES),
      app.get<Intake>(INTAKE),
      app.get<Gateway>(GATEWAY),
      app.get<Logger>(LOGGER),
    ];
    app.use(lastAnswerCloses(shutdown));
    app.use(intakeMiddleware(intake));
    app.use('/graphql', gateway.handler);
    await app.init();
    const server = app.getHttpServer();
    gateway.attachWebSocket(server);
    const port = await listenOnNextFreePort(server, configuration.port, configuration.host);
    shutdown.onShutdown('requests', () => app.close());
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
