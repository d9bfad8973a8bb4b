import { runningCluster } from '@tsunagari/cluster';
import { isAlive } from '@tsunagari/postgres';
import { describeWith } from '@tsunagari/testing';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildBundles, type Bundles, run, temporaryHome, until } from '../../platform/src/testing/bundles';
import { expectShopReport } from '../../platform/src/testing/shop-report';

jest.setTimeout(600_000);

describeWith('broker', 'the distributed mode on a real broker, every service its own process', () => {
  let bundles: Bundles;
  const { home, remove } = temporaryHome();
  const cluster = path.join(home, 'cluster');
  const variables = { TSUNAGARI_HOME: home, PORT: '4100', LOG_LEVEL: 'warn' };
  const tsunagari = (...args: string[]) => run(process.execPath, [bundles.cli, 'cluster', ...args], variables);
  beforeAll(async () => (bundles = await buildBundles()));
  afterAll(() => {
    bundles.remove();
    remove();
  });

  it('cluster up --import online-retail says the same of the shop as the embedded mode, and leaves nothing running [0.03]', async () => {
    const { code, out, err } = await tsunagari('up', '--import', 'online-retail', '--once');
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expectShopReport(out);
    for (const part of ['PostgreSQL', 'Kafka', 'value', 'touchpoints', 'proposals', 'understanding', 'relay', 'gateway'])
      expect(err).toMatch(new RegExp(`✓ ${part}`));
    expect(err).not.toContain('is started again');
    // Each process has a log, and none of them met an error of its own.
    for (const name of ['value', 'touchpoints', 'proposals', 'understanding', 'relay', 'gateway']) {
      const log = readFileSync(path.join(cluster, 'logs', `${name}.log`), 'utf8');
      expect(log).toContain(`${name} runs at`);
      expect(log.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
    }
    expect(runningCluster(cluster)).toBeUndefined();
  });

  it('starts on what it held, is looked at and ended from outside, and starts a process again that was killed', async () => {
    expect(await tsunagari('status')).toMatchObject({ code: 1, out: expect.stringContaining('No cluster runs here') });
    const up = spawn(process.execPath, [bundles.cli, 'cluster', 'up'], {
      cwd: path.join(__dirname, '..', '..', '..'),
      env: { ...process.env, DATABASE_URL: undefined, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [up.stdout, up.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const ended = new Promise<number | null>((resolve) => up.once('exit', (code) => resolve(code)));
    await Promise.race([
      until('the cluster is up', () => said.includes('Ctrl-C stops everything'), 180),
      ended.then((code) => Promise.reject(new Error(`it ended with ${String(code)}: ${said}`))),
    ]);
    expect((await tsunagari('up')).err).toContain('A cluster runs in');
    const pid = (name: string): number => runningCluster(cluster)?.processes.find((each) => each.name === name)?.pid ?? 0;
    const killed = pid('understanding');
    process.kill(killed, 'SIGKILL');
    await until('it is started again', () => pid('understanding') !== killed && pid('understanding') !== 0);
    await until('all are ready', async () => (await tsunagari('status')).code === 0, 60);
    expect(said).toContain('understanding ended (SIGKILL)');
    const pids = runningCluster(cluster)?.processes.map((each) => each.pid ?? 0) ?? [];
    expect(pids).toHaveLength(6);
    expect(await tsunagari('down')).toMatchObject({ code: 0, out: expect.stringContaining('The cluster is down') });
    expect(await ended).toBe(0);
    expect(pids.filter((each) => isAlive(each))).toEqual([]);
  });

  it.each([[['sideways']], [[]], [['up', '--import', 'mars']], [['up', '--relays', '3']]])(
    'the wrong call cluster %j exits with 2',
    async (args) => {
      expect((await tsunagari(...args)).code).toBe(2);
    },
  );
});
