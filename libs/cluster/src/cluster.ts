import { ensureTopics } from '@tsunagari/event-log-kafka';
import { type EmbeddedServer, startEmbeddedServer } from '@tsunagari/postgres';
import { listenOnNextFreePort, loadOrCreateSecrets } from '@tsunagari/runtime';
import { Kafka, logLevel } from 'kafkajs';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { freePorts, type LocalBroker, startLocalBroker } from './local-broker';
import { type ManagedProcess, managedProcess } from './managed-process';
import { claimCluster, forgetCluster, recordCluster } from './record';

/** The processes of the distributed mode, beside broker and database. */
export const CLUSTER_PROCESSES = ['value', 'touchpoints', 'proposals', 'understanding', 'relay', 'gateway'] as const;
export type ClusterProcess = (typeof CLUSTER_PROCESSES)[number];

export type ClusterOptions = {
  /** Everything of the cluster: data, secrets, clock, logs. */
  readonly home: string;
  /** Where `npm run build` put the apps: `<bundles>/<app>/main.js`. */
  readonly bundles: string;
  /** The gateway's first port to try. */
  readonly port: number;
  /** How many of a process run beside each other: a second relay waits and takes over; others share the work. Default 1 each. */
  readonly replicas?: Readonly<Partial<Record<ClusterProcess, number>>>;
  /** For every process, beside what connects them: time zone, clock, log level. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly nodeFlags?: readonly string[];
  readonly onStep?: (step: ClusterStep) => void;
  /** Told when a process ended by itself. */
  readonly onEnd?: (name: string, end: { readonly code: number | null; readonly signal: string | null; readonly pauseMs: number }) => void;
};

/** One part came up. */
export type ClusterStep = { readonly name: string; readonly seconds: number; readonly where: string };

export type Cluster = {
  /** The one public address: the gateway's. */
  readonly url: string;
  readonly processes: readonly ManagedProcess[];
  readonly broker: LocalBroker;
  readonly database: EmbeddedServer;
  /** With it a tool opens the same deployment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Services first, broker and database last; what does not end by itself is killed. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts the distributed mode on this machine, without Docker: Kafka on the JVM, PostgreSQL, and every service as a process of its
 * own that is started again when it ends. What an earlier cluster in the folder left running is ended first.
 * @throws when one is running already, when Kafka or PostgreSQL cannot start, or when a process is not ready within three minutes.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { home, replicas = {}, onStep = () => undefined } = options;
  const logs = path.join(home, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  await claimCluster(home);
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
    forgetCluster(home);
  };
  const step = async <T>(name: string, where: (made: T) => string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const made = await work();
    onStep({ name, seconds: (performance.now() - started) / 1000, where: where(made) });
    return made;
  };
  try {
    // Made once, before the processes look for them.
    loadOrCreateSecrets(home);
    const database = await step(
      'PostgreSQL',
      ({ port }) => `127.0.0.1:${port}`,
      () => startEmbeddedServer({ folder: path.join(home, 'postgres') }),
    );
    ends.push(database.stop);
    const broker = await step(
      'Kafka',
      ({ brokers }) => brokers,
      () => startLocalBroker(path.join(home, 'kafka'), process.pid, { removeWithOwner: false }),
    );
    ends.push(broker.kill);
    const kafka = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
    await step(
      'topics',
      (topics) => topics.map(({ name }) => name).join(', '),
      () => ensureTopics({ kafka, namespace: NAMESPACE, replicationFactor: 1 }),
    );

    // The first of a kind has the address by which others know it: `understanding`, `understanding-2`, …
    const names = CLUSTER_PROCESSES.flatMap((name) => [
      name,
      ...Array.from({ length: (replicas[name] ?? 1) - 1 }, (_, n) => `${name}-${n + 2}`),
    ]);
    const ports = await freePorts(names.length);
    const addresses = new Map<string, string>();
    for (const [n, name] of names.entries())
      addresses.set(name, `http://127.0.0.1:${name === 'gateway' ? await nextFreePort(options.port) : ports[n]}`);
    const environment: Record<string, string> = {
      ...present(options.variables ?? {}),
      TSUNAGARI_HOME: path.resolve(home),
      DATABASE_URL: database.url,
      KAFKA_BROKERS: broker.brokers,
      KAFKA_NAMESPACE: NAMESPACE,
      HOST: '127.0.0.1',
      ...Object.fromEntries(SERVICES.map((name) => [`${name.toUpperCase()}_URL`, addresses.get(name) ?? ''])),
    };
    const processes: ManagedProcess[] = [];
    const record = (): void => recordCluster(home, { pid: process.pid, url: addresses.get('gateway') ?? '', environment, processes });
    for (const name of names) {
      const url = addresses.get(name) ?? '';
      const bundle = path.resolve(options.bundles, name.replace(/-\d+$/, ''), 'main.js');
      if (!existsSync(bundle)) throw new Error(`${bundle} is missing: run npm run build`);
      const managed = managedProcess({
        name,
        url,
        log: path.join(logs, `${name}.log`),
        args: [...(options.nodeFlags ?? []), bundle],
        cwd: process.cwd(),
        environment: { ...own(process.env), ...environment, PORT: new URL(url).port },
        onStart: record,
        onEnd: (end) => options.onEnd?.(name, end),
      });
      processes.push(managed);
    }
    record();
    ends.push(() => Promise.all(processes.map((each) => each.stop())));
    await Promise.all(
      processes.map((each) =>
        step(
          each.name,
          () => each.url,
          async () => {
            each.start();
            await each.ready();
          },
        ),
      ),
    );
    return { url: addresses.get('gateway') ?? '', processes, broker, database, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NAMESPACE = 'tsunagari';
const SERVICES = ['value', 'touchpoints', 'proposals', 'understanding'] as const;

function present(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a process needs of this one's environment, and nothing that would configure it otherwise than the cluster says. */
function own({ PATH, HOME, LANG, TMPDIR }: NodeJS.ProcessEnv): Record<string, string> {
  return present({ PATH, HOME, LANG, TMPDIR });
}

async function nextFreePort(wanted: number): Promise<number> {
  const probe = createServer();
  const port = await listenOnNextFreePort(probe, wanted, '127.0.0.1');
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
