import { BEGINNING, type Position, type Signal } from '@tsunagari/contracts';
import type { SeenSignals, SignalLog, SignalRead } from '@tsunagari/event-log';
import { listen, type Listening, type Pool } from '@tsunagari/postgres';
import { isMissingTable } from '../loops';
import { quoted } from '../schema';
import { SIGNALS_CHANNEL } from './outbox';

/** A page looks at so many signals at most, whatever the filter drops. */
const LOOKS_AT = 20_000;

const COLUMNS = 'pos as position, id, topic, projection, version, kind, customer, at, cause, evidence, data, recorded';

/**
 * The signals of the projections kept in `schema`: over PostgreSQL the outbox is the topic, for every process of the deployment; whoever has
 * them relayed reads here too. Before the first projection of the schema ran, nothing was told.
 */
export function outboxSignalLog({
  pool,
  schema = 'understanding',
}: {
  readonly pool: Pool;
  readonly schema?: string;
}): SignalLog & SeenSignals {
  const s = quoted(schema);
  const listeners = new Set<() => void>();
  let listening: Promise<Listening> | undefined;

  const head = async (): Promise<Position> => {
    const rows = await found(pool.query<{ pos: Position | null }>(`select max(pos) as pos from ${s}.outbox`));
    return rows[0]?.pos ?? BEGINNING;
  };
  const close = async (): Promise<void> => {
    listeners.clear();
    const last = listening;
    listening = undefined;
    await (await last)?.close();
  };

  return {
    async read({ after, kinds, topic = 'signals', limit }: SignalRead) {
      // The end is read first: what is at or before it is visible to the later statement.
      const [window] = await found(
        pool.query<{ end: Position | null; looked: number }>(
          `select max(pos) as end, count(*)::int as looked from (select pos from ${s}.outbox where pos > $1 order by pos limit $2) w`,
          [after, Math.max(LOOKS_AT, limit)],
        ),
      );
      if (!window?.end) return { signals: [], upTo: after, atEnd: true };
      const { end, looked } = window;
      const { rows } = await pool.query<Signal>(
        `select ${COLUMNS} from ${s}.outbox
         where pos > $1 and pos <= $2 and topic = $3 and ($4::text[] is null or kind = any($4)) order by pos limit $5`,
        [after, end, topic, kinds ?? null, limit],
      );
      const last = rows.at(-1);
      if (last && rows.length === limit) return { signals: rows, upTo: last.position, atEnd: false };
      return { signals: rows, upTo: end, atEnd: looked < Math.max(LOOKS_AT, limit) };
    },
    head,
    byIds: (ids) => found(pool.query<Signal>(`select ${COLUMNS} from ${s}.outbox where id = any($1::uuid[])`, [ids])),
    onAppended(listener) {
      const own = (): void => listener();
      listeners.add(own);
      listening ??= listen(pool, SIGNALS_CHANNEL, () => {
        for (const each of [...listeners]) each();
      });
      return () => {
        if (listeners.delete(own) && listeners.size === 0) void close();
      };
    },
    close,
  };
}

/** The rows; none where the table is not there: whoever reads may have been started before whoever tells. */
async function found<R>(rows: Promise<{ readonly rows: R[] }>): Promise<readonly R[]> {
  try {
    return (await rows).rows;
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw error;
  }
}
