import { randomUUID } from 'node:crypto';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
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
    const { brokers, namespace } = await testBroker();
    const kafka = { brokers: [...brokers], logLevel: logLevel.NOTHING };
    await ensureTopics({ kafka: new Kafka(kafka), namespace });
    const { pool, drop } = await testDatabase();
    await migrate(pool, eventsSchema);
    const store = postgresEventStore({ pool });
    const source = postgresEventLog({ pool, listen: false });
    const publisher = kafkaPublisher({ kafka, namespace });
    let published = await publisher.takeOver();
    expect(published).toBe(BEGINNING);
    const log = kafkaEventLog({ kafka, namespace });
    return {
      log,
      journal: postgresJournal({ pool }),
      record: async (facts) => {
        appended(await store.append({ stream: `test-${randomUUID()}`, expected: 'none', facts }));
        const page = await source.read({ after: published, limit: 1_000 });
        await publisher.publish(page.facts);
        published = page.upTo;
        // A commit is answered a moment before its markers stand in every partition.
        while (comparePositions(await log.head(), published) < 0);
      },
      close: async () => {
        await log.close();
        await publisher.close();
        await store.close();
        await source.close();
        await drop();
      },
    };
  });
});
