import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

/** A broker of its own process group on this machine, without Docker. */
export type LocalBroker = {
  readonly brokers: string;
  /** kill −9, as a machine that goes away. The data stays. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same data and port. */
  readonly start: () => Promise<void>;
  /** Runs one of Kafka's own tools to its end, by its main class. @throws with what it said. */
  readonly tool: (mainClass: string, ...args: readonly string[]) => Promise<void>;
  /** Ends it and removes its data. */
  readonly remove: () => Promise<void>;
};

const POM = join('infra', 'kafka', 'local', 'pom.xml');
const VERSION = '4.1.1';

/** The repository, from a source file as from a bundle in `dist`. */
function repository(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, POM))) return folder;
    if (folder === dirname(folder)) throw new Error(`${POM} is not above ${__dirname}: a local broker needs the repository`);
  }
}

/** Where jars are kept, and the folders of test runs. */
export const kafkaHome = (): string => join(repository(), '.tsunagari', 'kafka');

/** Whether this machine can run a broker: java and mvn on the PATH. */
export function canRunBroker(): boolean {
  try {
    for (const command of ['java', 'mvn']) execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Lets Maven fetch the jars once; Maven's own cache and ours make later runs cost nothing. */
async function fetchJars(): Promise<string> {
  const jars = join(kafkaHome(), VERSION, 'libs');
  if (existsSync(jars)) return jars;
  const fetched = `${jars}-${process.pid}`;
  const to = `-DoutputDirectory=${fetched}`;
  await promisify(execFile)('mvn', ['-q', '-B', '-f', join(repository(), POM), 'dependency:copy-dependencies', to]);
  try {
    renameSync(fetched, jars);
  } catch {
    // Another run was faster.
    rmSync(fetched, { recursive: true, force: true });
  }
  return jars;
}

/** Ports of the loopback address that nobody uses at this moment, each another one. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All are held until the last is found: a port that is given back may be the next one that is given.
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function properties(folder: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'auto.create.topics.enable=false',
    'group.initial.rebalance.delay.ms=0',
    ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].map((name) => `${name}.replication.factor=1`),
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.min.isr=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.num.partitions=4',
    '',
  ].join('\n');
}

/** Waits until the broker answers; tells nothing of the attempts. */
export async function brokerAnswers(brokers: string, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      if ((await admin.describeCluster()).brokers.length > 0) return;
    } catch (error) {
      if (Date.now() > end) throw new Error(`no Kafka broker answers at ${brokers}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/**
 * Apache Kafka in KRaft mode on the JVM, on the data of the folder where there is any. A shell watches the process `owner` and ends
 * the broker with it, so an owner that is killed with −9 leaves none behind.
 * @param removeWithOwner whether the folder goes too when the owner is killed. Default true: a test's broker.
 */
export async function startLocalBroker(
  folder: string,
  owner: number = process.pid,
  { removeWithOwner = true }: { readonly removeWithOwner?: boolean } = {},
): Promise<LocalBroker> {
  const jars = await fetchJars();
  mkdirSync(folder, { recursive: true });
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const config = join(folder, 'server.properties');
  writeFileSync(config, properties(folder, port, controllerPort));
  const java = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`];
  const tool = async (mainClass: string, ...args: readonly string[]): Promise<void> => {
    await promisify(execFile)('java', [...java, mainClass, ...args]);
  };
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    const id = randomUUID().replaceAll('-', '').slice(0, 22);
    await tool('kafka.tools.StorageTool', 'format', '-t', id, '-c', config);
  }
  const brokers = `127.0.0.1:${port}`;
  let broker: ReturnType<typeof spawn> | undefined;

  const start = async (): Promise<void> => {
    const watch = `java "$@" > "${join(folder, 'broker.out')}" 2>&1 & broker=$!
trap 'kill -9 $broker; exit' TERM
while kill -0 ${owner} 2>/dev/null && kill -0 $broker 2>/dev/null; do sleep 0.3; done
kill -9 $broker 2>/dev/null${removeWithOwner ? `; kill -0 ${owner} 2>/dev/null || rm -rf "${folder}"` : ''}`;
    broker = spawn('sh', ['-c', watch, 'sh', ...java, 'kafka.Kafka', config], { detached: true, stdio: 'ignore' });
    broker.unref();
    await brokerAnswers(brokers);
  };
  const kill = async (): Promise<void> => {
    const running = broker;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.ref();
    running.kill('SIGTERM');
    await gone;
  };
  await start();
  return {
    brokers,
    start,
    kill,
    tool,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
