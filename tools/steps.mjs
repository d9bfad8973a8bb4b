// What quickstart and verify share: named steps with their time, and an installation that runs only when the lock file changed.
// Node built-ins only: this runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = path.join(root, 'node_modules', '.tsunagari-installed');

/** Runs a named step and prints its time; a failed step ends the whole with its name and what to do. */
export async function step(name, run) {
  const started = performance.now();
  process.stdout.write(`▸ ${name}\n`);
  try {
    const note = await run();
    process.stdout.write(`✓ ${name} (${seconds(started)})${typeof note === 'string' ? ` ${note}` : ''}\n`);
  } catch (error) {
    process.stdout.write(`✗ ${name} (${seconds(started)}): ${error.message}\n`);
    process.exit(typeof error.exitCode === 'number' && error.exitCode > 0 ? error.exitCode : 1);
  }
}

/** Runs a program of this repository and waits for it; its output is the user's. A non-zero exit is an error. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      if (code === 0) resolve();
      else
        reject(
          Object.assign(new Error(`${path.basename(command)} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`), {
            exitCode: code ?? 1,
          }),
        );
    });
  });
}

/**
 * How Node runs the platform. Most of what it allocates dies young, and while pages are folded much of it outlives a narrow nursery by little:
 * that one may grow to four times its first width saves an eighth of an import's time and costs 130 MB while it lasts; an idle process stays
 * at the first width. The heap is collected when it has doubled: Node lets it triple, and an import took 740 MB of which 200 lived.
 * No `--enable-source-maps`: the first stack that is looked at would stop the process for most of a second while it reads the map.
 */
export const nodeFlags = ['--min-semi-space-size=16', '--max-semi-space-size=64', '--heap-growing-percent=100'];

/** The local program of an installed package: no global installs, no npx download. */
export function bin(name) {
  return path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 20)) {
    process.stderr.write(`Tsunagari needs Node 20.20 or newer; this is ${process.versions.node}.\n`);
    process.exit(1);
  }
}

/** `npm ci` when the lock file is not the one that was installed last. */
export async function installWhatIsMissing() {
  const hash = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return 'already there';
  await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-progress', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(STAMP, hash);
}

function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
