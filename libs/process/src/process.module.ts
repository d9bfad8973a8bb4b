import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { createGateway, type Gateway } from '@tsunagari/gateway';
import {
  type Access,
  type Deployment,
  forgetErased,
  type HostName,
  hosting,
  openAccess,
  openDeployment,
  openIntake,
  openServices,
  type Services,
} from '@tsunagari/deployment';
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
import { HealthController } from './health.controller';
import { supergraphOf } from './supergraph';
import { ACCESS, CONFIGURATION, DEPLOYMENT, GATEWAY, HEALTH, INTAKE, LOGGER, METRICS, NAME, SERVICES, SHUTDOWN, WITHOUT } from './tokens';

/** One process of a deployment: everything, or a part. It chooses and wires; it decides nothing. */
@Module({})
export class ProcessModule {
  /** @param without runs that do not start, by name. */
  static of(name: HostName, configuration: Configuration, without: readonly string[] = []): DynamicModule {
    return {
      module: ProcessModule,
      controllers: [HealthController],
      providers: [
        { provide: NAME, useValue: name },
        { provide: CONFIGURATION, useValue: configuration },
        { provide: WITHOUT, useValue: without },
        ...parts,
      ],
    };
  }
}

const parts: readonly FactoryProvider[] = [
  {
    provide: LOGGER,
    inject: [NAME, CONFIGURATION],
    useFactory: (name: HostName, configuration: Configuration): Logger => createLogger(configuration.logLevel, { service: name }),
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
    inject: [NAME, CONFIGURATION, LOGGER, SHUTDOWN, HEALTH],
    useFactory: async (
      name: HostName,
      configuration: Configuration,
      logger: Logger,
      shutdown: Shutdown,
      health: Health,
    ): Promise<Deployment> => {
      const deployment = await openDeployment(configuration, {
        role: 'own',
        process: name,
        onNotice: (notice) => logger.warn('error' in notice ? { ...notice, err: notice.error, error: undefined } : { notice }, 'database'),
      });
      shutdown.onShutdown('database', deployment.close);
      health.addReadiness('shutdown', () => (shutdown.begun() ? 'it is stopping' : undefined));
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
      if (services.contexts.some(({ name }) => name === 'customers')) {
        const forgotten = await forgetErased(deployment);
        if (forgotten > 0) logger.warn({ forgotten }, 'keys of erased customers were alive (a restored backup?) and are destroyed again');
      }
      const limit = deployment.configuration.readyLagSeconds;
      for (const { name, lagMs } of services.runs)
        health.addReadiness(name, async () => ((await lagMs()) > limit * 1000 ? `behind by more than ${limit} s` : undefined));
      observe(services, metrics);
      return services;
    },
  },
  {
    provide: ACCESS,
    inject: [NAME, DEPLOYMENT],
    useFactory: async (name: HostName, deployment: Deployment): Promise<Access | null> =>
      hosting[name].gateway || hosting[name].intake ? openAccess(deployment) : null,
  },
  {
    provide: INTAKE,
    inject: [NAME, DEPLOYMENT, ACCESS, LOGGER, METRICS],
    useFactory: (name: HostName, deployment: Deployment, access: Access | null, logger: Logger, metrics: Metrics): Intake | null =>
      !hosting[name].intake || !access
        ? null
        : openIntake(deployment, access, {
            count: (counter, n, labels) =>
              metrics
                .counter(`tsunagari_intake_${counter}_total`, `Intake: ${counter.replaceAll('_', ' ')}`, Object.keys(labels))
                .inc(labels, n),
            onError: (error) => logger.error({ err: error }, 'intake'),
          }),
  },
  {
    provide: GATEWAY,
    inject: [NAME, DEPLOYMENT, SERVICES, ACCESS, LOGGER, SHUTDOWN],
    useFactory: async (
      name: HostName,
      deployment: Deployment,
      services: Services,
      access: Access | null,
      logger: Logger,
      shutdown: Shutdown,
    ): Promise<Gateway | null> => {
      if (!hosting[name].gateway || !access) return null;
      const gateway = await createGateway({
        ...supergraphOf(deployment, services, (hash) => logger.warn({ hash }, 'a document that is not trusted')),
        authenticate: access.signIn,
        onError: (error, requestId) => logger.error({ err: error, requestId }, 'graphql'),
      });
      shutdown.onShutdown('gateway', gateway.stop);
      return gateway;
    },
  },
];

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
      if (services.runs.length === 0) return;
      for (const status of (await services.runner.status()).projections) {
        lag.set({ projection: status.name }, status.lagMs / 1000);
        parked.set({ projection: status.name }, status.parked);
      }
    },
  });
  const of = ['projection', 'generation'];
  const done = metrics.gauge('tsunagari_generation_done_ratio', 'How much of a build is done', of);
  const rate = metrics.gauge('tsunagari_generation_facts_per_second', 'Facts folded a second while it was built', of);
  const left = metrics.gauge('tsunagari_generation_remaining_seconds', 'Until the build is over', of);
  Object.assign(done, {
    async collect() {
      for (const gauge of [done, rate, left]) gauge.reset();
      if (services.runs.length === 0) return;
      for (const each of await services.runner.generations()) {
        const labels = { projection: each.projection, generation: String(each.generation) };
        done.set(labels, each.done);
        rate.set(labels, each.factsPerSecond);
        if (each.remainingMs !== null) left.set(labels, each.remainingMs / 1000);
      }
    },
  });
}
