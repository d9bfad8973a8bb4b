import pg from 'pg';
import type { Pool, PoolConfig } from 'pg';

export type { Pool, PoolClient, QueryResult, QueryResultRow, Notification } from 'pg';

/** What a pool of ours is made from. */
export type PoolOptions = Omit<PoolConfig, 'types' | 'options' | 'connectionString'> & {
  readonly url: string;
  /** Told of connections that broke while no query ran on them. The pool replaces them; by default nothing is said. */
  readonly onConnectionLost?: (error: Error) => void;
};

const WHOLE_SECONDS = '2010-12-01 08:26:00+00'.length;

/**
 * `2010-12-01 08:26:00.1234+00` → `2010-12-01T08:26:00.123Z`: UTC, milliseconds, the rest cut off (never rounded up into a later moment).
 * Infinity and years outside 0001–9999 stay as PostgreSQL writes them.
 */
export function isoMoment(text: string): string {
  // By places and not by an expression: pages of facts have two moments a fact.
  if (text.charAt(10) === ' ' && text.endsWith('+00')) {
    if (text.length === WHOLE_SECONDS) return wholeSecond(text);
    if (text.charAt(19) === '.') return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).slice(0, 3).padEnd(3, '0')}Z`;
  }
  const other = /^\d{4}-/.test(text) ? new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')) : undefined;
  return other === undefined || Number.isNaN(other.getTime()) ? text : other.toISOString();
}

/** In one piece: what is put together of pieces is made one when it is first compared, and every moment is compared. */
function wholeSecond(text: string): string {
  const at = (place: number): number => text.charCodeAt(place);
  // prettier-ignore
  return String.fromCharCode(
    at(0), at(1), at(2), at(3), 0x2d, at(5), at(6), 0x2d, at(8), at(9), 0x54,
    at(11), at(12), 0x3a, at(14), at(15), 0x3a, at(17), at(18), 0x2e, 0x30, 0x30, 0x30, 0x5a,
  );
}

const asText = (text: string): string => text;

type ArrayParser = { parse: () => unknown[] };
const { arrayParser } = pg.types as unknown as { arrayParser: { create: (text: string, entry: (text: string) => string) => ArrayParser } };
const arrayOf =
  (entry: (text: string) => string) =>
  (text: string): unknown[] =>
    arrayParser.create(text, entry).parse();

const oid = {
  int8: 20,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  int8Array: 1016,
  timestampArray: 1115,
  dateArray: 1182,
  timestamptzArray: 1185,
  numericArray: 1231,
} as const;

/**
 * How values come back: moments as ISO text in UTC with milliseconds, bigint and numeric as decimal strings (a number would lose digits beyond 2^53), date and timestamp as PostgreSQL
 * writes them. Set for our pools only, never for the whole process.
 */
export function typeParsers(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  for (const id of [oid.int8, oid.numeric, oid.date, oid.timestamp]) types.setTypeParser(id, asText);
  types.setTypeParser(oid.timestamptz, isoMoment);
  for (const id of [oid.int8Array, oid.numericArray, oid.dateArray, oid.timestampArray]) types.setTypeParser(id, arrayOf(asText));
  types.setTypeParser(oid.timestamptzArray, arrayOf(isoMoment));
  return types;
}

/**
 * A pool whose sessions speak UTC and whose values are text where a JavaScript value would lose something. A server that goes away
 * fails the queries that wait for it, and never the process.
 * @param options the connection string, or it with pg's pool settings (`max` is 10 unless given).
 */
export function createPool(options: string | PoolOptions): Pool {
  const { url, onConnectionLost, ...rest } = typeof options === 'string' ? { url: options } : options;
  const lost = onConnectionLost ?? ((): void => undefined);
  const pool = new pg.Pool({
    application_name: 'tsunagari',
    connectionTimeoutMillis: 10_000,
    ...rest,
    connectionString: url,
    types: typeParsers(),
    options: '-c TimeZone=UTC -c DateStyle=ISO',
  });
  // An unheard error event would end the process, from an idle connection as from one in use between two queries.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', lost));
  return pool;
}
