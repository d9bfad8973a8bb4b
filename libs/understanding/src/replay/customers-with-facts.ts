import { type Fact, facts as registry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { IdentityReader } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { pagesByKey } from '../pages-by-key';

export type FactsByCustomer = {
  readonly pool: Pool;
  readonly journal: Pick<Journal, 'bySubjects'>;
  readonly identity: Pick<IdentityReader, 'subjectsOf'>;
  /** Only these types; by default all. */
  readonly types?: readonly string[];
  /** Told of every page: how many of how many customers. */
  readonly onPage?: (done: number, total: number) => void;
};

const PAGE = 500;

/**
 * The facts of each of these customers, decoded, in position order: two reads, however many they are. By default of all types; `at` a position those up to
 * it, with the identity of then.
 */
export async function factsOfCustomers(
  { journal, identity }: Pick<FactsByCustomer, 'journal' | 'identity'>,
  customers: readonly string[],
  types?: readonly string[],
  at?: Position,
): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const members = await identity.subjectsOf(customers, at);
  const owner = new Map([...members].flatMap(([customer, subjects]) => subjects.map((subject) => [subject, customer] as const)));
  const facts = new Map<string, Fact[]>(customers.map((customer) => [customer, []]));
  for (const fact of await journal.bySubjects({
    subjects: [...owner.keys()],
    ...(types === undefined ? {} : { types }),
    ...(at === undefined ? {} : { upTo: at }),
  })) {
    const decoded = registry.decode(fact);
    if (decoded.kind === 'decoded') facts.get(owner.get(fact.subject ?? '') ?? '')?.push({ ...fact, data: decoded.data });
  }
  return facts;
}

/**
 * Every known customer with her facts, decoded, in position order: read once from the journal, in pages by id, so that memory does not grow
 * with the base. Who belongs to whom is as it is known today.
 */
export async function* customersWithFacts({ pool, journal, identity, types, onPage }: FactsByCustomer): AsyncGenerator<{
  readonly customer: string;
  readonly facts: readonly Fact[];
}> {
  const { rows } = await pool.query<{ total: number }>(
    `select count(*)::int as total from understanding.profile where kind <> 'unidentified'`,
  );
  const total = rows[0]?.total ?? 0;
  const text = `select key from understanding.profile where kind <> 'unidentified' and key > $1 order by key limit $2`;
  let done = 0;
  for await (const page of pagesByKey<{ key: string }>(pool, text, { size: PAGE })) {
    const keys = page.map(({ key }) => key);
    const facts = await factsOfCustomers({ journal, identity }, keys, types);
    for (const customer of keys) yield { customer, facts: facts.get(customer) ?? [] };
    done += keys.length;
    onPage?.(done, total);
  }
}
