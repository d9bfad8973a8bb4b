import { getPostgreSQLEventStore, pongoMultiStreamProjection, rebuildPostgreSQLProjections } from '@event-driven-io/emmett-postgresql';
import { createPool } from '@tsunagari/postgres';

/** One event of the work: whose it is, and what it says. */
export type CustomerEvent = { readonly customer: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> };

type Recorded = { readonly type: 'OrderPlaced'; readonly data: CustomerEvent };

/** The projection of the work: the state of a customer, and how one event changes it. */
export type CustomerFold<S extends Record<string, unknown>> = {
  readonly initial: S;
  readonly evolve: (state: S, event: CustomerEvent) => S;
};

/** Events an append: Emmett has no import. */
const AN_APPEND = 500;

/**
 * Emmett under the same work: a projection over many streams into one document a customer, rebuilt from the first event by the function
 * that its documentation names for it. Answers events/s and the documents, for whoever checks them.
 */
export async function emmettRebuild<S extends Record<string, unknown>>(
  url: string,
  events: readonly CustomerEvent[],
  { initial, evolve }: CustomerFold<S>,
): Promise<{ readonly eventsPerSecond: number; readonly documents: ReadonlyMap<string, S> }> {
  const projection = pongoMultiStreamProjection<S, Recorded>({
    collectionName: 'purchases',
    canHandle: ['OrderPlaced'],
    getDocumentId: ({ data }) => data.customer,
    initialState: () => initial,
    evolve: (state: S, { data }: { readonly data: CustomerEvent }) => evolve(state, data),
  });
  const store = getPostgreSQLEventStore(url);
  const pool = createPool({ url, max: 1 });
  try {
    await store.schema.migrate();
    for (let at = 0; at < events.length; at += AN_APPEND)
      await store.appendToStream<Recorded>(
        `orders-${at}`,
        events.slice(at, at + AN_APPEND).map((data) => ({ type: 'OrderPlaced', data })),
      );
    const consumer = rebuildPostgreSQLProjections<Recorded>({ connectionString: url, projections: [projection] });
    const from = performance.now();
    await consumer.start();
    const seconds = (performance.now() - from) / 1000;
    await consumer.close();
    const { rows } = await pool.query<{ _id: string; data: S }>('select _id, data from purchases');
    return { eventsPerSecond: events.length / seconds, documents: new Map(rows.map(({ _id, data }) => [_id, data])) };
  } finally {
    await store.close();
    await pool.end();
  }
}
