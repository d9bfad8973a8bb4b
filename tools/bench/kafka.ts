import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openJournal } from '@tsunagari/event-log-journal';
import { ensureTopics, kafkaEventLog, topicsOf } from '@tsunagari/event-log-kafka';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { postgresEventStore } from '@tsunagari/event-store-postgres';
import type { Pool } from '@tsunagari/postgres';
import { Kafka, Partitioners } from 'kafkajs';
import type { BenchmarkRow } from './benchmark';
import { benchEvent, fact } from './event-store-work';
import { expectOrders, fail, kafkaBench, type KafkaBench, relayOf, runnerOf, seed, seen } from './kafka-world';

const rate = (count: number, began: number): number => Math.round(count / ((performance.now() - began) / 1_000));

/** B11: the store's facts into an empty topic, read and published by one process. */
async function relayed(bench: KafkaBench, pool: Pool, namespace: string, count: number): Promise<number> {
  await ensureTopics({ kafka: new Kafka(bench.kafka), namespace });
  const source = postgresEventLog({ pool });
  const relay = relayOf(bench, namespace, pool, source);
  const began = performance.now();
  relay.start();
  for (;;) {
    if ((await relay.status()).position === String(count)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const perSecond = rate(count, began);
  await relay.close();
  await source.close();
  return perSecond;
}

/** The same facts by kafkajs as its documentation shows it: one message a send, each acknowledged. */
async function perMessage(bench: KafkaBench, ms: number): Promise<number> {
  await ensureTopics({ kafka: new Kafka(bench.kafka), namespace: 'peer' });
  const producer = new Kafka(bench.kafka).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const began = performance.now();
  let sent = 0;
  for (; performance.now() - began < ms; sent++) {
    const { data, meta } = benchEvent(sent);
    const messages = [{ key: `customer-${sent % 100_000}`, value: JSON.stringify({ ...meta, data }) }];
    await producer.send({ topic: topicsOf('peer').facts, acks: -1, messages });
  }
  const perSecond = rate(sent, began);
  await producer.disconnect();
  return perSecond;
}

/** B12: the topic into a journal and a read model of 100,000 customers, all in one process. */
async function understood(bench: KafkaBench, pool: Pool, namespace: string, count: number): Promise<number> {
  const topic = kafkaEventLog({ kafka: bench.kafka, namespace });
  const filled = openJournal({ pool, schema: 'journal', log: topic, onError: fail });
  await filled.start();
  const runner = runnerOf(pool, filled.log, filled.journal);
  const began = performance.now();
  await runner.start();
  await seen(runner, String(count), 200_000);
  const perSecond = rate(count, began);
  await expectOrders(pool, count);
  await runner.stop();
  await filled.stop();
  await topic.close();
  return perSecond;
}

/** The same topic by a kafkajs consumer group that counts each message in PostgreSQL: at least once, no journal. */
async function perMessageConsumer(bench: KafkaBench, pool: Pool, namespace: string, ms: number): Promise<number> {
  await pool.query('create table counted (customer text primary key, orders int not null)');
  const consumer = new Kafka(bench.kafka).consumer({ groupId: 'peer' });
  let consumed = 0;
  let began = 0;
  const done = new Promise<void>((resolve) => {
    void consumer
      .connect()
      .then(() => consumer.subscribe({ topic: topicsOf(namespace).facts, fromBeginning: true }))
      .then(() =>
        consumer.run({
          eachMessage: async ({ message }) => {
            began ||= performance.now();
            JSON.parse(String(message.value));
            await pool.query('insert into counted values ($1, 1) on conflict (customer) do update set orders = counted.orders + 1', [
              String(message.key),
            ]);
            consumed++;
            if (performance.now() - began > ms) resolve();
          },
        }),
      );
  });
  await done;
  const perSecond = rate(consumed, began);
  await consumer.disconnect();
  return perSecond;
}

/** B10: a thousand appends a second; from each acknowledgement until a query that asks for at least its position would answer. */
async function visible(bench: KafkaBench, pool: Pool, namespace: string | undefined, seconds: number): Promise<readonly number[]> {
  const source = postgresEventLog({ pool });
  const store = postgresEventStore({ pool });
  const closing: (() => Promise<void>)[] = [];
  let [log, journal] = [source, postgresJournal({ pool })];
  if (namespace !== undefined) {
    await ensureTopics({ kafka: new Kafka(bench.kafka), namespace });
    const relay = relayOf(bench, namespace, pool, source);
    relay.start();
    const topic = kafkaEventLog({ kafka: bench.kafka, namespace });
    const filled = openJournal({ pool, schema: 'journal', log: topic, onError: fail });
    await filled.start();
    [log, journal] = [filled.log, filled.journal];
    closing.push(relay.close, filled.stop, topic.close);
  }
  const runner = runnerOf(pool, log, journal);
  await runner.start();
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  let next = 0;
  const once = async (measured: boolean): Promise<void> => {
    const facts = [{ ...fact(next++), occurred: new Date().toISOString() }];
    const outcome = await store.append({ stream: `order-${next}-${Math.random()}`, expected: 'none', facts });
    assert.equal(outcome.kind, 'appended');
    const acknowledged = performance.now();
    if (outcome.kind === 'appended') await seen(runner, outcome.position, 30_000);
    if (measured) latencies.push(performance.now() - acknowledged);
  };
  const began = performance.now();
  for (let tick = 0; tick < (seconds + 2) * 100; tick++) {
    for (let each = 0; each < 10; each++) pending.push(once(tick >= 200));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + (tick + 1) * 10 - performance.now())));
  }
  await Promise.all(pending);
  await expectOrders(pool, next);
  await runner.stop();
  for (const close of closing) await close();
  await store.close();
  await source.close();
  return latencies.sort((a, b) => a - b);
}

/** A relay in a process of its own, resolved when it leads. */
function relayProcess(
  bench: KafkaBench,
  databaseUrl: string,
  namespace: string,
): { readonly child: ChildProcess; readonly leads: Promise<void> } {
  const given = { databaseUrl, brokers: bench.kafka.brokers, namespace, batchFacts: 4_000, pageSize: 4_000 };
  const child = spawn(process.execPath, [path.join(__dirname, 'relay.js'), JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const leads = new Promise<void>((resolve) =>
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"tookOver"')) resolve();
    }),
  );
  return { child, leads };
}

/** Seconds from the kill −9 of the relay that leads until what was appended after it stands in Kafka by the one that waited. */
async function takeovers(bench: KafkaBench, pool: Pool, databaseUrl: string, kills: number): Promise<readonly number[]> {
  const namespace = 'takeover';
  await ensureTopics({ kafka: new Kafka(bench.kafka), namespace });
  const store = postgresEventStore({ pool });
  const topic = kafkaEventLog({ kafka: bench.kafka, namespace });
  let leading = relayProcess(bench, databaseUrl, namespace);
  await leading.leads;
  const seconds: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const standby = relayProcess(bench, databaseUrl, namespace);
    const before = await store.append({ stream: `takeover-${kill}-before`, expected: 'none', facts: [fact(2 * kill)] });
    assert.equal(before.kind, 'appended');
    while (before.kind === 'appended' && (await topic.head()) !== before.position);
    leading.child.kill('SIGKILL');
    const began = performance.now();
    const after = await store.append({ stream: `takeover-${kill}-after`, expected: 'none', facts: [fact(2 * kill + 1)] });
    while (after.kind === 'appended' && (await topic.head()) !== after.position);
    seconds.push(Number(((performance.now() - began) / 1_000).toFixed(2)));
    leading = standby;
  }
  leading.child.kill('SIGKILL');
  await topic.close();
  await store.close();
  return seconds;
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;

/** B10–B12 of docs/design on a real broker and a durable PostgreSQL of their own, both on this machine, with what they are compared to. */
export async function kafkaBenchmarks({ quick }: { readonly quick: boolean }): Promise<BenchmarkRow[]> {
  const [runs, count, seconds, peerMs] = quick ? [1, 20_000, 2, 1_000] : [3, 200_000, 8, 3_000];
  const bench = await kafkaBench();
  try {
    const shop = await bench.database('shop');
    await seed(shop, count);
    const [relay, producer, journal, consumer]: number[][] = [[], [], [], []];
    for (let run = 0; run < runs; run++) {
      relay?.push(await relayed(bench, shop, `relay${run}`, count));
      producer?.push(await perMessage(bench, peerMs));
    }
    for (let run = 0; run < runs; run++) {
      const service = await bench.database(`service${run}`);
      journal?.push(await understood(bench, service, `relay${run}`, count));
      if (run === 0) consumer?.push(await perMessageConsumer(bench, service, 'relay0', peerMs));
    }
    const takeover = await bench.database('takeover');
    const took = await takeovers(bench, takeover, bench.urlOf('takeover'), quick ? 2 : 5);
    const near = await visible(bench, await bench.database('near'), undefined, seconds);
    const far = await visible(bench, await bench.database('far'), 'far', seconds);
    const b10 = (name: string, target: string, sorted: readonly number[]): BenchmarkRow => ({
      id: 'B10',
      workload: `1,000 appends/s, from the acknowledgement until it is visible to a query by atLeast, ${name}`,
      unit: 'ms',
      runs: [Number(at(sorted, 0.5).toFixed(1))],
      target,
      note: `p50; p99 ${at(sorted, 0.99).toFixed(0)} ms, longest ${at(sorted, 1).toFixed(0)} ms, ${sorted.length} appends; Emmett polls every 50 ms by default (its documentation)`,
    });
    return [
      b10('PostgreSQL', 'p50 ≤ 10, p99 ≤ 50', near),
      b10('PostgreSQL store → relay → Kafka → journal', 'p50 ≤ 60, p99 ≤ 250', far),
      {
        id: 'B11',
        workload: `relay ${count} facts from the store to Kafka, fenced by transactions, watermarks included`,
        unit: 'msg/s',
        runs: relay ?? [],
        peer: { name: 'kafkajs, a message a send', runs: producer ?? [] },
        target: '≥ 28 000; ≥ 13× per message',
        note: 'from the start of the relay, its taking over included',
      },
      {
        id: 'B12',
        workload: `${count} facts from Kafka into the journal and a read model of 100,000 customers, effect exactly once`,
        unit: 'msg/s',
        runs: journal ?? [],
        peer: { name: 'kafkajs consumer group, an upsert a message, at least once, no journal', runs: consumer ?? [] },
        target: '≥ 20 000',
        note: 'journal, identity and read model in one process',
      },
      {
        id: 'B13 relay',
        workload: 'kill −9 of the relay that leads: until what is appended after it stands in Kafka, by the one that waited',
        unit: 's',
        runs: [...took],
        target: '≤ 2',
        note: 'from the kill: the lease of 1.2 s must run out; nothing else runs',
      },
    ];
  } finally {
    await bench.end();
  }
}
