import { reactionRefused, taskOpened, type TaskOpened, identifierRegistered, streamName, voiceRecorded } from '@tsunagari/contracts';
import { type Deployment, openDeployment } from '@tsunagari/deployment';
import { ensureTopics, kafkaSignalLog } from '@tsunagari/event-log-kafka';
import { commandFactId } from '@tsunagari/privacy';
import { readConfiguration } from '@tsunagari/runtime';
import { describeWith, testBroker, testDatabase, type TestDatabase } from '@tsunagari/testing';
import { freePorts } from '@tsunagari/cluster/local-broker';
import { Kafka, logLevel } from 'kafkajs';
import {
  buildBundles,
  type Bundles,
  type RunningPlatform,
  startPlatformProcess,
  temporaryHome,
  until,
} from '../../platform/src/testing/bundles';

jest.setTimeout(240_000);

const SERVICES = ['value', 'touchpoints', 'proposals', 'understanding'] as const;
type Name = 'touchpoints' | 'understanding' | 'relay';

let bundles: Bundles;
beforeAll(async () => (bundles = await buildBundles()));
afterAll(() => bundles.remove());

/** Understanding and touchpoints as processes of their own; a deployment beside them records what customers say. */
async function split(kafka: Readonly<Record<string, string>>) {
  const database: TestDatabase = await testDatabase();
  const { home, remove } = temporaryHome();
  const ports = await freePorts(SERVICES.length);
  const addresses = SERVICES.map((name, at) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${ports[at]}`] as const);
  // The day of the complaints is not over: what is judged at its close, a risk among it, is not told meanwhile.
  const own = { DATABASE_URL: database.url, TSUNAGARI_HOME: home, TSUNAGARI_CLOCK: '2026-01-05T12:00:00.000Z' };
  const variables: Record<string, string> = { ...own, LOG_LEVEL: 'warn', ...kafka };
  const running = new Map<Name, RunningPlatform>();
  // A service that is neither started nor hosted here: it brings the store up and writes, as a collector would.
  const deployment: Deployment = await openDeployment(readConfiguration(own), { role: 'join', process: 'value' });
  const { store, keyring, log } = deployment;
  let said = 0;
  const meta = { actor: 'system:test', source: 'test', correlationId: 'test' };

  const facts = async <D>(type: string): Promise<readonly D[]> =>
    (await log.read({ after: '0', types: [type], limit: 10_000 })).facts.map(({ data }) => data as D);

  return {
    pool: database.pool,
    running,
    /** Starts a process, again if need be, and waits until it is ready. */
    async start(name: Name): Promise<void> {
      const at = SERVICES.findIndex((service) => service === name);
      const PORT = name === 'relay' ? '0' : String(ports[at]);
      const started = await startPlatformProcess(bundles.app(name), { ...variables, ...Object.fromEntries(addresses), PORT });
      running.set(name, started);
      await until(`${name} is ready`, async () => (await fetch(`${started.url}/health/ready`)).ok, 60);
    },
    /** So many customers, none known before, are dissatisfied, each once. */
    async complain(customers: number): Promise<void> {
      const names = Array.from({ length: customers }, () => `c${said++}`);
      const known = await keyring.subjectsOf(
        names.map((value) => ({ type: 'user_id', value })),
        { create: true },
      );
      for (const [n, value] of names.entries()) {
        const person = known[n];
        if (person?.kind !== 'known') throw new Error('no subject');
        const of = { subject: person.subject, meta, occurred: '2026-01-05T10:00:00.000Z' };
        const registered = { identifierType: 'user_id', value, verified: true, kind: 'person' };
        const voice = { touchpointId: 'app', voiceId: value, kind: 'dissatisfaction', text: 'no' };
        const sealed = await keyring.seal([
          { ...of, id: commandFactId(`registered ${value}`, 0), definition: identifierRegistered, data: registered },
          { ...of, id: commandFactId(`voice ${value}`, 0), definition: voiceRecorded, data: voice },
        ]);
        const both = sealed.flatMap((each) => (each.kind === 'sealed' ? [each.fact] : []));
        if (both.length !== 2) throw new Error(JSON.stringify(sealed));
        await store.append({ stream: streamName('interaction', commandFactId(value, 0)), expected: 'none', facts: both });
      }
    },
    /** Ids of the tasks that were opened, in the order in which they were. */
    tasks: async (): Promise<readonly string[]> => (await facts<TaskOpened>(taskOpened.type)).map(({ taskId }) => taskId),
    refused: () => facts(reactionRefused.type),
    /** Ids of what understanding told and somebody sees to. */
    told: async (): Promise<readonly string[]> =>
      (
        await database.pool.query<{ id: string }>(
          `select id from understanding.outbox where topic = 'signals' and kind in ('DissatisfactionDetected', 'ChurnRiskRaised') order by pos`,
        )
      ).rows.map(({ id }) => id),
    async end() {
      for (const { end } of running.values()) await end('SIGKILL');
      await deployment.close();
      remove();
      await database.drop();
    },
  };
}

/** Every complaint is told once and becomes one task, though both who reacts and who tells are killed in the middle of their work. */
async function expectOneTaskEach(given: Awaited<ReturnType<typeof split>>): Promise<void> {
  const first = given.complain(400);
  await until('some of them are followed up', async () => (await given.tasks()).length > 5, 60);
  await given.running.get('touchpoints')?.end('SIGKILL');
  const half = (await given.tasks()).length;
  expect(half).toBeLessThan(400);
  await first;
  // Told while nobody reacts.
  await given.complain(30);
  await until('they are told', async () => (await given.told()).length === 430, 60);
  expect(await given.tasks()).toHaveLength(half);
  await given.start('touchpoints');
  await until('all of them are followed up', async () => (await given.tasks()).length >= 430, 60);

  const last = given.complain(100);
  await until('some more are told', async () => (await given.told()).length > 435, 60);
  await given.running.get('understanding')?.end('SIGKILL');
  await last;
  await given.start('understanding');
  await until('the last is told', async () => (await given.told()).length === 530, 60);
  await until('the last is followed up', async () => (await given.tasks()).length >= 530, 60);
  const nothingDue = async (): Promise<boolean> =>
    (await given.pool.query<{ n: number }>('select count(*)::int as n from touchpoints_signals.agenda')).rows[0]?.n === 0;
  await until('nothing is left to do', nothingDue);
  const told = await given.told();
  expect(told).toHaveLength(530);
  expect((await given.tasks()).toSorted()).toEqual(told.toSorted());
  expect(await given.refused()).toEqual([]);
}

describeWith('broker', 'over Kafka, touchpoints apart from understanding', () => {
  it('follow up every signal exactly once, killed −9 in the middle (failure mode 8)', async () => {
    const { brokers, namespace } = await testBroker();
    const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    const given = await split({ KAFKA_BROKERS: brokers.join(','), KAFKA_NAMESPACE: namespace });
    const topic = kafkaSignalLog({ kafka, namespace });
    try {
      await Promise.all((['relay', 'understanding', 'touchpoints'] as const).map((name) => given.start(name)));
      await expectOneTaskEach(given);
      const { signals } = await topic.read({ after: '0', kinds: ['DissatisfactionDetected', 'ChurnRiskRaised'], limit: 1_000 });
      expect(signals.map(({ id }) => id)).toEqual(await given.told());
    } finally {
      await topic.close();
      await given.end();
    }
  });
});

describe('over PostgreSQL, touchpoints apart from understanding', () => {
  it('follow up every signal exactly once, killed −9 in the middle, and may be there before anything was ever told', async () => {
    const given = await split({});
    try {
      await given.start('touchpoints');
      await given.start('understanding');
      await expectOneTaskEach(given);
    } finally {
      await given.end();
    }
  });
});
