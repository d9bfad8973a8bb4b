import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildSync } from 'esbuild';

/** One line that the program said. */
export type Said = Readonly<Record<string, unknown>>;

/** A program in a process of its own. */
export type RunningProgram = {
  readonly pid: number;
  readonly said: readonly Said[];
  /** Waits until the program says a line with this key; rejects when it ends before. */
  readonly hear: (key: string, times?: number) => Promise<Said>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<void>;
};

const root = join(__dirname, '../../..');

/** Bundles a program and answers with the file; npm packages stay outside the bundle. */
export function bundleProgram(source: string): string {
  const outfile = join(root, 'dist', `test-programs-${process.pid}`, `${basename(source, '.ts')}.cjs`);
  buildSync({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfig: 'tsconfig.base.json',
    external: externals(),
  });
  process.once('exit', () => rmSync(dirname(outfile), { recursive: true, force: true }));
  return outfile;
}

function externals(): string[] {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
  return Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => [name, `${name}/*`]);
}

/** Starts a bundled program; `wrapper` is put before node, for example to give it a file system of its own. */
export function runBundled(file: string, args: readonly string[], wrapper: readonly string[] = []): RunningProgram {
  const [command = process.execPath, ...rest] = [...wrapper, process.execPath, file, ...args];
  const child = spawn(command, rest, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Said[] = [];
  const listeners = new Set<() => void>();
  let pending = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) said.push(JSON.parse(line) as Said);
    for (const listener of listeners) listener();
  });
  let over = false;
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      over = true;
      resolve();
      for (const listener of listeners) listener();
    }),
  );
  const hear = (key: string, times = 1): Promise<Said> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = said.filter((line) => key in line)[times - 1];
        if (found) resolve(found);
        else if (over) reject(new Error(`The program ended without saying "${key}". It said: ${JSON.stringify(said.slice(-5))}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return { pid: child.pid ?? 0, said, hear, kill: (signal) => void child.kill(signal), ended };
}
