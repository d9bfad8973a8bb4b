import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Position } from '@tsunagari/contracts';
import { BEGINNING, laterPosition } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { readToEnd } from '@tsunagari/event-store-contract-tests';
import { createPool, startEmbeddedServer } from '@tsunagari/postgres';
import { describeWith, startLocalBroker, testBroker } from '@tsunagari/testing';
import type { KafkaWorld } from '../../contract-tests/src/kafka-world';
import { kafkaWorld } from '../../contract-tests/src/kafka-world';

describeWith('broker', 'processes and connections that go away', () => {
  let given: KafkaWorld;
  beforeEach(async () => (given = await kafkaWorld(await testBroker())));
  afterEach(() => given.close());

  it('a journal’s writer frozen in the middle of a page keeps no locks: another goes on, its page is discarded (failure mode 10)', async () => {
    given.relay();
    await given.publishedTo(await given.record(1_000));
    const first = given.journalProcess({ freezeAfter: 3 });
    await first.hear('frozen');
    const second = given.journalProcess();
    await second.hear('started');
    const reader = given.journal();
    while ((await reader.log.head()) !== '1000');
    first.kill('SIGCONT');
    await first.hear('error');
    const position = await given.record(300);
    while ((await reader.log.head()) !== position);
    expect(await readToEnd(reader.log)).toEqual(await readToEnd(given.source));
  });

  it('a journal’s writer is killed, again and again: each fact once (failure mode 10)', async () => {
    given.relay();
    const reader = given.journal();
    let position: Position = BEGINNING;
    for (let kill = 0; kill < 4; kill++) {
      const program = given.journalProcess({ pageSize: 7 });
      await program.hear('started');
      position = await given.record(400);
      while ((await reader.log.head()) === BEGINNING);
      program.kill('SIGKILL');
      await program.ended;
    }
    given.journalProcess();
    while ((await reader.log.head()) !== position);
    expect(await readToEnd(reader.log)).toEqual(await readToEnd(given.source));
  });

  it('every connection to the database is cut, again and again: store, relay and journal go on (failure mode 16)', async () => {
    given.relay();
    const filled = given.journal();
    await filled.start();
    for (let cut = 0; cut < 4; cut++) {
      await given.record(300);
      await given.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    await given.expectFilled(filled, await given.record(300));
    await given.expectPublished();
  });
});

describeWith('broker', 'a database that goes away', () => {
  it('is killed and started again, again and again: what was acknowledged is in the store, in Kafka and in the journal, once (failure mode 16)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsunagari-restart-'));
    const server = await startEmbeddedServer({ folder: join(folder, 'postgres') });
    const pool = createPool(server.url);
    const database = { pool, url: server.url, drop: () => pool.end() };
    const given = await kafkaWorld({ ...(await testBroker()), database, retryForMs: 45_000 });
    given.relay();
    const filled = given.journal();
    await filled.start();
    let position = await given.record(500);
    for (let kill = 0; kill < 3; kill++) {
      await given.expectFilled(filled, position);
      const recording = given.record(4_000);
      process.kill(server.pid(), 'SIGKILL');
      position = await recording;
    }
    await given.expectFilled(filled, position);
    await given.expectPublished();
    await given.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 180_000);
});

describeWith('jvm', 'a broker that goes away', () => {
  it('the store accepts, the relay holds a page or two and then catches up in order, the journal too (failure mode 20)', async () => {
    const broker = await startLocalBroker(mkdtempSync(join(tmpdir(), 'tsunagari-broker-')));
    const given = await kafkaWorld({ brokers: [broker.brokers], namespace: 'outage' });
    let furthest: Position = BEGINNING;
    const source: EventLog = {
      ...given.source,
      async readUnparsed(read) {
        const page = await given.source.readUnparsed(read);
        furthest = laterPosition(furthest, page.upTo);
        return page;
      },
    };
    const relay = given.relay(source);
    const filled = given.journal();
    await filled.start();
    await given.expectFilled(filled, await given.record(500));

    await broker.kill();
    const position = await given.record(20_000);
    expect(position).toBe('20500');
    while ((await relay.status()).trouble === undefined);
    // The page that is being written, the one that waits for it, and the one that is read meanwhile, of 4,000 each.
    expect(Number(furthest)).toBeLessThanOrEqual(500 + 3 * 4_000);
    expect(await readToEnd(filled.log)).toHaveLength(500);

    await broker.start();
    await given.expectFilled(filled, position);
    await given.expectPublished();
    expect((await relay.status()).trouble).toBeUndefined();
    await given.close();
    await broker.remove();
  }, 120_000);
});
