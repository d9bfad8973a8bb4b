import { openAccess, openDeployment, openIntake, storedClock, type Deployment } from '@tsunagari/deployment';
import type { Cluster } from '@tsunagari/cluster';
import { intakeFactId } from '@tsunagari/privacy';
import { readConfiguration } from '@tsunagari/runtime';
import { setTimeout as pause } from 'node:timers/promises';

/** What was acknowledged while the load ran: it must be there at the end, once each. */
export type Acknowledged = {
  /** Ids of facts of the collector. */
  readonly facts: Set<string>;
  /** Order id → what it is worth, minor units. */
  readonly orders: Map<string, number>;
};

export type LoadFigures = {
  /** Requests that were answered, that failed and were sent again, and reads of which a part was missing. */
  answered: number;
  repeated: number;
  partial: number;
  imported: number;
  merged: number;
};

export type Load = {
  readonly acknowledged: Acknowledged;
  readonly figures: LoadFigures;
  /** Reads that showed more than was ever sent: something was counted twice. */
  readonly wrong: string[];
  /** Waits until what was begun is acknowledged. */
  readonly stop: () => Promise<void>;
};

/** The source that every deployment has from its start: its write key stands in the secrets. */
const SOURCE = 'source:default';
/** So many that none of them has hundreds of facts after some minutes: a shop has no such customers, and each late fact folds its own anew. */
const CUSTOMERS = 1_000;
const BATCH = 10;
const PAUSE_MS = 40;
/** Orders of one small import: the store moves on whatever else is away. */
const SLICE = 5;
const TIMEOUT_MS = 5_000;
const BEGUN = Date.now();

/** One fact in so many comes late. */
const LATE = 5;

/** A moment so many days before the run began: late facts, but none of years that would have to be closed day by day first. */
const daysAgo = (days: number): string => new Date(BEGUN - days * 86_400_000).toISOString();
/** When the nth fact of a lane happened: mostly just now. */
const moment = (n: number): string => (n % LATE === 0 ? daysAgo(1 + ((n * 7919) % 30)) : new Date().toISOString());

const RECORD = `mutation ($input: RecordOrderInput!) { recordOrder(input: $input) { __typename ... on CommandRefused { code rule } } }`;
const MERGE = `mutation ($input: MergeCustomersInput!) { mergeCustomers(input: $input) { __typename } }`;
const SPLIT = `mutation ($input: SplitCustomerInput!) { splitCustomer(input: $input) { __typename } }`;
const READ = `query ($id: String!) { customer(identifier: { type: USER_ID, value: $id }) { id identifiers { id } purchases { byCurrency { orders } } } }`;

/**
 * Orders by GraphQL, events by the collector, an import, merges and splits, and reads, all at once through the gateway, but for the
 * import, which writes to the store beside it as the command line does. What gets no answer is sent again with the same key.
 */
export async function startLoad(cluster: Cluster, token: string): Promise<Load> {
  const deployment = await openDeployment(storedClock(readConfiguration(cluster.environment)), { role: 'join', process: 'touchpoints' });
  const { writeKey } = deployment.secrets;
  const acknowledged: Acknowledged = { facts: new Set(), orders: new Map() };
  const figures: LoadFigures = { answered: 0, repeated: 0, partial: 0, imported: 0, merged: 0 };
  const wrong: string[] = [];
  const sent = new Map<string, number>();
  let stopping = false;

  const post = async (path: string, body: object, authorization: string): Promise<Record<string, unknown> | undefined> => {
    try {
      const response = await fetch(`${cluster.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) return undefined;
      figures.answered++;
      return (await response.json()) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  };
  const graph = (query: string, variables: object) => post('/graphql', { query, variables }, `Bearer ${token}`);
  const collect = (batch: readonly object[]) => post('/v1/batch', { batch }, `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`);
  const untilDone = async (attempt: () => Promise<boolean>): Promise<void> => {
    while (!(await attempt())) {
      figures.repeated++;
      await pause(50);
    }
  };
  const loop = async (work: (n: number) => Promise<void>): Promise<void> => {
    for (let n = 0; !stopping; n++) {
      await work(n);
      await pause(PAUSE_MS);
    }
  };

  const orders = (lane: number) =>
    loop(async (n) => {
      const [orderId, customer] = [`chaos-${lane}-${n}`, `c${(n * 7 + lane * 3) % CUSTOMERS}`];
      const quantity = 1 + (n % 5);
      const input = {
        orderId,
        buyer: { type: 'USER_ID', value: customer },
        lines: [{ sku: 'A', quantity, unitPrice: '2.50' }],
        currency: 'GBP',
        placedAt: moment(n),
        idempotencyKey: orderId,
      };
      sent.set(customer, (sent.get(customer) ?? 0) + 1);
      await untilDone(async () => {
        const data = (await graph(RECORD, { input }))?.['data'] as
          { recordOrder?: { __typename: string; rule?: string } } | null | undefined;
        const outcome = data?.recordOrder;
        if (outcome?.__typename === 'CommandRefused') throw new Error(`an order was refused: ${outcome.rule}`);
        return outcome?.__typename === 'OrderRecorded';
      });
      acknowledged.orders.set(orderId, quantity * 250);
    });

  const events = () =>
    loop(async (n) => {
      const ids = Array.from({ length: BATCH }, (_, at) => `chaos-${n}-${at}`);
      const batch = ids.map((messageId, at) => {
        const userId = `c${(n + at * 11) % CUSTOMERS}`;
        // Each twentieth links a device to a customer: identity keeps moving.
        return at === 0
          ? { type: 'identify', userId, anonymousId: `device-${n % 500}`, messageId, timestamp: moment(n) }
          : { type: 'track', event: 'Opened', userId, messageId, timestamp: moment(n + at) };
      });
      await untilDone(async () => (await collect(batch)) !== undefined);
      for (const messageId of ids.slice(1)) acknowledged.facts.add(intakeFactId(SOURCE, messageId));
    });

  const reads = () =>
    loop(async (n) => {
      const id = `c${n % CUSTOMERS}`;
      const answer = (await graph(READ, { id })) as
        { errors?: unknown[]; data?: { customer?: { purchases?: { byCurrency: { orders: number }[] } | null } | null } | null } | undefined;
      if (answer?.errors) figures.partial++;
      // A merged customer has the orders of all that she is; nobody has more than were sent at all.
      const seen = answer?.data?.customer?.purchases?.byCurrency[0]?.orders ?? 0;
      const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
      if (seen > total) wrong.push(`${id} has ${seen} orders, ${total} were sent`);
    });

  type Known = { id: string; identifiers: { id: string }[] };
  const known = async (id: string): Promise<Known | undefined> =>
    ((await graph(READ, { id })) as { data?: { customer?: Known | null } | null } | undefined)?.data?.customer ?? undefined;
  /** Neighbours become one and come apart again, pair by pair: nobody becomes a customer that no shop has. */
  const identities = () =>
    loop(async (n) => {
      const pair = (n >> 1) % (CUSTOMERS / 2);
      const [one, other] = [await known(`c${2 * pair}`), await known(`c${2 * pair + 1}`)];
      const last = one?.identifiers.at(-1);
      const isOne = one !== undefined && one.id === other?.id;
      const changed =
        n % 2 === 0 && one && other && !isOne
          ? await graph(MERGE, { input: { customerIds: [one.id, other.id], reason: 'chaos', idempotencyKey: `merge-${n}` } })
          : n % 2 === 1 && isOne && last
            ? await graph(SPLIT, { input: { customerId: one.id, identifierIds: [last.id], reason: 'chaos', idempotencyKey: `split-${n}` } })
            : undefined;
      if (changed) figures.merged++;
      await pause(200);
    });

  const lanes = [orders(0), orders(1), events(), reads(), identities(), loop((n) => importSlice(deployment, n, figures, acknowledged))];
  // A lane that fails is told by `stop`, not as an unhandled rejection before.
  const ended = Promise.allSettled(lanes);
  return {
    acknowledged,
    figures,
    wrong,
    async stop() {
      stopping = true;
      const failed = (await ended).find((lane) => lane.status === 'rejected');
      await deployment.close();
      if (failed) throw failed.reason as Error;
    },
  };
}

/** A small file of orders of its own, imported again until it is whole: what stands is found, what is missing is added. */
async function importSlice(deployment: Deployment, n: number, figures: LoadFigures, { orders }: Acknowledged): Promise<void> {
  const head = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
  const invoices = Array.from({ length: SLICE }, (_, at) => String(600_000 + n * SLICE + at));
  const lines = invoices.map(
    (invoice, at) =>
      `${invoice},85123A,HOLDER,6,${daysAgo(7).slice(0, 10)} 08:${String(at).padStart(2, '0')}:00,2.50,${12_000 + ((n * SLICE + at) % 3_000)},United Kingdom\n`,
  );
  for (;;) {
    try {
      const intake = openIntake(deployment, await openAccess(deployment));
      const stream = (async function* () {
        yield Buffer.from(head + lines.join(''));
      })();
      const outcome = await intake.importOrders({ input: { stream }, format: 'online-retail' });
      if (outcome.kind === 'failed') throw new Error(`the import was refused: ${outcome.refusal.rule}`);
      if (outcome.kind !== 'completed' || outcome.summary.quarantined > 0)
        throw new Error(`the import ended as ${JSON.stringify(outcome)}`);
      break;
    } catch (error) {
      if (error instanceof Error && /^the import/.test(error.message)) throw error;
      figures.repeated++;
      await pause(100);
    }
  }
  figures.imported += invoices.length;
  for (const invoice of invoices) orders.set(invoice, 6 * 250);
  await pause(60);
}
