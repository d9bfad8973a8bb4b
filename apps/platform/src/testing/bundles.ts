import { tokens } from '@tsunagari/access';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const root = path.join(__dirname, '..', '..', '..', '..');

/** The built applications, in a folder of their own: other runs and `dist/` are left alone. */
export type Bundles = {
  readonly platform: string;
  readonly cli: string;
  readonly app: (name: string) => string;
  readonly remove: () => void;
};

/** Builds as `npm run build` does. */
export async function buildBundles(): Promise<Bundles> {
  const folder = path.join('dist', `test-${process.pid}`);
  const script = `Promise.all([import('./tools/build.mjs'), import('esbuild')]).then(([{ options }, { build }]) => build({ ...options, outdir: ${JSON.stringify(folder)} }))`;
  const built = await run(process.execPath, ['-e', script], {});
  if (built.code !== 0) throw new Error(`the applications do not build:\n${built.err}`);
  const app = (name: string): string => path.join(root, folder, name, 'main.js');
  return {
    platform: app('platform'),
    cli: app('cli'),
    app,
    remove: () => rmSync(path.join(root, folder), { recursive: true, force: true }),
  };
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a program to its end, in the repository's folder and with no variable of ours but those given. */
export function run(program: string, args: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { cwd: root, env: environment(variables), maxBuffer: 64 * 1024 * 1024 },
      (error: (Error & { code?: number | string | null }) | null, out, err) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: error ? Number(error.code) : 0, out, err });
      },
    );
  });
}

/** A home for one deployment, below the system's folder for such things. */
export function temporaryHome(): { readonly home: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsunagari-e2e-'));
  return { home: path.join(folder, 'home'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A platform in a process of its own. */
export type RunningPlatform = {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Sends the signal and waits for the end: the exit code, null when a signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** Starts the platform, or another process of a deployment, and waits until it says where it listens. Rejects with what it said when it ends before. */
export async function startPlatformProcess(bundle: string, variables: Readonly<Record<string, string>>): Promise<RunningPlatform> {
  const child = spawn(process.execPath, [bundle], {
    cwd: root,
    env: environment({ PORT: '0', ...variables }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (text: Buffer): void => {
      output += text.toString();
      const found = /runs at (http:[^\s/]*\/\/[^\s/]+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then((code) => reject(new Error(`it ended with ${String(code)}:\n${output}`)));
  });
  return {
    url,
    child,
    output: () => output,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** The pid of the home's PostgreSQL. */
export function postmasterOf(home: string): number {
  return Number(readFileSync(path.join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** A process and all below it, the deepest last (Linux). */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '') : '';
    const parent = /\) \S (\d+) /.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** A token of the deployment in this home, as `tsunagari token` issues it. */
export function tokenOf(home: string, role: 'admin' | 'data' | 'frontend' = 'admin'): Promise<string> {
  const { tokenKey } = secretsOf(home);
  return tokens({ key: Buffer.from(tokenKey, 'base64url') }).issueToken({ roles: [role], subject: 'e2e', ttl: 3600 });
}

export function secretsOf(home: string): { readonly tokenKey: string; readonly writeKey: string } {
  return JSON.parse(readFileSync(path.join(home, 'secrets.json'), 'utf8')) as { tokenKey: string; writeKey: string };
}

/** Waits for a condition, at most half a minute unless said otherwise. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !(await holds()); await pause(50))
    if (performance.now() > end) throw new Error(`still waiting after ${seconds} s: ${what}`);
}

/** What a program that is started here finds: where things are, and the variables given. */
export function environment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env;
  return { ...Object.fromEntries(Object.entries({ PATH, HOME, LANG, TMPDIR }).filter(([, value]) => value !== undefined)), ...variables };
}
