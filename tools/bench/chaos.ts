import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chaosReport, runChaos } from '../chaos/chaos';
import type { BenchmarkRow } from './benchmark';

/**
 * B13: kill −9 of every process of the distributed mode, over and over, under load. Throws when anything was lost, doubled, out of order
 * or understood otherwise than a rebuild does. Needs the apps of `npm run build`.
 */
export async function chaosBenchmark({
  quick,
  say,
}: {
  readonly quick: boolean;
  readonly say: (line: string) => void;
}): Promise<BenchmarkRow[]> {
  mkdirSync('dist', { recursive: true });
  const home = mkdtempSync(path.join('dist', 'bench-chaos-'));
  try {
    const result = await runChaos({ home, bundles: path.join('dist', 'apps'), kills: quick ? 12 : 60, seconds: 600, say });
    if (!result.well) throw new Error(chaosReport(result));
    const kills = result.recoveries.filter(({ kill }) => kill);
    const { stored, acknowledgedFacts, acknowledgedOrders } = result.verdict;
    return [
      {
        id: 'B13',
        workload: 'kill −9 of each process under load: from the replacement’s ready, or the standby’s takeover, to the first new position',
        unit: 's',
        runs: kills.flatMap(({ fromReady }) => (fromReady === null ? [] : fromReady / 1000)),
        target: '≤ 2; 0 lost; 0 doubled',
        note: `${kills.length} kills, ${result.recoveries.length - kills.length} other incidents; ${stored} facts, ${acknowledgedFacts + acknowledgedOrders} of them acknowledged by request: 0 lost, 0 doubled, rebuild equal. kafkajs groups resume after 28 s by default`,
      },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
