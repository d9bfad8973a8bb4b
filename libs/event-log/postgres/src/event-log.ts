import type { Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions, laterPosition } from '@tsunagari/contracts';
import type { EventLog, LogPage, LogRead } from '@tsunagari/event-log';
import { type Pool, queryText, type Statement } from '@tsunagari/postgres';
import { FACT_COLUMNS, queryFacts, queryUnparsed } from './fact-rows';
import type { FactTable } from './fact-table';
import { factTable } from './fact-table';
import { readAhead } from './read-ahead';
import { sharedTail } from './shared-tail';
import { wakeUp } from './wake-up';

export type PostgresEventLogOptions = {
  readonly pool: Pool;
  /** The schema of a journal that is filled from another log; by default the event store's own table. */
  readonly schema?: string;
  /** Whether listeners are woken by LISTEN, on a connection of its own. Default true; leave it out behind a pooler in transaction mode. */
  readonly listen?: boolean;
  /** How often the head is looked at while someone waits, in ms: the safety net under LISTEN. Default 1000. */
  readonly pollEveryMs?: number;
};

const lastPosition = '9223372036854775807';
/** A page looks at so many facts at most, whatever the filter drops: reading stays interruptible and checkpoints move. */
const looksAt = 50_000;

/** The log over the table `events`: positions become visible in order and without gaps, so a page is a range of the primary key. */
export function postgresEventLog(options: PostgresEventLogOptions): EventLog {
  const { pool } = options;
  const table = factTable(options.schema);
  const reader: Reader = { pool, table, statements: statementsOf(table) };
  const { read, head, forget } = sharedTail({
    readPage: readAhead((page) => readPage(reader, page, queryFacts)),
    head: () => headOf(reader),
  });
  const wake = wakeUp({
    pool,
    channel: table.channel,
    head,
    listens: options.listen ?? true,
    pollEveryMs: options.pollEveryMs ?? 1_000,
    onCut: forget,
  });

  return {
    read,
    readUnparsed: readAhead((page) => readPage(reader, page, queryUnparsed)),
    head,
    onAppended: (listener) => wake.add(listener),
    close: () => wake.close(),
  };
}

type Statements = Readonly<Record<'all' | 'ofTypes' | 'head' | 'window', Statement>>;
/** How the rows of a page are asked for and read. */
type Query<F> = (pool: Pool, statement: Statement, values: readonly unknown[]) => Promise<F[]>;
type Reader = { readonly pool: Pool; readonly table: FactTable; readonly statements: Statements };

function statementsOf({ events, head, prefix }: FactTable): Statements {
  const range = `from ${events} e where e.pos > $1 and e.pos <= $2`;
  return {
    all: { name: `${prefix}log-all-1`, text: `select ${FACT_COLUMNS} ${range} order by e.pos limit $3` },
    ofTypes: { name: `${prefix}log-types-1`, text: `select ${FACT_COLUMNS} ${range} and e.type = any ($4) order by e.pos limit $3` },
    head: { name: `${prefix}log-head-1`, text: head },
    /** Where a window of positions ends that holds at most so many facts. */
    window: { name: `${prefix}log-window-1`, text: `select max(pos), count(*) from (select e.pos ${range} order by e.pos limit $3) w` },
  };
}

async function headOf({ pool, statements }: Reader): Promise<Position> {
  const [row] = await queryText<[string | null]>(pool, statements.head, []);
  return row?.[0] ?? BEGINNING;
}

function readPage<F extends { readonly position: Position }>(reader: Reader, read: LogRead, query: Query<F>): Promise<LogPage<F>> {
  return read.types ? readTypes(reader, read, read.types, query) : readAll(reader, read, query);
}

async function readAll<F extends { readonly position: Position }>(reader: Reader, read: LogRead, query: Query<F>): Promise<LogPage<F>> {
  const { pool, table, statements } = reader;
  const facts = await query(pool, statements.all, [read.after, read.upTo ?? lastPosition, read.limit]);
  const upTo = facts[facts.length - 1]?.position ?? read.after;
  if (facts.length === read.limit || !table.headPassesFacts) return { facts, upTo, atEnd: facts.length < read.limit };
  const end = await newest(reader, read);
  if (comparePositions(end, upTo) <= 0) return { facts, upTo, atEnd: true };
  // The end is read before what stands at or before it: between the two reads facts may have come.
  const more = await query(pool, statements.all, [upTo, end, read.limit - facts.length]);
  const all = [...facts, ...more];
  if (all.length === read.limit) return { facts: all, upTo: all[all.length - 1]?.position ?? end, atEnd: false };
  return { facts: all, upTo: end, atEnd: true };
}

async function readTypes<F extends { readonly position: Position }>(
  reader: Reader,
  read: LogRead,
  types: readonly string[],
  query: Query<F>,
): Promise<LogPage<F>> {
  const { pool, table, statements } = reader;
  const window = Math.max(looksAt, read.limit);
  const last = table.headPassesFacts ? await newest(reader, read) : undefined;
  // The end is read first: what is at or before it is visible to every later statement.
  const values = [read.after, read.upTo ?? lastPosition, window + 1];
  const [row] = await queryText<[last: string | null, count: string]>(pool, statements.window, values);
  const full = Number(row?.[1]) > window;
  const end = laterPosition(row?.[0] ?? read.after, full ? BEGINNING : (last ?? BEGINNING));
  const facts = await query(pool, statements.ofTypes, [read.after, end, read.limit, types]);
  const lastFact = facts[facts.length - 1];
  if (lastFact && facts.length === read.limit) return { facts, upTo: lastFact.position, atEnd: false };
  return { facts, upTo: end, atEnd: comparePositions(end, last ?? (await newest(reader, read))) >= 0 };
}

async function newest(reader: Reader, read: LogRead): Promise<Position> {
  const head = await headOf(reader);
  return read.upTo !== undefined && comparePositions(read.upTo, head) < 0 ? read.upTo : head;
}
