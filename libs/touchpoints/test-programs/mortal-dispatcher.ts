/**
 * A process of its own that hands one message over by webhook and kills itself with −9 at its n-th deed, before it or right after it; deeds
 * are all that it does to the world. It says `done` when it has no such deed.
 */
import { linkSigner } from '@tsunagari/access';
import type { CommandPath } from '@tsunagari/command';
import { mayContact, preferencesOf } from '@tsunagari/customers';
import { openDeployment, openServices } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { dispatcher } from '../src/message/dispatch';
import { webhookProvider } from '../src/providers/webhook';

export type Mortal = {
  readonly databaseUrl: string;
  readonly home: string;
  readonly clock: string;
  readonly url: string;
  readonly messageId: string;
  readonly step: number;
  readonly after: boolean;
};

async function main({ databaseUrl, home, clock, url, messageId, step, after }: Mortal): Promise<void> {
  const configuration = readConfiguration({ DATABASE_URL: databaseUrl, TSUNAGARI_HOME: home, TSUNAGARI_CLOCK: clock });
  const deployment = await openDeployment(configuration, { role: 'join' });
  const { identity } = openServices(deployment).runner;
  const reads = { ...deployment, identity };
  let deeds = 0;
  const deed = async <T>(act: () => Promise<T>): Promise<T> => {
    if (deeds === step && !after) process.kill(process.pid, 'SIGKILL');
    const result = await act();
    if (deeds++ === step) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  const path: CommandPath = {
    execute: (decider, envelope) => deed(() => deployment.path.execute(decider, envelope)),
    executeMany: (decider, commands) => deed(() => deployment.path.executeMany(decider, commands)),
  };
  const webhook = webhookProvider({ url, secret: 'a secret of 16 or more', channels: ['email'], now: () => clock });
  const { dispatch } = dispatcher({
    ...deployment,
    path,
    consent: {
      mayContact: async ({ questions }) => ({ verdicts: await mayContact(reads, questions) }),
      preferencesOf: async ({ subjects }) => ({
        preferences: (await preferencesOf(reads, subjects)).map((each) => ({ ...each, topics: { ...each.topics } })),
      }),
    },
    providers: [{ ...webhook, send: (message) => deed(() => webhook.send(message)) }],
    links: linkSigner(deployment.secrets.contextKey),
    publicUrl: 'http://localhost',
    now: () => clock,
  });
  const became = await dispatch(messageId);
  process.stdout.write(`${JSON.stringify({ done: became })}\n`);
  await deployment.close();
}

void main(JSON.parse(process.argv[2] ?? '{}') as Mortal);
