/** What a broker that does not let in, or is not trusted, says by kafkajs, OpenSSL or itself, and what of the configuration is to be looked at. */
const remedies: readonly (readonly [sign: RegExp, remedy: string])[] = [
  [/mechanism is not supported/i, 'KAFKA_SASL_MECHANISM must be one that the brokers have enabled at this address'],
  [
    /authentication failed|SASL_AUTHENTICATION_FAILED|invalid username or password/i,
    'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be those of a user whom the brokers know by KAFKA_SASL_MECHANISM',
  ],
  [/does not match certificate's altnames/i, 'KAFKA_BROKERS must call the brokers by a name that their certificate has'],
  [
    /(self.signed certificate|unable to (verify|get)|certificate has expired)/i,
    'KAFKA_SSL_CA must be a PEM file of the certificates that vouch for the brokers',
  ],
  [
    /alert (bad|unknown|unsupported|expired|revoked)? ?(certificate|ca\b)|alert (access denied|handshake failure)|key values mismatch|no start line|bad base64/i,
    'KAFKA_SSL_CERT and KAFKA_SSL_KEY must be PEM files of a certificate that the brokers trust, and of its key',
  ],
  [/wrong version number|packet length too long/i, 'KAFKA_SSL must be off: the brokers do not speak TLS at this address'],
  [
    /closed connection|socket hang up|ECONNRESET|ILLEGAL_SASL_STATE|EPIPE/i,
    'KAFKA_SSL, KAFKA_SSL_CERT and KAFKA_SASL_MECHANISM must be what the brokers ask for at this address, or they are away',
  ],
];

/** Brokers that know whom they talk to and refuse him: asking again changes nothing. */
export function isSignInRefused(error: unknown): boolean {
  return chainOf(error).some(({ name }) => name === 'KafkaJSSASLAuthenticationError');
}

/** The variables to look at after a connection failed: those of sign-in and trust where it was for one of them, else where the brokers are. */
export function whatToSet(error: unknown): string {
  const said = chainOf(error)
    .map((each) => `${each.message} ${'code' in each ? String(each.code) : ''} ${'type' in each ? String(each.type) : ''}`)
    .join('\n');
  return remedies.find(([sign]) => sign.test(said))?.[1] ?? 'KAFKA_BROKERS says where it is';
}

/** What an error says, without where in OpenSSL it was said. */
export function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.replace(/[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*)\S*( alert number \d+)?\s*/i, 'TLS: $1').trim();
}

function chainOf(error: unknown): readonly Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}
