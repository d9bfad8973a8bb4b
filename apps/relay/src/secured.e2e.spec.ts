import { kafkaConfig, kafkaEventLog } from '@tsunagari/event-log-kafka';
import { appended, freshStream, readToEnd, someFacts } from '@tsunagari/event-store-contract-tests';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import { describeWith, knownUser, type SecuredBroker, securedBroker, testDatabase, type TestDatabase } from '@tsunagari/testing';
import { buildBundles, type Bundles, run, startPlatformProcess, until } from '../../platform/src/testing/bundles';

jest.setTimeout(120_000);

describeWith('jvm', 'the programs of a deployment whose Kafka asks who they are', () => {
  let bundles: Bundles;
  let given: SecuredBroker;
  let database: TestDatabase;
  beforeAll(async () => {
    bundles = await buildBundles();
    given = await securedBroker();
    database = await testDatabase();
  });
  afterAll(async () => {
    bundles.remove();
    await given.broker.remove();
    await database.drop();
  });

  const ssl = () => ({ KAFKA_NAMESPACE: 'shop', KAFKA_SSL: 'on', KAFKA_SSL_CA: given.authority });
  const byCertificate = (): Record<string, string> => ({
    ...ssl(),
    KAFKA_BROKERS: given.mutual,
    KAFKA_SSL_CERT: given.shop.certFile,
    KAFKA_SSL_KEY: given.shop.keyFile,
  });
  const byPassword = (password: string): Record<string, string> => ({
    ...ssl(),
    KAFKA_BROKERS: given.saslTls,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: knownUser.username,
    KAFKA_SASL_PASSWORD: password,
  });

  it('topics are made by a certificate; the relay publishes by SCRAM within TLS and is ready', async () => {
    const made = await run(process.execPath, [bundles.cli, 'topics', 'ensure'], byCertificate());
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('shop.facts.v1: made') });
    const variables = { DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...byPassword(knownUser['scram-sha-512']) };
    const relay = await startPlatformProcess(bundles.app('relay'), variables);
    await until('it is ready', async () => (await fetch(`${relay.url}/health/ready`)).ok);
    const store = postgresEventStore({ pool: database.pool });
    const { position } = appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(30) }));
    const kafka = kafkaConfig({ brokers: [given.mutual], ssl: { caFile: given.authority, ...given.shop } }, 'spec');
    const topic = kafkaEventLog({ kafka, namespace: 'shop' });
    await until('everything is published', async () => (await topic.head()) === position);
    expect(await readToEnd(topic)).toHaveLength(30);
    expect(await relay.end('SIGTERM')).toBe(0);
    await topic.close();
    await store.close();
  });

  it('a wrong password and a missing certificate are said with the variables to look at, and no password', async () => {
    const wrong = await run(process.execPath, [bundles.cli, 'topics', 'ensure'], byPassword('falsch-geraten'));
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be') });
    const { KAFKA_SSL_CERT: _, KAFKA_SSL_KEY: __, ...without } = byCertificate();
    const missing = await run(process.execPath, [bundles.cli, 'topics', 'ensure'], without);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('KAFKA_SSL_CERT') });
    const incomplete = await run(process.execPath, [bundles.cli, 'topics', 'ensure'], { ...without, KAFKA_SSL_CERT: given.shop.certFile });
    expect(incomplete).toMatchObject({ code: 1, err: expect.stringContaining('KAFKA_SSL_KEY is missing, KAFKA_SSL_CERT needs it') });

    const variables = { DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...byPassword('falsch-geraten') };
    const relay = await startPlatformProcess(bundles.app('relay'), variables);
    const ready = async (): Promise<string> => (await fetch(`${relay.url}/health/ready`)).text();
    await until('it says why it is not ready', async () => (await ready()).includes('KAFKA_SASL_PASSWORD must be'));
    await relay.end('SIGTERM');
    for (const said of [wrong.out, wrong.err, relay.output()]) expect(said).not.toContain('falsch-geraten');
  });
});
