import { unmetNeed } from '../describe-with';
import type { WireServer, WireServerOptions } from './wire-server';

/** An EventStoreDB to test against, and how to be rid of it. */
export type EventStoreDbUnderTest = { readonly url: string; readonly stop: () => Promise<void> };

/** What an EventStoreDB is at hand: one that the environment names, one in a container, or only our own server for its protocol. */
export type EventStoreDbKind = 'named' | 'docker' | 'protocol only';

const image = 'eventstore/eventstore:24.10.0-bookworm-slim';
const port = 2113;

/** `TSUNAGARI_TEST_EVENTSTOREDB_URL` or `EVENTSTOREDB_URL`, where one of them is set. */
export function namedEventStoreDb(): string | undefined {
  return process.env['TSUNAGARI_TEST_EVENTSTOREDB_URL'] || process.env['EVENTSTOREDB_URL'] || undefined;
}

export function eventStoreDbAtHand(): EventStoreDbKind {
  if (namedEventStoreDb()) return 'named';
  return unmetNeed('docker') === undefined ? 'docker' : 'protocol only';
}

/** A real server: the one the environment names, else a fresh one in a container. */
export async function startRealEventStoreDb(): Promise<EventStoreDbUnderTest> {
  const url = namedEventStoreDb();
  if (url) return { url, stop: () => Promise.resolve() };
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(image)
    .withEnvironment({
      EVENTSTORE_CLUSTER_SIZE: '1',
      EVENTSTORE_RUN_PROJECTIONS: 'None',
      EVENTSTORE_INSECURE: 'true',
      EVENTSTORE_MEM_DB: 'true',
      EVENTSTORE_STATS_PERIOD_SEC: '3600',
    })
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forHttp('/health/live', port).forStatusCode(204))
    .start();
  return {
    url: `esdb://${container.getHost()}:${container.getMappedPort(port)}?tls=false`,
    stop: async () => {
      await container.stop();
    },
  };
}

/** Our own server for EventStoreDB's wire protocol, loaded only where it is wanted: gRPC is large. */
export async function startEventStoreDbProtocol(options: WireServerOptions = {}): Promise<WireServer> {
  const { startWireServer } = await import('./wire-server');
  return startWireServer(options);
}
