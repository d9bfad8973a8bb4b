import { createClient } from '@tsunagari/client';
import { BEGINNING } from '@tsunagari/contracts';
import { openAccess, progressBar, quantity, storeClock, storedClock } from '@tsunagari/deployment';
import type { Configuration } from '@tsunagari/runtime';
import { fitLifetimeValue } from '@tsunagari/understanding';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Platform, startPlatform } from './platform';
import { report } from './report';

/** A real shop's order lines (UCI Online Retail), shipped with the repository. Its last day is 2011-12-09. */
const SHOP = {
  file: path.join('data', 'online-retail', 'online_retail.csv.gz'),
  firstDay: '2010-12-01',
  lastDay: '2011-12-09',
  clock: '2011-12-10T00:00:00.000Z',
};

/** What keeps quickstart from its end, in words for whoever started it. */
export class QuickstartError extends Error {}

/**
 * The main job on real data: import, close the days, understand, fit, report by way of GraphQL, and stay. A deployment that quickstart
 * made keeps its clock at the end of the data: fifteen years of silence would be true, and no use.
 */
export async function quickstart(given: Configuration, { once }: { readonly once: boolean }): Promise<number> {
  if (!existsSync(SHOP.file)) throw new QuickstartError(`${SHOP.file} is missing: run quickstart in the repository's folder`);
  const started = performance.now();
  // The report is for a person: what is merely informative would stand in its way.
  const configuration = { ...atEndOfData(given), logLevel: given.logLevel === 'info' ? 'warn' : given.logLevel } as const;
  const platform = await step('start PostgreSQL and the platform', () => startPlatform(configuration, { closesDays: false }));
  platform.shutdown.onSignals();
  try {
    await importShop(platform);
    await step(`close the days up to ${SHOP.lastDay}, where the data ends; the clock of this deployment stands there`, () =>
      platform.services.closeDays(SHOP.lastDay, SHOP.firstDay),
    );
    await understand(platform);
    await fit(platform);
    const access = await openAccess(platform.deployment);
    const token = await access.issueToken({ name: 'quickstart', roles: ['data', 'ops', 'success'], hours: 12 });
    const client = createClient({ url: `${platform.url}/graphql`, token });
    process.stdout.write(`${await report(client)}\n`);
    process.stdout.write(
      `\nFrom the start of PostgreSQL to this line: ${((performance.now() - started) / 1000).toFixed(1)} s, ${memory()} of memory.\n`,
    );
    process.stdout.write(`${whereToLook(platform, token)}\n`);
  } catch (error) {
    await platform.shutdown.shutDown('quickstart failed');
    throw error;
  }
  if (!once) return RUNNING;
  const { ok } = await platform.shutdown.shutDown('done');
  return ok ? 0 : 1;
}

/** The process goes on until a signal ends it. */
const RUNNING = -1;

function atEndOfData(given: Configuration): Configuration {
  const configuration = storedClock(given);
  if (configuration.fixedClock !== undefined) return configuration;
  storeClock(configuration.home, SHOP.clock);
  return storedClock(configuration);
}

async function importShop({ intake }: Platform): Promise<void> {
  const bar = progressBar('import');
  const outcome = await intake.importOrders({
    input: { path: SHOP.file },
    format: 'online-retail',
    onProgress: ({ bytes, totalBytes, lines, linesPerSecond }) =>
      bar.update(bytes, totalBytes ?? 0, `${quantity(lines)} lines, ${quantity(linesPerSecond)}/s`),
  });
  if (outcome.kind !== 'completed') throw new QuickstartError(outcome.kind === 'failed' ? outcome.refusal.rule : 'the import was stopped');
  const { lines, orders, duplicates, quarantined, seconds } = outcome.summary;
  const known = duplicates > 0 ? `, ${quantity(duplicates)} known before` : '';
  bar.end(
    `${quantity(lines)} lines (${quantity(lines / seconds)}/s) → ${quantity(orders)} orders, refunds, adjustments${known}; ${quantity(quarantined)} in quarantine`,
  );
}

async function understand({ services }: Platform): Promise<void> {
  const bar = progressBar('understand');
  const caughtUp = await services.runner.catchUp({
    timeoutMs: 120_000,
    onProgress: ({ position, head, factsPerSecond }) => bar.update(Number(position), Number(head), `${quantity(factsPerSecond)} facts/s`),
  });
  if (caughtUp.kind !== 'caught-up')
    throw new QuickstartError('the projections did not catch up within two minutes; `npm run tsunagari -- status` shows where they stand');
  bar.end(`${quantity(Number(caughtUp.position))} facts`);
}

async function fit({ deployment, services }: Platform): Promise<void> {
  const { pool, store, keyring } = deployment;
  const bar = progressBar('fit the model');
  const result = await fitLifetimeValue({
    pool,
    store,
    keyring,
    position: async () => {
      const { projections } = await services.runner.status();
      return projections.find(({ name }) => name === 'purchases')?.position ?? BEGINNING;
    },
    asOfDay: SHOP.lastDay,
    actor: 'system:quickstart',
    onProgress: ({ stage, done, total }) => bar.update(done, total, stage),
  });
  if (result.kind !== 'ended') throw new QuickstartError('a model is being fitted already; try again when it is done');
  if (result.result.kind === 'refused') throw new QuickstartError(result.result.refusal.rule);
  bar.end(`${quantity(result.result.customers)} customers`);
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  process.stdout.write(`  ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  return result;
}

function memory(): string {
  return `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`;
}

function whereToLook({ url, deployment }: Platform, token: string): string {
  return `
Where to look
  GraphiQL and the graph   ${url}/graphql
  events from SDKs         ${url}/v1  with the write key ${deployment.secrets.writeKey}
  health and figures       ${url}/health/ready  ${url}/metrics
  a token for 12 hours     ${token}
  on the command line      npm run tsunagari -- explain ltv user_id:14646
`;
}
