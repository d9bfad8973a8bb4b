import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import type { Authenticate, Gateway } from '@tsunagari/gateway';
import { createGateway } from '@tsunagari/gateway';
import { nodeSubgraph } from '@tsunagari/graphql';
import { nodeTypes, supergraphSdl } from '@tsunagari/graphql/supergraph';
import { forgetErased, openAccess, openDeployment, openIntake, openServices, type Deployment, type Services } from '@tsunagari/deployment';
import type { Intake } from '@tsunagari/intake';
import {
  type Configuration,
  createHealth,
  createLogger,
  createMetrics,
  createShutdown,
  type Health,
  type Logger,
  type Metrics,
  type Shutdown,
} from '@tsunagari/runtime';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { HealthController } from './health.controller';
import { trustedDocumentsOf } from './trusted-documents';
import { ACCESS, CONFIGURATION, DEPLOYMENT, GATEWAY, HEALTH, INTAKE, LOGGER, METRICS, SERVICES, SHUTDOWN, WITHOUT } from './tokens';

/** Where `npm run build` puts GraphiQL, beside the bundle. */
const GRAPHIQL = path.join(__dirname, '..', '..', 'graphiql');

/** Every service in one process: the embedded default, and a PostgreSQL of one's own. It chooses and wires; it decides nothing. */
@Module({})
export class PlatformModule {
  /** @param without runs that do not start, by name. */
  static of(configuration: Configuration, without: readonly string[] = []): DynamicModule {
    return {
      module: PlatformModule,
      controllers: [HealthController],
      providers: [{ provide: CONFIGURATION, useValue: configuration }, { provide: WITHOUT, useValue: without }, ...parts],
    };
  }
}

const parts: readonly FactoryProvider[] = [
  {
    provide: LOGGER,
    inject: [CONFIGURATION],
    useFactory: (configuration: Configuration): Logger => createLogger(configuration.logLevel, { service: 'platform' }),
  },
  { provide: METRICS, useFactory: (): Metrics => createMetrics() },
  { provide: HEALTH, useFactory: (): Health => createHealth() },
  {
    provide: SHUTDOWN,
    inject: [CONFIGURATION, LOGGER],
    useFactory: (configuration: Configuration, logger: Logger): Shutdown =>
      createShutdown({ limitMs: configuration.shutdownSeconds * 1000, onReport: (report) => logger.info({ report }, 'stopped') }),
  },
  {
    provide: DEPLOYMENT,
    inject: [CONFIGURATION, LOGGER, SHUTDOWN, HEALTH],
    useFactory: async (configuration: Configuration, logger: Logger, shutdown: Shutdown, health: Health): Promise<Deployment> => {
      const deployment = await openDeployment(configuration, {
        role: 'own',
        onNotice: (notice) => logger.warn({ notice }, 'database'),
      });
      shutdown.onShutdown('database', deployment.close);
      const forgotten = await forgetErased(deployment);
      if (forgotten > 0) logger.warn({ forgotten }, 'keys of erased customers were alive (a restored backup?) and are destroyed again');
      health.addReadiness('database', async () => {
        await deployment.pool.query('select 1');
        return undefined;
      });
      return deployment;
    },
  },
  {
    provide: SERVICES,
    inject: [DEPLOYMENT, LOGGER, SHUTDOWN, HEALTH, METRICS, WITHOUT],
    useFactory: async (
      deployment: Deployment,
      logger: Logger,
      shutdown: Shutdown,
      health: Health,
      metrics: Metrics,
      without: readonly string[],
    ): Promise<Services> => {
      const services = openServices(deployment, {
        without,
        onRunnerError: ({ cause, ...error }) => logger.error({ ...error, err: cause }, 'projection'),
        onRunError: (run, error) => logger.error({ run, err: error }, 'it is tried again'),
        onResolverError: (error) => logger.error({ err: error }, 'resolver'),
      });
      await services.start();
      shutdown.onShutdown('contexts', services.stop);
      for (const { name, lagMs } of services.runs)
        health.addReadiness(name, async () =>
          (await lagMs()) > READY_LAG_MS ? `behind by more than ${READY_LAG_MS / 1000} s` : undefined,
        );
      observe(services, metrics);
      return services;
    },
  },
  { provide: ACCESS, inject: [DEPLOYMENT], useFactory: openAccess },
  {
    provide: INTAKE,
    inject: [DEPLOYMENT, ACCESS, LOGGER, METRICS],
    useFactory: (deployment: Deployment, access: Awaited<ReturnType<typeof openAccess>>, logger: Logger, metrics: Metrics): Intake =>
      openIntake(deployment, access, {
        count: (counter, n, labels) =>
          metrics
            .counter(`tsunagari_intake_${counter}_total`, `Intake: ${counter.replaceAll('_', ' ')}`, Object.keys(labels))
            .inc(labels, n),
        onError: (error) => logger.error({ err: error }, 'intake'),
      }),
  },
  {
    provide: GATEWAY,
    inject: [CONFIGURATION, SERVICES, ACCESS, LOGGER, SHUTDOWN],
    useFactory: async (
      configuration: Configuration,
      services: Services,
      access: { readonly signIn: Authenticate },
      logger: Logger,
      shutdown: Shutdown,
    ): Promise<Gateway> => {
      const subgraphs = [...services.subgraphs, nodeSubgraph(nodeTypes)];
      const gateway = await createGateway({
        supergraphSdl,
        executors: Object.fromEntries(subgraphs.map((subgraph) => [subgraph.name, subgraph.execute])),
        authenticate: access.signIn,
        trustedDocuments: trustedDocumentsOf(configuration.trustedDocuments, (hash) =>
          logger.warn({ hash }, 'a document that is not trusted'),
        ),
        graphiqlFolder: existsSync(GRAPHIQL) ? GRAPHIQL : null,
        onError: (error, requestId) => logger.error({ err: error, requestId }, 'graphql'),
      });
      shutdown.onShutdown('gateway', gateway.stop);
      return gateway;
    },
  },
];

/** A process that answers from understanding older than this says that it is not ready. */
const READY_LAG_MS = 60_000;

/** Lag and progress of all that runs, read when Prometheus asks. */
function observe(services: Services, metrics: Metrics): void {
  const age = metrics.gauge('tsunagari_run_lag_seconds', 'Age of the oldest fact that it has not taken in', ['run']);
  Object.assign(age, {
    async collect() {
      for (const { name, lagMs } of services.runs) age.set({ run: name }, (await lagMs()) / 1000);
    },
  });
  const lag = metrics.gauge('tsunagari_projection_lag_seconds', 'Age of the oldest fact that the read model lacks', ['projection']);
  const parked = metrics.gauge('tsunagari_projection_parked', 'Customers whose facts wait for a fix', ['projection']);
  Object.assign(lag, {
    async collect() {
      for (const status of (await services.runner.status()).projections) {
        lag.set({ projection: status.name }, status.lagMs / 1000);
        parked.set({ projection: status.name }, status.parked);
      }
    },
  });
}
