import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Binaries } from './binaries';
import { findBinaries } from './binaries';
import type { DataFolder } from './data-folder';
import { openDataFolder, prepareData, readPostmaster, stopOrphan, stopProcess, superuser } from './data-folder';
import { explainFailure } from './errors';
import { lockFolder } from './folder-lock';
import { waitUntil } from './processes';
import type { Durability } from './settings';
import { serverSettings } from './settings';
import type { Launcher } from './unprivileged';
import { chooseLauncher } from './unprivileged';

/** What the supervisor reports while it works. */
export type SupervisorNotice =
  | { readonly kind: 'orphan-stopped' }
  | { readonly kind: 'server-exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'server-restarted' }
  | { readonly kind: 'restart-failed'; readonly error: unknown };

export type EmbeddedServerOptions = {
  /** The server's own folder, for example `.tsunagari/postgres`; made at the first start with mode 0700. */
  readonly folder: string;
  /** `test` gives up durability; default `safe`. */
  readonly durability?: Durability;
  readonly onNotice?: (notice: SupervisorNotice) => void;
};

/** A running embedded PostgreSQL. */
export type EmbeddedServer = {
  /** Connection string of the database `tsunagari`, with the password. Valid until `stop`, also across restarts. */
  readonly url: string;
  readonly port: number;
  /** The pid of the server's main process; changes when it is restarted. */
  readonly pid: () => number;
  /** Shuts down: open connections are cut off, everything acknowledged is on disk, the folder is free again. */
  readonly stop: () => Promise<void>;
};

type RunningServer = { readonly child: ChildProcess; readonly pid: number; readonly port: number };

const database = 'tsunagari';
const largeLog = 10_000_000;

/** The environment without PG* variables: they would change how the server starts. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function lastPort(folder: DataFolder): number | undefined {
  const port = existsSync(folder.portFile) ? Number(readFileSync(folder.portFile, 'utf8')) : NaN;
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Starts the server once. Answers with what it said when it ended before it was ready. */
async function tryStart(
  folder: DataFolder,
  binaries: Binaries,
  launcher: Launcher,
  port: number,
  durability: Durability,
): Promise<RunningServer | string> {
  if (existsSync(folder.log) && statSync(folder.log).size > largeLog) renameSync(folder.log, `${folder.log}.1`);
  // The log is a file, not a pipe: a server that outlives this process must not block on a pipe that nobody reads.
  const log = openSync(folder.log, 'a', 0o600);
  const before = statSync(folder.log).size;
  const settings = Object.entries(serverSettings(port, durability)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, ...args] = launcher.command(binaries.postgres, ['-D', folder.data, ...settings]);
  // In a session of its own: Ctrl-C in a terminal must reach the platform first, which still needs its database to shut down.
  const child = spawn(command, args, { ...launcher.identity, env: cleanEnvironment(), detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  const ended = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  const ready = (): boolean => {
    const postmaster = readPostmaster(folder);
    return postmaster?.pid === child.pid && postmaster?.ready === true;
  };
  // No time limit while it lives: recovery after a crash takes as long as it takes.
  while (!(await waitUntil(() => ended() || ready(), 60_000)));
  if (!ended() && child.pid !== undefined) return { child, pid: child.pid, port };
  return failure ?? readFileSync(folder.log).subarray(before).toString();
}

async function startOnSomePort(
  folder: DataFolder,
  binaries: Binaries,
  launcher: Launcher,
  durability: Durability,
  fixedPort?: number,
): Promise<RunningServer> {
  const endOfPatience = performance.now() + 30_000;
  let port = fixedPort ?? lastPort(folder) ?? (await freePort());
  for (;;) {
    const started = await tryStart(folder, binaries, launcher, port, durability);
    if (typeof started !== 'string') {
      writeFileSync(folder.portFile, String(port), { mode: 0o600 });
      return started;
    }
    const portTaken = /Address already in use|could not bind/i.test(started);
    // Children of a killed server need a moment to notice that it is gone; until then they hold its shared memory.
    const childrenLeft = /pre-existing shared memory block|lock file .* already exists/i.test(started);
    if (!(portTaken || childrenLeft) || performance.now() > endOfPatience)
      throw explainFailure('Starting the database', started, folder.root);
    if (portTaken && fixedPort === undefined) port = await freePort();
    else await pause(200);
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres'), application_name: 'tsunagari supervisor' });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database} template template0`);
  } finally {
    await client.end();
  }
}

/**
 * Starts the PostgreSQL of a folder, and makes it at the first start. A server left over by a killed process is stopped first; a crash recovers. The server
 * listens on the loopback address only, on a random port that is kept for later starts while it is free. If the server ends by itself
 * it is started again on the same port.
 * @throws SupervisorError whose `fault` names the cause and whose message says what to do.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const durability = options.durability ?? 'safe';
  const notice = options.onNotice ?? ((): void => undefined);
  const binaries = findBinaries();
  const launcher = chooseLauncher();
  const folder = openDataFolder(resolve(options.folder));
  const lock = await lockFolder(folder.root);
  let running: RunningServer;
  let url: string;
  try {
    const password = await prepareData(folder, binaries, launcher, durability);
    if (await stopOrphan(folder)) notice({ kind: 'orphan-stopped' });
    running = await startOnSomePort(folder, binaries, launcher, durability);
    url = `postgres://${superuser}:${password}@127.0.0.1:${String(running.port)}/${database}`;
    try {
      await ensureDatabase(url);
    } catch (error) {
      await stopProcess(running.pid);
      throw error;
    }
  } catch (error) {
    lock.release();
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? explainFailure('Starting the database', String(error), folder.root) : error;
  }

  let stopping: Promise<void> | undefined;
  let restart = Promise.resolve();
  const restartWhileItFails = async (): Promise<void> => {
    for (let wait = 100; stopping === undefined; wait = Math.min(wait * 2, 10_000)) {
      try {
        running = await startOnSomePort(folder, binaries, launcher, durability, running.port);
        watch(running.child);
        notice({ kind: 'server-restarted' });
        return;
      } catch (error) {
        notice({ kind: 'restart-failed', error });
        await pause(wait, undefined, { ref: false });
      }
    }
  };
  const watch = (child: ChildProcess): void => {
    child.unref();
    child.once('exit', (code, signal) => {
      if (stopping !== undefined) return;
      notice({ kind: 'server-exited', code, signal });
      restart = restartWhileItFails();
    });
  };
  watch(running.child);

  // A process that ends without `stop` takes its server along; only kill −9 leaves it to the next start.
  const lastAct = (): void => {
    try {
      process.kill(running.pid, 'SIGINT');
    } catch {
      // It is gone already.
    }
  };
  process.once('exit', lastAct);

  const stop = async (): Promise<void> => {
    await restart;
    await stopProcess(running.pid);
    process.removeListener('exit', lastAct);
    lock.release();
  };
  return { url, port: running.port, pid: () => running.pid, stop: () => (stopping ??= stop()) };
}

/**
 * Removes a server's folder with everything in it; one left over by a killed process is stopped first.
 * @throws SupervisorError FOLDER_IN_USE
 */
export async function removeEmbeddedServer(folder: string): Promise<void> {
  const found = openDataFolder(resolve(folder));
  const lock = await lockFolder(found.root);
  await stopOrphan(found);
  rmSync(found.root, { recursive: true, force: true });
  lock.release();
}
