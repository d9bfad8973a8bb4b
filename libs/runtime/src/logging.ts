import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/** Names whose values never reach a log line, at the top and up to three levels down. */
const secretNames = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'writeKey',
  'consoleKey',
  'masterKey',
  'lookupKey',
  'digestKey',
  'tokenKey',
  'contextKey',
  'apiKey',
  'email',
  'phone',
  'firstName',
  'lastName',
  'address',
];

const secretPaths = secretNames.flatMap((name) => ['', '*.', '*.*.', '*.*.*.'].map((prefix) => `${prefix}${name}`));

/** The password in a connection string, wherever it stands in a text. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:***@');
}

/**
 * A logger that writes one JSON object a line. Values of secret and personal names, passwords in connection strings, and the texts of
 * errors are cleaned before they are written.
 * @param destination standard output unless given.
 */
export function createLogger(
  level: pino.LevelWithSilent,
  bindings: Readonly<Record<string, string>> = {},
  destination?: DestinationStream,
): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: bindings,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretPaths, censor: '[redacted]' },
    serializers: { err: cleanError, error: cleanError },
    hooks: {
      logMethod(args, method) {
        const cleaned = args.map((arg: unknown) => (typeof arg === 'string' ? withoutPasswords(arg) : arg));
        method.apply(this, cleaned as typeof args);
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

function cleanError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? withoutPasswords(error) : error;
  // PostgreSQL's `detail` quotes the values of the row, so only what names the place is kept.
  const { code, constraint, table } = error as Error & { code?: string; constraint?: string; table?: string };
  return {
    type: error.name,
    message: withoutPasswords(error.message),
    stack: withoutPasswords(error.stack ?? ''),
    ...(code === undefined ? {} : { code }),
    ...(constraint === undefined ? {} : { constraint }),
    ...(table === undefined ? {} : { table }),
    ...(error.cause === undefined ? {} : { cause: cleanError(error.cause) }),
  };
}
