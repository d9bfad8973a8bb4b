import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { FilledJournal, JournalOptions } from '@tsunagari/event-log-journal';
import { openJournal } from '@tsunagari/event-log-journal';
import type { Topics } from '@tsunagari/event-log-kafka';
import { ensureTopics, kafkaEventLog, kafkaPublisher, topicsOf } from '@tsunagari/event-log-kafka';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import type { Relay } from '@tsunagari/event-log-relay';
import { createRelay } from '@tsunagari/event-log-relay';
import type { EventStore } from '@tsunagari/event-store';
import { appended, freshStream, readToEnd, someFacts } from '@tsunagari/event-store-contract-tests';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import type { Pool } from '@tsunagari/postgres';
import { migrate, postgresLease } from '@tsunagari/postgres';
import type { RunningProgram, TestDatabase } from '@tsunagari/testing';
import { bundleProgram, runBundled, testDatabase } from '@tsunagari/testing';
import type { KafkaConfig } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { openPartitions } from '../../kafka/src/partitions';
import type { JournalProcess } from '../programs/journal-process';
import type { RelayProcess } from '../programs/relay-process';

const subjects = Array.from({ length: 40 }, (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`);
const bundles = new Map<string, string>();

function bundle(name: string): string {
  const known = bundles.get(name) ?? bundleProgram(join(__dirname, '../programs', `${name}.ts`));
  bundles.set(name, known);
  return known;
}

/** One deployment over Kafka: a store, its topics, and relays and journals, in this process or in processes of their own. */
export type KafkaWorld = {
  readonly kafka: KafkaConfig;
  readonly namespace: string;
  readonly topics: Topics;
  readonly pool: Pool;
  readonly store: EventStore;
  /** The store's log, and the topic as a log. */
  readonly source: EventLog;
  readonly topic: EventLog;
  /** What anything in this process complained about. */
  readonly errors: unknown[];
  /** `count` facts over forty subjects; answers the last position. */
  readonly record: (count: number) => Promise<Position>;
  readonly relay: (log?: EventLog) => Relay;
  readonly relayProcess: (given?: Partial<RelayProcess>) => RunningProgram;
  readonly journal: (options?: Partial<JournalOptions>) => FilledJournal;
  readonly journalProcess: (given?: Partial<JournalProcess>) => RunningProgram;
  /** Until the topic holds everything up to a position. */
  readonly publishedTo: (position: Position) => Promise<void>;
  /** Every fact's sequence as it lies in the topic, by partition: nothing is merged, nothing skipped. */
  readonly sequences: () => Promise<readonly (readonly string[])[]>;
  /** Hash of every byte that the topic and the journal hold. */
  readonly fingerprint: () => Promise<string>;
  /** The topic is the log: each fact once, in order by partition and over all of them. */
  readonly expectPublished: (log?: EventLog) => Promise<readonly Fact[]>;
  /** The journal is the log, as of a position. */
  readonly expectFilled: (filled: FilledJournal, position: Position) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The topics are made by `ensureTopics`; the journal's database is the store's: by default a fresh one of the run's server. */
export async function kafkaWorld({
  brokers,
  namespace,
  database,
  retryForMs,
}: {
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly database?: Pick<TestDatabase, 'pool' | 'url' | 'drop'>;
  /** How long the store tries again while its database is away. */
  readonly retryForMs?: number;
}): Promise<KafkaWorld> {
  const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
  await ensureTopics({ kafka: new Kafka(kafka), namespace });
  const topics = topicsOf(namespace);
  const { pool, url, drop } = database ?? (await testDatabase());
  await migrate(pool, eventsSchema);
  const store = postgresEventStore({ pool, ...(retryForMs === undefined ? {} : { retryForMs }) });
  const source = postgresEventLog({ pool });
  const topic = kafkaEventLog({ kafka, namespace });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const programs: RunningProgram[] = [];
  const closing: (() => Promise<void>)[] = [];
  const start = (name: string, given: object): RunningProgram => {
    const program = runBundled(bundle(name), [JSON.stringify({ databaseUrl: url, brokers, namespace, ...given })]);
    programs.push(program);
    return program;
  };

  const records = async () => {
    const partitions = openPartitions({ kafka, topic: topics.facts });
    const ends = await partitions.ends();
    const all = ends.map((): { readonly sequence: string; readonly value: string; readonly isFact: boolean }[] => []);
    const from = new Map(ends.flatMap((end, partition) => (end > 0 ? [[partition, 0]] : [])));
    while (from.size > 0)
      for (const { partition, records: read, next, end } of await partitions.fetch(from)) {
        all[partition]?.push(...read);
        if (next >= end) from.delete(partition);
        else from.set(partition, next);
      }
    await partitions.close();
    return all;
  };
  const sequences = async (): Promise<string[][]> =>
    (await records()).map((partition) => partition.filter(({ isFact }) => isFact).map(({ sequence }) => sequence));

  return {
    kafka,
    namespace,
    topics,
    pool,
    store,
    source,
    topic,
    errors,
    sequences,
    async record(count) {
      let position = BEGINNING;
      for (let done = 0; done < count; done += 500) {
        const facts = someFacts(Math.min(500, count - done)).map((fact, at) => ({ ...fact, subject: subjects[(at * 7) % 40] ?? null }));
        position = appended(await store.append({ stream: freshStream(), expected: 'none', facts })).position;
      }
      return position;
    },
    relay(log = source) {
      const publisher = kafkaPublisher({ kafka, namespace });
      const relay = createRelay({ log, publisher, lease: postgresLease({ pool, name: 'relay' }), onError, pollMs: 50 });
      closing.push(async () => {
        await relay.stop();
        await publisher.close();
      });
      relay.start();
      return relay;
    },
    relayProcess: (given = {}) => start('relay-process', { batchFacts: 100, pageSize: 250, ...given }),
    journal(options = {}) {
      const filled = openJournal({ pool, schema: 'journal', log: topic, onError, pollMs: 50, ...options });
      closing.push(() => filled.stop());
      return filled;
    },
    journalProcess: (given = {}) => start('journal-process', { schema: 'journal', pageSize: 100, ...given }),
    async publishedTo(position) {
      while ((await topic.head()) !== position);
    },
    async fingerprint() {
      const hash = createHash('sha256').update(JSON.stringify(await records()));
      const { rows } = await pool.query<{ row: string }>('select e::text as row from journal.events e order by pos');
      return hash.update(rows.map(({ row }) => row).join('\n')).digest('hex');
    },
    async expectPublished(log = source) {
      const facts = await readToEnd(log);
      expect(await readToEnd(topic)).toEqual(facts);
      const lying = await sequences();
      for (const partition of lying) expect(partition).toEqual([...partition].sort());
      expect(lying.flat().sort()).toEqual(facts.map(({ position }) => position.padStart(20, '0')).sort());
      return facts;
    },
    async expectFilled(filled, position) {
      expect(await filled.waitFor(position, { timeoutMs: 30_000 })).toEqual({ kind: 'caught-up', position });
      expect(await readToEnd(filled.log)).toEqual(await readToEnd(source));
    },
    async close() {
      for (const program of programs) {
        program.kill('SIGCONT');
        program.kill('SIGKILL');
        await program.ended;
      }
      for (const close of closing.reverse()) await close();
      await topic.close();
      await store.close();
      await source.close();
      await drop();
    },
  };
}
