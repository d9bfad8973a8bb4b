import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import { appended, freshStream, someFacts } from '@tsunagari/event-store-contract-tests';
import { eventStoreDbLog, eventStoreDbStore } from '@tsunagari/event-store-eventstoredb';
import { describeWith, startEventStoreDbProtocol, testBroker } from '@tsunagari/testing';
import type { Death } from '../../contract-tests/programs/deadly-sockets';
import type { KafkaWorld } from '../../contract-tests/src/kafka-world';
import { kafkaWorld } from '../../contract-tests/src/kafka-world';

describeWith('broker', 'the relay', () => {
  let given: KafkaWorld;
  beforeEach(async () => (given = await kafkaWorld(await testBroker())));
  afterEach(() => given.close());

  it('publishes what is there and what comes, each fact once and in order', async () => {
    await given.record(1_200);
    const relay = given.relay();
    await given.publishedTo(await given.record(300));
    await given.publishedTo(await given.record(1));
    await given.expectPublished();
    expect(await relay.status()).toEqual({ state: 'leading', position: '1501', head: '1501', lagMs: 0, published: 1501 });
  });

  it('publishes EventStoreDB’s log alike, positions beyond 2^53 included (failure mode 24)', async () => {
    const server = await startEventStoreDbProtocol({ firstPosition: 2n ** 60n + 1n });
    const [store, log] = [eventStoreDbStore({ connectionString: server.url }), eventStoreDbLog({ connectionString: server.url })];
    const append = async (): Promise<Position> =>
      appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(20) })).position;
    await append();
    server.log.fill('orders-of-another-application', 'order-placed', 30);
    const first = given.relay(log);
    await given.publishedTo(await append());
    await first.stop();
    given.relay(log);
    const position = await append();
    expect(BigInt(position) > 2n ** 60n).toBe(true);
    await given.publishedTo(position);
    const facts = await given.expectPublished(log);
    const filled = given.journal();
    await filled.start();
    expect(await filled.waitFor(position, { timeoutMs: 20_000 })).toEqual({ kind: 'caught-up', position });
    expect(await filled.journal.byIds(facts.map(({ id }) => id))).toEqual(facts);
    await store.close();
    await log.close();
    server.stop();
  });

  it('publishes EventStoreDB’s log while its server fails in every way: other leaders, deadlines, silence, cut streams (failure mode 23, protocol only)', async () => {
    const server = await startEventStoreDbProtocol();
    const leader = await startEventStoreDbProtocol({ log: server.log });
    const patience = { answerWithinMs: 400, retryForMs: 5_000 };
    const store = eventStoreDbStore({ connectionString: server.url, ...patience });
    const log = eventStoreDbLog({ connectionString: server.url, ...patience });
    const relay = given.relay(log);
    const filled = given.journal();
    await filled.start();
    let position = BEGINNING;
    const at = { host: '127.0.0.1', port: leader.port };
    for (const fault of [
      { kind: 'cut' },
      { kind: 'deadline' },
      { kind: 'silent' },
      { kind: 'ends' },
      { kind: 'not-leader', leader: at },
    ] as const) {
      for (const on of ['subscribe', 'read'] as const) server.faults.add({ ...fault, on, times: 3 });
      for (let append = 0; append < 4; append++)
        position = appended(await store.append({ stream: freshStream(), expected: 'none', facts: someFacts(25) })).position;
      await given.publishedTo(position);
    }
    expect(server.faults.count).toBeGreaterThan(10);
    await given.publishedTo(position);
    expect(await filled.waitFor(position, { timeoutMs: 20_000 })).toEqual({ kind: 'caught-up', position });
    const facts = await given.expectPublished(log);
    expect(facts).toHaveLength(500);
    expect(await filled.journal.byIds(facts.map(({ id }) => id))).toEqual(facts);
    await relay.stop();
    await store.close();
    await log.close();
    server.stop();
    leader.stop();
  });

  const deaths: readonly Death[] = [
    { request: 'InitProducerId', nth: 1, when: 'sent' },
    // The facts are read, nothing is sent.
    { request: 'AddPartitionsToTxn', nth: 3, when: 'asked' },
    { request: 'AddPartitionsToTxn', nth: 4, when: 'answered' },
    // Sent before its ack, acknowledged before the commit, committed before the answer, answered before it knows.
    { request: 'Produce', nth: 3, when: 'sent' },
    { request: 'EndTxn', nth: 2, when: 'asked' },
    { request: 'EndTxn', nth: 4, when: 'sent' },
    { request: 'EndTxn', nth: 3, when: 'answered' },
  ];
  it('loses and doubles nothing at whatever point it is killed (failure mode 8)', async () => {
    const position = await given.record(3_000);
    for (const die of deaths) {
      const program = given.relayProcess({ die, leaseMs: 200 });
      await program.ended;
      expect(program.said.some((line) => 'error' in line)).toBe(false);
    }
    expect(await given.topic.head()).not.toBe(position);
    given.relayProcess({ leaseMs: 200 });
    await given.publishedTo(position);
    await given.expectPublished();
  });

  it('frozen past its lease it publishes nothing more: its successor has published, and it is fenced (failure mode 9)', async () => {
    const first = given.relayProcess({ batchFacts: 20, pageSize: 2_000 });
    await first.hear('tookOver');
    await given.record(2_000);
    while ((await given.topic.head()) === BEGINNING);
    first.kill('SIGSTOP');
    const second = given.relayProcess();
    await second.hear('tookOver');
    await given.publishedTo(await given.record(500));
    first.kill('SIGCONT');
    expect(String((await first.hear('error'))['error'])).toMatch(/epoch/i);
    await given.publishedTo(await given.record(500));
    await given.expectPublished();
  });

  it('waits while another publishes, and takes over when that one is killed', async () => {
    const [first, second] = [given.relayProcess(), given.relayProcess()];
    const leading = await Promise.race([first.hear('tookOver').then(() => first), second.hear('tookOver').then(() => second)]);
    await given.publishedTo(await given.record(50));
    expect([first, second].filter(({ said }) => said.some((line) => 'tookOver' in line))).toEqual([leading]);
    leading.kill('SIGKILL');
    await given.publishedTo(await given.record(50));
    await given.expectPublished();
  });

  it('refuses to publish a store that is older than the topic, explains, and offers repair (failure mode 17)', async () => {
    const position = await given.record(120);
    const first = given.relay();
    await given.publishedTo(position);
    await first.stop();
    await given.pool.query('delete from events where pos > 100');
    const before = await given.sequences();
    const second = given.relay();
    while ((await second.status()).state !== 'halted');
    await given.record(60);
    const { halted } = await second.status();
    expect(halted?.explanation).toContain('position 120');
    expect(halted?.explanation).toContain('restored from an older copy');
    expect(halted?.remedy).toMatch(/KAFKA_NAMESPACE.*topics ensure/s);
    expect(String(given.errors[0])).toContain('StoreDiffers');
    expect(await given.sequences()).toEqual(before);
  });

  it('notices a store that is exchanged while it runs (failure mode 17)', async () => {
    const relay = given.relay();
    await given.publishedTo(await given.record(120));
    await given.pool.query('delete from events where pos > 100');
    await given.record(60);
    while ((await relay.status()).state !== 'halted');
    expect((await given.sequences()).flat()).toHaveLength(120);
  });
});
