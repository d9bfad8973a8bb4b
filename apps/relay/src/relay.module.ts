import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import type { EventLog } from '@tsunagari/event-log';
import { kafkaConfig, kafkaPublisher } from '@tsunagari/event-log-kafka';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { createRelay, type Relay, StoreDiffers } from '@tsunagari/event-log-relay';
import { eventStoreDbLog } from '@tsunagari/event-store-eventstoredb';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { createPool, migrate, type Pool, postgresLease } from '@tsunagari/postgres';
import { HEALTH, HealthController, METRICS, SHUTDOWN } from '@tsunagari/process';
import {
  clockOf,
  type Configuration,
  ConfigurationError,
  createHealth,
  createLogger,
  createMetrics,
  createShutdown,
  type Health,
  type Logger,
  type Metrics,
  type Shutdown,
} from '@tsunagari/runtime';

export const CONFIGURATION = Symbol('configuration');
export const LOGGER = Symbol('logger');
export const RELAY = Symbol('relay');

/** Event store → Kafka, in a process of its own. It chooses adapters and shows figures; what it does is `@tsunagari/event-log-relay`. */
@Module({})
export class RelayModule {
  static of(configuration: Configuration): DynamicModule {
    return {
      module: RelayModule,
      controllers: [HealthController],
      providers: [{ provide: CONFIGURATION, useValue: configuration }, ...parts],
    };
  }
}

const parts: readonly FactoryProvider[] = [
  {
    provide: LOGGER,
    inject: [CONFIGURATION],
    useFactory: ({ logLevel: level }: Configuration): Logger => createLogger(level, { service: 'relay' }),
  },
  { provide: METRICS, useFactory: (): Metrics => createMetrics() },
  { provide: HEALTH, useFactory: (): Health => createHealth() },
  {
    provide: SHUTDOWN,
    inject: [CONFIGURATION, LOGGER],
    useFactory: ({ shutdownSeconds }: Configuration, logger: Logger): Shutdown =>
      createShutdown({ limitMs: shutdownSeconds * 1000, onReport: (report) => logger.info({ report }, 'stopped') }),
  },
  {
    provide: RELAY,
    inject: [CONFIGURATION, LOGGER, METRICS, HEALTH, SHUTDOWN],
    useFactory: startRelay,
  },
];

async function startRelay(
  configuration: Configuration,
  logger: Logger,
  metrics: Metrics,
  health: Health,
  shutdown: Shutdown,
): Promise<Relay> {
  const { databaseUrl, kafka: topics, readyLagSeconds } = configuration;
  // readConfiguration refuses a relay without them.
  if (databaseUrl === undefined || topics === undefined) throw new ConfigurationError([]);
  const pool = createPool({ url: databaseUrl, max: 6, onConnectionLost: (error) => logger.warn({ err: error }, 'database') });
  shutdown.onShutdown('database', () => pool.end());
  const log = await storeLog(configuration, pool);
  shutdown.onShutdown('event store', () => log.close());
  const publisher = kafkaPublisher({ kafka: kafkaConfig(topics, 'tsunagari-relay'), namespace: topics.namespace });
  shutdown.onShutdown('Kafka', () => publisher.close());

  const published = metrics.counter('tsunagari_relay_published_total', 'Facts published to Kafka by this process');
  const seconds = metrics.histogram(
    'tsunagari_relay_publish_seconds',
    'Publishing a page of facts',
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
  );
  const takeovers = metrics.counter('tsunagari_relay_takeovers_total', 'Times that this process began to lead');
  const clock = clockOf(configuration);
  const relay = createRelay({
    log,
    now: () => clock.now(),
    publisher,
    lease: postgresLease({ pool, name: `relay ${topics.namespace}` }),
    onError: (error) => logger.error({ err: error, ...(error instanceof StoreDiffers ? { remedy: error.remedy } : {}) }, 'relay'),
    metrics: {
      published: (facts, took) => {
        published.inc(facts);
        seconds.observe(took);
      },
      tookOver: (took) => {
        takeovers.inc();
        logger.info({ seconds: took }, 'this process publishes now');
      },
    },
  });
  observe(relay, metrics);
  health.addReadiness('shutdown', () => (shutdown.begun() ? 'it is stopping' : undefined));
  health.addReadiness('relay', async () => {
    const { halted, trouble, lagMs } = await relay.status();
    if (halted) return `${halted.explanation} ${halted.remedy}`;
    return trouble ?? (lagMs > readyLagSeconds * 1000 ? `behind the event store by more than ${readyLagSeconds} s` : undefined);
  });
  relay.start();
  shutdown.onShutdown('relay', () => relay.stop());
  return relay;
}

async function storeLog({ eventStore }: Configuration, pool: Pool): Promise<EventLog> {
  if (eventStore.kind === 'eventstoredb') return eventStoreDbLog({ connectionString: eventStore.url });
  await migrate(pool, eventsSchema);
  return postgresEventLog({ pool });
}

/** Lag, positions and state, asked for when Prometheus asks. */
function observe(relay: Relay, metrics: Metrics): void {
  const lag = metrics.gauge('tsunagari_relay_lag_seconds', 'Age of the oldest fact that was not published; 0 while another process leads');
  const state = metrics.gauge('tsunagari_relay_state', 'Which of its states the relay is in: 1 for that one', ['state']);
  // Prometheus' client collects all figures at once: one figure's collecting must not set another one.
  Object.assign(lag, { collect: async () => lag.set((await relay.status()).lagMs / 1000) });
  Object.assign(state, {
    async collect() {
      const now = (await relay.status()).state;
      for (const each of ['leading', 'standby', 'halted', 'stopped']) state.set({ state: each }, each === now ? 1 : 0);
    },
  });
}
