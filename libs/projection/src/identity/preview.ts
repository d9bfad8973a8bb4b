import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { identityDifference, type IdentityFact, type IdentityRules } from '@tsunagari/identity';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { decodeFor } from '../decoded';
import { IDENTITY, quoted } from '../schema';
import { GRAPH_TYPES, identityFactOf, rulesOfRow } from './identity-facts';

/** The rules in force, and since which position; `BEGINNING` while they are the defaults. */
export type RulesInForce = { readonly since: Position; readonly rules: IdentityRules };

/** Who would merge or come apart under other rules, before anything is changed. */
export type IdentityPreview = {
  /** What is known up to here was looked at. */
  readonly position: Position;
  readonly today: IdentityRules;
  /** Customers of today who would be part of another one. */
  readonly wouldMerge: number;
  /** Customers of today who would come apart. */
  readonly wouldComeApart: number;
  /** How many customers there would be more (or, below 0, fewer). */
  readonly customersMore: number;
  /** Links that would be held, and held ones that would be followed. */
  readonly linksHeld: number;
  readonly linksFollowed: number;
  /** Some of them, as many as were asked for. */
  readonly merging: readonly { readonly customer: string; readonly customers: readonly string[] }[];
  readonly apart: readonly { readonly customer: string; readonly into: readonly string[] }[];
};

type Sources = { readonly pool: Pool; readonly journal: Journal; readonly registry: FactRegistry; readonly schema: string };
type Component = { readonly component: string; readonly subjects: readonly string[] };

/** Evidence components folded at a time. */
const COMPONENTS = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

export async function rulesInForce({ pool, schema }: Pick<Sources, 'pool' | 'schema'>): Promise<RulesInForce> {
  const { rows } = await pool.query<{ pos: Position; rules: IdentityRules }>(
    `select pos, rules from ${quoted(schema)}.identity_rules order by pos desc limit 1`,
  );
  return { since: rows[0]?.pos ?? '0', rules: rulesOfRow(rows[0]) };
}

/**
 * Folds every evidence component under the rules of today and under others, as far as identity is resolved, and changes nothing. Whoever
 * was never named by evidence is one customer under any rules, and is not looked at. Reads all evidence there is, some hundred components
 * at a time.
 */
export async function previewIdentity(sources: Sources, other: IdentityRules, examples: number): Promise<IdentityPreview> {
  const client = await sources.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    return await preview(sources, client, other, examples);
  } finally {
    await client.query('rollback').catch((lost: Error) => (broken = lost));
    client.release(broken);
  }
}

async function preview(sources: Sources, client: PoolClient, other: IdentityRules, examples: number): Promise<IdentityPreview> {
  const s = quoted(sources.schema);
  const { rows } = await client.query<{ position: Position; rules: IdentityRules | null }>(
    `select (select pos from ${s}.checkpoints where reader = '${IDENTITY}') as position,
       (select rules from ${s}.identity_rules order by pos desc limit 1) as rules`,
  );
  const position = rows[0]?.position ?? '0';
  const today = rulesOfRow(rows[0]);
  const counted = { wouldMerge: 0, wouldComeApart: 0, customersMore: 0, linksHeld: 0, linksFollowed: 0 };
  const merging: IdentityPreview['merging'][number][] = [];
  const apart: IdentityPreview['apart'][number][] = [];
  for (let last = FIRST; ;) {
    const page = await componentsAfter(client, s, last);
    const end = page.at(-1);
    if (end === undefined) return { position, today, ...counted, merging, apart };
    last = end.component;
    for (const facts of await factsOf(sources, page, position)) {
      const difference = identityDifference(facts, today, other);
      counted.wouldComeApart += difference.apart.length;
      counted.linksHeld += difference.held.length;
      counted.linksFollowed += difference.followed.length;
      for (const { customers } of difference.merging) counted.wouldMerge += customers.length;
      counted.customersMore += difference.customersMore;
      merging.push(...difference.merging.slice(0, Math.max(0, examples - merging.length)));
      apart.push(...difference.apart.slice(0, Math.max(0, examples - apart.length)));
    }
  }
}

async function componentsAfter(client: PoolClient, s: string, last: string): Promise<readonly Component[]> {
  const { rows } = await client.query<Component>(
    `select component, array_agg(subject::text) as subjects from ${s}.identity_subjects
     where component in (select distinct component from ${s}.identity_subjects where component > $1 order by component limit ${COMPONENTS})
     group by component order by component`,
    [last],
  );
  return rows;
}

/** The evidence of each component. */
async function factsOf(
  { journal, registry }: Sources,
  components: readonly Component[],
  upTo: Position,
): Promise<readonly (readonly IdentityFact[])[]> {
  const componentOf = new Map(components.flatMap(({ component, subjects }) => subjects.map((subject) => [subject, component])));
  const found = new Map<string, IdentityFact[]>(components.map(({ component }) => [component, []]));
  const facts = await journal.bySubjects({ subjects: [...componentOf.keys()], types: GRAPH_TYPES, upTo });
  for (const fact of decodeFor(registry, facts).facts) {
    const seen = identityFactOf(fact);
    if (seen && fact.subject !== null) found.get(componentOf.get(fact.subject) ?? '')?.push(seen);
  }
  return [...found.values()];
}
