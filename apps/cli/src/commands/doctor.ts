import { openDeployment, openServices, serverFolder, storedClock } from '@tsunagari/deployment';
import { findBinaries } from '@tsunagari/postgres';
import { loadOrCreateSecrets, readConfiguration, type Configuration } from '@tsunagari/runtime';
import { existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { answer, UsageError, type Command } from '../command';

type Finding = { readonly what: string; readonly ok: boolean; readonly said: string };

const LEAST_FREE = 1024 ** 3;

export const doctorCommand: Command = {
  usage: 'doctor',
  summary: 'looks at everything that must be well for the platform to run',
  help: 'Reads only. Exit code 1 when something is not well; each finding says what to do.',
  async run(call) {
    if (call.positionals.length > 0) throw new UsageError('doctor takes no word');
    const findings: Finding[] = [];
    const look = async (what: string, check: () => string | Promise<string>): Promise<boolean> => {
      try {
        findings.push({ what, ok: true, said: await check() });
        return true;
      } catch (error) {
        findings.push({ what, ok: false, said: error instanceof Error ? error.message : String(error) });
        return false;
      }
    };

    let configuration: Configuration | undefined;
    await look('Node', () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      if (major < 20 || (major === 20 && minor < 20)) throw new Error(`${process.versions.node} is too old: 20.20 or newer`);
      return process.versions.node;
    });
    await look('configuration', () => {
      configuration = storedClock(readConfiguration());
      return configuration.fixedClock === undefined ? 'complete' : `complete; the clock stands at ${configuration.fixedClock}`;
    });
    if (configuration) {
      const known = configuration;
      if (known.databaseUrl === undefined) await look('PostgreSQL from npm', () => path.relative(process.cwd(), findBinaries().postgres));
      await look('secrets', () => {
        const file = path.join(known.home, 'secrets.json');
        if (!existsSync(file)) return 'are made at the first start';
        loadOrCreateSecrets(known.home);
        return `readable, mode ${(statSync(file).mode & 0o777).toString(8)}`;
      });
      await look('disk', () => {
        const { bavail, bsize } = statfsSync(existsSync(known.home) ? known.home : '.');
        if (bavail * bsize < LEAST_FREE)
          throw new Error(`less than 1 GiB is free for ${known.home}: make room, PostgreSQL stops when it is full`);
        return `${Math.floor((bavail * bsize) / LEAST_FREE)} GiB free`;
      });
      if (known.databaseUrl !== undefined || existsSync(serverFolder(known))) await lookAtData(known, look);
      else findings.push({ what: 'data', ok: true, said: 'none yet: `npm run quickstart` brings a real shop’s' });
    }
    answer(call, findings, findings.map(({ what, ok, said }) => `${ok ? '✓' : '✗'} ${what}: ${said}`).join('\n'));
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function lookAtData(
  configuration: Configuration,
  look: (what: string, check: () => string | Promise<string>) => Promise<boolean>,
): Promise<void> {
  await look('database', async () => {
    const deployment = await openDeployment(configuration, { role: 'join' });
    try {
      const { rows } = await deployment.pool.query<{ version: string }>('show server_version');
      await look('projections', async () => {
        const { runner } = openServices(deployment);
        const { head, projections, halted } = await runner.status();
        if (halted) throw new Error(`${halted.explanation} ${halted.remedy}`);
        const parked = projections.filter((projection) => projection.parked > 0);
        if (parked.length > 0) throw new Error(`facts of some customers wait for a fix in ${parked.map(({ name }) => name).join(', ')}`);
        return `${projections.length} of them, the log has ${head} facts`;
      });
      return `PostgreSQL ${rows[0]?.version ?? ''}, ${deployment.embedded ? 'started for this look' : 'running'}`;
    } finally {
      await deployment.close();
    }
  });
}
