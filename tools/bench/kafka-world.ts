import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { startLocalBroker } from '@tsunagari/cluster/local-broker';
import { facts as registry, type Position } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import { kafkaPublisher } from '@tsunagari/event-log-kafka';
import { createRelay, type Relay } from '@tsunagari/event-log-relay';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { createPool, migrate, type Pool, postgresLease, startEmbeddedServer } from '@tsunagari/postgres';
import { createProjectionRunner, defineProjection, type ProjectionRunner } from '@tsunagari/projection';
import { type KafkaConfig, logLevel } from 'kafkajs';

/** A durable PostgreSQL and a real broker for a group of benchmarks. */
export type KafkaBench = {
  readonly kafka: KafkaConfig;
  readonly database: (name: string) => Promise<Pool>;
  readonly urlOf: (name: string) => string;
  readonly end: () => Promise<void>;
};

export async function kafkaBench(): Promise<KafkaBench> {
  mkdirSync('dist', { recursive: true });
  const folder = path.resolve(mkdtempSync(path.join('dist', 'bench-kafka-')));
  const server = await startEmbeddedServer({ folder: path.join(folder, 'postgres'), durability: 'safe' });
  const broker = await startLocalBroker(path.join(folder, 'kafka'));
  const admin = createPool({ url: server.url, max: 1 });
  const pools: Pool[] = [];
  const urlOf = (name: string): string => {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    kafka: { brokers: [broker.brokers], logLevel: logLevel.NOTHING },
    urlOf,
    async database(name) {
      await admin.query(`create database ${name} template template0`);
      const pool = createPool({ url: urlOf(name), max: 16 });
      await migrate(pool, eventsSchema);
      pools.push(pool);
      return pool;
    },
    async end() {
      for (const pool of [...pools, admin]) await pool.end();
      await broker.remove();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const CUSTOMERS = 100_000;

/** Facts of orders over 100,000 customers, in the order of time, about 250 B of data and 130 B of metadata each. */
export async function seed(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `insert into events select g, 'order-' || g, 1, md5('id' || g)::uuid, '\\x00', 'retention.subscriptions.order-placed', 1,
      md5('subject ' || g % ${CUSTOMERS})::uuid,
      json_build_object('orderId', 'o-' || g, 'note', repeat('n', 200), 'amountMinor', g, 'currency', 'GBP'),
      json_build_object('actor', 'system:bench', 'source', 'bench', 'correlationId', 'c-' || g, 'causationId',
        'b3b0c1de-33a9-4b4f-9d5e-0a5a0f6f3b7a', 'traceparent', '00-0af7'),
      '2011-01-01'::timestamptz + g * interval '1 second', now()
    from generate_series(1, $1) g`,
    [count],
  );
  await pool.query('vacuum analyze events');
}

export function relayOf(bench: KafkaBench, namespace: string, pool: Pool, log: EventLog): Relay & { readonly close: () => Promise<void> } {
  const publisher = kafkaPublisher({ kafka: bench.kafka, namespace });
  const relay = createRelay({ log, publisher, lease: postgresLease({ pool, name: 'relay' }), onError: fail });
  return {
    ...relay,
    async close() {
      await relay.stop();
      await publisher.close();
    },
  };
}

export function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

type Orders = { readonly orders: number; readonly amountMinor: number };

/** A customer's orders and their sum: the least read model that an order asks for. */
const orders = defineProjection<Orders>({
  name: 'bench_orders',
  version: 1,
  types: ['retention.subscriptions.order-placed'],
  key: 'customer',
  initial: { orders: 0, amountMinor: 0 },
  evolve: (state, { data }) => ({
    orders: state.orders + 1,
    amountMinor: state.amountMinor + (data as { readonly amountMinor: number }).amountMinor,
  }),
  columns: [
    { name: 'orders', sql: 'int', value: (state) => state.orders },
    { name: 'amount_minor', sql: 'bigint', value: (state) => state.amountMinor },
  ],
});

export function runnerOf(pool: Pool, log: EventLog, journal: Journal): ProjectionRunner {
  return createProjectionRunner({ pool, log, journal, definitions: [orders], registry, onError: fail });
}

export function seen(runner: ProjectionRunner, position: Position, timeoutMs: number): Promise<void> {
  return runner.waitFor(orders.name, position, { timeoutMs }).then((outcome) => assert.equal(outcome.kind, 'caught-up'));
}

/** The read model holds each of `count` orders once. */
export async function expectOrders(pool: Pool, count: number): Promise<void> {
  const { rows } = await pool.query<{ orders: string }>('select sum(orders) as orders from understanding.bench_orders');
  assert.equal(Number(rows[0]?.orders), count, 'every order is counted once');
}
