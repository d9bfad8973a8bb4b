import { z } from 'zod';

/** What to do about a wrong variable; shown beside its name. */
const remedies = {
  DATABASE_URL: 'a connection string like postgres://user:password@host:5432/database, or leave it out for the embedded PostgreSQL',
  TSUNAGARI_HOME: 'a folder for the data and the secrets of the embedded default',
  HOST: 'the address to listen on; 127.0.0.1 reaches this machine only, 0.0.0.0 every network',
  PORT: 'a whole number from 0 to 65535; the next free port is taken when it is in use; 0 takes any',
  LOG_LEVEL: 'one of fatal, error, warn, info, debug, trace, silent',
  TSUNAGARI_CLOCK: 'a moment like 2011-12-10T00:00:00.000Z at which the clock stands still, or leave it out for the real time',
  TSUNAGARI_TIME_ZONE: 'a zone like UTC or Europe/London in which days begin and end',
  TRUSTED_DOCUMENTS: 'one of enforce (only known GraphQL documents), log (others are reported), off',
  TSUNAGARI_CURRENCY: 'the currency of reports, three capital letters, for example GBP',
  OIDC_ISSUER: 'the https address of the OpenID Connect issuer of people, or leave it out: the platform then issues tokens itself',
  SHUTDOWN_SECONDS: 'seconds from 1 to 600 that a shutdown may take',
  READY_LAG_SECONDS: 'seconds from 1 to 86400 by which a process may be behind the log and still count as ready',
  EVENT_STORE: 'postgres (the tables of DATABASE_URL), or the address of an EventStoreDB like esdb://host:2113?tls=false',
  KAFKA_BROKERS: 'the Kafka brokers as host:port, separated by commas, or leave it out: the event store is then the log',
  KAFKA_SSL: 'on where the brokers speak TLS, else off',
  KAFKA_SSL_CA: 'a PEM file of the certificates that vouch for the brokers, or leave it out: those that Node trusts',
  KAFKA_SSL_CERT: 'a PEM file of the certificate by which this process shows who it is, together with KAFKA_SSL_KEY',
  KAFKA_SSL_KEY: 'a PEM file of the key of KAFKA_SSL_CERT',
  KAFKA_SASL_MECHANISM: 'one of plain, scram-sha-256, scram-sha-512, together with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  KAFKA_SASL_USERNAME: 'the name by which the brokers know this deployment',
  KAFKA_SASL_PASSWORD: 'the password of KAFKA_SASL_USERNAME',
  KAFKA_NAMESPACE: 'the prefix of this deployment’s topics: lower-case letters, digits, dots and dashes',
  PUBLIC_URL: 'the address at which customers reach the platform, for links in messages, for example https://tsunagari.example.com',
  SMTP_URL: 'the mail server as smtp://user:password@host:587 or smtps://…, or leave it out: mail is written into the folder outbox',
  MAIL_FROM: 'the sender of mail, an address like news@example.com',
  MESSAGE_WEBHOOK_URL:
    'the address of a service that takes messages other than mail, or leave it out: they are written into the folder outbox',
  MESSAGE_WEBHOOK_SECRET: 'the secret that signs what goes to MESSAGE_WEBHOOK_URL, at least 16 characters',
  VALUE_URL: 'the address of the value process, for example http://value:4000',
  TOUCHPOINTS_URL: 'the address of the touchpoints process, for example http://touchpoints:4000',
  PROPOSALS_URL: 'the address of the proposals process, for example http://proposals:4000',
  UNDERSTANDING_URL: 'the address of the understanding process, for example http://understanding:4000',
} as const;

/** What a process of a deployment may be: everything in one, or a part. */
export const PROCESS_NAMES = ['platform', 'gateway', 'value', 'touchpoints', 'proposals', 'understanding', 'relay'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** The processes that others reach at an address. */
export type ServiceName = 'value' | 'touchpoints' | 'proposals' | 'understanding';

const addresses = {
  value: 'VALUE_URL',
  touchpoints: 'TOUCHPOINTS_URL',
  proposals: 'PROPOSALS_URL',
  understanding: 'UNDERSTANDING_URL',
} as const satisfies Record<ServiceName, VariableName>;

/** What a process cannot do without. The gateway asks all of them; a service asks the others by their ports. */
function neededBy(process: ProcessName): readonly VariableName[] {
  if (process === 'platform') return [];
  if (process === 'relay') return ['DATABASE_URL', 'KAFKA_BROKERS'];
  return ['DATABASE_URL', ...Object.entries(addresses).flatMap(([name, variable]) => (name === process ? [] : variable))];
}

/** The name of an environment variable that the platform reads. */
export type VariableName = keyof typeof remedies;

/** Whether this machine knows the IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const connectionString = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text), 'is not a PostgreSQL connection string');

const moment = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text)), 'is not an ISO 8601 moment')
  .transform((text) => new Date(text).toISOString());

const httpAddress = z
  .string()
  .refine((text) => /^https?:\/\/./.test(text) && URL.canParse(text), 'is not an http address')
  .transform((text) => text.replace(/\/+$/, ''));

const smtpAddress = z.string().refine((text) => /^smtps?:\/\/./.test(text) && URL.canParse(text), 'is not an address of a mail server');

const brokers = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .refine((list) => list.every((broker) => /^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(broker)), 'is not a list of host:port');

const eventStore = z
  .string()
  .refine((text) => text === 'postgres' || /^esdb(\+discover)?:\/\/./.test(text), 'is neither postgres nor an esdb address')
  .default('postgres');

const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `is not between ${String(min)} and ${String(max)}`);

const variables = z.object({
  DATABASE_URL: connectionString.optional(),
  TSUNAGARI_HOME: z.string().default('.tsunagari'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { error: 'is not a level' }).default('info'),
  TSUNAGARI_CLOCK: moment.optional(),
  TSUNAGARI_TIME_ZONE: z.string().refine(isTimeZone, 'is not a time zone this machine knows').default('UTC'),
  TRUSTED_DOCUMENTS: z.enum(['enforce', 'log', 'off'], { error: 'is not a mode' }).default('log'),
  TSUNAGARI_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not a currency code')
    .default('GBP'),
  OIDC_ISSUER: z
    .string()
    .refine((text) => /^https:\/\/./.test(text) && URL.canParse(text), 'is not an https address')
    .optional(),
  SHUTDOWN_SECONDS: wholeNumber(1, 600).default(20),
  READY_LAG_SECONDS: wholeNumber(1, 86_400).default(60),
  EVENT_STORE: eventStore,
  KAFKA_BROKERS: brokers.optional(),
  KAFKA_SSL: z.enum(['on', 'off'], { error: 'is neither on nor off' }).default('off'),
  KAFKA_SSL_CA: z.string().optional(),
  KAFKA_SSL_CERT: z.string().optional(),
  KAFKA_SSL_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], { error: 'is not a mechanism' }).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  KAFKA_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/, 'is not a prefix of topics')
    .default('tsunagari'),
  PUBLIC_URL: httpAddress.optional(),
  SMTP_URL: smtpAddress.optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^@\s<>]+@[^@\s<>]+$/, 'is not an address')
    .default('tsunagari@localhost'),
  MESSAGE_WEBHOOK_URL: httpAddress.optional(),
  MESSAGE_WEBHOOK_SECRET: z.string().min(16, 'has fewer than 16 characters').optional(),
  VALUE_URL: httpAddress.optional(),
  TOUCHPOINTS_URL: httpAddress.optional(),
  PROPOSALS_URL: httpAddress.optional(),
  UNDERSTANDING_URL: httpAddress.optional(),
} satisfies Record<VariableName, z.ZodType>);

/** How Kafka is reached, and the prefix of this deployment's topics. */
export type KafkaSettings = {
  readonly brokers: readonly string[];
  readonly namespace: string;
  /** TLS, with paths of PEM files. */
  readonly ssl?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
};

/** Variables that mean nothing without others. */
const together: readonly { readonly name: VariableName; readonly needs: readonly VariableName[] }[] = [
  { name: 'MESSAGE_WEBHOOK_URL', needs: ['MESSAGE_WEBHOOK_SECRET'] },
  { name: 'KAFKA_SSL_CA', needs: ['KAFKA_SSL'] },
  { name: 'KAFKA_SSL_CERT', needs: ['KAFKA_SSL', 'KAFKA_SSL_KEY'] },
  { name: 'KAFKA_SSL_KEY', needs: ['KAFKA_SSL', 'KAFKA_SSL_CERT'] },
  { name: 'KAFKA_SASL_MECHANISM', needs: ['KAFKA_BROKERS', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] },
  { name: 'KAFKA_SASL_USERNAME', needs: ['KAFKA_SASL_MECHANISM'] },
  { name: 'KAFKA_SASL_PASSWORD', needs: ['KAFKA_SASL_MECHANISM'] },
];

/** How a deployment runs; every value has been checked. */
export type Configuration = {
  /** Of a PostgreSQL of one's own; undefined for the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Folder of the embedded default's data and secrets. */
  readonly home: string;
  readonly host: string;
  /** The first port to try; 0 for any. */
  readonly port: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** ISO 8601 UTC; the moment at which the clock stands still. */
  readonly fixedClock: string | undefined;
  /** Where the moment of a fixed clock stands, when it may be moved while processes run. */
  readonly clockFile: string | undefined;
  /** IANA name; where days begin and end. */
  readonly timeZone: string;
  readonly trustedDocuments: 'enforce' | 'log' | 'off';
  /** ISO 4217 code of reports. */
  readonly currency: string;
  readonly oidcIssuer: string | undefined;
  readonly shutdownSeconds: number;
  /** A process that is behind the log by more is not ready. */
  readonly readyLagSeconds: number;
  /** Where streams are. */
  readonly eventStore: { readonly kind: 'postgres' } | { readonly kind: 'eventstoredb'; readonly url: string };
  /** Where facts are shared; undefined: the event store is the log. */
  readonly kafka: KafkaSettings | undefined;
  /** Where customers reach the platform, for links in messages; without a slash at the end. */
  readonly publicUrl: string;
  /** The mail server; undefined: mail is written into files. */
  readonly smtpUrl: string | undefined;
  /** The sender of mail. */
  readonly mailFrom: string;
  /** Who takes messages other than mail; undefined: they are written into files. */
  readonly messageWebhook: { readonly url: string; readonly secret: string } | undefined;
  /** Where the other processes are, without a slash at the end; empty when everything is in this one. */
  readonly services: Readonly<Partial<Record<ServiceName, string>>>;
};

export type VariableProblem = { readonly name: VariableName; readonly problem: string; readonly remedy: string };

/** One or more environment variables are wrong or missing; names every one, what is wrong, and what to set. Never shows a value: it may be a secret. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly VariableProblem[]) {
    super(
      `The configuration is wrong:\n${problems.map(({ name, problem, remedy }) => `  ${name} ${problem}. Set it to ${remedy}.`).join('\n')}`,
    );
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads the configuration from environment variables; this is the only place that knows their names. An empty variable counts as not set.
 * @param name which process is to run: some variables are needed by some.
 * @throws ConfigurationError naming every wrong and every missing variable at once.
 */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  name: ProcessName = 'platform',
): Configuration {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const read = variables.safeParse(given);
  const problems = new Map<VariableName, VariableProblem>();
  const add = (variable: VariableName, problem: string): void => {
    if (!problems.has(variable)) problems.set(variable, { name: variable, problem, remedy: remedies[variable] });
  };
  for (const variable of neededBy(name)) if (given[variable] === undefined) add(variable, `is missing, ${name} needs it`);
  for (const { name: variable, needs } of together)
    if (given[variable] !== undefined)
      for (const needed of needs) if (given[needed] === undefined) add(needed, `is missing, ${variable} needs it`);
  for (const file of ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] as const)
    if (given[file] !== undefined && given['KAFKA_SSL'] === 'off') add('KAFKA_SSL', `is off, ${file} needs it on`);
  for (const { path, message } of read.error?.issues ?? []) add(path[0] as VariableName, message);
  if (!read.success || problems.size > 0) throw new ConfigurationError([...problems.values()]);
  const { data } = read;
  return {
    databaseUrl: data.DATABASE_URL,
    home: data.TSUNAGARI_HOME,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
    fixedClock: data.TSUNAGARI_CLOCK,
    clockFile: undefined,
    timeZone: data.TSUNAGARI_TIME_ZONE,
    trustedDocuments: data.TRUSTED_DOCUMENTS,
    currency: data.TSUNAGARI_CURRENCY,
    oidcIssuer: data.OIDC_ISSUER,
    shutdownSeconds: data.SHUTDOWN_SECONDS,
    readyLagSeconds: data.READY_LAG_SECONDS,
    eventStore: data.EVENT_STORE === 'postgres' ? { kind: 'postgres' } : { kind: 'eventstoredb', url: data.EVENT_STORE },
    kafka: data.KAFKA_BROKERS && kafkaSettings(data.KAFKA_BROKERS, data),
    publicUrl: data.PUBLIC_URL ?? `http://localhost:${data.PORT}`,
    smtpUrl: data.SMTP_URL,
    mailFrom: data.MAIL_FROM,
    messageWebhook:
      data.MESSAGE_WEBHOOK_URL !== undefined && data.MESSAGE_WEBHOOK_SECRET !== undefined
        ? { url: data.MESSAGE_WEBHOOK_URL, secret: data.MESSAGE_WEBHOOK_SECRET }
        : undefined,
    services: Object.fromEntries(
      Object.entries(addresses).flatMap(([service, variable]) => (data[variable] === undefined ? [] : [[service, data[variable]]])),
    ),
  };
}

/** Every variable with what it is for, for `--help` and the docs. */
export const configurationVariables: Readonly<Record<VariableName, string>> = remedies;

function kafkaSettings(addresses: readonly string[], data: z.infer<typeof variables>): KafkaSettings {
  const [mechanism, username, password] = [data.KAFKA_SASL_MECHANISM, data.KAFKA_SASL_USERNAME, data.KAFKA_SASL_PASSWORD];
  const files = { caFile: data.KAFKA_SSL_CA, certFile: data.KAFKA_SSL_CERT, keyFile: data.KAFKA_SSL_KEY };
  return {
    brokers: addresses,
    namespace: data.KAFKA_NAMESPACE,
    ...(data.KAFKA_SSL === 'on' ? { ssl: Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined)) } : {}),
    ...(mechanism !== undefined && username !== undefined && password !== undefined ? { sasl: { mechanism, username, password } } : {}),
  };
}
