import fc from 'fast-check';
import { ConfigurationError, configurationVariables, type ProcessName, readConfiguration } from './configuration';

function problemsOf(environment: Record<string, string>, name: ProcessName = 'platform'): ConfigurationError {
  try {
    readConfiguration(environment, name);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the configuration', () => {
  it('needs nothing: the embedded default on the loopback address, on the real time', () => {
    expect(readConfiguration({})).toEqual({
      databaseUrl: undefined,
      home: '.tsunagari',
      host: '127.0.0.1',
      port: 4000,
      logLevel: 'info',
      fixedClock: undefined,
      timeZone: 'UTC',
      trustedDocuments: 'log',
      currency: 'GBP',
      oidcIssuer: undefined,
      shutdownSeconds: 20,
      readyLagSeconds: 60,
      eventStore: { kind: 'postgres' },
      kafka: undefined,
      services: {},
      publicUrl: 'http://localhost:4000',
      smtpUrl: undefined,
      mailFrom: 'tsunagari@localhost',
      messageWebhook: undefined,
    });
  });

  it('reads what is set and takes an empty variable for one that is not', () => {
    expect(
      readConfiguration({
        DATABASE_URL: 'postgres://u:p@db:5432/t',
        PORT: '8080',
        TSUNAGARI_CLOCK: '2011-12-10',
        TSUNAGARI_TIME_ZONE: 'Europe/London',
        TRUSTED_DOCUMENTS: 'enforce',
        HOST: '',
        PATH: '/bin',
      }),
    ).toMatchObject({
      databaseUrl: 'postgres://u:p@db:5432/t',
      port: 8080,
      fixedClock: '2011-12-10T00:00:00.000Z',
      timeZone: 'Europe/London',
      trustedDocuments: 'enforce',
      host: '127.0.0.1',
    });
  });

  it('chooses store, log and the addresses of other processes', () => {
    const read = readConfiguration(
      {
        DATABASE_URL: 'postgres://u:p@db:5432/t',
        EVENT_STORE: 'esdb://events:2113?tls=false',
        KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9092',
        KAFKA_NAMESPACE: 'shop.eu',
        VALUE_URL: 'http://value:4000/',
        TOUCHPOINTS_URL: 'http://touchpoints:4000',
        PROPOSALS_URL: 'http://proposals:4000',
        UNDERSTANDING_URL: 'https://understanding:4000',
      },
      'gateway',
    );
    expect(read).toMatchObject({
      eventStore: { kind: 'eventstoredb', url: 'esdb://events:2113?tls=false' },
      kafka: { brokers: ['kafka-1:9092', 'kafka-2:9092'], namespace: 'shop.eu' },
      services: {
        value: 'http://value:4000',
        touchpoints: 'http://touchpoints:4000',
        proposals: 'http://proposals:4000',
        understanding: 'https://understanding:4000',
      },
    });
    expect(readConfiguration({ KAFKA_BROKERS: 'kafka:9092' }).kafka).toEqual({ brokers: ['kafka:9092'], namespace: 'tsunagari' });
  });

  it.each([
    ['gateway', ['DATABASE_URL', 'VALUE_URL', 'TOUCHPOINTS_URL', 'PROPOSALS_URL', 'UNDERSTANDING_URL']],
    ['value', ['DATABASE_URL', 'TOUCHPOINTS_URL', 'PROPOSALS_URL', 'UNDERSTANDING_URL']],
    ['understanding', ['DATABASE_URL', 'VALUE_URL', 'TOUCHPOINTS_URL', 'PROPOSALS_URL']],
    ['relay', ['DATABASE_URL', 'KAFKA_BROKERS']],
  ] as const)(
    '%s does not start without what it needs, and every missing variable is named at once, with those that are wrong',
    (name, needed) => {
      const { problems, message } = problemsOf({ PORT: 'http' }, name);
      expect(problems.map((problem) => problem.name).sort()).toEqual([...needed, 'PORT'].sort());
      expect(message).toContain(`DATABASE_URL is missing, ${name} needs it. Set it to a connection string`);
    },
  );

  it('reaches Kafka by TLS and SASL, and refuses what is incomplete', () => {
    const sasl = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'shop', KAFKA_SASL_PASSWORD: 'geheim' };
    const files = { KAFKA_SSL_CA: 'ca.pem', KAFKA_SSL_CERT: 'shop.pem', KAFKA_SSL_KEY: 'shop.key' };
    const { kafka } = readConfiguration({ KAFKA_BROKERS: 'kafka:9093', KAFKA_SSL: 'on', ...sasl, ...files });
    expect(kafka).toEqual({
      brokers: ['kafka:9093'],
      namespace: 'tsunagari',
      ssl: { caFile: 'ca.pem', certFile: 'shop.pem', keyFile: 'shop.key' },
      sasl: { mechanism: 'scram-sha-512', username: 'shop', password: 'geheim' },
    });
    expect(readConfiguration({ KAFKA_BROKERS: 'kafka:9093', KAFKA_SSL: 'on' }).kafka?.ssl).toEqual({});
    const missing = (given: Readonly<Record<string, string>>): string[] => problemsOf(given).problems.map(({ name }) => name);
    const whole = { KAFKA_BROKERS: 'kafka:9093', KAFKA_SSL: 'on', ...sasl, ...files };
    for (const name of [...Object.keys(sasl), 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY', 'KAFKA_SSL'])
      expect(missing({ ...whole, [name]: '' })).toEqual([name]);
    expect(missing({ KAFKA_SASL_MECHANISM: 'plain' })).toEqual(['KAFKA_BROKERS', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']);
    expect(missing({ ...files, KAFKA_SSL: 'on', KAFKA_SSL_KEY: '' })).toEqual(['KAFKA_SSL_KEY']);
    expect(missing(files)).toEqual(['KAFKA_SSL']);
    expect(missing({ ...files, KAFKA_SSL: 'off' })).toEqual(['KAFKA_SSL']);
    expect(problemsOf({ ...sasl, KAFKA_SASL_MECHANISM: 'gssapi' }).message).not.toContain('geheim');
  });

  it('names every wrong variable in one error, with what to do, and shows no value', () => {
    const wrong = {
      DATABASE_URL: 'mysql://root:geheim@db/t',
      PORT: '70000',
      LOG_LEVEL: 'loud',
      TSUNAGARI_CLOCK: 'yesterday',
      TSUNAGARI_TIME_ZONE: 'Mars/Olympus',
      TRUSTED_DOCUMENTS: 'maybe',
      TSUNAGARI_CURRENCY: 'pounds',
      OIDC_ISSUER: 'http://issuer',
      SHUTDOWN_SECONDS: '0',
      READY_LAG_SECONDS: 'soon',
      EVENT_STORE: 'mongodb://root:geheim@db',
      KAFKA_BROKERS: 'http://kafka',
      KAFKA_NAMESPACE: 'Shop EU',
      VALUE_URL: 'value:4000x',
      TOUCHPOINTS_URL: 'touchpoints-x',
      PROPOSALS_URL: '//x-proposals',
      UNDERSTANDING_URL: 'ftp://understanding',
    };
    const error = problemsOf(wrong);
    expect(error.problems.map(({ name }) => name).sort()).toEqual(Object.keys(wrong).sort());
    for (const name of Object.keys(wrong)) expect(error.message).toContain(`  ${name} `);
    for (const value of Object.values(wrong)) if (value.length > 2) expect(error.message).not.toContain(value);
    expect(error.message).toContain('LOG_LEVEL is not a level. Set it to one of fatal, error');
  });

  it('accepts exactly the ports that exist', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 200_000 }), (port) => {
        if (port >= 0 && port <= 65_535) expect(readConfiguration({ PORT: String(port) }).port).toBe(port);
        else expect(problemsOf({ PORT: String(port) }).problems[0]?.name).toBe('PORT');
      }),
    );
    for (const text of ['4000x', '4e3', '0x10', ' 80', '1.5']) expect(problemsOf({ PORT: text }).problems[0]?.name).toBe('PORT');
  });

  it('tells of every variable what it is for', () => {
    for (const text of Object.values(configurationVariables)) expect(text.length).toBeGreaterThan(10);
  });
});
