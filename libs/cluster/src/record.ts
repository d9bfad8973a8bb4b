import { isAlive } from '@tsunagari/postgres';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What a running cluster writes down about itself, for whoever asks from outside. */
export type ClusterRecord = {
  /** Of the process that started it and keeps it. */
  readonly pid: number;
  readonly url: string;
  /** With it a tool opens the same deployment. Holds the database's password: the file is its owner's only. */
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: readonly { readonly name: string; readonly url: string; readonly log: string; readonly pid: number | null }[];
};

type Recorded = Omit<ClusterRecord, 'processes'> & {
  readonly processes: readonly {
    readonly name: string;
    readonly url: string;
    readonly log: string;
    readonly pid: () => number | undefined;
  }[];
};

const fileOf = (home: string): string => path.join(home, 'cluster.json');

export function recordCluster(home: string, { processes, ...rest }: Recorded): void {
  const record: ClusterRecord = {
    ...rest,
    processes: processes.map(({ name, url, log, pid }) => ({ name, url, log, pid: pid() ?? null })),
  };
  writeFileSync(fileOf(home), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
}

export function forgetCluster(home: string): void {
  rmSync(fileOf(home), { force: true });
}

/** The cluster that runs in this folder; undefined when none does. */
export function runningCluster(home: string): ClusterRecord | undefined {
  const record = readRecord(home);
  return record && isAlive(record.pid) ? record : undefined;
}

/** Makes the folder ours: ends the processes that a killed cluster left behind. @throws when one runs. */
export async function claimCluster(home: string): Promise<void> {
  const record = readRecord(home);
  if (!record) return;
  if (isAlive(record.pid) && record.pid !== process.pid)
    throw new Error(`A cluster runs in ${home} already (process ${record.pid}): tsunagari cluster down ends it.`);
  const left = record.processes.flatMap(({ pid }) => (pid !== null && isOurs(pid) ? [pid] : []));
  for (const pid of left) process.kill(pid, 'SIGKILL');
  // Not by what it runs: on its way out a process has lost its command line already, and still has its port.
  while (left.some(isAlive)) await pause(20);
  forgetCluster(home);
}

function readRecord(home: string): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(home), 'utf8')) as ClusterRecord;
  } catch {
    return undefined;
  }
}

/** A pid may have gone to somebody else since: only what runs a bundle of an app is ended. */
function isOurs(pid: number): boolean {
  try {
    return isAlive(pid) && /\/main\.js\0$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
