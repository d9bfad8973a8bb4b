import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '@tsunagari/postgres';
import { GenericContainer } from 'testcontainers';
import { brokerAnswers, canRunBroker, freePorts, kafkaHome, startLocalBroker } from '@tsunagari/cluster/local-broker';

/** A broker that the suites of a run share; `namespace` is this caller's own. */
export type TestBroker = { readonly brokers: readonly string[]; readonly namespace: string };

/** The process whose end ends the broker: Jest itself, not one of its workers. */
const owner = process.send === undefined ? process.pid : process.ppid;

/** How this machine can have a broker; undefined when it cannot. */
export function brokerWay(): 'environment' | 'docker' | 'jvm' | undefined {
  if (process.env['KAFKA_BROKERS']) return 'environment';
  if (spawnSync('docker', ['info'], { timeout: 10_000 }).status === 0) return 'docker';
  return canRunBroker() ? 'jvm' : undefined;
}

async function startContainer(): Promise<string> {
  const [port = 0] = await freePorts(1);
  await new GenericContainer('apache/kafka:4.1.1')
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: '1',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .start();
  await brokerAnswers(`localhost:${port}`);
  return `localhost:${port}`;
}

/** Folders of runs whose watcher was killed together with them. */
function removeLeftovers(): void {
  for (const name of existsSync(kafkaHome()) ? readdirSync(kafkaHome()) : []) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(kafkaHome(), name), { recursive: true, force: true });
  }
}

async function sharedBroker(): Promise<string> {
  const folder = join(kafkaHome(), `run-${owner}`);
  const state = join(folder, 'broker.json');
  removeLeftovers();
  mkdirSync(kafkaHome(), { recursive: true });
  let first = true;
  try {
    mkdirSync(folder);
  } catch {
    first = false;
  }
  if (first) {
    let outcome: object;
    try {
      const brokers = brokerWay() === 'docker' ? await startContainer() : (await startLocalBroker(join(folder, 'broker'), owner)).brokers;
      outcome = { brokers };
    } catch (error) {
      outcome = { error: String(error) };
    }
    writeFileSync(`${state}.new`, JSON.stringify(outcome));
    renameSync(`${state}.new`, state);
  }
  for (const end = Date.now() + 120_000; !existsSync(state); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() > end) throw new Error('the test run’s Kafka broker did not start within 120 s');
  const { brokers, error } = JSON.parse(readFileSync(state, 'utf8')) as { brokers?: string; error?: string };
  if (!brokers) throw new Error(`the test run’s Kafka broker did not start: ${error ?? ''}`);
  return brokers;
}

/**
 * A real Kafka broker for a suite under `describeWith('broker', …)`: `KAFKA_BROKERS`, else Docker, else Apache Kafka on this
 * machine's JVM. Started once a test run by whoever asks first; it ends with the run, however that ends.
 */
export async function testBroker(): Promise<TestBroker> {
  const brokers = process.env['KAFKA_BROKERS'] ?? (await sharedBroker());
  return { brokers: brokers.split(','), namespace: `test-${randomBytes(6).toString('hex')}` };
}
