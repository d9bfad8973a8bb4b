import { type Draws, drawsOf, probabilities } from './choice';
import { arbitrate, armsOf, type DecisionInput } from './decide';
import type { ExclusionRule } from './exclusions';
import type { Catalogue } from './offer';
import type { Policy } from './policy';
import { type Chosen, circumstancesOf, type DecisionRecord } from './record';

/** What a slate holds already, by place in the catalogue; what another chooser would put next, with its probability. Sums to 1. */
export type Chances = (before: readonly (number | null)[]) => readonly Chosen[];

/** One decision as it was made and as somebody else would have made it. */
export type Counterfactual = {
  /** Probability of the whole slate, as logged: above 0. */
  readonly logged: number;
  /** Probability with which the other would have made the same slate. */
  readonly target: number;
  /** Share of the other's choices that could not have been logged here; unbiased over many decisions, not bounded for one. */
  readonly unsupported: number;
  /** What the other would have put first, those of a probability above 0. */
  readonly first: readonly Chosen[];
};

/** What another policy would have chosen from what was seen. Throws RangeError when the catalogue is not the one of the record. */
export function chancesOfPolicy(record: DecisionRecord, policy: Policy, catalogue: Catalogue): Chances {
  const { slot, count, seed, seen } = record;
  const input: DecisionInput = { slot, count, seed, policy, catalogue, circumstances: circumstancesOf(seen, catalogue) };
  const { ranked } = arbitrate(input);
  const arms = armsOf(ranked, input);
  const offers = arms.map((_, arm) => ranked[arm]?.offer ?? null);
  const wins: Draws | null = policy.kind === 'thompson' ? drawsOf(policy, arms, seed) : null;
  return (before) => {
    const remaining = offers.flatMap((offer, arm) => (before.includes(offer) ? [] : [arm]));
    return probabilities(policy, arms, remaining, wins).map((p, at) => ({ offer: offers[remaining[at] ?? -1] ?? null, p }));
  };
}

/** What nobody asked whether it pays: another chooser may think otherwise. */
const OF_THE_SCORE: readonly ExclusionRule[] = ['worth_less_than_nothing', 'beyond_short_list'];

/**
 * One offer alone, wherever its rules allowed it, and no action where they did not. Null: an offer that the catalogue of the decision does
 * not have. Where it was no candidate the log has nothing to say of it.
 */
export function chancesOfOffer({ excluded }: Pick<DecisionRecord, 'excluded'>, offer: number | null): Chances {
  const place = offer ?? -1;
  const barred = Object.entries(excluded).some(([rule, offers]) => !OF_THE_SCORE.some((soft) => soft === rule) && offers.includes(place));
  return (before) => [{ offer: barred || before.length > 0 ? null : place, p: 1 }];
}

/**
 * Weighs a slate by the product of its conditional probabilities. Unsupported is what the other would have put where the log had a
 * probability of 0, place by place, each weighed by the way to it.
 */
export function counterfactual(record: Pick<DecisionRecord, 'chosen' | 'shortList' | 'nothing'>, chances: Chances): Counterfactual {
  let logged = 1;
  let target = 1;
  let unsupported = 0;
  const before: (number | null)[] = [];
  for (const { offer, p } of record.chosen) {
    const next = chances(before);
    const possible = supportOf(record, before.length, { offer, p });
    const outside = next.reduce((sum, other) => (possible(other.offer) ? sum : sum + other.p), 0);
    unsupported += (target / logged) * outside;
    logged *= p;
    target *= next.find((other) => other.offer === offer)?.p ?? 0;
    before.push(offer);
  }
  return { logged, target, unsupported, first: chances([]).filter(({ p }) => p > 0) };
}

/** What could have been logged at a place. Of the first the record says all; later ones were certain, or explored the short list. */
function supportOf(
  { shortList, nothing }: Pick<DecisionRecord, 'shortList' | 'nothing'>,
  place: number,
  { offer: chosen, p }: Chosen,
): (offer: number | null) => boolean {
  if (place === 0) return (offer) => (offer === null ? nothing : (shortList.p[shortList.offer.indexOf(offer)] ?? 0)) > 0;
  return p === 1 ? (offer) => offer === chosen : (offer) => offer === null || shortList.offer.includes(offer);
}
