import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries';
import { SupervisorError, explainFailure } from './errors';
import { commandLine, isAlive, waitUntil } from './processes';
import type { Durability } from './settings';
import type { Launcher } from './unprivileged';

/** The name of the superuser and of the database that the embedded server is made with. */
export const superuser = 'tsunagari';

/** The major version of the binaries; data of another one cannot be read by them. */
const majorVersion = '18';

/** The folder of one embedded server: its data, its password, its last port, its log. */
export type DataFolder = {
  readonly root: string;
  readonly data: string;
  readonly log: string;
  readonly passwordFile: string;
  readonly portFile: string;
};

/** Names the files below `root`, and makes `root` if need be, readable by its owner only. */
export function openDataFolder(root: string): DataFolder {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(root, name);
  return { root, data: at('data'), log: at('server.log'), passwordFile: at('password'), portFile: at('port') };
}

/** Runs a program to its end and gives its exit code and everything it said. */
export function runProgram(launcher: Launcher, program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const [command, ...rest] = launcher.command(program, args);
  return new Promise((resolve) => {
    const child = spawn(command, rest, { ...launcher.identity, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(said).toString() }));
  });
}

/**
 * Makes the database files at the first start and answers with the password. They are made beside their place and renamed when whole, so a start that
 * is killed leaves nothing that a later one would take for data.
 * @throws SupervisorError PASSWORD_MISSING, OTHER_VERSION, LIBRARIES_MISSING, DISK_FULL, START_FAILED
 */
export async function prepareData(folder: DataFolder, binaries: Binaries, launcher: Launcher, durability: Durability): Promise<string> {
  const halfMade = 'making-';
  for (const name of readdirSync(folder.root)) if (name.startsWith(halfMade)) rmSync(join(folder.root, name), { recursive: true });
  if (existsSync(folder.data)) return readPassword(folder);

  const password = randomBytes(24).toString('base64url');
  const making = join(folder.root, `${halfMade}${String(process.pid)}`);
  mkdirSync(making, { mode: 0o700 });
  const passwordFile = join(making, 'password');
  const data = join(making, 'data');
  mkdirSync(data, { mode: 0o700 });
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const path of [folder.root, making, passwordFile, data]) launcher.own(path);
    const { code, output } = await runProgram(launcher, binaries.initdb, [
      `--pgdata=${data}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(durability === 'test' ? ['--no-sync'] : []),
    ]);
    if (code !== 0) throw explainFailure('Making the database', output, folder.root);
    renameSync(passwordFile, folder.passwordFile);
    renameSync(data, folder.data);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return password;
}

function readPassword(folder: DataFolder): string {
  const version = readFileSync(join(folder.data, 'PG_VERSION'), 'utf8').trim();
  if (version !== majorVersion)
    throw new SupervisorError(
      'OTHER_VERSION',
      `${folder.data} was written by PostgreSQL ${version}, the installed one is ${majorVersion}. Run the platform's version that wrote it, dump, and load into a new folder.`,
    );
  if (!existsSync(folder.passwordFile))
    throw new SupervisorError(
      'PASSWORD_MISSING',
      `${folder.passwordFile} is missing, without it the data in ${folder.data} cannot be opened. Bring it back from a backup, or move the folder away to start empty.`,
    );
  return readFileSync(folder.passwordFile, 'utf8');
}

/** The lines of postmaster.pid: pid, folder, start, port, socket folder, address, shared memory, state. */
export function readPostmaster(folder: DataFolder): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(folder.data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

/** Asks a server to shut down fast (its clients are cut off, its data is written) and waits until its process is gone. */
export async function stopProcess(pid: number, limitMs = 60_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await waitUntil(() => !isAlive(pid), signal === 'SIGINT' ? limitMs : 5_000)) return;
  }
}

/**
 * Stops the server that outlived its Node process (killed, or out of memory). The folder's lock must be held. A process that merely
 * got the same pid is left alone: a server is recognised by its folder on its command line.
 */
export async function stopOrphan(folder: DataFolder): Promise<boolean> {
  const pid = readPostmaster(folder)?.pid;
  if (pid === undefined || !isAlive(pid) || !commandLine(pid)?.includes(folder.data)) return false;
  await stopProcess(pid);
  return true;
}
