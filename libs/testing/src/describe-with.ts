import { spawnSync } from 'node:child_process';
import { canRunBroker } from '@tsunagari/cluster/local-broker';
import { brokerWay } from './kafka/test-broker';

/** What a suite may need that not every machine has. */
export type Need = 'docker' | 'broker' | 'jvm' | 'eventstoredb' | 'mount' | 'linux';

/** Answers why the need is not met here, or undefined when it is. */
type Check = () => string | undefined;

const setOr =
  (variable: string): Check =>
  () =>
    process.env[variable] ? undefined : `${variable} is not set`;

const checks: Readonly<Record<Need, Check>> = {
  docker: () => (spawnSync('docker', ['info'], { timeout: 10_000 }).status === 0 ? undefined : 'no Docker daemon answers'),
  broker: () => (brokerWay() ? undefined : 'KAFKA_BROKERS is not set, no Docker daemon answers, and java and mvn are not both on the PATH'),
  // A broker of one's own, which may be killed.
  jvm: () => (canRunBroker() ? undefined : 'java and mvn are not both on the PATH'),
  eventstoredb: setOr('TSUNAGARI_TEST_EVENTSTOREDB_URL'),
  // Private to the process: nothing of the machine changes.
  mount: () =>
    spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0
      ? undefined
      : 'mounting a file system is not allowed',
  linux: () => (process.platform === 'linux' ? undefined : `platform is ${process.platform}`),
};

/** Why `need` is not met on this machine; undefined when it is. */
export function unmetNeed(need: Need): string | undefined {
  return checks[need]();
}

/**
 * Describes a suite that runs only where `need` is met. Elsewhere it leaves one skipped test whose name says what is missing, and the
 * reporter prints it: a suite never vanishes silently.
 */
export function describeWith(need: Need, name: string, suite: () => void): void {
  const reason = unmetNeed(need);
  if (reason === undefined) describe(name, suite);
  else describe(`[not run: ${need}: ${reason}] ${name}`, () => it.skip(`needs ${need}`, () => undefined));
}
