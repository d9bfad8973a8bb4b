import fc from 'fast-check';
import { ConfigurationError, configurationVariables, readConfiguration } from './configuration';

function problemsOf(environment: Record<string, string>): ConfigurationError {
  try {
    readConfiguration(environment);
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
