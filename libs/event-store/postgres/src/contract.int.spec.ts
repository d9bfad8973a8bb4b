import { postgresEventLog } from '@tsunagari/event-log-postgres';
import type { StoreUnderTest } from '@tsunagari/event-store-contract-tests';
import { eventStoreContract, strictEventStoreContract } from '@tsunagari/event-store-contract-tests';
import { migrate } from '@tsunagari/postgres';
import { testDatabase } from '@tsunagari/testing';
import { postgresEventStore } from './event-store';
import { eventsSchema } from './schema';

async function freshStore(): Promise<StoreUnderTest> {
  const database = await testDatabase();
  await migrate(database.pool, eventsSchema);
  const store = postgresEventStore({ pool: database.pool });
  const log = postgresEventLog({ pool: database.pool });
  const close = async (): Promise<void> => {
    await store.close();
    await log.close();
    await database.drop();
  };
  return { store, log, close };
}

eventStoreContract('PostgreSQL', freshStore);
strictEventStoreContract('PostgreSQL', freshStore);
