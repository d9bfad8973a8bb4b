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
} as const;

/** The name of an environment variable that the platform reads. */
export type VariableName = keyof typeof remedies;

function isTimeZone(name: string): boolean {
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
} satisfies Record<VariableName, z.ZodType>);

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
  /** IANA name; where days begin and end. */
  readonly timeZone: string;
  readonly trustedDocuments: 'enforce' | 'log' | 'off';
  /** ISO 4217 code of reports. */
  readonly currency: string;
  readonly oidcIssuer: string | undefined;
  readonly shutdownSeconds: number;
};

export type VariableProblem = { readonly name: VariableName; readonly problem: string; readonly remedy: string };

/** One or more environment variables are wrong; names every one, what is wrong, and what to set. Never shows a value: it may be a secret. */
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
 * @throws ConfigurationError naming every wrong variable at once.
 */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>> = process.env): Configuration {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const read = variables.safeParse(given);
  if (!read.success) {
    const problems = new Map<VariableName, VariableProblem>();
    for (const { path, message } of read.error.issues) {
      const name = path[0] as VariableName;
      if (!problems.has(name)) problems.set(name, { name, problem: message, remedy: remedies[name] });
    }
    throw new ConfigurationError([...problems.values()]);
  }
  const { data } = read;
  return {
    databaseUrl: data.DATABASE_URL,
    home: data.TSUNAGARI_HOME,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
    fixedClock: data.TSUNAGARI_CLOCK,
    timeZone: data.TSUNAGARI_TIME_ZONE,
    trustedDocuments: data.TRUSTED_DOCUMENTS,
    currency: data.TSUNAGARI_CURRENCY,
    oidcIssuer: data.OIDC_ISSUER,
    shutdownSeconds: data.SHUTDOWN_SECONDS,
  };
}

/** Every variable with what it is for, for `--help` and the docs. */
export const configurationVariables: Readonly<Record<VariableName, string>> = remedies;
