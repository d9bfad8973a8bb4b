/**
 * A process of its own that a test can kill: starts the embedded server of a folder and says so, one JSON object a line.
 * With `write` it then inserts batches of ten rows without pause and says each batch's number once it is acknowledged.
 */
import { createPool } from '../src/pool';
import { startEmbeddedServer, SupervisorError } from '../src/supervisor';

const [folder = '', mode = 'hold'] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function run(): Promise<void> {
  const server = await startEmbeddedServer({ folder, onNotice: (notice) => say({ notice: notice.kind }) });
  say({ url: server.url, server: server.pid() });
  if (mode === 'hold') return;
  const pool = createPool(server.url);
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
