import { anonymous, linkSigner } from '@tsunagari/access';
import type { Asked, CommandPath } from '@tsunagari/command';
import { consentCommands, mayContact, preferencesOf } from '@tsunagari/customers';
import { DAYS, type Deployment, openDeployment, openServices, type Services } from '@tsunagari/deployment';
import { isTimeZone, readConfiguration } from '@tsunagari/runtime';
import { bundleProgram, runBundled, testDatabase, type TestDatabase } from '@tsunagari/testing';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dispatcher, type DispatchPorts, readMessage } from './dispatch';
import { messageCommands } from './message.commands';
import { webhookProvider } from '../providers/webhook';
import type { Mortal } from '../../test-programs/mortal-dispatcher';
import type { MessageProvider, OutgoingMessage } from './provider';

const AT = '2026-01-02T03:04:05.000Z';

let database: TestDatabase;
let home: string;
let deployment: Deployment;
let services: Services;
beforeAll(async () => {
  database = await testDatabase();
  home = mkdtempSync(path.join(tmpdir(), 'tsunagari-test-'));
  const configuration = readConfiguration({ DATABASE_URL: database.url, TSUNAGARI_HOME: home, TSUNAGARI_CLOCK: AT });
  deployment = await openDeployment(configuration, { role: 'own' });
  // Specs dispatch themselves.
  services = openServices(deployment, { without: [DAYS, 'touchpoints reactors'] });
  await services.start();
  const text = { ja: 'x', en: 'x' };
  await consent().publishNotice(
    { noticeId: 'news', category: 'marketing', channels: [], text, lawfulBasis: 'consent', doubleOptIn: false },
    asked(),
  );
  await messages().publishTemplate({ templateId: 'hello', channel: 'email', subject: text, text }, asked());
});
afterAll(async () => {
  await services.stop();
  await deployment.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

let made = 0;
const fresh = (word: string): string => `${word}-${++made}`;
const asked = (): Asked => ({ idempotencyKey: fresh('key'), by: 'user:test', requestId: 'test', at: AT });
const reads = () => ({ ...deployment, identity: services.runner.identity });
const consent = () => consentCommands({ ...deployment, links: linkSigner(deployment.secrets.contextKey), knowsZone: isTimeZone });
const answers: () => DispatchPorts['consent'] = () => ({
  mayContact: async ({ questions }) => ({ verdicts: await mayContact(reads(), questions) }),
  preferencesOf: async ({ subjects }) => ({
    preferences: (await preferencesOf(reads(), subjects)).map((each) => ({ ...each, topics: { ...each.topics } })),
  }),
});
const messages = () =>
  messageCommands({ ...deployment, consent: { ...answers(), withdraw: async () => ({ kind: 'accepted' }) }, knowsZone: isTimeZone });
const dispatching = (provider: MessageProvider, over: Partial<DispatchPorts> = {}) =>
  dispatcher({
    ...deployment,
    consent: answers(),
    providers: [provider],
    links: linkSigner(deployment.secrets.contextKey),
    publicUrl: 'http://localhost',
    now: () => AT,
    ...over,
  });
const collecting = () => {
  const sent: OutgoingMessage[] = [];
  const provider: MessageProvider = {
    name: 'collecting',
    channels: ['email'],
    send: async (message) => (sent.push(message), { kind: 'accepted' }),
    close: async () => undefined,
  };
  return { sent, provider };
};
const address = () => ({ type: 'email', value: `${fresh('mail')}@example.com` }) as const;
const grant = (customer: ReturnType<typeof address>) =>
  consent().grantConsent({ customer, noticeId: 'news', noticeVersion: 1 }, asked(), { ...anonymous, kind: 'staff' });
const withdraw = (customer: ReturnType<typeof address>) =>
  consent().withdrawConsent({ customer, category: 'marketing' }, asked(), { ...anonymous, kind: 'staff' });
const queue = async (recipient: ReturnType<typeof address>, category: 'marketing' | 'service' = 'marketing') => {
  const { messageId, result } = await messages().queueMessage({ recipient, category, channel: 'email', templateId: 'hello' }, asked());
  return result.kind === 'accepted' ? messageId : undefined;
};
const statusOf = async (messageId: string) => (await readMessage(deployment.store, messageId))?.status;

describe('a process that is killed at any step of a hand-over', () => {
  class Killed extends Error {}

  /** Everything the dispatcher does to the world, dead from its n-th deed on: before the deed, or right after it. */
  function dyingAt(step: number, after: boolean) {
    let deeds = 0;
    const deed = async <T>(act: () => Promise<T>): Promise<T> => {
      if (deeds > step || (deeds === step && !after)) throw new Killed();
      const result = await act();
      if (deeds++ === step) throw new Killed();
      return result;
    };
    const path: CommandPath = {
      ...deployment.path,
      execute: (decider, envelope) => deed(() => deployment.path.execute(decider, envelope)),
    };
    return { path, deed, deeds: () => deeds };
  }

  it.each([
    ['marketing', 'before'],
    ['marketing', 'after'],
    ['service', 'before'],
    ['service', 'after'],
  ] as const)('a %s message, %s each step', async (category, when) => {
    let killed = true;
    for (let step = 0; killed; step++) {
      const customer = address();
      await grant(customer);
      const messageId = (await queue(customer, category)) ?? '';
      const { sent, provider } = collecting();
      const dying = dyingAt(step, when === 'after');
      const mortal = { ...provider, send: (message: OutgoingMessage) => dying.deed(() => provider.send(message)) };
      killed = await dispatching(mortal, { path: dying.path })
        .dispatch(messageId)
        .then(
          () => false,
          (error: unknown) => {
            if (!(error instanceof Killed)) throw error;
            return true;
          },
        );
      // Another process finds it, day after day.
      for (let days = 1; days <= 4; days++) {
        const now = new Date(Date.parse(AT) + days * 86_400_000).toISOString();
        await dispatching(provider, { now: () => now }).dispatch(messageId);
      }
      const status = await statusOf(messageId);
      if (category === 'marketing') {
        expect(sent.length).toBeLessThanOrEqual(1);
        expect(status === 'sent' ? sent.length : status).toBe(status === 'sent' ? 1 : 'unknown');
      } else {
        expect(status).toBe('sent');
        expect(sent.length).toBeGreaterThanOrEqual(1);
        expect(new Set(sent.map((each) => each.messageId))).toEqual(new Set([messageId]));
      }
      if (step > 20) throw new Error('a hand-over has fewer steps');
    }
  });

  it('two processes at once send a marketing message once', async () => {
    const customer = address();
    await grant(customer);
    const messageId = (await queue(customer)) ?? '';
    const { sent, provider } = collecting();
    await Promise.all(Array.from({ length: 8 }, () => dispatching(provider).dispatch(messageId)));
    expect(sent).toHaveLength(1);
  });

  it('what the provider leaves open is unknown and not sent again, what it refuses for now is tried again and never beyond five times', async () => {
    const customer = address();
    await grant(customer);
    const open = (await queue(customer)) ?? '';
    const refused = (await queue(customer)) ?? '';
    const { provider } = collecting();
    let tries = 0;
    const answering = (outcome: Awaited<ReturnType<MessageProvider['send']>>): MessageProvider => ({
      ...provider,
      send: async () => (tries++, outcome),
    });
    const at = (hours: number) => ({ now: () => new Date(Date.parse(AT) + hours * 3_600_000).toISOString() });
    for (let n = 0; n < 6; n++) await dispatching(answering({ kind: 'unknown', detail: 'timeout' }), at(n * 24)).dispatch(open);
    expect([tries, await statusOf(open)]).toEqual([1, 'unknown']);
    tries = 0;
    for (let n = 0; n < 9; n++)
      await dispatching(answering({ kind: 'rejected', permanent: false, detail: '451' }), at(n * 24)).dispatch(refused);
    expect([tries, await statusOf(refused)]).toEqual([5, 'failed']);
    // It gave its place among the capped messages back.
    const [known] = await deployment.keyring.subjectsOf([customer], { create: false });
    const contact = await deployment.store.readStream(`contact-${known?.kind === 'known' ? known.subject : ''}`);
    expect(contact.kind === 'open' && contact.facts.filter(({ type }) => type.endsWith('slot-released')).length).toBeGreaterThanOrEqual(1);
  });
});

describe('a process that is killed with −9 at any step of a hand-over to a real receiver', () => {
  let receiver: Server;
  let url: string;
  const got: string[] = [];
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      request.resume().on('end', () => {
        got.push(String(request.headers['idempotency-key']));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/messages`;
  });
  afterAll(() => {
    receiver.closeAllConnections();
    return new Promise((resolve) => receiver.close(resolve));
  });

  it.each([
    ['marketing', 'before'],
    ['marketing', 'after'],
    ['service', 'after'],
  ] as const)(
    'a %s message, %s each step',
    async (category, when) => {
      const program = bundleProgram(path.join(__dirname, '../../test-programs/mortal-dispatcher.ts'));
      const ends: unknown[] = [];
      for (let killed = true, step = 0; killed; step++) {
        const customer = address();
        await grant(customer);
        await services.runner.catchUp();
        const messageId = (await queue(customer, category)) ?? '';
        const mortal: Mortal = { databaseUrl: database.url, home, clock: AT, url, messageId, step, after: when === 'after' };
        const running = runBundled(program, [JSON.stringify(mortal)]);
        await running.ended;
        killed = !running.said.some((line) => 'done' in line);
        // Others find it, day after day.
        for (let days = 1; days <= 4; days++) {
          const now = () => new Date(Date.parse(AT) + days * 86_400_000).toISOString();
          const provider = webhookProvider({ url, secret: 'a secret of 16 or more', channels: ['email'], now });
          await dispatching(provider, { now }).dispatch(messageId);
        }
        const times = got.filter((key) => key === messageId).length;
        const status = await statusOf(messageId);
        ends.push([status, times]);
        if (category === 'marketing') expect([status, times <= 1]).toEqual([status === 'sent' && times === 1 ? 'sent' : 'unknown', true]);
        else expect([status, times >= 1]).toEqual(['sent', true]);
        if (step > 20) throw new Error('a hand-over has fewer steps');
      }
      // It was killed where nobody can know, too; and in the end it was not killed at all.
      if (category === 'marketing') expect(ends).toContainEqual(['unknown', when === 'after' ? 1 : 0]);
      expect(ends.at(-1)).toEqual(['sent', 1]);
    },
    300_000,
  );
});

it('a marketing message that consent forbids at dispatch is never sent, in whatever order she grants, withdraws, is merged, split, and processes restart', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), who: fc.nat(1) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw' as const), who: fc.nat(1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('queue' as const), who: fc.nat(1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('dispatch' as const), who: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), who: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('split' as const), who: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), who: fc.nat(1) }) },
  );
  const identify = async (customer: ReturnType<typeof address>): Promise<string> => {
    await withdraw(customer);
    const [known] = await deployment.keyring.subjectsOf([customer], { create: false });
    return known?.kind === 'known' ? known.subject : '';
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const people = [address(), address()] as const;
      const subjects = [await identify(people[0]), await identify(people[1])] as const;
      await services.runner.catchUp();
      // What each last said, with whom she was one then: the model against which what was sent is held.
      let together = false;
      let turn = 0;
      const words: { who: number; yes: boolean; turn: number; one: boolean }[] = [0, 1].map((who) => ({
        who,
        yes: false,
        turn: 0,
        one: false,
      }));
      const mayShe = (who: number): boolean => {
        const own = words[who];
        const other = words[1 - who];
        if (!own?.yes || !other) return false;
        return !together || other.yes || (own.turn > other.turn && own.one);
      };
      const waiting: [string, number][] = [];
      const { sent, provider } = collecting();
      let running = dispatching(provider);
      for (const { do: what, who } of steps) {
        turn++;
        const person = people[who as 0 | 1];
        if (what === 'grant' || what === 'withdraw') {
          await (what === 'grant' ? grant(person) : withdraw(person));
          // Said again it is recorded again: after a merge an answer counts for what she has become since.
          words[who] = { who, yes: what === 'grant', turn, one: together };
        }
        if (what === 'queue') {
          const messageId = await queue(person);
          expect(messageId !== undefined).toBe(mayShe(who));
          if (messageId !== undefined) waiting.push([messageId, who]);
        }
        if (what === 'dispatch')
          for (const [messageId, to] of waiting.splice(0)) {
            const before = sent.length;
            await running.dispatch(messageId);
            expect([to, sent.length - before]).toEqual([to, mayShe(to) ? 1 : 0]);
          }
        if (what === 'merge' && !together) {
          await person2(subjects, 'merge');
          together = true;
        }
        if (what === 'split' && together) {
          await person2(subjects, 'split');
          together = false;
        }
        if (what === 'restart') running = dispatching(provider);
      }
    }),
    { numRuns: 25 },
  );

  /** A person's word that they are one, or two. */
  async function person2([left, right]: readonly [string, string], what: 'merge' | 'split'): Promise<void> {
    const { identityCommands } = await import('@tsunagari/customers');
    const commands = identityCommands({ ...reads(), waitFor: async () => void (await services.runner.catchUp()) });
    const { customer } = await services.runner.identity.membersOf(left);
    const other = customer === left ? right : left;
    const result =
      what === 'merge'
        ? await commands.mergeCustomers({ customers: [left, right], reason: 'one' }, asked())
        : await commands.splitCustomer({ customer, subjects: [other], reason: 'two' }, asked());
    expect(result.kind).toBe('accepted');
    await services.runner.catchUp();
  }
});
