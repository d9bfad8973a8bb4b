import { randomUUID } from 'node:crypto';
import { BEGINNING } from '@tsunagari/contracts';
import { openJournal } from '@tsunagari/event-log-journal';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { eventLogContract } from '@tsunagari/event-log-contract-tests';
import { appended } from '@tsunagari/event-store-contract-tests';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { describeWith, testBroker, testDatabase } from '@tsunagari/testing';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaEventLog } from './event-log';
import { kafkaPublisher } from './publisher';
import { ensureTopics } from './topics';

describeWith('broker', 'Kafka', () => {
  eventLogContract('Kafka', async () => {
    const errors: unknown[] = [];
    const { brokers, namespace } = await testBroker();
    const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    const { pool, drop } = await testDatabase();
    await migrate(pool, eventsSchema);
    const store = postgresEventStore({ pool });
    const source = postgresEventLog({ pool, listen: false });
    const publisher = kafkaPublisher({ kafka, namespace });
    const tail = await publisher.takeOver();
    let published = BEGINNING;
    expect(tail).toBeUndefined();
    const log = kafkaEventLog({ kafka, namespace });
    const filled = openJournal({ pool, schema: 'journal', log, onError: (error) => errors.push(error) });
    await filled.start();
    return {
      log,
      journal: filled.journal,
      record: async (facts) => {
        appended(await store.append({ stream: `test-${randomUUID()}`, expected: 'none', facts }));
        const page = await source.readUnparsed({ after: published, limit: 1_000 });
        await publisher.publish(page.facts);
        published = page.upTo;
        expect(await filled.waitFor(published, { timeoutMs: 20_000 })).toEqual({ kind: 'caught-up', position: published });
      },
      close: async () => {
        await filled.stop();
        expect(errors).toEqual([]);
        await log.close();
        await publisher.close();
        await store.close();
        await source.close();
        await drop();
      },
    };
  });
});
