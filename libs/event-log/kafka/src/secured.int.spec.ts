import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEGINNING } from '@tsunagari/contracts';
import { waitUntil } from '@tsunagari/postgres';
import { describeWith, startLocalBroker } from '@tsunagari/testing';
import { freePorts, type LocalBroker } from '@tsunagari/cluster/local-broker';
import { Kafka } from 'kafkajs';
import { kafkaConfig, type KafkaConnection } from './connection';
import { kafkaEventLog } from './event-log';
import { kafkaPublisher } from './publisher';
import { ensureTopics } from './topics';

/** A broker with two more doors: SASL in clear, and SASL within TLS by a certificate of its own. */
async function securedBroker() {
  const folder = mkdtempSync(join(tmpdir(), 'tsunagari-secured-'));
  const broker = await startLocalBroker(folder);
  await broker.kill();
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => join(folder, name)) as [string, string, string];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject], {
    stdio: 'ignore',
  });
  writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  const [clear = 0, tls = 0] = await freePorts(2);
  const config = join(folder, 'server.properties');
  const given = readFileSync(config, 'utf8');
  const doors = `,SASL_PLAINTEXT://127.0.0.1:${clear},SASL_SSL://127.0.0.1:${tls}`;
  writeFileSync(
    config,
    given
      .replace(/^(listeners=.*)$/m, `$1${doors}`)
      .replace(/^(advertised\.listeners=.*)$/m, `$1${doors}`)
      .replace(/^(listener\.security\.protocol\.map=.*)$/m, '$1,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL'),
  );
  const users = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="geheim";';
  const lines = ['sasl_plaintext', 'sasl_ssl'].map((door) => `listener.name.${door}.plain.sasl.jaas.config=${users}`);
  const keys = ['sasl.enabled.mechanisms=PLAIN', 'ssl.keystore.type=PEM', `ssl.keystore.location=${both}`];
  appendFileSync(config, [...keys, ...lines, ''].join('\n'));
  await broker.start();
  return { broker, clear: `127.0.0.1:${clear}`, tls: `127.0.0.1:${tls}`, certificate };
}

describeWith('jvm', 'a broker that asks who one is', () => {
  let given: { broker: LocalBroker; clear: string; tls: string; certificate: string };
  beforeAll(async () => (given = await securedBroker()), 120_000);
  afterAll(() => given.broker.remove());
  const sasl = { mechanism: 'plain', username: 'shop', password: 'geheim' } as const;

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

  it('is written and read by SASL, and by SASL within TLS', async () => {
    expect(await published({ brokers: [given.clear], sasl }, 'clear')).toBe(1);
    expect(await published({ brokers: [given.tls], sasl, ssl: { caFile: given.certificate } }, 'tls')).toBe(1);
  });

  it('refuses a wrong password, and we a certificate that nobody vouches for', async () => {
    const refused = async (connection: KafkaConnection): Promise<string> =>
      ensureTopics({ kafka: new Kafka({ ...kafkaConfig(connection, 'spec'), retry: { retries: 0 } }), namespace: 'refused' }).then(
        () => 'not refused',
        (error: unknown) => String(error),
      );
    const wrong = await refused({ brokers: [given.clear], sasl: { ...sasl, password: 'falsch' } });
    expect(wrong).toMatch(/authentication failed/i);
    expect(wrong).not.toContain('falsch');
    expect(await refused({ brokers: [given.tls], sasl, ssl: {} })).toMatch(/self.signed certificate/i);
  });

  it('names a file that cannot be read', () => {
    expect(() => kafkaConfig({ brokers: [given.tls], ssl: { caFile: '/nowhere/ca.pem' } }, 'spec')).toThrow('/nowhere/ca.pem');
  });
});
