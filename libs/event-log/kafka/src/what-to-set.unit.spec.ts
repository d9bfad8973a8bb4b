import { isSignInRefused, reasonOf, whatToSet } from './what-to-set';

describe('what to set when a broker refuses, or is not trusted', () => {
  const alert = (said: string): string =>
    `Connection error: 80FC21E9BA7F0000:error:0A000412:SSL routines:ssl3_read_bytes:${said}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 42\n`;

  it.each([
    ['SASL SCRAM SHA256 authentication failed: invalid credentials', /^KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/],
    ['SASL SCRAM-SHA-512 mechanism is not supported by the server', /^KAFKA_SASL_MECHANISM/],
    ['Connection error: self-signed certificate in certificate chain', /^KAFKA_SSL_CA/],
    ['Connection error: unable to get local issuer certificate', /^KAFKA_SSL_CA/],
    ["Hostname/IP does not match certificate's altnames: IP: 10.0.0.1 is not in the cert's list", /^KAFKA_BROKERS/],
    [alert('sslv3 alert bad certificate'), /^KAFKA_SSL_CERT and KAFKA_SSL_KEY/],
    [alert('tlsv13 alert certificate required'), /^KAFKA_SSL_CERT and KAFKA_SSL_KEY/],
    [alert('tlsv1 alert unknown ca'), /^KAFKA_SSL_CERT and KAFKA_SSL_KEY/],
    ['Failed to connect: error:05800074:x509 certificate routines::key values mismatch', /^KAFKA_SSL_CERT and KAFKA_SSL_KEY/],
    ['Connection error: write EPROTO 0:error:0A00010B:SSL routines:ssl3_get_record:wrong version number', /^KAFKA_SSL must be off/],
    ['Closed connection', /^KAFKA_SSL, KAFKA_SSL_CERT and KAFKA_SASL_MECHANISM/],
    ['Connection error: connect ECONNREFUSED 127.0.0.1:9092', /^KAFKA_BROKERS says where it is$/],
  ])('%s', (said, variables) => {
    for (const error of [new Error(said), new Error('asked again', { cause: new Error(said) })])
      expect(whatToSet(error)).toMatch(variables);
  });

  it('says what was said, without where in OpenSSL', () => {
    expect(reasonOf(new Error(alert('sslv3 alert bad certificate')))).toBe('Connection error: TLS: sslv3 alert bad certificate');
    expect(reasonOf(new Error('Closed connection'))).toBe('Closed connection');
    expect(reasonOf('a word')).toBe('a word');
  });

  it('asks no broker again that refused the sign-in', () => {
    const refused = Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' });
    expect([refused, new Error('asked', { cause: refused }), new Error('no'), 'no'].map(isSignInRefused)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
