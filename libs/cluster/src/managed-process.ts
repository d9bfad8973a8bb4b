import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process of the platform that is started again whenever it ends by itself. */
export type ManagedProcess = {
  readonly name: string;
  /** Where it answers, the same across restarts. */
  readonly url: string;
  /** What it says goes to this file. */
  readonly log: string;
  /** Undefined between an end and the next start. */
  readonly pid: () => number | undefined;
  /** How often it was started. */
  readonly starts: () => number;
  readonly start: () => void;
  /** Until it says that it is ready. @throws with the end of its log when it does not within the time. */
  readonly ready: (withinMs?: number) => Promise<void>;
  /** Sends a signal as anybody could; when it ends of it, it is started again. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it for good: SIGTERM, and SIGKILL when that takes longer than the time. */
  readonly stop: (withinMs?: number) => Promise<void>;
};

export type ManagedProcessOptions = {
  readonly name: string;
  readonly url: string;
  readonly log: string;
  /** What Node runs, with its flags before it. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told of each start, also of those again. */
  readonly onStart?: () => void;
  /** Told when it ended by itself. It is started again after `pauseMs`. */
  readonly onEnd?: (end: { readonly code: number | null; readonly signal: string | null; readonly pauseMs: number }) => void;
};

/** A process that ends right after its start is given a growing pause, so that a wrong configuration does not burn the machine. */
const PAUSES_MS = [50, 200, 1_000, 5_000];
const LIVED_MS = 5_000;
const ASK_EVERY_MS = 100;

/** Nothing runs before `start`. */
export function managedProcess(options: ManagedProcessOptions): ManagedProcess {
  const { name, url, log, args, cwd, environment, onStart = () => undefined, onEnd = () => undefined } = options;
  let child: ChildProcess | undefined;
  let starts = 0;
  let short = 0;
  let stopping = false;
  let again: NodeJS.Timeout | undefined;

  const start = (): void => {
    if (child || stopping) return;
    const out = openSync(log, 'a', 0o600);
    const started = spawn(process.execPath, [...args], { cwd, env: environment, stdio: ['ignore', out, out] });
    closeSync(out);
    const since = performance.now();
    starts++;
    child = started;
    onStart();
    started.once('exit', (code, signal) => {
      child = undefined;
      if (stopping) return;
      short = performance.now() - since < LIVED_MS ? short + 1 : 0;
      const pauseMs = PAUSES_MS[Math.min(short, PAUSES_MS.length - 1)] ?? 0;
      onEnd({ code, signal, pauseMs });
      again = setTimeout(start, pauseMs);
    });
  };

  return {
    name,
    url,
    log,
    pid: () => child?.pid,
    starts: () => starts,
    start,
    async ready(withinMs = 180_000) {
      for (const end = performance.now() + withinMs; !(await isReady(url)); await pause(ASK_EVERY_MS))
        if (performance.now() > end) throw new Error(`${name} is not ready after ${withinMs / 1000} s. The end of ${log}:\n${tail(log)}`);
    },
    signal: (signal) => void child?.kill(signal),
    async stop(withinMs = 25_000) {
      stopping = true;
      clearTimeout(again);
      const ending = child;
      if (!ending) return;
      const gone = new Promise((resolve) => ending.once('exit', resolve));
      // One that is frozen hears nothing else.
      ending.kill('SIGCONT');
      ending.kill('SIGTERM');
      const late = setTimeout(() => ending.kill('SIGKILL'), withinMs);
      await gone;
      clearTimeout(late);
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) })).ok;
  } catch {
    return false;
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-12).join('\n');
  } catch {
    return '(it said nothing)';
  }
}
