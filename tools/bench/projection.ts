import { type Fact, facts as registry, orderPlaced } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { createPool, migrate, type Pool, removeEmbeddedServer, startEmbeddedServer } from '@tsunagari/postgres';
import { createProjectionRunner, inOrder, type ProjectionRunner } from '@tsunagari/projection';
import { purchasesProjection, type PurchasesState } from '@tsunagari/understanding';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkRow } from './benchmark';
import { emmettRebuild } from './projection-peer';

type Work = { readonly facts: number; readonly customers: number; readonly lines: number };

/** Facts that the peer is given: at its rate a million would take half an hour. */
const PEER_SHARE = 0.005;
const PEER_RUNS = 3;
/** Of the facts that are folded as they come, these come first; the rest finds customers with long states. */
const FIRST = 0.8;

/**
 * B9: understanding folded as facts come, and rebuilt beside the live one while a reader asks all along. The read model is
 * that of purchases: orders, money and sale days a customer, not a counter.
 */
export async function projectionBenchmarks({
  quick,
  scale = quick ? 0.1 : 1,
}: {
  readonly quick: boolean;
  /** Of a million facts. */
  readonly scale?: number;
}): Promise<BenchmarkRow[]> {
  const small: Work = { facts: 1_000_000 * scale, customers: 100_000 * scale, lines: 1 };
  const real: Work = { facts: 100_000 * scale, customers: 10_000 * scale, lines: 16 };
  const [one, other] = [await measured(small), await measured(real)];
  const peer = { name: 'Emmett, pongoMultiStreamProjection', runs: one.emmett };
  const named = ({ facts, customers }: Work): string =>
    `${facts.toLocaleString('en-GB')} facts into ${customers.toLocaleString('en-GB')} customers`;
  const reads = `${one.reads.toLocaleString('en-GB')} reads, ${one.failed} failed or waiting ${READ_LOCK_MS} ms for a lock, the slowest ${Math.round(one.slowest)} ms`;
  return [
    {
      id: 'B9',
      workload: `rebuild beside the live one, ${named(small)}, ${Math.round(one.bytes)} B of data a fact, a reader all along`,
      unit: 'facts/s',
      runs: [one.rebuilt],
      peer,
      target: '≥ 70,000; ≥ 40× Emmett; reads failed 0',
      note: `${reads}; heap at most ${one.heapMb[0]} MB in the first half, ${one.heapMb[1]} MB in the second; with indexes, catching up, the second fold and the comparison with the live one ${Math.round(one.whole).toLocaleString('en-GB')} facts/s; Emmett does ${(small.facts * PEER_SHARE).toLocaleString('en-GB')} of these facts, the same fold; Marten's own figure is 9–11 k, not run here`,
    },
    {
      id: 'B9',
      workload: `the same facts folded as they come, one in a hundred late, nobody twice in ${small.customers.toLocaleString('en-GB')}`,
      unit: 'facts/s',
      runs: [one.live],
      peer,
      target: '≥ 30,000; ≥ 40× Emmett',
      note: `the last fifth of them, whose customers have eight orders and more: ${Math.round(one.lastFifth).toLocaleString('en-GB')} facts/s; the list by net revenue, asked at the end of such a rush, answered after ${one.inOrderAfter.toFixed(1)} s`,
    },
    {
      id: 'B9',
      workload: `rebuild, ${named(real)}, ${Math.round(other.bytes)} B of data a fact`,
      unit: 'facts/s',
      runs: [other.rebuilt],
      target: '≥ 18,000',
    },
  ];
}

async function measured(work: Work) {
  const folder = mkdtempSync(path.join('dist', 'bench-projection-'));
  const server = await startEmbeddedServer({ folder });
  const pool = createPool(server.url);
  const log = postgresEventLog({ pool });
  const runner = createProjectionRunner({
    pool,
    log,
    journal: postgresJournal({ pool }),
    registry,
    definitions: [purchasesProjection()],
    onError: ({ message, cause }) => {
      throw cause instanceof Error ? cause : new Error(message);
    },
  });
  /** Seconds until the list by net revenue answered, behind a rush of facts: its index was brought up to date. */
  let inOrderAfter = 0;
  /** Seconds that it took. */
  const caughtUp = async (): Promise<number> => {
    const from = performance.now();
    const started = await runner.start();
    if (started.kind !== 'started') throw new Error(started.explanation);
    if ((await runner.catchUp({ timeoutMs: 240_000 })).kind !== 'caught-up') throw new Error('it did not catch up');
    const seconds = (performance.now() - from) / 1000;
    await firstOfList(pool);
    inOrderAfter = Math.max(inOrderAfter, (performance.now() - from) / 1000 - seconds);
    return seconds;
  };
  try {
    await migrate(pool, eventsSchema);
    // It is there before the facts are: those that it begins with would be folded in customer order.
    await caughtUp();
    await runner.stop();
    const first = work.facts * FIRST;
    await fill(pool, work, 1, first);
    const seconds = await caughtUp();
    // Nobody folds while the others come to stand there.
    await runner.stop();
    const bytes = await fill(pool, work, first + 1, work.facts);
    const more = await caughtUp();
    const live = work.facts / (seconds + more);
    const own = { bytes, live, inOrderAfter, lastFifth: (work.facts - first) / more, ...(await rebuilt(server.url, runner, work)) };
    await runner.stop();
    return { ...own, emmett: work.lines === 1 ? await peer(pool, server.url, work) : [] };
  } finally {
    await runner.stop();
    await log.close();
    await pool.end();
    await server.stop();
    await removeEmbeddedServer(folder);
  }
}

/** A reader that waits so long for a lock has failed. */
const READ_LOCK_MS = 50;

async function rebuilt(url: string, runner: ProjectionRunner, { facts, customers }: Work) {
  const reading = { over: false, reads: 0, failed: 0, slowest: 0 };
  const heaps: number[] = [];
  const readers = createPool({ url, max: 1 });
  readers.on('connect', (client) => void client.query(`set lock_timeout = '${READ_LOCK_MS}ms'`));
  const reader = (async () => {
    for (; !reading.over; reading.reads++) {
      const from = performance.now();
      const listed = await firstOfList(readers).catch(() => 0);
      if (listed !== Math.min(100, customers)) reading.failed++;
      reading.slowest = Math.max(reading.slowest, performance.now() - from);
      heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const from = performance.now();
  const outcome = await runner.rebuild('purchases');
  const whole = facts / ((performance.now() - from) / 1000);
  reading.over = true;
  await reader;
  await readers.end();
  if (outcome.kind !== 'promoted') throw new Error(outcome.refusal.message);
  const status = (await runner.generations()).find(({ live }) => live);
  if (status?.facts !== facts || status.customers !== customers || !status.verification?.equal) throw new Error('the rebuild is not whole');
  if (reading.failed > 0) throw new Error(`${reading.failed} of ${reading.reads} reads failed while it was rebuilt`);
  const half = heaps.length >> 1;
  const heapMb = [heaps.slice(0, half), heaps.slice(half)].map((samples) => Math.round(Math.max(...samples)));
  return { ...reading, heapMb, whole, rebuilt: status.factsPerSecond };
}

/** As the list by net revenue asks: in the order of its index, backwards. Answers how many customers its first page has. */
async function firstOfList(pool: Pool): Promise<number> {
  const order = await inOrder(pool, { projection: 'purchases' });
  if (!order) throw new Error('there is no list');
  const { rows } = await pool.query(
    `select key, p.kind from ${order.index} i join ${order.rows} p using (key) order by i.net_minor desc, i.key desc limit 100`,
  );
  return rows.length;
}

/** Emmett with some of the same facts and the same fold, each run in a database of its own: the same documents, or it does not count. */
async function peer(pool: Pool, url: string, { facts, customers }: Work): Promise<number[]> {
  const { rows } = await pool.query<{ customer: string; type: string; data: Record<string, unknown>; occurred: Date; id: string }>(
    'select subject::text as customer, type, data, occurred, id from events where subject = any(array(select distinct subject from events where subject is not null order by subject limit $1)) order by pos',
    [customers * PEER_SHARE],
  );
  if (rows.length !== facts * PEER_SHARE) throw new Error('the peer was given other facts');
  const { initial, evolve } = purchasesProjection();
  const asFact = ({ id, type, data, occurred, customer }: (typeof rows)[number]): Fact => ({
    ...{ id, type, data, subject: customer, schema: orderPlaced.version, occurred: new Date(occurred).toISOString() },
    ...{ meta: { actor: '', source: '', correlationId: '' }, position: '0', stream: '', version: 1, recorded: '' },
  });
  const events = rows.map((row) => ({ customer: row.customer, type: row.type, data: { ...row } }));
  const runs: number[] = [];
  for (let run = 1; run <= PEER_RUNS; run++) {
    await pool.query(`create database emmett_${run}`);
    const { eventsPerSecond, documents } = await emmettRebuild<PurchasesState>(inDatabase(url, `emmett_${run}`), events, {
      initial,
      evolve: (state, { data }) => evolve(state, asFact(data as (typeof rows)[number])),
    });
    const orders = [...documents.values()].reduce((sum, { byCurrency }) => sum + (byCurrency['GBP']?.orders ?? 0), 0);
    if (documents.size !== customers * PEER_SHARE || orders !== events.length) throw new Error('the peer did not do the work');
    runs.push(eventsPerSecond);
  }
  return runs;
}

function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/** Orders of all customers in turn as time goes on, one in a hundred late, straight into the table: what is measured begins when they stand there. */
async function fill(pool: Pool, { customers, lines }: Work, first: number, last: number): Promise<number> {
  const line = `json_build_object('sku', 'sku-' || (i % 997), 'description', 'something in a box', 'quantity', 1 + i % 5, 'unitPrice', '2.55')`;
  const all = Array.from({ length: lines }, () => line).join(', ');
  for (let from = first; from <= last; from += 100_000)
    await pool.query(
      `insert into events (pos, stream_id, version, id, digest, type, schema, subject, data, meta, occurred, recorded)
       select i, 'order-' || i, 1, gen_random_uuid(), decode(md5(i::text), 'hex'), $1, $2, md5('customer ' || (i % $3))::uuid,
         json_build_object('orderId', 'order ' || i, 'lines', json_build_array(${all}), 'total', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP'),
           'sales', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP')),
         json_build_object('actor', 'system:bench', 'source', 'bench', 'correlationId', md5(i::text)),
         timestamptz '2020-01-01' + (i * 60 - case when i % 101 = 0 then 7000000 else 0 end) * interval '1 second', now()
       from generate_series($4::bigint, $5::bigint) i`,
      [orderPlaced.type, orderPlaced.version, customers, from, Math.min(last, from + 99_999)],
    );
  // What the server owes for so many facts at once it pays now, not while they are folded: nobody's facts come as a million in one breath.
  await pool.query('vacuum analyze events');
  await pool.query('checkpoint');
  const { rows } = await pool.query<{ bytes: number }>(
    'select avg(length(data::text))::float8 as bytes from (select data from events limit 1000) e',
  );
  return rows[0]?.bytes ?? 0;
}
