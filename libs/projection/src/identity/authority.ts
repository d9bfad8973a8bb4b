import type { Principal } from '@tsunagari/access';
import { facts as registry } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { defaultIdentityRules, foldIdentity } from '@tsunagari/identity';
import { GRAPH_TYPES, identityFactOf } from './identity-facts';
import type { IdentityReader } from './identity-reader';

/**
 * The authority group of each subject: the subjects that verified links alone join with it, itself included. A customer's token reaches,
 * and a grant of hers covers, this group and nothing else: neither across an unverified link nor across a merge by a person, who vouches
 * for the books and not for the sign-in. One read for the customers concerned, whatever their number.
 */
export async function authorityGroupsOf(
  { identity, journal }: { readonly identity: IdentityReader; readonly journal: Journal },
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const groups = new Map<string, readonly string[]>(subjects.map((subject) => [subject, [subject]]));
  if (subjects.length === 0) return groups;
  const customers = await identity.customersOf(subjects);
  const members = await identity.subjectsOf([...new Set(customers.values())]);
  // Who is alone has no links to follow.
  const joined = [...members.values()].filter((all) => all.length > 1).flat();
  if (joined.length === 0) return groups;
  const customerOf = new Map([...members].flatMap(([customer, all]) => all.map((subject) => [subject, customer] as const)));
  const byCustomer = new Map<string, ReturnType<typeof identityFactOf>[]>();
  for (const fact of await journal.bySubjects({ subjects: joined, types: GRAPH_TYPES })) {
    const decoded = registry.decode(fact);
    if (decoded.kind !== 'decoded') throw new Error(`authority cannot be told: ${fact.type} v${fact.schema} is ${decoded.kind}`);
    const customer = customerOf.get(fact.subject ?? '');
    if (customer === undefined) continue;
    const own = byCustomer.get(customer) ?? [];
    own.push(identityFactOf({ ...fact, data: decoded.data }));
    byCustomer.set(customer, own);
  }
  for (const [, facts] of byCustomer) {
    const { clusters } = foldIdentity(
      facts.flatMap((fact) => fact ?? []),
      defaultIdentityRules,
    );
    for (const { authorityGroups } of clusters)
      for (const group of authorityGroups) for (const subject of group) if (groups.has(subject)) groups.set(subject, group);
  }
  return groups;
}

/** Whether somebody who signed in reaches what was recorded under a subject: staff everything, a customer what is hers by verified links. */
export async function reachesSubject(
  ports: { readonly identity: IdentityReader; readonly journal: Journal },
  principal: Principal,
  subject: string,
): Promise<boolean> {
  if (principal.kind === 'staff') return true;
  const own = principal.subject;
  if (principal.kind === 'anonymous' || own === null) return false;
  if (own === subject) return true;
  return (await authorityGroupsOf(ports, [own])).get(own)?.includes(subject) ?? false;
}
