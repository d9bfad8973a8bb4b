import type { IdentityFact } from './facts';
import { foldIdentity } from './fold';
import type { HeldReason, IdentityPartition } from './partition';
import type { IdentityRules } from './rules';

/** What other rules would make of customers. Ids are those of before, but for what comes of one that is taken apart. */
export type IdentityDifference = {
  /** Customers who would be one; `customer` is the id that stays. */
  readonly merging: readonly { readonly customer: string; readonly customers: readonly string[] }[];
  /** Customers who would come apart, and into whom, oldest first. */
  readonly apart: readonly { readonly customer: string; readonly into: readonly string[] }[];
  /** How many customers there would be more; below 0, fewer. */
  readonly customersMore: number;
  /** Pairs whose link the other rules would hold, and those they would follow; each with the reason of the rules that hold it. */
  readonly held: readonly HeldPair[];
  readonly followed: readonly HeldPair[];
};

export type HeldPair = { readonly subjects: readonly [string, string]; readonly reason: HeldReason };

/**
 * Who would merge or come apart if `other` were the rules instead of `today`. Pure; the facts are those of one or more whole evidence
 * components, as for {@link foldIdentity}. A cluster that both loses and takes members stands in both lists.
 */
export function identityDifference(facts: readonly IdentityFact[], today: IdentityRules, other: IdentityRules): IdentityDifference {
  const [was, would] = [foldIdentity(facts, today), foldIdentity(facts, other)];
  const [before, after] = [customersOf(was), customersOf(would)];
  const [heldBefore, heldAfter] = [heldPairs(was), heldPairs(would)];
  return {
    merging: spread(would, before).map(({ customer, over }) => ({ customer, customers: over })),
    apart: spread(was, after).map(({ customer, over }) => ({ customer, into: over })),
    customersMore: would.clusters.length - was.clusters.length,
    held: [...heldAfter].flatMap(([pair, held]) => (heldBefore.has(pair) ? [] : [held])),
    followed: [...heldBefore].flatMap(([pair, held]) => (heldAfter.has(pair) ? [] : [held])),
  };
}

/** Clusters whose subjects belong to more than one customer of the other partition; these in the order of the cluster's subjects. */
function spread(
  { clusters }: IdentityPartition,
  customers: ReadonlyMap<string, string>,
): readonly { readonly customer: string; readonly over: readonly string[] }[] {
  return clusters.flatMap(({ customer, subjects }) => {
    const over = [...new Set(subjects.map(({ subject }) => customers.get(subject) ?? subject))];
    return over.length > 1 ? [{ customer, over }] : [];
  });
}

function customersOf({ clusters }: IdentityPartition): ReadonlyMap<string, string> {
  return new Map(clusters.flatMap(({ customer, subjects }) => subjects.map(({ subject }) => [subject, customer])));
}

function heldPairs({ held }: IdentityPartition): ReadonlyMap<string, HeldPair> {
  return new Map(held.map(({ subjects, reason }) => [[...subjects].sort().join(' '), { subjects, reason }]));
}
