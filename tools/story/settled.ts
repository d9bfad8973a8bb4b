import { BEGINNING, comparePositions, type Position } from '@tsunagari/contracts';
import type { Deployment } from '@tsunagari/deployment';
import { lastClosedDay, lastDayOver } from '@tsunagari/understanding';
import { setTimeout as pause } from 'node:timers/promises';

const WITHIN_MS = 120_000;

/**
 * Waits until a deployment has come to rest under its clock, whichever processes it runs in: the days are closed, every read model and
 * reactor has taken in what stands in the store, and no agenda holds anything that is due. Looks from outside, as operations would.
 * @throws with what is still missing after two minutes.
 */
export async function settled(deployment: Deployment): Promise<void> {
  for (const end = performance.now() + WITHIN_MS; ; await pause(100)) {
    const missing = await unsettled(deployment);
    if (missing === undefined) return;
    if (performance.now() > end) throw new Error(`the platform does not come to rest: ${missing}`);
  }
}

async function unsettled(deployment: Deployment): Promise<string | undefined> {
  const { pool, clock, store, configuration, recorded } = deployment;
  const { timeZone } = configuration;
  const now = clock.now();
  const [closed, over] = [(await lastClosedDay(store)) ?? (await beforeTheFirst(deployment)), lastDayOver(now, timeZone)];
  if (closed !== null && closed < over) return `days are closed up to ${closed}, ${over} is over`;
  const head = await recorded();
  // Checkpoints first: a reactor whose place is at the head has put on its agenda what follows from there, and not a moment later.
  const { rows: tables } = await pool.query<{ s: string; t: string }>(
    `select table_schema as s, table_name as t from information_schema.tables where table_name in ('checkpoints', 'agenda') order by 2 desc, 1`,
  );
  for (const { s, t } of tables) {
    if (t === 'agenda') {
      const { rows } = await pool.query<{ command: string }>(`select command from "${s}".agenda where due_at <= $1 limit 1`, [now]);
      if (rows[0]) return `${rows[0].command} is due in ${s}`;
    } else {
      const { rows } = await pool.query<{ reader: string; pos: Position }>(
        `select reader, pos from "${s}".checkpoints order by pos limit 1`,
      );
      const [slowest] = rows;
      // Who follows signals has a place among them, not in the log.
      const end = s.endsWith('_signals') ? await lastSignal(deployment) : head;
      if (slowest && comparePositions(slowest.pos, end) < 0) return `${slowest.reader} of ${s} stands at ${slowest.pos} of ${end}`;
    }
  }
  return (await recorded()) === head ? undefined : 'something was recorded meanwhile';
}

async function lastSignal({ pool }: Deployment): Promise<Position> {
  const { rows } = await pool.query<{ pos: Position | null }>("select max(pos) as pos from understanding.outbox where topic = 'signals'");
  return rows[0]?.pos ?? BEGINNING;
}

/** The day before the first fact: nothing is closed up to it. Null where there is no fact yet. */
async function beforeTheFirst({ pool, configuration }: Deployment): Promise<string | null> {
  const { rows } = await pool.query<{ first: string | null }>('select min(occurred) as first from events');
  const first = rows[0]?.first;
  return first ? lastDayOver(new Date(first).toISOString(), configuration.timeZone) : null;
}
