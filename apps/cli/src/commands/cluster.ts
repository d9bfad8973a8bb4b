import { canRunBroker, type Cluster, runningCluster, startCluster } from '@tsunagari/cluster';
import { duration, openAccess, openDeployment, openIntake, openServices, table } from '@tsunagari/deployment';
import { atEndOfData, bringShopIn, reportShop, requireShop, ShopError } from '@tsunagari/process/shop';
import { type HealthReport, readConfiguration } from '@tsunagari/runtime';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Call, type Command, type ExitCode, UsageError } from '../command';

/** After so long without an end `down` says so. */
const DOWN_WITHIN_MS = 60_000;

export const clusterCommand: Command = {
  usage: 'cluster up|status|down',
  summary: 'the distributed mode on this machine: Kafka, PostgreSQL, and every service as its own process',
  help: `Without Docker: Kafka runs on the JVM (java and mvn must be there; the first start fetches 46 MB). Everything of it is in
<TSUNAGARI_HOME>/cluster: data, secrets, and a log for each process. A process that ends is started again. Ctrl-C stops everything.`,
  options: {
    import: { type: 'string', what: 'brings a data set in and reports it as quickstart does: online-retail' },
    once: { type: 'boolean', what: 'ends after the report' },
    relays: { type: 'string', what: '2 starts a second relay that takes over when the first ends (default 1)' },
  },
  async run(call) {
    const [act, ...more] = call.positionals;
    if (more.length > 0) throw new UsageError('cluster takes one word: up, status or down');
    const home = path.join(readConfiguration().home, 'cluster');
    if (act === 'up') return up(call, home);
    if (act === 'status') return status(call, home);
    if (act === 'down') return down(call, home);
    throw new UsageError('cluster up starts it, cluster status looks at it, cluster down ends it');
  },
};

async function up(call: Call, home: string): Promise<ExitCode> {
  const wanted = call.options['import'];
  if (wanted !== undefined && wanted !== 'online-retail') throw new UsageError('--import is online-retail');
  const relays = call.options['relays'] ?? '1';
  if (relays !== '1' && relays !== '2') throw new UsageError('--relays is 1 or 2');
  if (!canRunBroker()) {
    answer(call, { started: false }, 'Kafka needs java and mvn on the PATH, and one of them is not there.');
    return 1;
  }
  const given = readConfiguration({ ...process.env, TSUNAGARI_HOME: home });
  if (wanted) {
    requireShop();
    // Every process of the deployment reads it at its start.
    atEndOfData(given);
  }
  const started = performance.now();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const stopping = new AbortController();
  const onSignal = (): void => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const { TSUNAGARI_CLOCK, TSUNAGARI_TIME_ZONE, TSUNAGARI_CURRENCY, TRUSTED_DOCUMENTS, LOG_LEVEL } = process.env;
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      home,
      // Beside this one.
      bundles: path.join(__dirname, '..'),
      port: given.port,
      replicas: { relay: Number(relays) },
      nodeFlags: process.execArgv,
      variables: { TSUNAGARI_CLOCK, TSUNAGARI_TIME_ZONE, TSUNAGARI_CURRENCY, TRUSTED_DOCUMENTS, LOG_LEVEL },
      onStep: ({ name, seconds, where }) => say(`  ✓ ${name.padEnd(14)} ${where.padEnd(24)} ${duration(seconds)}`),
      onEnd: (name, { code, signal, pauseMs }) =>
        say(`  ${name} ended (${signal ?? `exit code ${code}`}) and is started again in ${duration(pauseMs / 1000)}; its log says why`),
    });
    const token = wanted ? await bringIn(cluster) : undefined;
    answer(
      call,
      { url: cluster.url, seconds: (performance.now() - started) / 1000, logs: path.join(home, 'logs'), ...(token ? { token } : {}) },
      `\nThe cluster runs at ${cluster.url}/graphql after ${duration((performance.now() - started) / 1000)}. Logs: ${path.join(home, 'logs')}.` +
        (token ? `\nA token for 12 hours: ${token}` : '') +
        (call.options['once'] ? '' : '\nCtrl-C stops everything.'),
    );
    if (call.options['once'] !== true && !stopping.signal.aborted)
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
    return 0;
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    answer(call, { started: true, failed: error.message }, error.message);
    return 1;
  } finally {
    if (cluster) {
      say('  stopping');
      await cluster.stop();
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}

/** Brings the shop in beside the running services: recorded as touchpoints would, understood by the process whose work that is. */
async function bringIn({ url, environment }: Cluster): Promise<string> {
  const configuration = atEndOfData(readConfiguration(environment));
  const understanding = await openDeployment(configuration, { role: 'join', process: 'understanding' });
  const touchpoints = await openDeployment(configuration, { role: 'join', process: 'touchpoints' });
  try {
    const access = await openAccess(touchpoints);
    await bringShopIn({
      deployment: understanding,
      services: openServices(understanding),
      intake: openIntake(touchpoints, access),
    });
    return await reportShop(url, access);
  } finally {
    await touchpoints.close();
    await understanding.close();
  }
}

async function status(call: Call, home: string): Promise<ExitCode> {
  const record = runningCluster(home);
  if (!record) {
    answer(call, { running: false }, 'No cluster runs here: tsunagari cluster up starts one.');
    return 1;
  }
  const processes = await Promise.all(
    record.processes.map(async ({ name, url, log, pid }) => {
      const report = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) }).then(
        async (response) => (await response.json()) as Partial<HealthReport>,
        () => ({ ok: false, checks: [{ name: 'process', ok: false, reason: 'it does not answer' }] }),
      );
      const problems = (report.checks ?? []).flatMap((check) => (check.ok ? [] : `${check.name}: ${check.reason ?? ''}`));
      return { name, url, log, pid, ready: report.ok === true, problems };
    }),
  );
  answer(
    call,
    { running: true, url: record.url, pid: record.pid, processes },
    table(
      ['process', 'pid', 'address', 'state'],
      processes.map(({ name, pid, url, ready, problems }) => [name, String(pid ?? '–'), url, ready ? 'ready' : problems.join('; ')]),
    ),
  );
  return processes.every(({ ready }) => ready) ? 0 : 1;
}

async function down(call: Call, home: string): Promise<ExitCode> {
  const record = runningCluster(home);
  if (!record) {
    answer(call, { running: false }, 'No cluster runs here.');
    return 0;
  }
  process.kill(record.pid, 'SIGTERM');
  for (const end = performance.now() + DOWN_WITHIN_MS; runningCluster(home); await pause(100))
    if (performance.now() > end) {
      answer(
        call,
        { running: true },
        `The cluster still runs after ${duration(DOWN_WITHIN_MS / 1000)}: end process ${record.pid} by hand.`,
      );
      return 1;
    }
  answer(call, { running: false }, 'The cluster is down.');
  return 0;
}
