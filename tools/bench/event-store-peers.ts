import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';
import { dumbo } from '@event-driven-io/dumbo';
import { getPostgreSQLEventStore, readMessagesBatch } from '@event-driven-io/emmett-postgresql';
import { createPool } from '@tsunagari/postgres';
import type { Pool } from '@tsunagari/postgres';

export type BenchEvent = { readonly type: string; readonly data: Record<string, unknown>; readonly meta: Record<string, unknown> };
/** The last version the caller knows (0 = no stream), or no expectation. */
export type Expected = number | 'any';

/** Another event store under the same work. `append` answers false when a concurrent append won. */
export type Peer = {
  readonly name: string;
  readonly append: (stream: string, expected: Expected, events: readonly BenchEvent[]) => Promise<boolean>;
  /** How many events it holds. */
  readonly count: () => Promise<number>;
  /** Reads the first n events of everything, parsed; answers how many it got. */
  readonly readAll?: (n: number) => Promise<number>;
  readonly close: () => Promise<void>;
};

const connections = 10;

/** Emmett, as its documentation sets it up. */
export async function emmett(url: string): Promise<Peer> {
  const store = getPostgreSQLEventStore(url);
  await store.schema.migrate();
  const pool = createPool({ url, max: 1 });
  const reader = dumbo({ connectionString: url });
  return {
    name: 'Emmett',
    append: async (stream, expected, events) => {
      try {
        await store.appendToStream(
          stream,
          events.map(({ type, data, meta }) => ({ type, data, metadata: meta, kind: 'Event' as const })),
          {
            expectedStreamVersion:
              expected === 'any' ? 'NO_CONCURRENCY_CHECK' : expected === 0 ? 'STREAM_DOES_NOT_EXIST' : BigInt(expected),
          },
        );
        return true;
      } catch {
        return false;
      }
    },
    count: () => count(pool, 'emt_messages'),
    readAll: async (n) => {
      let read = 0;
      for (let after = 0n; read < n;) {
        const page = await readMessagesBatch(reader.execute, { after, batchSize: 5_000 });
        if (page.messages.length === 0) break;
        read += page.messages.length;
        after = page.messages.reduce((last, { metadata }) => (metadata.globalPosition > last ? metadata.globalPosition : last), after);
      }
      return read;
    },
    close: async () => {
      await reader.close();
      await store.close();
      await pool.end();
    },
  };
}

/** message-db: its SQL, called as its clients do, on a pool with prepared statements. */
export async function messageDb(url: string): Promise<Peer> {
  const folder = join(dirname(require.resolve('@eventide/message-db/package.json')), 'database');
  const install = createPool({ url, max: 1 });
  const run = async (...files: string[]): Promise<void> => {
    for (const file of files) await install.query(readFileSync(join(folder, `${file}.sql`), 'utf8'));
  };
  await run('schema/message-store');
  await install.query('set search_path to message_store, public');
  await run('extensions/pgcrypto', 'tables/messages', 'types/message');
  const functions = ['message-store-version', 'hash-64', 'acquire-lock', 'category', 'is-category', 'id', 'cardinal-id', 'stream-version'];
  await run(...functions.map((name) => `functions/${name}`), 'functions/write-message');
  await run('indexes/messages-id', 'indexes/messages-stream', 'indexes/messages-category');
  await install.query(`alter database ${new URL(url).pathname.slice(1)} set search_path to message_store, public`);
  await install.end();
  const pool = createPool({ url, max: connections });
  return {
    name: 'message-db',
    append: async (stream, expected, events) => {
      try {
        for (const [at, { type, data, meta }] of events.entries())
          await pool.query({
            name: 'write-message',
            text: 'select write_message($1, $2, $3, $4::jsonb, $5::jsonb, $6)',
            values: [randomUUID(), stream, type, JSON.stringify(data), JSON.stringify(meta), expected === 'any' ? null : expected - 1 + at],
          });
        return true;
      } catch {
        return false;
      }
    },
    count: () => count(pool, 'messages'),
    close: () => pool.end(),
  };
}

/** Castore's PostgreSQL adapter. Its aggregate ids are UUIDs unless told, so it is told. */
export async function castore(url: string): Promise<Peer> {
  await PostgresEventStorageAdapter.createEventTable({ connectionString: url, aggregateId: { type: 'VARCHAR', length: 100 } });
  const store = new PostgresEventStorageAdapter({ connectionString: url });
  const pool = createPool({ url, max: 1 });
  return {
    name: 'Castore',
    append: async (stream, expected, [event]) => {
      if (expected === 'any' || !event) throw new Error('Castore appends one event at a version');
      try {
        const { type, data, meta } = event;
        await store.pushEvent(
          { aggregateId: stream, version: expected + 1, type, payload: data, metadata: meta },
          { eventStoreId: 'bench' },
        );
        return true;
      } catch {
        return false;
      }
    },
    count: () => count(pool, 'event'),
    close: async () => {
      await (store as unknown as { _sql: { end: () => Promise<void> } })._sql.end();
      await pool.end();
    },
  };
}

async function count(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]?.n ?? 0;
}
