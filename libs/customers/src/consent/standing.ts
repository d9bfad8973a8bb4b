import { type Principal, reachOfCustomer } from '@tsunagari/access';
import { comparePositions } from '@tsunagari/contracts';
import { type ConsentReads, preferencesOf, readConsents } from './consent.answers';
import type { ConsentEntry, Objection } from './consent.decider';
import { noPreferences, type Preferences } from './preference.decider';

/** A word, and the identifier under which it was said. */
export type ConsentView = ConsentEntry & { readonly subject: string };

/** What stands under some identifiers; the words newest first. */
export type Standing = { consents: ConsentView[]; preferences: Preferences; objections: Uppercase<Objection>[] };

/** What stands under each of these groups of identifiers: a handful of reads, whatever their number. Preferences are those of the first of each. */
export async function standings(reads: ConsentReads, groups: readonly (readonly string[])[]): Promise<Standing[]> {
  const firsts = groups.flatMap(([first]) => (first === undefined ? [] : [first]));
  const [states, preferences] = await Promise.all([readConsents(reads.store, [...new Set(groups.flat())]), preferencesOf(reads, firsts)]);
  const preferred = new Map(firsts.map((first, n) => [first, preferences[n]]));
  return groups.map((subjects) => {
    const own = subjects.flatMap((subject) => {
      const state = states.get(subject);
      return state === undefined ? [] : [{ subject, state }];
    });
    return {
      consents: own
        .flatMap(({ subject, state }) => Object.values(state.entries).map((entry) => ({ ...entry, subject })))
        .sort((a, b) => comparePositions(b.position, a.position)),
      preferences: preferred.get(subjects[0] ?? '') ?? noPreferences,
      objections: [...new Set(own.flatMap(({ state }) => state.objections))].map((each) => each.toUpperCase() as Uppercase<Objection>),
    };
  });
}

/** Of customers what the caller reaches: a customer's own token nothing that no verified link makes hers. */
export async function standingsOfCustomers(reads: ConsentReads, customers: readonly string[], principal: Principal): Promise<Standing[]> {
  const members = await reads.identity.subjectsOf(customers);
  const groups = await Promise.all(
    customers.map(async (customer) => {
      const subjects = members.get(customer) ?? [customer];
      const reach = await reachOfCustomer(principal, customer, reads.identity);
      if (reach.kind === 'none') return [];
      return reach.kind === 'all' ? subjects : subjects.filter((subject) => reach.subjects.includes(subject));
    }),
  );
  return standings(reads, groups);
}
