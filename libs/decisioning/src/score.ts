import type { Circumstances } from './circumstances';
import { type Amount, type Catalogue, type Experience, type Features, type Offer, UNTRIED } from './offer';
import type { Policy } from './policy';

/** The score as a sum of money. Cost and fatigue are not positive. */
export type Terms = { readonly goal: Amount; readonly sale: Amount; readonly cost: Amount; readonly fatigue: Amount };

/**
 * What the weakest term rests on. `propensity`: how often the offer is taken stands in for an effect that nobody measured: such a
 * score says what is liked, not what it changes.
 */
export type Basis = 'measured' | 'assumed' | 'propensity';

export type Score = {
  readonly terms: Terms;
  /** The sum of the terms. */
  readonly score: Amount;
  readonly basis: Basis;
  readonly goalBasis: Basis | null;
  readonly saleBasis: Basis | null;
  /** Money at stake for the customer's goals: Σ V(purpose), undeclared goals by their share, achieved ones not at all. */
  readonly goalValue: Amount;
  /** The believed acceptance rate. */
  readonly rate: number;
  /** How the score moves with the acceptance rate: score = fixed + slope · rate. */
  readonly slope: Amount;
  readonly fixed: Amount;
};

/**
 * The acceptance rate, shrunken: (accepted + s·m) / (presented + s), m the policy's prior, s what it is worth in presentations;
 * within a stratum m is the offer's own shrunken rate over everybody.
 */
export function acceptanceRate(policy: Policy, experience: Experience, features: Features): number {
  const { a, b } = acceptanceBelief(policy, experience, features);
  return a / (a + b);
}

/** The same as the parameters of a Beta distribution. */
export function acceptanceBelief(policy: Policy, experience: Experience, features: Features): { readonly a: number; readonly b: number } {
  const { rate, strength } = policy.prior;
  const overall = (experience.accepted + strength * rate) / (experience.presented + strength);
  const stratum = policy.stratum === null ? undefined : experience.strata?.[String(features[policy.stratum] ?? '')];
  if (stratum === undefined) {
    const n = experience.presented + strength;
    return { a: overall * n, b: (1 - overall) * n };
  }
  const a = stratum.accepted + strength * overall;
  return { a, b: stratum.presented + strength - a };
}

/**
 * Δp · V(purpose) + uplift · margin − cost − discount · acceptance − fatigue. Where Δp or uplift is not known the acceptance rate
 * takes its place, and `basis` says so.
 */
export function scoreOf(index: number, offer: Offer, catalogue: Catalogue, policy: Policy, circumstances: Circumstances): Score {
  const rate = acceptanceRate(policy, catalogue.experience[index] ?? UNTRIED, circumstances.features);
  const goalValue = goalValueOf(offer, catalogue, policy, circumstances);
  const goal = money((offer.goalEffect?.value ?? rate) * goalValue);
  const sale = money((offer.saleEffect?.value ?? rate) * offer.margin);
  const cost = money(-offer.cost - rate * offer.discount);
  const fatigue = money(-(offer.channel === null ? 0 : (circumstances.fatigue[offer.channel] ?? 0)));
  const goalBasis = goalValue === 0 ? null : (offer.goalEffect?.basis ?? 'propensity');
  const saleBasis = offer.margin === 0 ? null : (offer.saleEffect?.basis ?? 'propensity');
  const score = money(goal + sale + cost + fatigue);
  const slope = (goalBasis === 'propensity' ? goalValue : 0) + (saleBasis === 'propensity' ? offer.margin : 0) - offer.discount;
  return {
    terms: { goal, sale, cost, fatigue },
    score,
    basis: weakest(goalBasis, saleBasis),
    goalBasis,
    saleBasis,
    goalValue,
    rate,
    slope,
    fixed: score - slope * rate,
  };
}

function goalValueOf(offer: Offer, { purposeValues }: Catalogue, policy: Policy, { goals }: Circumstances): Amount {
  let value = 0;
  for (const purpose of offer.purposes) {
    const worth = purposeValues[purpose] ?? 0;
    if (goals.open.includes(purpose)) value += worth;
    else if (!goals.achieved.includes(purpose)) value += worth * policy.undeclaredGoal;
  }
  return value;
}

function weakest(...bases: readonly (Basis | null)[]): Basis {
  if (bases.includes('propensity')) return 'propensity';
  return bases.includes('assumed') ? 'assumed' : 'measured';
}

/** To a hundredth of the minor unit: what is recorded is what was compared. */
function money(amount: number): Amount {
  const rounded = Math.round(amount * 100) / 100;
  return rounded === 0 ? 0 : rounded;
}
