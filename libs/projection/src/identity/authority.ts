import { type Principal, reachOfCustomer } from '@tsunagari/access';
import type { IdentityReader } from './identity-reader';

type Reads = { readonly identity: Pick<IdentityReader, 'customersOf' | 'subjectsOf' | 'authorityGroupsOf'> };

/**
 * The authority group of each subject: the subjects that verified links alone join with it, itself included. A customer's token reaches,
 * and a grant of hers covers, this group and nothing else: neither across an unverified link nor across a merge by a person, who vouches
 * for the books and not for the sign-in. A handful of reads, whatever their number.
 */
export async function authorityGroupsOf({ identity }: Reads, subjects: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const customers = await identity.customersOf(subjects);
  const groups = await identity.authorityGroupsOf([...new Set(customers.values())]);
  return new Map(
    subjects.map((subject) => [
      subject,
      groups.get(customers.get(subject) ?? subject)?.find((group) => group.includes(subject)) ?? [subject],
    ]),
  );
}

/** Whether somebody who signed in reaches what was recorded under a subject: staff everything, a customer what is hers by verified links. */
export async function reachesSubject(reads: Reads, principal: Principal, subject: string): Promise<boolean> {
  if (principal.kind === 'staff') return true;
  const own = principal.subject;
  if (principal.kind === 'anonymous' || own === null) return false;
  if (own === subject) return true;
  return (await authorityGroupsOf(reads, [own])).get(own)?.includes(subject) ?? false;
}

/** The subjects of customers as somebody may see them: staff all of them, a customer her authority group, of others none. */
export async function subjectsReached(
  { identity }: Reads,
  principal: Principal,
  customers: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const members = await identity.subjectsOf(customers);
  if (principal.kind === 'staff') return members;
  return new Map(
    await Promise.all(
      customers.map(async (customer): Promise<[string, readonly string[]]> => {
        const reach = await reachOfCustomer(principal, customer, identity);
        const reached = (subject: string): boolean => reach.kind === 'all' || (reach.kind === 'some' && reach.subjects.includes(subject));
        return [customer, (members.get(customer) ?? []).filter(reached)];
      }),
    ),
  );
}
