import { openAccess, openDeployment, openIntake, openServices } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkRow } from './benchmark';

const SHOP = path.join('data', 'online-retail', 'online_retail.csv.gz');
const LINES = 541_909;
const NET_MINOR = 974_774_793;

/**
 * The spine on a real shop's 541,909 order lines: from the compressed file into the store, the same again, and the whole understanding
 * folded anew. One process, its own durable PostgreSQL; nothing else runs meanwhile.
 */
export async function spineBenchmarks({ quick }: { readonly quick: boolean }): Promise<BenchmarkRow[]> {
  const first: number[] = [];
  const again: number[] = [];
  const rebuilt: number[] = [];
  for (let run = 0; run < (quick ? 1 : 3); run++) {
    const home = mkdtempSync(path.join('dist', 'bench-spine-'));
    const deployment = await openDeployment({ ...readConfiguration({}), home, fixedClock: '2011-12-10T00:00:00.000Z' }, { role: 'own' });
    try {
      const intake = await openIntake(deployment, await openAccess(deployment));
      const services = await openServices(deployment);
      for (const speeds of [first, again]) {
        const outcome = await intake.importOrders({ input: { path: SHOP }, format: 'online-retail' });
        if (outcome.kind !== 'completed' || outcome.summary.lines !== LINES) throw new Error(`the import ended as ${outcome.kind}`);
        if (outcome.summary.duplicates !== (speeds === again ? outcome.summary.orders : 0)) throw new Error('an import changed what stood');
        speeds.push(LINES / outcome.summary.seconds);
      }
      await services.closeDays('2011-12-09', '2010-12-01');
      const started = await services.runner.start();
      if (started.kind !== 'started') throw new Error(started.explanation);
      const from = performance.now();
      const caughtUp = await services.runner.catchUp({ timeoutMs: 120_000 });
      rebuilt.push((performance.now() - from) / 1000);
      if (caughtUp.kind !== 'caught-up') throw new Error('understanding did not catch up');
      const { rows } = await deployment.pool.query<{ net: string }>('select sum(net_minor) as net from understanding.purchases');
      if (Number(rows[0]?.net) !== NET_MINOR) throw new Error(`net revenue is ${rows[0]?.net}`);
      await services.runner.stop();
    } finally {
      await deployment.close();
      rmSync(home, { recursive: true, force: true });
    }
  }
  return [
    {
      id: 'import',
      workload: 'Online Retail, 541,909 lines, from the compressed file into the store',
      unit: 'lines/s',
      runs: first,
      target: '≥ 80,000',
    },
    { id: 'import again', workload: 'the same file once more: nothing changes', unit: 'lines/s', runs: again, target: '–' },
    {
      id: 'understanding',
      workload: 'all of it understood from zero: 34,000 facts, 8,082 customers, 374 days, every projection',
      unit: 's',
      runs: rebuilt,
      target: '< 3 s',
    },
  ];
}
