import { facts as registry, orderPlaced } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { createPool, migrate, type Pool, removeEmbeddedServer, startEmbeddedServer } from '@tsunagari/postgres';
import { createProjectionRunner, type ProjectionRunner } from '@tsunagari/projection';
import { purchasesProjection } from '@tsunagari/understanding';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkRow } from './benchmark';

type Work = { readonly facts: number; readonly customers: number; readonly lines: number };

/**
 * B9: understanding rebuilt beside the live one while a reader asks all along, and the same facts folded as they come. The read model is
 * that of purchases: orders, money and sale days a customer, not a counter.
 */
export async function projectionBenchmarks({ quick }: { readonly quick: boolean }): Promise<BenchmarkRow[]> {
  const scale = quick ? 0.1 : 1;
  const small: Work = { facts: 1_000_000 * scale, customers: 100_000 * scale, lines: 1 };
  const real: Work = { facts: 100_000 * scale, customers: 10_000 * scale, lines: 16 };
  const [one, other] = [await measured(small), await measured(real)];
  const named = ({ facts, customers }: Work): string =>
    `${facts.toLocaleString('en-GB')} facts into ${customers.toLocaleString('en-GB')} customers`;
  return [
    {
      id: 'B9',
      workload: `rebuild beside the live one, ${named(small)}, ${Math.round(one.bytes)} B of data a fact, a reader all along`,
      unit: 'facts/s',
      runs: [one.rebuilt],
      target: '≥ 70,000; reads failed 0',
      note: `${one.reads.toLocaleString('en-GB')} reads, ${one.failed} failed, the slowest ${Math.round(one.slowest)} ms; heap at most ${one.heapMb} MB; Marten's own figure is 9–11 k, not run here`,
    },
    { id: 'B9', workload: `the same facts folded as they come`, unit: 'facts/s', runs: [one.live], target: '≥ 30,000' },
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
  try {
    await migrate(pool, eventsSchema);
    const started = await runner.start();
    if (started.kind !== 'started') throw new Error(started.explanation);
    await runner.catchUp();
    const bytes = await fill(pool, work);
    const from = performance.now();
    const caughtUp = await runner.catchUp({ timeoutMs: 240_000 });
    if (caughtUp.kind !== 'caught-up') throw new Error('it did not catch up');
    const live = work.facts / ((performance.now() - from) / 1000);
    return { bytes, live, ...(await rebuilt(pool, runner, work)) };
  } finally {
    await runner.stop();
    await log.close();
    await pool.end();
    await server.stop();
    await removeEmbeddedServer(folder);
  }
}

async function rebuilt(pool: Pool, runner: ProjectionRunner, { facts, customers }: Work) {
  const reading = { over: false, reads: 0, failed: 0, slowest: 0, heapMb: 0 };
  const reader = (async () => {
    for (; !reading.over; reading.reads++) {
      const from = performance.now();
      const { rows } = await pool
        .query<{ n: number }>(
          `select count(*)::int as n from (select key from understanding.purchases order by net_minor desc, key limit 100) top`,
        )
        .catch(() => ({ rows: [] }));
      if (rows[0]?.n !== Math.min(100, customers)) reading.failed++;
      reading.slowest = Math.max(reading.slowest, performance.now() - from);
      reading.heapMb = Math.max(reading.heapMb, Math.round(process.memoryUsage().heapUsed / 2 ** 20));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const outcome = await runner.rebuild('purchases');
  reading.over = true;
  await reader;
  if (outcome.kind !== 'promoted') throw new Error(outcome.refusal.message);
  const status = (await runner.generations()).find(({ live }) => live);
  if (status?.facts !== facts || status.customers !== customers || !status.verification?.equal) throw new Error('the rebuild is not whole');
  return { ...reading, rebuilt: status.factsPerSecond };
}

/** Orders of random customers in random order of time, straight into the table: what is measured begins when they stand there. */
async function fill(pool: Pool, { facts, customers, lines }: Work): Promise<number> {
  const line = `json_build_object('sku', 'sku-' || (i % 997), 'description', 'something in a box', 'quantity', 1 + i % 5, 'unitPrice', '2.55')`;
  const all = Array.from({ length: lines }, () => line).join(', ');
  for (let from = 1; from <= facts; from += 100_000)
    await pool.query(
      `insert into events (pos, stream_id, version, id, digest, type, schema, subject, data, meta, occurred, recorded)
       select i, 'order-' || i, 1, gen_random_uuid(), decode(md5(i::text), 'hex'), $1, $2, md5('customer ' || (i % $3))::uuid,
         json_build_object('orderId', 'order ' || i, 'lines', json_build_array(${all}), 'total', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP'),
           'sales', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP')),
         json_build_object('actor', 'system:bench', 'source', 'bench', 'correlationId', md5(i::text)),
         timestamptz '2020-01-01' + (i * 7919 % 50000000) * interval '1 second', now()
       from generate_series($4::bigint, $5::bigint) i`,
      [orderPlaced.type, orderPlaced.version, customers, from, Math.min(facts, from + 99_999)],
    );
  await pool.query('analyze events');
  const { rows } = await pool.query<{ bytes: number }>(
    'select avg(length(data::text))::float8 as bytes from (select data from events limit 1000) e',
  );
  return rows[0]?.bytes ?? 0;
}
