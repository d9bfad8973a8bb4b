import type { Role } from '@tsunagari/access';
import { type Client, createClient } from '@tsunagari/client';
import { startCluster } from '@tsunagari/cluster';
import { type Deployment, openAccess, openDeployment, storeClock, storedClock } from '@tsunagari/deployment';
import { startProcess } from '@tsunagari/process';
import { clockInFile, readConfiguration } from '@tsunagari/runtime';
import path from 'node:path';
import { settled } from './settled';

/** A platform on a test clock, as a brand reaches it: GraphQL, the collector, and the time. */
export type StoryPlatform = {
  readonly url: string;
  /** A client of its own with a token of the brand's role. */
  readonly as: (role: Exclude<Role, 'customer'>) => Promise<Client>;
  /** A client with a customer's own token. */
  readonly asCustomer: (userId: string) => Promise<Client>;
  readonly tokenOf: (role: Exclude<Role, 'customer'>) => Promise<string>;
  /** Sends to the collector as the brand's own server. */
  readonly collect: (batch: readonly object[]) => Promise<void>;
  /**
   * Lets it be a later moment, everywhere, and waits until what falls due by then has happened. What follows from facts so far happens
   * before: a brand's platform has seconds for it, and a story that leaps a week would have it happen a week late.
   */
  readonly moveTo: (moment: string) => Promise<void>;
  /** Until all that follows from what was recorded has happened. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type StoryPlatformOptions = {
  /** Everything of it: data, secrets, clock. Must be new. */
  readonly home: string;
  /** Where the clock begins, ISO 8601. */
  readonly from: string;
  readonly port?: number;
  readonly variables?: Readonly<Record<string, string>>;
};

/** A brand in Japan. */
const BRAND = { TSUNAGARI_TIME_ZONE: 'Asia/Tokyo', TSUNAGARI_CURRENCY: 'JPY', LOG_LEVEL: 'warn' };
const HOURS = 12;

/** Everything in this process, over a PostgreSQL of its own. */
export async function embeddedPlatform({ home, from, port = 0, variables = {} }: StoryPlatformOptions): Promise<StoryPlatform> {
  storeClock(home, from);
  const configuration = storedClock(readConfiguration({ ...BRAND, TSUNAGARI_HOME: home, PORT: String(port), ...variables }));
  const { url, deployment, shutdown } = await startProcess('platform', configuration);
  return reached(url, deployment, async () => {
    const { ok } = await shutdown.shutDown('the story is over');
    if (!ok) throw new Error('the platform did not stop as it should');
  });
}

/** Every service as a process of its own, on a real broker; `bundles`: where `npm run build` put the apps. */
export async function distributedPlatform({
  home,
  from,
  port = 4000,
  variables = {},
  bundles,
}: StoryPlatformOptions & { readonly bundles: string }): Promise<StoryPlatform> {
  storeClock(home, from);
  const cluster = await startCluster({ home, bundles, port, variables: { ...BRAND, ...variables } });
  let deployment: Deployment | undefined;
  const stop = async (): Promise<void> => {
    await deployment?.close();
    await cluster.stop();
  };
  try {
    deployment = await openDeployment(storedClock(readConfiguration(cluster.environment)), { role: 'join', process: 'understanding' });
    return await reached(cluster.url, deployment, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function reached(url: string, deployment: Deployment, stop: () => Promise<void>): Promise<StoryPlatform> {
  const access = await openAccess(deployment);
  const clock = clockInFile(path.join(deployment.configuration.home, 'clock'));
  const endpoint = `${url}/graphql`;
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (role: Role, name: string = `a-${role}`): Promise<string> => {
    const known = tokens.get(name) ?? access.issueToken({ name, roles: [role], hours: HOURS });
    tokens.set(name, known);
    return known;
  };
  return {
    url,
    tokenOf: (role) => tokenOf(role),
    as: async (role) => createClient({ url: endpoint, token: await tokenOf(role) }),
    asCustomer: async (userId) => createClient({ url: endpoint, token: await tokenOf('customer', userId) }),
    async collect(batch) {
      const response = await fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`${deployment.secrets.writeKey}:`).toString('base64')}`,
        },
        body: JSON.stringify({ batch }),
      });
      if (!response.ok) throw new Error(`the collector answers ${response.status}: ${await response.text()}`);
    },
    async moveTo(moment) {
      await settled(deployment);
      clock.set(moment);
      await settled(deployment);
    },
    settled: () => settled(deployment),
    stop,
  };
}
