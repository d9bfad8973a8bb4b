import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { foldIdentity, type IdentityRules } from '@tsunagari/identity';
import type { Pool } from '@tsunagari/postgres';
import { decodeFor } from '../decoded';
import { quoted } from '../schema';
import { GRAPH_TYPES, identityFactOf, rulesOfRow } from './identity-facts';

type Reads = { readonly pool: Pool; readonly journal: Journal; readonly registry: FactRegistry; readonly schema: string };

/**
 * The authority groups of customers, given by their subjects at a position: their whole evidence components are folded again from the
 * journal. What stage 0 keeps says who is one customer; it does not say by which evidence, and authority rests on that alone.
 */
export async function authorityGroups(
  { pool, journal, registry, schema }: Reads,
  members: ReadonlyMap<string, readonly string[]>,
  upTo: Position,
): Promise<ReadonlyMap<string, readonly (readonly string[])[]>> {
  const s = quoted(schema);
  // A customer whom no evidence names is one subject, and reaches herself.
  const groups = new Map(
    [...members].map(([customer, subjects]): [string, readonly (readonly string[])[]] => [customer, subjects.map((subject) => [subject])]),
  );
  const subjects = [...members.values()].flat();
  if (subjects.length === 0) return groups;
  const { rows } = await pool.query<{ subject: string }>(
    `select subject from ${s}.identity_subjects
     where component in (select component from ${s}.identity_subjects where subject = any($1::uuid[]))`,
    [subjects],
  );
  if (rows.length === 0) return groups;
  const [facts, rules] = await Promise.all([
    journal.bySubjects({ subjects: rows.map(({ subject }) => subject), types: GRAPH_TYPES, upTo }),
    pool.query<{ rules: IdentityRules }>(`select rules from ${s}.identity_rules where pos <= $1 order by pos desc limit 1`, [upTo]),
  ]);
  const seen = decodeFor(registry, facts).facts.flatMap((fact) => identityFactOf(fact) ?? []);
  for (const cluster of foldIdentity(seen, rulesOfRow(rules.rows[0])).clusters)
    if (groups.has(cluster.customer)) groups.set(cluster.customer, cluster.authorityGroups);
  return groups;
}
