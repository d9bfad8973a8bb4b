import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Answers after `milliseconds`. */
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks `condition` every `everyMs` until it holds; answers false when it did not within `limitMs`. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, limitMs: number, everyMs = 20): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > end) return false;
    await pause(everyMs);
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Fields of /proc/<pid>/stat from the third (state) on; the second, the name, may contain spaces and brackets. */
function procStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Whether the process runs. A zombie does not: in a container without an init process nobody ever collects it. */
export function isAlive(pid: number): boolean {
  if (!signalReaches(pid)) return false;
  const state = process.platform === 'linux' ? procStat(pid)?.[0] : ps(pid, 'stat');
  return state !== undefined && !state.startsWith('Z');
}

/**
 * A word that a later process with the same pid does not share: the start of the machine and the start of the process.
 * Undefined when there is no such process.
 */
export function processBirth(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  if (process.platform !== 'linux') return ps(pid, 'lstart')?.replace(/\W+/g, '_');
  const started = procStat(pid)?.[19];
  if (started === undefined) return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return `${boot}_${started}`;
}

/** The command line of a process, its words separated by spaces; undefined when there is no such process. */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'args');
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return undefined;
  }
}
