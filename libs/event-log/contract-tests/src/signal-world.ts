import { join } from 'node:path';
import type { Signal } from '@tsunagari/contracts';
import { BEGINNING, facts as registry } from '@tsunagari/contracts';
import { ensureTopics, kafkaSignalLog, kafkaSignalPublisher, topicsOf } from '@tsunagari/event-log-kafka';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { SignalRelay } from '@tsunagari/event-log-relay';
import { createSignalRelay } from '@tsunagari/event-log-relay';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate, postgresLease, waitUntil } from '@tsunagari/postgres';
import type { ProjectionRunner } from '@tsunagari/projection';
import { createProjectionRunner, outboxSignalLog } from '@tsunagari/projection';
import type { RunningProgram } from '@tsunagari/testing';
import { bundleProgram, runBundled, testBroker, testDatabase } from '@tsunagari/testing';
import { Kafka, logLevel } from 'kafkajs';
import { loyalty } from '../../../projection/src/signals/spec-loyalty';
import { behaviour, createWorld, moment } from '../../../projection/src/spec-world';
import { openPartitions } from '../../kafka/src/partitions';
import type { SignalRelayProcess } from '../programs/signal-relay-process';

let bundle: string | undefined;

/** A record as it lies in a topic; `value` is empty where it has none. */
type Lying = { readonly id: string; readonly value: string; readonly sequence: string; readonly isFact: boolean };

/** What projections of one deployment tell, its topics, and relays between them, in this process or in processes of their own. */
export async function signalWorld() {
  const { brokers, namespace } = await testBroker();
  const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
  await ensureTopics({ kafka: new Kafka(kafka), namespace });
  const database = await testDatabase();
  const { pool } = database;
  await migrate(pool, eventsSchema);
  const [store, log, outbox] = [postgresEventStore({ pool }), postgresEventLog({ pool }), outboxSignalLog({ pool })];
  const runner: ProjectionRunner = createProjectionRunner({
    pool,
    log,
    journal: postgresJournal({ pool }),
    registry,
    definitions: [loyalty()],
  });
  expect(await runner.start()).toEqual({ kind: 'started' });
  const topic = kafkaSignalLog({ kafka, namespace });
  const errors: unknown[] = [];
  const closing: (() => Promise<void>)[] = [];
  const programs: RunningProgram[] = [];
  const flushed: number[] = [];
  const world = createWorld(store);

  const lying = async (of: Signal['topic']): Promise<readonly (readonly Lying[])[]> => {
    const partitions = openPartitions({ kafka, topic: topicsOf(namespace)[of] });
    const ends = await partitions.ends();
    const from = new Map(ends.flatMap((end, partition) => (end > 0 ? [[partition, 0]] : [])));
    const records = ends.map((): Lying[] => []);
    while (from.size > 0)
      for (const fetched of await partitions.fetch(from)) {
        records[fetched.partition]?.push(...fetched.records.filter(({ isFact }) => isFact));
        // What ends a transaction is no record, and may be all that is left.
        if (fetched.next >= fetched.end || fetched.next === from.get(fetched.partition)) from.delete(fetched.partition);
        else from.set(fetched.partition, fetched.next);
      }
    await partitions.close();
    return records;
  };

  return {
    pool,
    runner,
    outbox,
    topic,
    errors,
    flushed,
    visits: async (who: string, ...days: number[]) => {
      await world.append(days.map((day) => behaviour(who, moment(day))));
      await runner.catchUp();
    },
    world,
    relay(of: Signal['topic']): SignalRelay {
      const publisher = kafkaSignalPublisher({ kafka, namespace, topic: of });
      const relay = createSignalRelay({
        signals: outbox,
        topic: of,
        publisher,
        lease: postgresLease({ pool, name: of }),
        durable: async () => flushed.push(1),
        onError: (error) => errors.push(error),
        pageSize: 3,
        pollMs: 50,
      });
      closing.push(async () => {
        await relay.stop();
        await publisher.close();
      });
      relay.start();
      return relay;
    },
    relayProcess(of: Signal['topic'], given: Partial<SignalRelayProcess> = {}): RunningProgram {
      bundle ??= bundleProgram(join(__dirname, '../programs/signal-relay-process.ts'));
      const all = { databaseUrl: database.url, brokers, namespace, topic: of, pageSize: 3, ...given };
      const program = runBundled(bundle, [JSON.stringify(all)]);
      programs.push(program);
      return program;
    },
    /** Until the topic holds all signals of the outbox. */
    signalsPublished: async (): Promise<void> => {
      const last = (await outbox.read({ after: BEGINNING, limit: 10_000 })).signals.at(-1);
      expect(await waitUntil(async () => last === undefined || (await topic.head()) === last.position, 20_000)).toBe(true);
    },
    statesPublished: async (relay: SignalRelay): Promise<void> => {
      const { upTo } = await outbox.read({ after: BEGINNING, topic: 'state', limit: 10_000 });
      expect(await waitUntil(async () => BigInt((await relay.status()).position ?? 0) >= BigInt(upTo), 20_000)).toBe(true);
    },
    /** Everything of a topic but watermarks, by partition: nothing is merged, nothing skipped. */
    lying,
    /** What lies in the topic of states in the order of positions. */
    states: async () => (await lying('state')).flat().toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1)),
    async close() {
      for (const program of programs) {
        program.kill('SIGCONT');
        program.kill('SIGKILL');
        await program.ended;
      }
      for (const close of closing.reverse()) await close();
      await runner.stop();
      await topic.close();
      await outbox.close();
      await log.close();
      await store.close();
      await database.drop();
    },
  };
}

export type SignalWorld = Awaited<ReturnType<typeof signalWorld>>;
