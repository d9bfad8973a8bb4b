import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import { ensureTopics } from '@tsunagari/event-log-kafka';
import { readToEnd } from '@tsunagari/event-store-contract-tests';
import { describeWith, testBroker } from '@tsunagari/testing';
import { waitUntil } from '@tsunagari/postgres';
import type { Message } from 'kafkajs';
import { Kafka, Partitioners } from 'kafkajs';
import type { KafkaWorld } from '../../contract-tests/src/kafka-world';
import { kafkaWorld } from '../../contract-tests/src/kafka-world';
import { factRecord, watermarkRecord } from '../../kafka/src/fact-records';

/** Deletes the topics of a deployment and makes them anew. */
async function remake({ kafka, namespace, topics }: KafkaWorld): Promise<void> {
  const admin = new Kafka(kafka).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: Object.values(topics) });
  const gone = async (): Promise<boolean> => !(await admin.listTopics()).some((name) => Object.values(topics).includes(name));
  while (!(await gone()));
  await admin.disconnect();
  await ensureTopics({ kafka: new Kafka(kafka), namespace });
}

describeWith('broker', 'a topic that is not as it should be', () => {
  const worlds: KafkaWorld[] = [];
  const world = async (): Promise<KafkaWorld> => {
    const made = await kafkaWorld(await testBroker());
    worlds.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of worlds.splice(0)) await made.close();
  });

  it('hands nothing out beyond the lowest watermark, and all of it when the missing one comes (failure mode 11)', async () => {
    const given = await world();
    await given.record(60);
    const facts = await readToEnd(given.source);
    const { facts: unparsed } = await given.source.readUnparsed({ after: BEGINNING, limit: 100 });
    const [, ...partitions] = Array.from({ length: 24 }, (_, partition) => partition);
    const tail = { position: '60', id: facts[59]!.id, previous: '59' };
    const producer = new Kafka(given.kafka).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const send = async (messages: Message[]): Promise<void> => {
      await producer.send({ topic: given.topics.facts, messages });
    };
    await send([...unparsed.map(factRecord), ...partitions.map((partition) => ({ ...watermarkRecord(BEGINNING, tail), partition }))]);
    // Partition 0 is known up to its own last fact only.
    const waiting = await given.topic.read({ after: BEGINNING, limit: 100 });
    expect(waiting.atEnd).toBe(true);
    expect(comparePositions(waiting.upTo, '60')).toBeLessThan(0);
    expect(waiting.facts).toEqual(facts.filter(({ position }) => comparePositions(position, waiting.upTo) <= 0));
    expect(await given.topic.head()).toBe(waiting.upTo);
    await send([{ ...watermarkRecord(BEGINNING, tail), partition: 0 }]);
    expect(await given.topic.read({ after: BEGINNING, limit: 100 })).toEqual({ facts, upTo: '60', atEnd: true });
    await producer.disconnect();
  });

  it('refuses to go on over a gap: a watermark that was never seen (failure mode 11)', async () => {
    const given = await world();
    await given.record(60);
    const { facts } = await given.source.readUnparsed({ after: BEGINNING, limit: 100 });
    const producer = new Kafka(given.kafka).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (const [from, to] of [
      [0, 20],
      [40, 60],
    ] as const) {
      const tail = { position: String(to), id: facts[to - 1]!.id, previous: String(to - 1) };
      const watermarks = Array.from({ length: 24 }, (_, partition) => ({ ...watermarkRecord(String(from), tail), partition }));
      await producer.send({ topic: given.topics.facts, messages: [...facts.slice(from, to).map(factRecord), ...watermarks] });
    }
    await producer.disconnect();
    await expect(readToEnd(given.topic)).rejects.toThrow('made anew, or cut');
    const filled = given.journal();
    await filled.start();
    expect(await waitUntil(() => given.errors.length > 1, 20_000)).toBe(true);
    expect((await filled.status()).position).toBe(BEGINNING);
  });

  it('halts a journal whose topic was made anew with other facts (failure mode 11)', async () => {
    const given = await world();
    const relay = given.relay();
    const filled = given.journal();
    await filled.start();
    await given.expectFilled(filled, await given.record(500));
    const before = await readToEnd(filled.log);
    await relay.stop();
    await remake(given);
    await given.pool.query('truncate events');
    given.relay();
    await given.record(800);
    while ((await filled.status()).state !== 'halted');
    expect((await filled.status()).halted?.remedy).toContain('drop schema journal');
    expect(await readToEnd(filled.log)).toEqual(before);
  });

  it('goes on with each fact once when the topic was made anew and the relay filled it again (failure mode 11)', async () => {
    const given = await world();
    const first = given.relay();
    const filled = given.journal();
    await filled.start();
    await given.expectFilled(filled, await given.record(500));
    await first.stop();
    await filled.stop();
    await remake(given);
    given.relay();
    await given.publishedTo(await given.record(100));
    const again = given.journal();
    expect(await again.start()).toEqual({ kind: 'started' });
    await given.expectFilled(again, '600');
    await given.expectPublished();
  });

  it('a deployment is erased and made anew beside another on the same cluster, which keeps every byte (failure mode 19)', async () => {
    const [kept, erased] = [await world(), await world()];
    for (const given of [kept, erased]) {
      given.relay();
      const filled = given.journal();
      await filled.start();
      await given.expectFilled(filled, await given.record(400));
    }
    const before = await kept.fingerprint();
    await erased.close();
    worlds.splice(worlds.indexOf(erased), 1);
    await remake(erased);
    const anew = await kafkaWorld({ brokers: kept.kafka.brokers as string[], namespace: erased.namespace });
    worlds.push(anew);
    anew.relay();
    const filled = anew.journal();
    await filled.start();
    await anew.expectFilled(filled, await anew.record(300));
    expect(await kept.fingerprint()).toBe(before);
    expect(await anew.fingerprint()).not.toBe(before);
  });
});
