/**
 * A process of its own that a test can kill: starts the embedded server of a folder and says so, one JSON object a line.
 * With `fill` it writes until the disk is full, frees some space, writes on, and says what of the acknowledged is missing or torn.
 * With `write` it then inserts batches of ten rows without pause and says each batch's number once it is acknowledged.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Pool } from '../src/pool';
import { createPool } from '../src/pool';
import { startEmbeddedServer, SupervisorError, waitUntil } from '../src/supervisor';

const [folder = '', mode = 'hold'] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function fillDisk(pool: Pool): Promise<void> {
  const ballast = join(dirname(folder), 'ballast');
  writeFileSync(ballast, Buffer.alloc(60_000_000, 1));
  await pool.query('create table if not exists filled (batch int, row int, padding text)');
  const acknowledged: number[] = [];
  const write = async (batch: number): Promise<void> => {
    await pool.query('insert into filled select $1, r, repeat(md5(r::text), 30) from generate_series(1, 1000) r', [batch]);
    acknowledged.push(batch);
  };
  let refused: string | undefined;
  let batch = 0;
  while (refused === undefined) await write(++batch).catch((error: unknown) => (refused = String(error)));
  say({ refused, after: acknowledged.length });
  rmSync(ballast);
  const last = batch + 1;
  const wroteOn = await waitUntil(
    () =>
      write(last).then(
        () => true,
        () => false,
      ),
    40_000,
    200,
  );
  const { rows } = await pool.query<{ batch: number; rows: string }>('select batch, count(*) as rows from filled group by batch');
  const stored = new Set(rows.map((row) => row.batch));
  say({
    wroteOn,
    missing: acknowledged.filter((each) => !stored.has(each)),
    torn: rows.filter((row) => row.rows !== '1000').map((row) => row.batch),
  });
}

async function run(): Promise<void> {
  const server = await startEmbeddedServer({ folder, onNotice: (notice) => say({ notice: notice.kind }) });
  say({ url: server.url, server: server.pid() });
  if (mode === 'hold') return;
  const pool = createPool(server.url);
  if (mode === 'fill') return fillDisk(pool);
  await pool.query('create table if not exists written (batch bigint, row int)');
  const { rows } = await pool.query<{ last: string | null }>('select max(batch) as last from written');
  for (let batch = Number(rows[0]?.last ?? 0) + 1; ; batch += 4)
    await Promise.all(
      [0, 1, 2, 3].map(async (offset) => {
        await pool.query('insert into written select $1, r from generate_series(1, 10) r', [batch + offset]);
        say({ acknowledged: batch + offset });
      }),
    );
}

process.once('SIGTERM', () => process.exit(0));
// Keeps the process alive while the server runs: the supervisor itself does not.
setInterval(() => undefined, 60_000);
run().catch((error: unknown) => {
  say(error instanceof SupervisorError ? { fault: error.fault, message: error.message } : { error: String(error) });
  process.exit(1);
});
