import { ensureTopics, kafkaEventLog } from '@tsunagari/event-log-kafka';
import { appended, freshStream, readToEnd, someFacts } from '@tsunagari/event-store-contract-tests';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import { describeWith, testBroker, testDatabase, type TestDatabase } from '@tsunagari/testing';
import { Kafka, logLevel } from 'kafkajs';
import { buildBundles, type Bundles, run, startPlatformProcess, until } from '../../platform/src/testing/bundles';

jest.setTimeout(120_000);

let bundles: Bundles;
beforeAll(async () => (bundles = await buildBundles()));
afterAll(() => bundles.remove());

it('does not start without what it needs, and names every missing variable', async () => {
  const { code, err } = await run(process.execPath, [bundles.app('relay')], {});
  expect(code).toBe(1);
  expect(err).toContain('DATABASE_URL is missing');
  expect(err).toContain('KAFKA_BROKERS is missing');
  expect(err).not.toContain('at ');
});

describeWith('broker', 'the relay as a process', () => {
  let database: TestDatabase;
  beforeEach(async () => (database = await testDatabase()));
  afterEach(() => database.drop());

  it('publishes, says how it is, and ends in good order', async () => {
    const { brokers, namespace } = await testBroker();
    const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
    const variables = { DATABASE_URL: database.url, KAFKA_BROKERS: brokers.join(','), KAFKA_NAMESPACE: namespace, LOG_LEVEL: 'warn' };
    const relay = await startPlatformProcess(bundles.app('relay'), variables);
    const ready = async (): Promise<{ ok: boolean; text: string }> => {
      const response = await fetch(`${relay.url}/health/ready`);
      return { ok: response.ok, text: await response.text() };
    };
    await until('it says that the topic is missing', async () => (await ready()).text.includes('tsunagari topics ensure'));
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    await until('it is ready', async () => (await ready()).ok);

    const store = postgresEventStore({ pool: database.pool });
    const { position } = appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(30) }));
    const topic = kafkaEventLog({ kafka, namespace });
    await until('everything is published', async () => (await topic.head()) === position);
    expect(await readToEnd(topic)).toHaveLength(30);
    const figures = await (await fetch(`${relay.url}/metrics`)).text();
    expect(figures).toMatch(/^tsunagari_relay_published_total 30$/m);
    expect(figures).toMatch(/^tsunagari_relay_lag_seconds 0$/m);
    expect(figures).toMatch(/^tsunagari_relay_state\{state="leading"\} 1$/m);
    expect(await relay.end('SIGTERM')).toBe(0);
    await topic.close();
    await store.close();
  });

  it('is not ready once the store was restored from an older copy, and says what to do (failure mode 17)', async () => {
    const { brokers, namespace } = await testBroker();
    const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    const variables = { DATABASE_URL: database.url, KAFKA_BROKERS: brokers.join(','), KAFKA_NAMESPACE: namespace, LOG_LEVEL: 'fatal' };
    const relay = await startPlatformProcess(bundles.app('relay'), variables);
    const store = postgresEventStore({ pool: database.pool });
    const { position } = appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(30) }));
    const topic = kafkaEventLog({ kafka, namespace });
    await until('everything is published', async () => (await topic.head()) === position);
    await database.pool.query('delete from events where pos > 10');
    await until('it says so', async () =>
      (await (await fetch(`${relay.url}/health/ready`)).text()).includes('restored from an older copy'),
    );
    expect((await fetch(`${relay.url}/health/live`)).ok).toBe(true);
    expect(await relay.end('SIGTERM')).toBe(0);
    await topic.close();
    await store.close();
  });
});
