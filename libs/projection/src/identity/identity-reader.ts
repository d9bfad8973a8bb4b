import { comparePositions, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { HeldReason, IdentityRules } from '@tsunagari/identity';
import { arrayParameter, type Pool } from '@tsunagari/postgres';
import { quoted } from '../schema';
import { authorityGroups } from './authority-groups';
import { type IdentityPreview, previewIdentity, type RulesInForce, rulesInForce } from './preview';

/** Evidence that did not join two customers; a person may merge them. */
export type HeldMerge = {
  readonly position: Position;
  readonly factId: string;
  readonly subjects: readonly [string, string];
  readonly reason: HeldReason;
};

/** Which subjects form which customer. `at` is a position, inclusive; by default as far as identity is resolved. */
export interface IdentityReader {
  /** The customer of every subject asked for. A subject that nothing is known of is its own customer. */
  customersOf(subjects: readonly string[], at?: Position): Promise<ReadonlyMap<string, string>>;
  /** The subjects of every customer asked for, the customer's own id first; none for an id that is no customer (any more). */
  subjectsOf(customers: readonly string[], at?: Position): Promise<ReadonlyMap<string, readonly string[]>>;
  /** All subjects of the customer to whom this subject belongs: who is meant by any id that was ever hers. */
  membersOf(subject: string, at?: Position): Promise<{ readonly customer: string; readonly subjects: readonly string[] }>;
  /**
   * What of every customer asked for one sign-in may reach: her subjects, grouped by verified links alone, oldest first; each subject is
   * in exactly one group. None for an id that is no customer (any more). Derived from the graph's facts when it is asked for, as far as
   * identity is resolved: a handful of reads, so ask for those who sign in and not for a page of strangers.
   */
  authorityGroupsOf(customers: readonly string[], at?: Position): Promise<ReadonlyMap<string, readonly (readonly string[])[]>>;
  /** Merges that rules held back and that still stand apart, oldest first. */
  heldMerges(options?: { readonly limit?: number; readonly subjects?: readonly string[] }): Promise<readonly HeldMerge[]>;
  /** The rules of merging in force, as far as identity is resolved. */
  rules(): Promise<RulesInForce>;
  /** Who would merge or come apart under other rules; changes nothing. Reads all evidence: for a person who asks, not for a page. */
  preview(rules: IdentityRules, options?: { readonly examples?: number }): Promise<IdentityPreview>;
  /** How far identity is resolved. */
  position(): Promise<Position>;
}

/** Reads what stage 0 keeps in `schema`. Needs no running runner. */
export function createIdentityReader({
  pool,
  journal,
  registry,
  schema = 'understanding',
}: {
  readonly pool: Pool;
  readonly journal: Journal;
  readonly registry: FactRegistry;
  readonly schema?: string;
}): IdentityReader {
  const s = quoted(schema);
  const LAST = '9223372036854775807';

  async function customersOf(subjects: readonly string[], at: Position = LAST): Promise<ReadonlyMap<string, string>> {
    const found = new Map(subjects.map((subject) => [subject, subject]));
    if (found.size === 0) return found;
    const { rows } = await pool.query<{ subject: string; customer: string }>({
      name: `${schema}.customers-of`,
      text: `select a.subject, h.customer from unnest($1::uuid[]) a(subject) cross join lateral
        (select customer from ${s}.identity_history h where h.subject = a.subject and h.pos <= $2 order by h.pos desc limit 1) h`,
      values: [arrayParameter('uuid', [...found.keys()]), at],
    });
    for (const row of rows) found.set(row.subject, row.customer);
    return found;
  }

  async function subjectsOf(customers: readonly string[], at: Position = LAST): Promise<ReadonlyMap<string, readonly string[]>> {
    const members = new Map<string, string[]>(customers.map((customer) => [customer, []]));
    if (members.size === 0) return members;
    const { rows } = await pool.query<{ subject: string }>(
      `select distinct subject from ${s}.identity_history where customer = any($1::uuid[]) and pos <= $2`,
      [[...members.keys()], at],
    );
    // Whoever ever belonged to one of them, and the customers' own subjects: then ask where each belongs at that position.
    const candidates = [...new Set([...members.keys(), ...rows.map(({ subject }) => subject)])];
    for (const [subject, customer] of await customersOf(candidates, at)) members.get(customer)?.push(subject);
    for (const [customer, subjects] of members) subjects.sort((a, b) => (a === customer ? -1 : b === customer ? 1 : a < b ? -1 : 1));
    return members;
  }

  async function position(): Promise<Position> {
    const { rows } = await pool.query<{ pos: string }>(`select pos from ${s}.checkpoints where reader = 'identity'`);
    return rows[0]?.pos ?? '0';
  }

  return {
    customersOf,
    subjectsOf,
    async authorityGroupsOf(customers, at) {
      const resolved = await position();
      const upTo = at === undefined || comparePositions(resolved, at) < 0 ? resolved : at;
      return authorityGroups({ pool, journal, registry, schema }, await subjectsOf(customers, upTo), upTo);
    },
    async membersOf(subject, at) {
      const customer = (await customersOf([subject], at)).get(subject) ?? subject;
      return { customer, subjects: (await subjectsOf([customer], at)).get(customer) ?? [] };
    },
    async heldMerges({ limit = 100, subjects } = {}) {
      const { rows } = await pool.query<{ pos: string; fact_id: string; one: string; other: string; reason: HeldReason }>(
        `select pos, fact_id, one, other, reason from ${s}.identity_held
         where $2::uuid[] is null or one = any($2) or other = any($2) order by pos, fact_id limit $1`,
        [limit, subjects ?? null],
      );
      return rows.map(({ pos, fact_id, one, other, reason }) => ({ position: pos, factId: fact_id, subjects: [one, other], reason }));
    },
    rules: () => rulesInForce({ pool, schema }),
    preview: (rules, { examples = 20 } = {}) => previewIdentity({ pool, journal, registry, schema }, rules, examples),
    position,
  };
}
