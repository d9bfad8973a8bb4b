import { tokens } from '@tsunagari/access';
import { type Cluster, startCluster } from '@tsunagari/cluster';
import { duration } from '@tsunagari/deployment';
import { kafkaEventLog } from '@tsunagari/event-log-kafka';
import { createPool } from '@tsunagari/postgres';
import { loadOrCreateSecrets } from '@tsunagari/runtime';
import { logLevel } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  cutConnections,
  freeze,
  killAll,
  killDatabase,
  killLeader,
  killProcess,
  type Recovery,
  resetOffset,
  restartBroker,
  type World,
} from './incidents';
import { startLoad, type LoadFigures } from './load';
import { isWell, judge, settle, type Verdict } from './verdict';

export type ChaosOptions = {
  /** Of the cluster: thrown away by the caller. */
  readonly home: string;
  readonly bundles: string;
  /** Ends after so many processes were killed with −9 … */
  readonly kills: number;
  /** … or after so many seconds, whichever comes first. */
  readonly seconds: number;
  /** After so many rounds of kills each comes an incident of another kind. Default 2. */
  readonly roundsBetween?: number;
  readonly nodeFlags?: readonly string[];
  readonly say: (line: string) => void;
  /** Ends the run early; what was acknowledged until then is judged. */
  readonly signal?: AbortSignal;
};

export type ChaosResult = {
  readonly kills: number;
  readonly seconds: number;
  readonly recoveries: readonly Recovery[];
  readonly figures: LoadFigures;
  /** What a read showed that cannot be. */
  readonly wrong: readonly string[];
  readonly verdict: Verdict;
  readonly well: boolean;
};

/** Under load before the first kill: a process that has just been started on a broker that has just been started compiles its code. */
const WARM_UP_MS = 10_000;

/** In this order, over and over. */
const INCIDENTS = [restartBroker, cutConnections, freeze('understanding'), resetOffset, freeze('relay'), killDatabase, killAll];

/**
 * The distributed mode under load while its parts are killed, frozen, cut off and set back, and what it was worth afterwards. A round
 * kills the leading relay, then one of every other process in turn.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { home, say, roundsBetween = 2 } = options;
  const cluster = await startCluster({
    home,
    bundles: options.bundles,
    port: 0,
    replicas: { relay: 2, understanding: 2 },
    nodeFlags: options.nodeFlags ?? [],
    variables: { LOG_LEVEL: 'warn', TRUSTED_DOCUMENTS: 'off' },
    onStep: ({ name, seconds }) => say(`  ${name} is up (${seconds.toFixed(1)} s)`),
  });
  const world = openWorld(cluster);
  const started = performance.now();
  const recoveries: Recovery[] = [];
  try {
    const token = await tokens({ key: loadOrCreateSecrets(home).tokenKey }).issueToken({ subject: 'chaos', roles: ['admin'], ttl: 7200 });
    const load = await startLoad(cluster, token);
    await pause(WARM_UP_MS);
    const kills = (): number => recoveries.filter(({ kill }) => kill).length;
    const share = (): number => Math.max(kills() / options.kills, (performance.now() - started) / 1000 / options.seconds);
    const goesOn = (): boolean => share() < 1 && options.signal?.aborted !== true;
    const note = (recovery: Recovery): void => {
      recoveries.push(recovery);
      if (!recovery.kill) say(`  ${recovery.what}: on again after ${(recovery.fromIncident / 1000).toFixed(2)} s`);
    };
    let others = 0;
    for (let round = 1; goesOn(); round++) {
      note(await killLeader(world));
      for (const target of victims(cluster, round)) note(await killProcess(world, target));
      const left = ((performance.now() - started) / 1000 / share()) * (1 - share());
      say(
        `  ${String(Math.floor(Math.min(1, share()) * 100)).padStart(3)} %  round ${round}: ${kills()} of ${options.kills} kills, ` +
          `${load.acknowledged.facts.size} facts and ${load.acknowledged.orders.size} orders acknowledged` +
          (left > 0 ? `, at most ${duration(left)} left` : ''),
      );
      // Every kind has its turn, also in a short run.
      if (round % roundsBetween === 0 || (!goesOn() && others < INCIDENTS.length))
        do note(await (INCIDENTS[others++ % INCIDENTS.length] ?? cutConnections)(world));
        while (!goesOn() && others < INCIDENTS.length);
    }
    const seconds = (performance.now() - started) / 1000;
    say('  the load ends');
    await load.stop();
    await settle(cluster);
    await Promise.all(cluster.processes.map((each) => each.stop()));
    say('  judging: the store, Kafka, the journals, a rebuild');
    const verdict = await judge(cluster, load.acknowledged);
    const { figures, wrong } = load;
    return { kills: kills(), seconds, recoveries, figures, wrong, verdict, well: isWell(verdict) && wrong.length === 0 };
  } finally {
    await world.pool.end();
    await world.log.close();
    await cluster.stop();
  }
}

function openWorld(cluster: Cluster): World {
  const namespace = cluster.environment['KAFKA_NAMESPACE'] ?? '';
  return {
    cluster,
    // A cut connection is what this is about: the next query takes another one.
    pool: createPool({ url: cluster.database.url, max: 4, onConnectionLost: () => undefined }),
    log: kafkaEventLog({ kafka: { brokers: [cluster.broker.brokers], logLevel: logLevel.NOTHING }, namespace }),
  };
}

/** One of each kind but the relay; of two of a kind in turn. */
function victims({ processes }: Cluster, round: number) {
  const kinds = new Map<string, (typeof processes)[number][]>();
  for (const each of processes) {
    const kind = each.name.replace(/-\d+$/, '');
    if (kind !== 'relay') kinds.set(kind, [...(kinds.get(kind) ?? []), each]);
  }
  return [...kinds.values()].flatMap((alike) => alike[round % alike.length] ?? []);
}

/** A run in words. */
export function chaosReport({ kills, seconds, recoveries, figures, wrong, verdict, well }: ChaosResult): string {
  const byKind = new Map<string, Recovery[]>();
  for (const recovery of recoveries) byKind.set(recovery.what, [...(byKind.get(recovery.what) ?? []), recovery]);
  const lines = [...byKind].map(([what, all]) => {
    const [ready, whole] = [all.flatMap(({ fromReady }) => fromReady ?? []), all.map(({ fromIncident }) => fromIncident)];
    const text = (values: readonly number[]): string =>
      values.length === 0 ? '–' : `${(quantile(values, 0.5) / 1000).toFixed(2)} / ${(Math.max(...values) / 1000).toFixed(2)}`;
    return `| ${what} | ${all.length} | ${text(ready)} | ${text(whole)} |`;
  });
  return [
    `${kills} kills with −9 and ${recoveries.length - kills} other incidents in ${seconds.toFixed(0)} s, under load: ${figures.answered} requests answered, ` +
      `${figures.repeated} sent again, ${figures.partial} reads answered in part, ${figures.imported} orders imported, ${figures.merged} merges and splits.`,
    '',
    '| What | times | from ready or takeover to the first new position, s: median / longest | from the incident, s |',
    '|---|---|---|---|',
    ...lines,
    '',
    `In the store ${verdict.stored} facts, in Kafka ${verdict.published}; acknowledged ${verdict.acknowledgedFacts} events and ${verdict.acknowledgedOrders} orders.`,
    `Lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, out of order ${verdict.disordered.length}, impossible reads ${wrong.length}.`,
    ...[...verdict.lost, ...verdict.doubled, ...verdict.disordered, ...wrong].slice(0, 20).map((line) => `  ✗ ${line}`),
    ...Object.entries(verdict.hashes).map(
      ([name, { kept, rebuilt }]) =>
        `${kept === rebuilt ? '✓' : '✗'} ${name}: kept ${kept.slice(0, 16)}…, rebuilt ${rebuilt.slice(0, 16)}… ${kept.slice(64)}`,
    ),
    well ? '✓ nothing lost, nothing doubled, everything in order' : '✗ NOT WELL',
  ].join('\n');
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
