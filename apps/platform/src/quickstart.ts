import { openAccess, type Deployment } from '@tsunagari/deployment';
import { startProcess } from '@tsunagari/process';
import { atEndOfData, bringShopIn, reportShop, requireShop, ShopError, step } from '@tsunagari/process/shop';
import type { Configuration } from '@tsunagari/runtime';

/** The main job on real data: import, close the days, understand, fit, report by way of GraphQL, and stay. */
export async function quickstart(given: Configuration, { once }: { readonly once: boolean }): Promise<number> {
  requireShop();
  const started = performance.now();
  // The report is for a person: what is merely informative would stand in its way.
  const configuration = { ...atEndOfData(given), logLevel: given.logLevel === 'info' ? 'warn' : given.logLevel } as const;
  const platform = await step('start PostgreSQL and the platform', () => startProcess('platform', configuration, { closesDays: false }));
  const { deployment, services, intake, shutdown, url } = platform;
  shutdown.onSignals();
  try {
    if (!intake) throw new ShopError('this process records nothing');
    await bringShopIn({ deployment, services, intake });
    const token = await reportShop(url, await openAccess(deployment));
    process.stdout.write(
      `\nFrom the start of PostgreSQL to this line: ${((performance.now() - started) / 1000).toFixed(1)} s, ${memory()} of memory.\n`,
    );
    process.stdout.write(`${whereToLook(url, deployment, token)}\n`);
  } catch (error) {
    await shutdown.shutDown('quickstart failed');
    throw error;
  }
  if (!once) return RUNNING;
  const { ok } = await shutdown.shutDown('done');
  return ok ? 0 : 1;
}

/** The process goes on until a signal ends it. */
const RUNNING = -1;

function memory(): string {
  return `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`;
}

function whereToLook(url: string, deployment: Deployment, token: string): string {
  return `
Where to look
  GraphiQL and the graph   ${url}/graphql
  events from SDKs         ${url}/v1  with the write key ${deployment.secrets.writeKey}
  health and figures       ${url}/health/ready  ${url}/metrics
  a token for 12 hours     ${token}
  on the command line      npm run tsunagari -- explain ltv user_id:14646
`;
}
