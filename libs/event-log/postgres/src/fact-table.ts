import { quotedName } from '@tsunagari/postgres';

/** Where facts stand, in SQL. */
export type FactTable = {
  readonly events: string;
  /** Asks for the position up to which everything stands there. */
  readonly head: string;
  /** Whether that position may lie beyond the last fact: a journal leaves out what it does not keep. */
  readonly headPassesFacts: boolean;
  /** What is notified when facts are written. */
  readonly channel: string;
  /** Of the names of prepared statements. */
  readonly prefix: string;
};

/** The table of a journal in a schema of its own; without a schema the event store's table, found by the search path. */
export function factTable(schema: string | undefined): FactTable {
  if (schema === undefined)
    return {
      events: 'events',
      head: 'select max(pos) from events',
      headPassesFacts: false,
      channel: 'events_appended',
      prefix: 'tsunagari-',
    };
  const owner = quotedName(schema);
  return {
    events: `${owner}.events`,
    head: `select pos from ${owner}.journal`,
    headPassesFacts: true,
    channel: `${schema}.events_appended`,
    prefix: `${schema}.`,
  };
}
