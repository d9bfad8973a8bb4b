import { facts as registry } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { createPool, removeEmbeddedServer, startEmbeddedServer, migrate } from '@tsunagari/postgres';
import { createProjectionRunner, defineProjection } from '@tsunagari/projection';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchmarkRow } from './benchmark';

const SECONDS = 10;
const PROJECTIONS = 10;

/** B14: what ten projections cost while nothing happens, leases and safety poll included: every query takes a connection of the pool. */
export async function idleBenchmark(): Promise<BenchmarkRow[]> {
  const folder = mkdtempSync(path.join('dist', 'bench-idle-'));
  const server = await startEmbeddedServer({ folder });
  const pool = createPool(server.url);
  try {
    await migrate(pool, eventsSchema);
    const log = postgresEventLog({ pool });
    const runner = createProjectionRunner({
      pool,
      log,
      journal: postgresJournal({ pool }),
      registry,
      definitions: Array.from({ length: PROJECTIONS }, (_, n) =>
        defineProjection<{ facts: number }>({
          name: `idle_${n}`,
          version: 1,
          types: registry.all().map(({ type }) => type),
          key: 'customer',
          initial: { facts: 0 },
          evolve: ({ facts }) => ({ facts: facts + 1 }),
          columns: [],
        }),
      ),
    });
    const started = await runner.start();
    if (started.kind !== 'started') throw new Error(started.explanation);
    await pause(3000);
    let queries = 0;
    pool.on('acquire', () => queries++);
    await pause(SECONDS * 1000);
    const rate = queries / SECONDS;
    await runner.stop();
    await log.close();
    return [
      {
        id: 'B14',
        workload: `idle cost: ${PROJECTIONS} projections, no traffic, leases and safety poll included`,
        unit: 'queries/s a process',
        runs: [rate],
        target: '≤ 4/s',
        note: 'Emmett polls 20 times a second a projection by default: 200/s for ten (its documentation)',
      },
    ];
  } finally {
    await pool.end();
    await server.stop();
    await removeEmbeddedServer(folder);
  }
}
