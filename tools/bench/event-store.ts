import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEGINNING } from '@tsunagari/contracts';
import type { Append, EventStore } from '@tsunagari/event-store';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import type { Pool } from '@tsunagari/postgres';
import { createPool, startEmbeddedServer, migrate } from '@tsunagari/postgres';
import type { BenchmarkRow } from './benchmark';
import type { BenchEvent, Peer } from './event-store-peers';
import { castore, emmett, messageDb } from './event-store-peers';
import type { Measured } from './event-store-work';
import { benchEvent, closedLoop, fact, flushesPerSecond, measure, ourselves, zipfStreams } from './event-store-work';

type Sizes = {
  readonly runs: number;
  readonly msPerRun: number;
  readonly imported: number;
  readonly preloaded: number;
  readonly peerImported: number;
};

const full: Sizes = { runs: 3, msPerRun: 1_500, imported: 1_000_000, preloaded: 50_000, peerImported: 20_000 };
const short: Sizes = { runs: 1, msPerRun: 500, imported: 20_000, preloaded: 5_000, peerImported: 2_000 };

const rates = (results: readonly Measured[]): number[] => results.map(({ perSecond }) => Math.round(perSecond));
const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const latency = (results: readonly Measured[]): string =>
  `p50 ${middle(results.map(({ p50 }) => p50)).toFixed(1)} ms, p99 ${middle(results.map(({ p99 }) => p99)).toFixed(1)} ms`;

/** One row for each peer, or one alone. */
function rows(
  row: Omit<BenchmarkRow, 'runs' | 'peer'>,
  ours: readonly Measured[],
  peers: readonly (readonly [Peer, readonly Measured[]])[],
): BenchmarkRow[] {
  const base = { ...row, runs: rates(ours) };
  if (peers.length === 0) return [base];
  return peers.map(([peer, results]) => ({ ...base, peer: { name: peer.name, runs: rates(results) } }));
}

async function appendWorkloads(
  ours: Peer,
  peers: { emmett: Peer; messageDb: Peer; castore: Peer },
  snapshot: Pool,
  sizes: Sizes,
): Promise<BenchmarkRow[]> {
  const found: BenchmarkRow[] = [];
  const { runs, msPerRun } = sizes;
  const event = benchEvent(1);

  const fresh = (peer: Peer, callers: number, events: number) => (): Promise<Measured> =>
    closedLoop(callers, msPerRun, () => peer.append(`order-${randomUUID()}`, 0, Array(events).fill(event) as BenchEvent[]));
  const b1 = async (peer: Peer): Promise<Measured[]> => measure(peer, runs, fresh(peer, 1, 1));
  const own1 = await b1(ours);
  found.push(
    ...rows(
      {
        id: 'B1',
        workload: '1 caller, 1 event, new stream',
        unit: 'appends/s',
        target: '≥ 2 500; ≥ 3× Emmett, ≥ 1.2× message-db',
        note: latency(own1),
      },
      own1,
      [
        [peers.emmett, await b1(peers.emmett)],
        [peers.messageDb, await b1(peers.messageDb)],
        [peers.castore, await b1(peers.castore)],
      ],
    ),
  );

  const b2 = async (peer: Peer, label: string): Promise<Measured[]> => {
    const results = await measure(peer, runs, (run) => {
      const next = zipfStreams(`${label}${run}`);
      return closedLoop(32, msPerRun, async (caller) => {
        const { stream, expected, done } = next(caller);
        const ok = await peer.append(stream, expected, [event]);
        done(ok);
        return ok;
      });
    });
    for (const { succeeded, tried } of results) assert.equal(succeeded, tried, `${peer.name} takes every append at its version`);
    return results;
  };
  const own2 = await b2(ours, 'a');
  const b2row = {
    id: 'B2',
    workload: '32 callers, 6 400 streams, Zipf, expected version held',
    unit: 'appends/s',
    target: '≥ 4.5× Emmett, ≥ 2.4× the best; p99 ≤ 15 ms',
  };
  found.push(
    ...rows({ ...b2row, note: latency(own2) }, own2, [
      [peers.emmett, await b2(peers.emmett, 'a')],
      [peers.castore, await b2(peers.castore, 'a')],
      [peers.messageDb, await b2(peers.messageDb, 'a')],
    ]),
  );
  const holder = await snapshot.connect();
  await holder.query('begin isolation level repeatable read');
  await holder.query('select count(*) from events');
  const held = await b2(ours, 'snapshot');
  await holder.query('rollback');
  holder.release();
  found.push(
    ...rows(
      { ...b2row, workload: `${b2row.workload}, a snapshot held open all along`, target: 'no slower than without', note: latency(held) },
      held,
      [],
    ),
  );

  const b3 = async (peer: Peer): Promise<Measured[]> => measure(peer, runs, fresh(peer, 512, 1));
  const own3 = await b3(ours);
  found.push(
    ...rows({ id: 'B3', workload: '512 callers, 1 event, new stream', unit: 'appends/s', target: '≥ 12 000', note: latency(own3) }, own3, [
      [peers.emmett, await b3(peers.emmett)],
    ]),
  );

  const b4 = async (peer: Peer): Promise<Measured[]> =>
    measure(peer, runs, (run) => closedLoop(50, msPerRun, () => peer.append(`hot-${run}`, 'any', [event])));
  const own4 = await b4(ours);
  const theirs4 = await b4(peers.emmett);
  for (const { succeeded, tried } of own4) assert.equal(succeeded, tried, 'every append without expectation succeeds');
  const share = (100 * theirs4.reduce((sum, { succeeded }) => sum + succeeded, 0)) / theirs4.reduce((sum, { tried }) => sum + tried, 0);
  found.push(
    ...rows(
      {
        id: 'B4',
        workload: '50 callers, one hot stream, no expected version',
        unit: 'appends/s',
        target: '100 % succeed, ≥ 3 000/s',
        note: `100 % of ours succeed, ${share.toFixed(0)} % of Emmett's; ${latency(own4)}`,
      },
      own4,
      [[peers.emmett, theirs4]],
    ),
  );

  const times5 = (results: Measured[]): Measured[] => results.map((result) => ({ ...result, perSecond: result.perSecond * 5 }));
  const own5 = times5(await measure(ours, runs, fresh(ours, 32, 5), 5));
  const theirs5 = times5(await measure(peers.emmett, runs, fresh(peers.emmett, 32, 5), 5));
  found.push(
    ...rows({ id: 'B5', workload: '5 events per append, 32 callers', unit: 'events/s', target: '≥ 20 000', note: latency(own5) }, own5, [
      [peers.emmett, theirs5],
    ]),
  );
  return found;
}

/** 100,000 streams, in slices, as an importer hands them over; events are made outside the measured time. */
async function importSlices(store: EventStore, ids: readonly string[], offset: number): Promise<{ seconds: number; duplicates: number }> {
  let ms = 0;
  let duplicates = 0;
  for (let from = 0; from < ids.length; from += 10_000) {
    const appends: Append[] = ids
      .slice(from, from + 10_000)
      .map((id, at) => ({ stream: `intake-${(offset + from + at) % 100_000}`, expected: 'any', facts: [fact(offset + from + at, id)] }));
    const started = performance.now();
    const outcomes = await store.appendMany(appends);
    ms += performance.now() - started;
    for (const outcome of outcomes) {
      assert.equal(outcome.kind, 'appended');
      if (outcome.kind === 'appended' && outcome.duplicate) duplicates++;
    }
  }
  return { seconds: ms / 1_000, duplicates };
}

async function importWorkload(store: EventStore, ours: Peer, peer: Peer, pool: Pool, sizes: Sizes): Promise<BenchmarkRow[]> {
  const share = Math.floor(sizes.imported / sizes.runs);
  const first: number[] = [];
  const again: number[] = [];
  const beside: Measured[] = [];
  for (let run = 0; run < sizes.runs; run++) {
    const ids = Array.from({ length: share }, () => randomUUID());
    const before = await ours.count();
    let importing = true;
    const interactive: number[] = [];
    const loop = (async () => {
      while (importing) {
        const sent = performance.now();
        assert.ok(await ours.append(`order-${randomUUID()}`, 0, [benchEvent(1)]));
        interactive.push(performance.now() - sent);
      }
    })();
    const { seconds } = await importSlices(store, ids, run * share);
    importing = false;
    await loop;
    interactive.sort((a, b) => a - b);
    beside.push({
      perSecond: 0,
      p50: interactive[interactive.length >> 1] ?? 0,
      p99: interactive[Math.floor(interactive.length * 0.99)] ?? 0,
      succeeded: 0,
      tried: 0,
    });
    first.push(Math.round(share / seconds));
    assert.ok((await ours.count()) >= before + share, 'the import is complete');
    const repeat = ids.slice(0, Math.min(share, 100_000));
    const repeated = await importSlices(store, repeat, run * share);
    assert.equal(repeated.duplicates, repeat.length, 'a second import changes nothing');
    again.push(Math.round(repeat.length / repeated.seconds));
  }

  const theirs: number[] = [];
  for (let run = 0; run < sizes.runs; run++) {
    const started = performance.now();
    const perAppend = 100;
    for (let at = 0; at < sizes.peerImported / perAppend; at++)
      assert.ok(
        await peer.append(
          `import-${run}-${at}`,
          0,
          Array.from({ length: perAppend }, (_, each) => benchEvent(at * perAppend + each)),
        ),
      );
    theirs.push(Math.round(sizes.peerImported / ((performance.now() - started) / 1_000)));
  }

  await pool.query('create table copied (like events including all)');
  const copies: number[] = [];
  for (let run = 0; run < sizes.runs; run++) {
    const rowCount = Math.min(share, 100_000);
    const started = performance.now();
    const result = await pool.query('insert into copied select * from events where pos > $1 order by pos limit $2', [
      run * rowCount,
      rowCount,
    ]);
    copies.push(Math.round((result.rowCount ?? 0) / ((performance.now() - started) / 1_000)));
  }
  await pool.query('drop table copied');

  const row = {
    id: 'B6',
    workload: `import ${sizes.imported} events through the port, idempotent, an interactive caller beside it`,
    unit: 'events/s',
  };
  const note = `the caller's ${latency(beside)}`;
  return [
    { ...row, runs: first, peer: { name: `${peer.name}, 100 events an append`, runs: theirs }, target: '≥ 25 000; ≥ 2× Emmett', note },
    {
      ...row,
      runs: first,
      peer: { name: 'the table alone: INSERT … SELECT inside the server, same indexes', runs: copies },
      target: '≥ 70 % of COPY',
      note: 'no wire, no parsing: an upper bound that COPY does not reach',
    },
    { ...row, workload: 'the same import a second time', runs: again, target: '≥ 50 000' },
  ];
}

/** Replays everything and asserts that it is complete, dense, and every stream in order. */
async function replay(pool: Pool, count: number): Promise<number> {
  const log = postgresEventLog({ pool, listen: false });
  const versions = new Map<string, number>();
  let read = 0;
  let checking = 0;
  const started = performance.now();
  for (let after = BEGINNING; ;) {
    const page = await log.read({ after, limit: 5_000 });
    const checked = performance.now();
    for (const { position, stream, version } of page.facts) {
      assert.equal(position, String(++read));
      assert.equal(version, (versions.get(stream) ?? 0) + 1);
      versions.set(stream, version);
    }
    checking += performance.now() - checked;
    after = page.upTo;
    if (page.atEnd) break;
  }
  const seconds = (performance.now() - started - checking) / 1_000;
  assert.equal(read, count, 'the replay is complete');
  await log.close();
  return Math.round(read / seconds);
}

/** B1–B6 and B8 of docs/design, beside Emmett, Castore and message-db on one durable server of their own. */
export async function eventStoreBenchmarks(options: { quick?: boolean } = {}): Promise<BenchmarkRow[]> {
  const sizes = options.quick ? short : full;
  const folder = await mkdtemp(join(tmpdir(), 'tsunagari-bench-'));
  const server = await startEmbeddedServer({ folder: join(folder, 'postgres'), durability: 'safe' });
  const admin = createPool({ url: server.url, max: 1 });
  const database = async (name: string): Promise<string> => {
    await admin.query(`create database ${name} template template0`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const pool = createPool(await database('ours'));
  const peers = {
    emmett: await emmett(await database('emmett')),
    messageDb: await messageDb(await database('message_db')),
    castore: await castore(await database('castore')),
  };
  try {
    await migrate(pool, eventsSchema);
    const store = postgresEventStore({ pool });
    const ours = ourselves(store, pool);
    const flushes = Array.from({ length: sizes.runs }, () => flushesPerSecond(folder, 500));
    await importSlices(
      store,
      Array.from({ length: sizes.preloaded }, () => randomUUID()),
      0,
    );
    for (const peer of Object.values(peers)) for (let at = 0; at < 500; at++) await peer.append(`preload-${at}`, 0, [benchEvent(at)]);

    const found = await appendWorkloads(ours, peers, pool, sizes);
    found.push(...(await importWorkload(store, ours, peers.emmett, pool, sizes)));

    await pool.query('vacuum analyze events');
    const count = await ours.count();
    const replays: number[] = [];
    for (let run = 0; run < sizes.runs; run++) replays.push(await replay(pool, count));
    const theirs: number[] = [];
    const n = Math.min(sizes.peerImported, await peers.emmett.count());
    for (let run = 0; run < sizes.runs; run++) {
      const started = performance.now();
      const read = (await peers.emmett.readAll?.(n)) ?? 0;
      assert.ok(read >= n, 'Emmett reads all');
      theirs.push(Math.round(read / ((performance.now() - started) / 1_000)));
    }
    found.push({
      id: 'B8',
      workload: `replay everything (${count} events), parsed`,
      unit: 'events/s',
      runs: replays,
      peer: { name: 'Emmett, readMessagesBatch of 5 000', runs: theirs },
      target: '≥ 100 000; ≥ 30×',
      note: 'complete, dense, every stream in order: asserted',
    });
    found.push({
      id: 'disk',
      workload: 'the disk itself: 8 KB written and flushed (fdatasync)',
      unit: 'flushes/s',
      runs: flushes,
      target: '–',
    });
    await store.close();
    return found;
  } finally {
    for (const peer of Object.values(peers)) await peer.close().catch(() => undefined);
    await pool.end();
    await admin.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
