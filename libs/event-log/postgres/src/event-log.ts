import type { Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import type { EventLog, LogPage, LogRead } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import { FACT_COLUMNS, queryFacts, queryText } from './fact-rows';
import { readAhead } from './read-ahead';
import { wakeUp } from './wake-up';

export type PostgresEventLogOptions = {
  readonly pool: Pool;
  /** Whether listeners are woken by LISTEN, on a connection of its own. Default true; leave it out behind a pooler in transaction mode. */
  readonly listen?: boolean;
  /** How often the head is looked at while someone waits, in ms: the safety net under LISTEN. Default 1000. */
  readonly pollEveryMs?: number;
};

const statements = {
  all: {
    name: 'tsunagari-log-all-1',
    text: `select ${FACT_COLUMNS} from events e where e.pos > $1 and e.pos <= $2 order by e.pos limit $3`,
  },
  ofTypes: {
    name: 'tsunagari-log-types-1',
    text: `select ${FACT_COLUMNS} from events e where e.pos > $1 and e.pos <= $2 and e.type = any ($4) order by e.pos limit $3`,
  },
  head: { name: 'tsunagari-log-head-1', text: 'select max(pos) from events' },
  /** Where a window of positions ends that holds at most so many facts. */
  window: {
    name: 'tsunagari-log-window-1',
    text: 'select max(pos) from (select pos from events where pos > $1 and pos <= $2 order by pos limit $3) w',
  },
};
const lastPosition = '9223372036854775807';
/** A page looks at so many facts at most, whatever the filter drops: reading stays interruptible and checkpoints move. */
const looksAt = 50_000;

/** The log over the table `events`: positions become visible in order and without gaps, so a page is a range of the primary key. */
export function postgresEventLog(options: PostgresEventLogOptions): EventLog {
  const { pool } = options;

  const head = async (): Promise<Position> => {
    const [row] = await queryText<[string | null]>(pool, statements.head, []);
    return row?.[0] ?? BEGINNING;
  };

  const wake = wakeUp({ pool, head, listens: options.listen ?? true, pollEveryMs: options.pollEveryMs ?? 1_000 });

  return {
    read: readAhead((read) => (read.types ? readTypes(pool, read, read.types) : readAll(pool, read))),
    head,
    onAppended: (listener) => wake.add(listener),
    close: () => wake.close(),
  };
}

async function readAll(pool: Pool, read: LogRead): Promise<LogPage> {
  const facts = await queryFacts(pool, statements.all, [read.after, read.upTo ?? lastPosition, read.limit]);
  return { facts, upTo: facts[facts.length - 1]?.position ?? read.after, atEnd: facts.length < read.limit };
}

async function readTypes(pool: Pool, read: LogRead, types: readonly string[]): Promise<LogPage> {
  const window = Math.max(looksAt, read.limit);
  // The end is read first: what is at or before it is visible to every later statement.
  const [row] = await queryText<[string | null]>(pool, statements.window, [read.after, read.upTo ?? lastPosition, window + 1]);
  const end = row?.[0] ?? read.after;
  const facts = await queryFacts(pool, statements.ofTypes, [read.after, end, read.limit, types]);
  const last = facts[facts.length - 1];
  if (last && facts.length === read.limit) return { facts, upTo: last.position, atEnd: false };
  const upTo = end;
  return { facts, upTo, atEnd: comparePositions(upTo, await newest(pool, read)) >= 0 };
}

async function newest(pool: Pool, read: LogRead): Promise<Position> {
  const [row] = await queryText<[string | null]>(pool, statements.head, []);
  const head = row?.[0] ?? BEGINNING;
  return read.upTo !== undefined && comparePositions(read.upTo, head) < 0 ? read.upTo : head;
}
