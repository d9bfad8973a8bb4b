import { facts as registry } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { testDatabase } from '../../testing/src/index';
import { createWorld } from '../src/spec-world';

/** A database of a spec's own with a store, and what runners of projections read of it. Nothing runs. */
export async function specDeployment() {
  const db = await testDatabase();
  await migrate(db.pool, eventsSchema);
  const store = postgresEventStore({ pool: db.pool });
  const log = postgresEventLog({ pool: db.pool });
  return {
    db,
    store,
    world: createWorld(store),
    options: { pool: db.pool, log, journal: postgresJournal({ pool: db.pool }), registry },
    /** After every runner has stopped. */
    async close(): Promise<void> {
      await log.close();
      await store.close();
      await db.drop();
    },
  };
}
