import type { Cluster } from '@tsunagari/cluster';
import { comparePositions, facts as registry, type Position } from '@tsunagari/contracts';
import {
  definedProjectionsOf,
  hostedContexts,
  type HostName,
  openDeployment,
  projectionsOf,
  readModelsAt,
  schemaOf,
  storedClock,
} from '@tsunagari/deployment';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import type { Pool } from '@tsunagari/postgres';
import { createProjectionRunner } from '@tsunagari/projection';
import { readConfiguration } from '@tsunagari/runtime';
import { Kafka, logLevel } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Acknowledged } from './load';

/** What the end of a run showed: counts, and every way in which something was lost, doubled or out of order. */
export type Verdict = {
  readonly stored: number;
  readonly published: number;
  readonly acknowledgedFacts: number;
  readonly acknowledgedOrders: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly disordered: readonly string[];
  /** Of each projection: as the cluster kept it, and as a fresh rebuild from the store makes it. */
  readonly hashes: Readonly<Record<string, { readonly kept: string; readonly rebuilt: string }>>;
};

export function isWell({ lost, doubled, disordered, hashes }: Verdict): boolean {
  return lost.length + doubled.length + disordered.length === 0 && Object.values(hashes).every(({ kept, rebuilt }) => kept === rebuilt);
}

const SETTLED_WITHIN_MS = 120_000;
const SERVICES = ['value', 'touchpoints', 'proposals', 'understanding'] as const satisfies readonly HostName[];

/** Until everything that was recorded stands in every journal and read model. To be called when nothing is appended any more. */
export async function settle(cluster: Cluster): Promise<void> {
  const configuration = storedClock(readConfiguration(cluster.environment));
  const deployment = await openDeployment(configuration, { role: 'join', process: 'understanding' });
  try {
    for (const end = performance.now() + SETTLED_WITHIN_MS; ; await pause(50)) {
      const wanted = await deployment.recorded();
      const places = await Promise.all([readModelsAt(deployment), ...journals().map((name) => placeOf(deployment.pool, name))]);
      if (places.every((place) => comparePositions(place, wanted) >= 0)) return;
      if (performance.now() > end)
        throw new Error(`recorded up to ${wanted}, but understanding and the journals stand at ${places.join(', ')}`);
    }
  } finally {
    await deployment.close();
  }
}

const journals = (): readonly string[] => SERVICES.filter((name) => hostedContexts(name).length > 0).map(schemaOf);

async function placeOf(pool: Pool, schema: string): Promise<Position> {
  return (await pool.query<{ pos: Position }>(`select pos from ${schema}.journal`)).rows[0]?.pos ?? '0';
}

type Stored = { readonly id: string; readonly pos: Position; readonly subject: string | null };

/** Looks at the store, at Kafka and at every service's tables by ways of its own, when the services have stopped. */
export async function judge(cluster: Cluster, acknowledged: Acknowledged): Promise<Verdict> {
  const configuration = storedClock(readConfiguration(cluster.environment));
  const deployment = await openDeployment(configuration, { role: 'join', process: 'understanding' });
  const { pool } = deployment;
  const [lost, doubled, disordered]: [string[], string[], string[]] = [[], [], []];
  try {
    const stored = (await pool.query<Stored>('select id, pos, subject from public.events order by pos')).rows;
    const known = new Set(stored.map(({ id }) => id));
    for (const id of acknowledged.facts) if (!known.has(id)) lost.push(`store: fact ${id}`);
    const orders = await pool.query<{ order: string; total: string; n: number }>(
      `select data->>'orderId' as order, min(data->'total'->>'amountMinor') as total, count(*)::int as n
       from public.events where type = 'retention.subscriptions.order-placed' group by 1`,
    );
    const byId = new Map(orders.rows.map((row) => [row.order, row]));
    for (const [id, total] of acknowledged.orders) {
      const found = byId.get(id);
      if (!found) lost.push(`store: order ${id}`);
      else if (found.n !== 1 || Number(found.total) !== total) doubled.push(`store: order ${id} ${found.n} times, ${found.total}`);
    }

    const published = await compareKafka(cluster, configuration.kafka?.namespace ?? '', stored, { lost, doubled, disordered });
    for (const schema of journals()) await compareJournal(pool, schema, stored.length, lost, doubled);

    // Money is added up once by SQL over the store, and once by the read model.
    const sums = await pool.query<{ stored: string; understood: string }>(
      `select (select coalesce(sum((data->'total'->>'amountMinor')::bigint), 0) from public.events where type = 'retention.subscriptions.order-placed') as stored,
              (select coalesce(sum(net_minor), 0) from understanding.purchases) as understood`,
    );
    const { stored: worth = '0', understood = '0' } = sums.rows[0] ?? {};
    if (Number(understood) < Number(worth)) lost.push(`understanding: ${understood} of ${worth}`);
    if (Number(understood) > Number(worth)) doubled.push(`understanding: ${understood}, recorded ${worth}`);
    return {
      stored: stored.length,
      published,
      acknowledgedFacts: acknowledged.facts.size,
      acknowledgedOrders: acknowledged.orders.size,
      lost,
      doubled,
      disordered,
      hashes: await compareHashes(deployment),
    };
  } finally {
    await deployment.close();
  }
}

type Findings = { readonly lost: string[]; readonly doubled: string[]; readonly disordered: string[] };

/** A plain consumer of the topic, as a data team would write it: committed records of all partitions, each in its order. */
async function compareKafka(
  cluster: Cluster,
  namespace: string,
  stored: readonly Stored[],
  { lost, doubled, disordered }: Findings,
): Promise<number> {
  const topic = `${namespace}.facts.v1`;
  const kafka = new Kafka({ brokers: [cluster.broker.brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]));
  await admin.disconnect();
  const open = new Set([...ends].filter(([, high]) => high > 0n).map(([partition]) => partition));
  const positions = new Map<number, bigint>();
  const partitionOf = new Map<string, number>();
  const seen = new Map<string, number>();
  const consumer = kafka.consumer({ groupId: `chaos-verdict-${process.pid}`, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let tell: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (tell = resolve));
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch, heartbeat }) => {
      for (const { value, key } of batch.messages) {
        const record = JSON.parse(value?.toString() ?? '{}') as { type?: string; id?: string; sequence?: string };
        if (record.type === 'retention.log.watermark.v1' || record.id === undefined) continue;
        const position = BigInt(record.sequence ?? '0');
        if (position <= (positions.get(batch.partition) ?? -1n))
          disordered.push(`Kafka: ${record.id} at ${position} in partition ${batch.partition}`);
        positions.set(batch.partition, position);
        const subject = key?.toString() ?? '';
        if (subject !== '' && (partitionOf.get(subject) ?? batch.partition) !== batch.partition)
          disordered.push(`Kafka: key ${subject} in two partitions`);
        partitionOf.set(subject, batch.partition);
        seen.set(record.id, (seen.get(record.id) ?? 0) + 1);
      }
      await heartbeat();
      // A transaction's end is a record too: the last offset of a batch may lie behind its last message.
      if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) open.delete(batch.partition);
      if (open.size === 0) tell();
    },
  });
  await Promise.race([done, pause(SETTLED_WITHIN_MS, undefined, { ref: false })]);
  await consumer.disconnect();
  for (const { id } of stored) if (!seen.has(id)) lost.push(`Kafka: fact ${id}`);
  for (const [id, count] of seen) if (count > 1) doubled.push(`Kafka: fact ${id} ${count} times`);
  return seen.size;
}

async function compareJournal(pool: Pool, schema: string, stored: number, lost: string[], doubled: string[]): Promise<void> {
  const { rows } = await pool.query<{ n: number; ids: number; missing: number }>(
    `select count(*)::int as n, count(distinct id)::int as ids,
            (select count(*)::int from public.events e where not exists (select from ${schema}.events j where j.id = e.id and j.pos = e.pos)) as missing
     from ${schema}.events`,
  );
  const { n = 0, ids = 0, missing = 0 } = rows[0] ?? {};
  if (missing > 0) lost.push(`${schema}'s journal: ${missing} facts`);
  if (n !== ids || n > stored) doubled.push(`${schema}'s journal: ${n} rows of ${ids} facts, recorded ${stored}`);
}

/** Folds everything anew, from the store itself, in a schema of its own: neither relay nor Kafka nor journal take part. */
async function compareHashes(deployment: Awaited<ReturnType<typeof openDeployment>>): Promise<Verdict['hashes']> {
  const { pool } = deployment;
  const definitions = [...projectionsOf(deployment), ...(await definedProjectionsOf(deployment))];
  const open = (schema: string, log: typeof deployment.log, journal: typeof deployment.journal) =>
    createProjectionRunner({ pool, log, journal, definitions, registry, schema });
  const store = postgresEventLog({ pool });
  const kept = open('understanding', deployment.log, deployment.journal);
  const rebuilt = open('rebuilt', store, postgresJournal({ pool }));
  const hashes: Record<string, { kept: string; rebuilt: string }> = {};
  try {
    for (const runner of [kept, rebuilt]) {
      const started = await runner.start();
      if (started.kind !== 'started') throw new Error(started.explanation);
      const outcome = await runner.catchUp({ timeoutMs: SETTLED_WITHIN_MS });
      if (outcome.kind !== 'caught-up') throw new Error(`a rebuild stands at ${outcome.position}, wanted ${outcome.wanted}`);
    }
    for (const { name } of definitions) {
      const [one, other] = [await kept.stateHash(name), await rebuilt.stateHash(name)];
      if (one.kind !== 'hash' || other.kind !== 'hash') throw new Error(`${name} has no one state`);
      hashes[name] = { kept: `${one.hash} (${one.rows} rows)`, rebuilt: `${other.hash} (${other.rows} rows)` };
    }
  } finally {
    await kept.stop();
    await rebuilt.stop();
    await store.close();
  }
  return hashes;
}
