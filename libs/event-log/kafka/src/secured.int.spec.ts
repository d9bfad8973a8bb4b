import { BEGINNING } from '@tsunagari/contracts';
import { waitUntil } from '@tsunagari/postgres';
import { describeWith, knownUser, type SecuredBroker, securedBroker } from '@tsunagari/testing';
import { Kafka } from 'kafkajs';
import { kafkaConfig, type KafkaConnection } from './connection';
import { kafkaEventLog } from './event-log';
import { openPartitions } from './partitions';
import { kafkaPublisher } from './publisher';
import { ensureTopics, topicsOf } from './topics';

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type Mechanism = (typeof mechanisms)[number];

const sasl = (mechanism: Mechanism, password: string = knownUser[mechanism]): NonNullable<KafkaConnection['sasl']> => ({
  mechanism,
  username: knownUser.username,
  password,
});

describeWith('jvm', 'a broker that asks who one is', () => {
  let given: SecuredBroker;
  beforeAll(async () => (given = await securedBroker()), 120_000);
  afterAll(() => given.broker.remove());

  /** Topics are made, a fact is published in a transaction and read again: every conversation that a deployment has with Kafka. */
  const published = async (connection: KafkaConnection, namespace: string): Promise<number> => {
    const kafka = kafkaConfig(connection, 'spec');
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    const [publisher, log] = [kafkaPublisher({ kafka, namespace }), kafkaEventLog({ kafka, namespace })];
    await publisher.takeOver();
    const fact = {
      id: '5f0c1a52-0f4e-4f0e-9d7b-4a1d1b1f0a11',
      type: 'retention.test.first',
      schema: 1,
      subject: null,
      json: '{}',
      meta: { actor: 'system:spec', source: 'spec', correlationId: 'spec' },
      occurred: '2011-02-03T04:05:06.789Z',
      recorded: '2011-02-03T04:05:06.789Z',
      position: '1',
      stream: 'test-1',
      version: 1,
    };
    await publisher.publish([fact]);
    // A commit is answered before its markers stand in every partition.
    await waitUntil(async () => (await log.head()) === fact.position, 20_000);
    const { facts } = await log.read({ after: BEGINNING, limit: 10 });
    await log.close();
    await publisher.close();
    return facts.length;
  };

  /** What whoever makes the topics is told, and what a relay or a reader is. */
  const refused = async (connection: KafkaConnection): Promise<readonly [string, string]> => {
    const kafka = kafkaConfig(connection, 'spec');
    const said = (work: Promise<unknown>): Promise<string> => work.then(() => 'not refused', String);
    const partitions = openPartitions({ kafka, topic: topicsOf('refused').facts, retryForMs: 200 });
    try {
      return [
        await said(ensureTopics({ kafka: new Kafka({ ...kafka, retry: { retries: 0 } }), namespace: 'refused' })),
        await said(partitions.count()),
      ];
    } finally {
      await partitions.close();
    }
  };
  const expectRefused = async (connection: KafkaConnection, why: RegExp, variable: string): Promise<void> => {
    for (const said of await refused(connection)) {
      expect(said).toMatch(why);
      expect(said).toContain(variable);
      expect(said).not.toContain('openssl');
      for (const password of ['falsch', ...mechanisms.map((mechanism) => knownUser[mechanism])]) expect(said).not.toContain(password);
    }
  };

  it.each(mechanisms)('is written and read by SASL %s, in clear and within TLS', async (mechanism) => {
    expect(await published({ brokers: [given.sasl], sasl: sasl(mechanism) }, `clear-${mechanism}`)).toBe(1);
    const ssl = { caFile: given.authority };
    expect(await published({ brokers: [given.saslTls], sasl: sasl(mechanism), ssl }, `tls-${mechanism}`)).toBe(1);
  });

  it('is written and read by a certificate of one’s own', async () => {
    expect(await published({ brokers: [given.mutual], ssl: { caFile: given.authority, ...given.shop } }, 'mutual')).toBe(1);
  });

  it.each(mechanisms)('refuses a wrong password and an unknown user by %s, and says which variables are wrong', async (mechanism) => {
    const wrong = sasl(mechanism, 'falsch');
    await expectRefused(
      { brokers: [given.sasl], sasl: wrong },
      /authentication failed|invalid username or password/i,
      'KAFKA_SASL_PASSWORD',
    );
    const unknown = { ...sasl(mechanism), username: 'nobody' };
    await expectRefused(
      { brokers: [given.sasl], sasl: unknown },
      /authentication failed|invalid username or password/i,
      'KAFKA_SASL_USERNAME',
    );
  });

  it('refuses the password of another mechanism', async () => {
    const other = sasl('scram-sha-512', knownUser['scram-sha-256']);
    await expectRefused(
      { brokers: [given.sasl], sasl: other },
      /authentication failed|invalid username or password/i,
      'KAFKA_SASL_MECHANISM',
    );
  });

  it('refuses who shows no certificate, or one that nobody vouches for', async () => {
    const ssl = { caFile: given.authority };
    // TLS 1.3 says it only after the handshake: it may cross what we say, and only that the connection is gone is heard.
    await expectRefused(
      { brokers: [given.mutual], ssl },
      /(bad|required) certificate|certificate required|closed|reset/i,
      'KAFKA_SSL_CERT',
    );
    await expectRefused(
      { brokers: [given.mutual], ssl: { ...ssl, ...given.stranger } },
      /certificate unknown|unknown ca|closed|reset/i,
      'KAFKA_SSL_CERT',
    );
  });

  it('is refused by us when nobody whom we trust vouches for it', async () => {
    const brokers = [given.saslTls];
    await expectRefused({ brokers, sasl: sasl('plain'), ssl: {} }, /self.signed|unable to/i, 'KAFKA_SSL_CA');
    await expectRefused(
      { brokers, sasl: sasl('plain'), ssl: { caFile: given.stranger.certFile } },
      /unable to|self.signed/i,
      'KAFKA_SSL_CA',
    );
  });

  it('says what is to be set where it is spoken to without what it asks for', async () => {
    await expectRefused({ brokers: [given.sasl] }, /closed|reset/i, 'KAFKA_SASL_MECHANISM');
    await expectRefused({ brokers: [given.saslTls], sasl: sasl('plain') }, /closed|reset/i, 'KAFKA_SSL');
    await expectRefused({ brokers: [given.sasl], sasl: sasl('plain'), ssl: {} }, /before secure TLS|wrong version|reset/i, 'KAFKA_SSL');
  });

  it('names a file that cannot be read', () => {
    for (const name of ['caFile', 'certFile', 'keyFile'])
      expect(() => kafkaConfig({ brokers: [given.mutual], ssl: { [name]: '/nowhere/a.pem' } }, 'spec')).toThrow('/nowhere/a.pem');
  });
});
