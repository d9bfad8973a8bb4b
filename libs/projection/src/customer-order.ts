import type { Fact, Position } from '@tsunagari/contracts';
import type { Journal, SubjectPlace } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { IdentityReader } from './identity/identity-reader';
import { quoted } from './schema';

/** Customers whose ids lie in `(after, upTo]`, each with all her facts in position order, and how many facts were read for them. */
export type CustomerBatch = {
  readonly upTo: string;
  readonly customers: ReadonlyMap<string, readonly Fact[]>;
  readonly facts: number;
  readonly atEnd: boolean;
};

export type CustomerOrderRead = {
  /** The last customer that was handled; null for the very first. */
  readonly after: string | null;
  /** Facts and identity as of this position. */
  readonly upTo: Position;
  readonly types: readonly string[];
  /** Facts a page: what is held in memory at once, but for a customer with more. */
  readonly limit?: number;
};

type Sources = { readonly pool: Pool; readonly schema: string; readonly journal: Journal; readonly identity: IdentityReader };

export const LAST_KEY = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Few enough that their facts are gone before the garbage collector moves them: with 4,000 a build took a fifth longer. */
const FACTS_A_PAGE = 1000;

/**
 * Every customer as of a position, in order of her id, with all her facts. The journal is read once, in the order of subjects, the
 * next page while this one is worked on; only facts of subjects that belong to another subject's customer are fetched apart.
 */
export async function* inCustomerOrder(sources: Sources, read: CustomerOrderRead): AsyncGenerator<CustomerBatch> {
  const { journal } = sources;
  const { upTo, types, limit = FACTS_A_PAGE } = read;
  const page = (after: SubjectPlace | null): Promise<readonly Fact[]> => journal.inSubjectOrder({ after, upTo, types, limit });
  let after = read.after;
  let reading = page(after === null ? null : { subject: after, position: '9223372036854775807' });
  let held: Fact[] = [];
  try {
    for (;;) {
      const facts = await reading;
      const atEnd = facts.length < limit;
      const last = facts.at(-1);
      if (!atEnd && last?.subject != null) reading = page({ subject: last.subject, position: last.position });
      let mine = held.length === 0 ? facts : [...held, ...facts];
      held = [];
      if (!atEnd) {
        // The last subject may go on in the next page.
        const begins = mine.findIndex(({ subject }) => subject === last?.subject);
        held = mine.slice(begins);
        mine = mine.slice(0, begins);
        if (mine.length === 0) continue;
      }
      const end = atEnd ? LAST_KEY : (mine.at(-1)?.subject ?? LAST_KEY);
      const customers = await byCustomer(sources, read, after, end, mine);
      yield { upTo: end, customers, facts: mine.length, atEnd };
      if (atEnd) return;
      after = end;
    }
  } finally {
    // Whoever stops in the middle leaves a page under way: nobody else would hear of its failure.
    reading.catch(() => undefined);
  }
}

async function byCustomer(
  { pool, schema, journal, identity }: Sources,
  { upTo, types }: CustomerOrderRead,
  after: string | null,
  end: string,
  facts: readonly Fact[],
): Promise<ReadonlyMap<string, readonly Fact[]>> {
  // Only subjects that evidence ever connected have a history: everyone else is her own customer.
  const { rows } = await pool.query<{ subject: string; customer: string }>({
    name: `${schema}.customer-range`,
    text: `with moved as (
        select distinct on (subject) subject, customer from ${quoted(schema)}.identity_history
        where subject > $1 and subject <= $2 and pos <= $3 order by subject, pos desc
      )
      select subject, customer from moved
      union select distinct null::uuid, customer from ${quoted(schema)}.identity_history where customer > $1 and customer <= $2 and pos <= $3`,
    values: [after ?? '00000000-0000-0000-0000-000000000000', end, upTo],
  });
  const elsewhere = new Set<string>();
  const clusters = new Set<string>();
  for (const { subject, customer } of rows) {
    if (subject === null) clusters.add(customer);
    else if (customer !== subject) elsewhere.add(subject);
  }
  const customers = new Map<string, Fact[]>();
  let last = '';
  let hers: Fact[] = [];
  for (const fact of facts) {
    const { subject } = fact;
    if (subject === null || elsewhere.has(subject)) continue;
    if (subject !== last) customers.set((last = subject), (hers = []));
    hers.push(fact);
  }
  if (clusters.size === 0) return customers;
  const others = [...(await identity.subjectsOf([...clusters], upTo))].map(
    ([customer, subjects]) => [customer, subjects.filter((subject) => subject !== customer)] as const,
  );
  await factsOfMembers(journal, others, { types, upTo }, customers);
  return customers;
}

/** The facts of subjects under the customers that they make up, each customer's in the order of the log, behind those that are there. */
export async function factsOfMembers(
  journal: Journal,
  members: Iterable<readonly [customer: string, subjects: readonly string[]]>,
  { types, upTo }: { readonly types: readonly string[]; readonly upTo: Position },
  into = new Map<string, Fact[]>(),
): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const owner = new Map<string, string>();
  for (const [customer, subjects] of members) for (const subject of subjects) owner.set(subject, customer);
  if (owner.size === 0) return into;
  for (const fact of await journal.bySubjects({ subjects: [...owner.keys()], types, upTo })) {
    const customer = fact.subject === null ? undefined : owner.get(fact.subject);
    if (customer === undefined) continue;
    const facts = into.get(customer);
    if (facts) facts.push(fact);
    else into.set(customer, [fact]);
  }
  return into;
}

/** How much of the key space lies at or before this customer: ids are random, so it is how much of the work is done, from 0 to 1. */
export function shareDone(lastCustomer: string | null): number {
  return lastCustomer === null ? 0 : Math.min(1, (Number.parseInt(lastCustomer.slice(0, 8), 16) + 1) / 2 ** 32);
}
