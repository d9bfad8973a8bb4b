import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NewFact } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import type { BenchEvent, Peer } from './event-store-peers';

export type Measured = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly succeeded: number;
  readonly tried: number;
};

/** The same bytes for everyone: about 250 B of data and 130 B of metadata. */
export function benchEvent(number: number): BenchEvent {
  return {
    type: 'retention.subscriptions.order-placed',
    data: { orderId: `o-${number}`, note: 'n'.repeat(200), amountMinor: number, currency: 'GBP' },
    meta: {
      actor: 'system:bench',
      source: 'bench',
      correlationId: `c-${number}`,
      causationId: 'b3b0c1de-33a9-4b4f-9d5e-0a5a0f6f3b7a',
      traceparent: '00-0af7',
    },
  };
}

export function fact(number: number, id: string = randomUUID()): NewFact {
  const { type, data, meta } = benchEvent(number);
  const subject = createHash('md5')
    .update(`subject ${number % 100_000}`)
    .digest('hex');
  return {
    id,
    type,
    schema: 1,
    subject: subject.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    data,
    meta: meta as NewFact['meta'],
    occurred: '2011-02-03T04:05:06.789Z',
    digest: createHash('sha256').update(String(number)).digest('hex'),
  };
}

/** Our store in the clothes of a peer, so that all run the same loops. */
export function ourselves(store: EventStore, pool: Pool): Peer {
  let next = 0;
  return {
    name: 'Tsunagari',
    append: async (stream, expected, events) => {
      const outcome = await store.append({
        stream,
        expected: expected === 'any' ? 'any' : expected === 0 ? 'none' : { exact: expected },
        facts: events.map(() => fact(next++)),
      });
      return outcome.kind === 'appended';
    },
    count: async () => (await pool.query<{ n: number }>('select count(*)::int as n from events')).rows[0]?.n ?? 0,
    close: () => store.close(),
  };
}

/** Callers that each wait for their answer before they append again, for a while. */
export async function closedLoop(callers: number, ms: number, once: (caller: number, at: number) => Promise<boolean>): Promise<Measured> {
  const latencies: number[] = [];
  let succeeded = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let at = 0; performance.now() - started < ms; at++) {
        const sent = performance.now();
        if (await once(caller, at)) succeeded++;
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: succeeded / seconds, p50: at(0.5), p99: at(0.99), succeeded, tried: latencies.length };
}

/** Runs a workload on a peer several times, and asserts that what was acknowledged is there, no more and no less. */
export async function measure(
  peer: Peer,
  runs: number,
  work: (run: number) => Promise<Measured>,
  eventsPerAppend = 1,
): Promise<Measured[]> {
  const results: Measured[] = [];
  for (let run = 0; run < runs; run++) {
    const before = await peer.count();
    const result = await work(run);
    assert.equal(await peer.count(), before + result.succeeded * eventsPerAppend, `${peer.name} holds what it acknowledged`);
    results.push(result);
  }
  return results;
}

/** A caller's own 200 of 6,400 streams, the first ones by far the busiest (Zipf, exponent 1), whose versions it knows. */
export function zipfStreams(run: string): (caller: number) => { stream: string; expected: number; done: (ok: boolean) => void } {
  const weights = Array.from({ length: 200 }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const versions = new Map<string, number>();
  let seed = 42;
  return (caller) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    let left = (seed / 2 ** 32) * total;
    let rank = 0;
    while (rank < 199 && (left -= weights[rank] ?? 0) > 0) rank++;
    const stream = `zipf${run}-${caller}x${rank}`;
    const expected = versions.get(stream) ?? 0;
    return { stream, expected, done: (ok) => ok && versions.set(stream, expected + 1) };
  };
}

/** What the disk allows: 8 KB written and flushed, one after another. */
export function flushesPerSecond(folder: string, ms: number): number {
  const file = openSync(join(folder, 'probe'), 'w');
  const page = Buffer.alloc(8_192, 1);
  const started = performance.now();
  let flushes = 0;
  for (; performance.now() - started < ms; flushes++) {
    writeSync(file, page, 0, page.length, (flushes % 1_000) * page.length);
    fdatasyncSync(file);
  }
  closeSync(file);
  return Math.round(flushes / ((performance.now() - started) / 1_000));
}
