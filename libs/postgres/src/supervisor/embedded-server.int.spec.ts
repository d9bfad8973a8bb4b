import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeWith } from '@tsunagari/testing';
import { bundleProgram, runBundled } from '@tsunagari/testing';
import { createPool } from '../pool';
import { findBinaries } from './binaries';
import { openDataFolder, prepareData } from './data-folder';
import type { EmbeddedServer, SupervisorNotice } from './embedded-server';
import { startEmbeddedServer } from './embedded-server';
import { SupervisorError } from './errors';
import { isAlive, waitUntil } from './processes';
import { chooseLauncher } from './unprivileged';

const scratch = mkdtempSync(join(tmpdir(), 'tsunagari-supervisor-'));
const newFolder = (name: string): string => join(scratch, name, 'postgres');
const program = bundleProgram(join(__dirname, '../../test-programs/supervised-writer.ts'));

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const pool = createPool({ url, max: 1 });
  try {
    return (await pool.query<Row>(sql)).rows;
  } finally {
    await pool.end();
  }
}

/** The server's main process and its children. */
function serverProcesses(main: number): number[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([pid, parent]) => pid === main || parent === main)
    .map(([pid]) => pid ?? 0);
}

async function faultOf(start: Promise<EmbeddedServer>): Promise<SupervisorError> {
  const error: unknown = await start.then(
    (server) => server.stop(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SupervisorError);
  return error as SupervisorError;
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the embedded server', () => {
  it('finds its data, password and port again at the second start', async () => {
    const folder = newFolder('second-start');
    const first = await startEmbeddedServer({ folder });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    expect(isAlive(first.pid())).toBe(false);
    const second = await startEmbeddedServer({ folder });
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('keeps everything in its folder, closed to others, on the loopback address, without a Unix socket, behind a password', async () => {
    const folder = newFolder('closed');
    mkdirSync(dirname(folder), { mode: 0o700 });
    chmodSync(dirname(folder), 0o700);
    const usersBefore = readFileSync('/etc/passwd', 'utf8');
    const outsideBefore = statSync(dirname(folder));
    const server = await startEmbeddedServer({ folder });
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(usersBefore);
    expect(statSync(dirname(folder))).toMatchObject({ uid: outsideBefore.uid, mode: outsideBefore.mode });
    expect(readdirSync(dirname(folder))).toEqual(['postgres']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ['password', 'port', 'server.log']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(
      await query(
        server.url,
        `select name, setting from pg_settings
          where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'TimeZone') order by name`,
      ),
    ).toEqual([
      { name: 'TimeZone', setting: 'UTC' },
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const guess = new URL(server.url);
    guess.password = 'guess';
    await expect(query(guess.href, 'select 1')).rejects.toThrow('password authentication failed');
    await server.stop();
  });

  it('is stopped and started again when it outlived its killed Node process', async () => {
    const folder = newFolder('node-killed');
    const owner = runBundled(program, [folder]);
    const { url, server } = (await owner.hear('url')) as { url: string; server: number };
    await query(url, 'create table kept as select 42 as answer');
    owner.kill('SIGKILL');
    await owner.ended;
    expect(isAlive(server)).toBe(true);
    const notices: SupervisorNotice[] = [];
    const next = await startEmbeddedServer({ folder, onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([{ kind: 'orphan-stopped' }]);
    expect(isAlive(server)).toBe(false);
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await next.stop();
  });

  it('keeps every acknowledged batch, whole, when everything is killed while it writes (failure mode 22)', async () => {
    const folder = newFolder('all-killed');
    let acknowledged: number[] = [];
    for (let round = 1; round <= 3; round++) {
      const owner = runBundled(program, [folder, 'write']);
      const { server } = (await owner.hear('url')) as { server: number };
      await owner.hear('acknowledged', 50 * round);
      // The server first: were Node first, the server could still finish its work in peace.
      for (const pid of serverProcesses(server)) process.kill(pid, 'SIGKILL');
      owner.kill('SIGKILL');
      await owner.ended;
      acknowledged = [
        ...acknowledged,
        ...owner.said.flatMap((line) => (typeof line['acknowledged'] === 'number' ? [line['acknowledged']] : [])),
      ];
      const next = await startEmbeddedServer({ folder });
      const stored = await query<{ batch: string; rows: string }>(next.url, 'select batch, count(*) as rows from written group by batch');
      await next.stop();
      expect(stored.filter(({ rows }) => rows !== '10')).toEqual([]);
      const batches = new Set(stored.map(({ batch }) => Number(batch)));
      expect(acknowledged.filter((batch) => !batches.has(batch))).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  });

  it('comes back by itself on the same port when only the server is killed, and the pool goes on', async () => {
    const notices: string[] = [];
    const server = await startEmbeddedServer({ folder: newFolder('server-killed'), onNotice: ({ kind }) => notices.push(kind) });
    const pool = createPool(server.url);
    await pool.query('create table kept as select 42 as answer');
    const held = await pool.connect();
    process.kill(server.pid(), 'SIGKILL');
    expect(await waitUntil(() => notices.includes('server-restarted'), 40_000)).toBe(true);
    held.release(true);
    const answered = await waitUntil(
      () =>
        pool.query('select answer from kept').then(
          ({ rows }) => rows[0]?.answer === 42,
          () => false,
        ),
      20_000,
    );
    expect(answered).toBe(true);
    await pool.end();
    await server.stop();
    expect(notices).toEqual(['server-exited', 'server-restarted']);
  });

  it('refuses a second start on the same folder, from this and from another process, and says by whom it is used', async () => {
    const folder = newFolder('two-starts');
    const server = await startEmbeddedServer({ folder });
    const error = await faultOf(startEmbeddedServer({ folder }));
    expect(error.fault).toBe('FOLDER_IN_USE');
    const other = runBundled(program, [folder]);
    const { fault, message } = (await other.hear('fault')) as { fault: string; message: string };
    expect(fault).toBe('FOLDER_IN_USE');
    expect(message).toContain(`in use by process ${String(process.pid)}`);
    expect(message).toContain('TSUNAGARI_HOME');
    expect(await query(server.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    await server.stop();
  });

  it('lets exactly one of several simultaneous starts win', async () => {
    const folder = newFolder('race');
    const starters = [1, 2, 3].map(() => runBundled(program, [folder]));
    const outcomes = await Promise.all(
      starters.map((starter) => Promise.race([starter.hear('url'), starter.hear('fault')]).then((line) => line['fault'] ?? 'STARTED')),
    );
    expect(outcomes.sort()).toEqual(['FOLDER_IN_USE', 'FOLDER_IN_USE', 'STARTED']);
    for (const starter of starters) starter.kill('SIGTERM');
    await Promise.all(starters.map((starter) => starter.ended));
  });

  it('takes another port when its own is in use by somebody else', async () => {
    const folder = newFolder('port');
    const first = await startEmbeddedServer({ folder });
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const second = await startEmbeddedServer({ folder });
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    await second.stop();
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('is not led astray by what a killed first start left half made, nor by PG variables of the environment', async () => {
    const folder = newFolder('half-made');
    mkdirSync(join(folder, 'making-1', 'data'), { recursive: true });
    writeFileSync(join(folder, 'making-1', 'data', 'PG_VERSION'), '18\n');
    process.env['PGPORT'] = '1';
    process.env['PGDATA'] = '/nowhere';
    const server = await startEmbeddedServer({ folder });
    delete process.env['PGPORT'];
    delete process.env['PGDATA'];
    expect(readdirSync(folder).filter((name) => name.startsWith('making-'))).toEqual([]);
    await server.stop();
  });

  it('says what to do when the password is gone or the data is of another version', async () => {
    const folder = newFolder('broken');
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '18\n');
    expect(await faultOf(startEmbeddedServer({ folder }))).toMatchObject({ fault: 'PASSWORD_MISSING' });
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '15\n');
    expect(await faultOf(startEmbeddedServer({ folder }))).toMatchObject({ fault: 'OTHER_VERSION' });
    expect(readdirSync(folder).filter((name) => name.startsWith('owner-'))).toEqual([]);
  });
});

describeWith('linux', 'the embedded server, where something is missing', () => {
  it('tells to run npm ci with scripts allowed when the libraries are not linked', async () => {
    const bin = join(scratch, 'scripts-blocked');
    cpSync(findBinaries().initdb, join(bin, 'initdb'));
    const binaries = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    const error: unknown = await prepareData(openDataFolder(newFolder('no-libraries')), binaries, chooseLauncher(), 'safe').catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ fault: 'LIBRARIES_MISSING', message: expect.stringContaining('npm ci') as string });
  });

  it('tells that no PostgreSQL is installed for the platform', () => {
    expect(() => findBinaries([scratch])).toThrow(/DATABASE_URL/);
  });
});

describeWith('mount', 'the embedded server on a full disk', () => {
  /** Gives a program a small disk of its own at `folder`, gone with the program. */
  const onDiskOf = (size: string, folder: string): string[] => {
    mkdirSync(folder, { recursive: true });
    return ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`, folder];
  };

  it('says so at the first start, and what to do', async () => {
    const disk = join(scratch, 'tiny-disk');
    const starter = runBundled(program, [join(disk, 'postgres')], onDiskOf('12m', disk));
    expect(await starter.hear('fault')).toMatchObject({
      fault: 'DISK_FULL',
      message: expect.stringContaining('Free some space') as string,
    });
    await starter.ended;
  });

  it('refuses what it cannot store, keeps what it acknowledged, and writes on once there is space', async () => {
    const disk = join(scratch, 'small-disk');
    const writer = runBundled(program, [join(disk, 'postgres'), 'fill'], onDiskOf('220m', disk));
    const { refused, after } = await writer.hear('refused');
    expect(refused).toMatch(/No space left|terminat|closed|crash/);
    expect(after).toBeGreaterThan(0);
    expect(await writer.hear('wroteOn')).toEqual({ wroteOn: true, missing: [], torn: [] });
    writer.kill('SIGTERM');
    await writer.ended;
  });
});
