import { identifierRegistered } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { listDistance, type Metric, precisionAt, precisionByTenure, type Tenure } from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import type { DecisionRow } from './decision-table';

export type RecommendationBoard = {
  readonly shown: number;
  readonly precision: Metric;
  readonly precisionByTenure: readonly { readonly tenure: Tenure; readonly precision: Metric }[];
  readonly listDistance: Metric;
};

/** The offers that one decision chose for a customer, in the order of the slate. */
type Slate = {
  readonly customer: string;
  readonly decidedAt: string;
  readonly items: string[];
  readonly used: Set<string>;
  shown: boolean;
};

/** When each of these customers was first seen, ISO 8601; whoever is not in it is not known. */
export type FirstSeen = (customers: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Customers whose lists are compared: with so many the mean is exact to a thousandth or so, and the pairs are still few. */
const MOST_LISTS = 2000;
const MONTH_MS = (365.25 / 12) * 86_400_000;

/** Folds the table of decisions into slates and measures them. Whoever was held out was recommended nothing. */
export async function recommendationBoard(rows: AsyncIterable<DecisionRow>, k: number, firstSeen: FirstSeen): Promise<RecommendationBoard> {
  const slates = new Map<string, Slate>();
  for await (const { decisionId, customer, decidedAt, arm, offerId, presented, answer } of rows) {
    if (arm === 'holdout' || offerId === null) continue;
    const slate = slates.get(decisionId) ?? { customer, decidedAt, items: [], used: new Set(), shown: false };
    slates.set(decisionId, slate);
    slate.items.push(offerId);
    slate.shown ||= presented;
    if (answer === 'accepted' || answer === 'fulfilled') slate.used.add(offerId);
  }
  const shown = [...slates.values()].filter((slate) => slate.shown);
  const since = await firstSeen([...new Set(shown.map(({ customer }) => customer))]);
  const lists = shown.map(({ customer, decidedAt, items, used }) => {
    const months = (Date.parse(decidedAt) - Date.parse(since.get(customer) ?? decidedAt)) / MONTH_MS;
    return { items, used, months: Math.max(0, months) };
  });
  return {
    shown: shown.length,
    precision: precisionAt({}, lists, k),
    precisionByTenure: precisionByTenure({}, lists, k),
    listDistance: distanceOf([...slates.values()]),
  };
}

/** Of each customer's newest slate. Of very many customers those with the lowest ids, which are drawn at random. */
function distanceOf(slates: readonly Slate[]): Metric {
  const newest = new Map<string, Slate>();
  for (const slate of slates) {
    const known = newest.get(slate.customer);
    if (known === undefined || known.decidedAt <= slate.decidedAt) newest.set(slate.customer, slate);
  }
  const compared = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_LISTS);
  const distance = listDistance(
    {},
    compared.map(([, { items }]) => items),
  );
  const left = newest.size - compared.length;
  return left > 0 ? { ...distance, notes: [`${left} more customers have a list: a random sample was compared`] } : distance;
}

/** By the first of her identifiers that was registered, as identity stands. Two reads, however many customers. */
export function firstSeenIn(journal: Pick<Journal, 'bySubjects'>, identity: Pick<IdentityReader, 'subjectsOf'>): FirstSeen {
  return async (customers) => {
    const members = await identity.subjectsOf(customers);
    const owners = new Map([...members].flatMap(([customer, subjects]) => subjects.map((subject) => [subject, customer] as const)));
    const facts = await journal.bySubjects({ subjects: [...owners.keys()], types: [identifierRegistered.type] });
    const first = new Map<string, string>();
    for (const { subject, occurred } of facts) {
      const customer = owners.get(subject ?? '') ?? '';
      const known = first.get(customer);
      if (known === undefined || occurred < known) first.set(customer, occurred);
    }
    return first;
  };
}
