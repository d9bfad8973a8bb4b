import { createClient } from '@tsunagari/client';
import { comparePositions } from '@tsunagari/contracts';
import {
  type Access,
  type Deployment,
  progressBar,
  quantity,
  readModelsAt,
  type Services,
  storeClock,
  storedClock,
} from '@tsunagari/deployment';
import type { Intake } from '@tsunagari/intake';
import type { Configuration } from '@tsunagari/runtime';
import { fitLifetimeValue } from '@tsunagari/understanding';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { report } from './report';

/** A real shop's order lines (UCI Online Retail), shipped with the repository. Its last day is 2011-12-09. */
const SHOP = {
  file: path.join('data', 'online-retail', 'online_retail.csv.gz'),
  firstDay: '2010-12-01',
  lastDay: '2011-12-09',
  clock: '2011-12-10T00:00:00.000Z',
};

const UNDERSTOOD_WITHIN_MS = 120_000;

/** What keeps the shop from being understood, in words for whoever started it. */
export class ShopError extends Error {}

/** What it takes to bring the shop in: the adapters, whoever records, the read models that understand. */
export type ShopTools = {
  /** Whose read models understand. */
  readonly deployment: Deployment;
  readonly services: Services;
  readonly intake: Intake;
};

/** @throws ShopError where the repository's data is not at hand. */
export function requireShop(): void {
  if (!existsSync(SHOP.file)) throw new ShopError(`${SHOP.file} is missing: run this in the repository's folder`);
}

/**
 * A deployment that holds the shop keeps its clock at the end of the data: fifteen years of silence would be true, and no use. A clock
 * that is set already stays.
 */
export function atEndOfData(given: Configuration): Configuration {
  const configuration = storedClock(given);
  if (configuration.fixedClock !== undefined) return configuration;
  storeClock(configuration.home, SHOP.clock);
  return storedClock(configuration);
}

/** The main job on real data: import, close the days, understand, fit. Doing it again changes nothing but the model. */
export async function bringShopIn(tools: ShopTools): Promise<void> {
  await importShop(tools);
  await step(`close the days up to ${SHOP.lastDay}, where the data ends; the clock of this deployment stands there`, () =>
    tools.services.closeDays(SHOP.lastDay, SHOP.firstDay),
  );
  await understand(tools);
  await fit(tools);
}

/** Prints what the shop adds up to, asked of the running graph, and answers the token it asked with. */
export async function reportShop(url: string, access: Access): Promise<string> {
  const token = await access.issueToken({ name: 'quickstart', roles: ['data', 'ops', 'success'], hours: 12 });
  process.stdout.write(`${await report(createClient({ url: `${url}/graphql`, token }))}\n`);
  return token;
}

async function importShop({ intake }: ShopTools): Promise<void> {
  const bar = progressBar('import');
  const outcome = await intake.importOrders({
    input: { path: SHOP.file },
    format: 'online-retail',
    onProgress: ({ bytes, totalBytes, lines, linesPerSecond }) =>
      bar.update(bytes, totalBytes ?? 0, `${quantity(lines)} lines, ${quantity(linesPerSecond)}/s`),
  });
  if (outcome.kind !== 'completed') throw new ShopError(outcome.kind === 'failed' ? outcome.refusal.rule : 'the import was stopped');
  const { lines, orders, duplicates, quarantined, seconds } = outcome.summary;
  const known = duplicates > 0 ? `, ${quantity(duplicates)} known before` : '';
  bar.end(
    `${quantity(lines)} lines (${quantity(lines / seconds)}/s) → ${quantity(orders)} orders, refunds, adjustments${known}; ${quantity(quarantined)} in quarantine`,
  );
}

/** Whoever keeps the read models writes down how far they are: this process, or others. */
async function understand({ deployment }: ShopTools): Promise<void> {
  const bar = progressBar('understand');
  const head = await deployment.recorded();
  const [started, first] = [performance.now(), Number(await readModelsAt(deployment))];
  for (;;) {
    const position = await readModelsAt(deployment);
    const perSecond = (Number(position) - first) / ((performance.now() - started) / 1000);
    bar.update(Number(position), Number(head), `${quantity(Math.round(perSecond))} facts/s`);
    if (comparePositions(position, head) >= 0) break;
    if (performance.now() - started > UNDERSTOOD_WITHIN_MS)
      throw new ShopError('the projections did not catch up within two minutes; `npm run tsunagari -- status` shows where they stand');
    await pause(50);
  }
  bar.end(`${quantity(Number(head))} facts`);
}

async function fit({ deployment }: ShopTools): Promise<void> {
  const { pool, store, keyring } = deployment;
  const bar = progressBar('fit the model');
  const result = await fitLifetimeValue({
    pool,
    store,
    keyring,
    position: () => readModelsAt(deployment),
    asOfDay: SHOP.lastDay,
    actor: 'system:quickstart',
    onProgress: ({ stage, done, total }) => bar.update(done, total, stage),
  });
  if (result.kind !== 'ended') throw new ShopError('a model is being fitted already; try again when it is done');
  if (result.result.kind === 'refused') throw new ShopError(result.result.refusal.rule);
  bar.end(`${quantity(result.result.customers)} customers`);
}

/** Does one step and says how long it took. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  process.stdout.write(`  ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
  return result;
}
