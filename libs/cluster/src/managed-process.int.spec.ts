import { isAlive } from '@tsunagari/postgres';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './local-broker';
import { type ManagedProcess, managedProcess } from './managed-process';
import { claimCluster, forgetCluster, recordCluster, runningCluster } from './record';

let folder: string;
let running: ManagedProcess[] = [];
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'tsunagari-cluster-'))));
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop(100)));
  running = [];
  rmSync(folder, { recursive: true, force: true });
});

/** A process that is ready as soon as it listens, and says so. */
const SERVER = `console.log('started');
require('node:http').createServer((_, response) => response.end('{}')).listen(process.env.PORT, '127.0.0.1');`;

async function manage(program: string, onEnd?: (end: { signal: string | null; code: number | null; pauseMs: number }) => void) {
  const bundle = path.join(folder, 'service', 'main.js');
  mkdirSync(path.dirname(bundle), { recursive: true });
  writeFileSync(bundle, program);
  const [port = 0] = await freePorts(1);
  const managed = managedProcess({
    name: 'service',
    url: `http://127.0.0.1:${port}`,
    log: path.join(folder, 'service.log'),
    args: [bundle],
    cwd: folder,
    environment: { PORT: String(port) },
    ...(onEnd ? { onEnd } : {}),
  });
  running.push(managed);
  managed.start();
  return managed;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10);
}

it('ports that are taken together are different ones, all free', async () => {
  const ports = await freePorts(200);
  expect(new Set(ports).size).toBe(200);
});

it('a process that is killed is started again at the same address, and its log goes on', async () => {
  const ends: (string | null)[] = [];
  const managed = await manage(SERVER, ({ signal }) => ends.push(signal));
  await managed.ready();
  const first = managed.pid();
  managed.signal('SIGKILL');
  await until(() => managed.starts() === 2);
  await managed.ready();
  expect([ends, managed.pid() === first]).toEqual([['SIGKILL'], false]);
  expect(readFileSync(managed.log, 'utf8')).toBe('started\nstarted\n');
  expect(statSync(managed.log).mode & 0o777).toBe(0o600);
});

it('one that does not come up is given growing pauses, and the end of its log is in the error', async () => {
  const pauses: number[] = [];
  const managed = await manage(`console.error('PORT is wrong'); process.exit(3);`, ({ pauseMs }) => pauses.push(pauseMs));
  await until(() => pauses.length === 3);
  expect(pauses).toEqual([200, 1_000, 5_000]);
  await expect(managed.ready(1)).rejects.toThrow(/service is not ready[\s\S]*PORT is wrong/);
});

it('stops for good, also one that is frozen or does not listen to SIGTERM', async () => {
  const managed = await manage(`process.on('SIGTERM', () => undefined); ${SERVER}`);
  await managed.ready();
  const pid = managed.pid();
  managed.signal('SIGSTOP');
  await managed.stop(50);
  expect([managed.pid(), isAlive(Number(pid))]).toEqual([undefined, false]);
});

it('a cluster in a folder is one; what a killed one left running is ended, and nobody else', async () => {
  const managed = await manage(SERVER);
  await managed.ready();
  const record = { url: 'http://127.0.0.1:1', environment: {}, processes: [managed] };
  recordCluster(folder, { ...record, pid: process.ppid });
  expect(runningCluster(folder)?.processes[0]?.pid).toBe(managed.pid());
  expect(statSync(path.join(folder, 'cluster.json')).mode & 0o777).toBe(0o600);
  await expect(claimCluster(folder)).rejects.toThrow(/A cluster runs in .* already/);

  // The cluster's own process is gone; one of its pids belongs to a stranger by now.
  const stranger = { name: 'stranger', url: '', log: '', pid: () => process.pid };
  recordCluster(folder, { ...record, pid: 2 ** 22 + 1, processes: [managed, stranger] });
  expect(runningCluster(folder)).toBeUndefined();
  const left = Number(managed.pid());
  await claimCluster(folder);
  expect(isAlive(left)).toBe(false);
  expect(isAlive(process.pid)).toBe(true);
  forgetCluster(folder);
});
