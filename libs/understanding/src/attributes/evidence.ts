import type { Understood } from './attributes';
import type { CustomerAttributeName } from './vocabulary';

/** At most so many ids stand behind one derived value: the newest. The timeline has them all. */
export const MOST_EVIDENCE = 20;

/** What each attribute rests on: the newest facts that the folds keep of it. What is missing here rests on a model. */
const BEHIND: Readonly<Partial<Record<CustomerAttributeName, (known: Understood) => readonly string[]>>> = {
  kind: identifiers,
  identifiers,
  days_known: ({ profile }) => (profile?.firstFact == null ? [] : [profile.firstFact]),
  purchases,
  purchases_90d: purchases,
  purchases_365d: purchases,
  days_since_purchase: purchases,
  days_since_first_purchase: purchases,
  days_between_purchases: purchases,
  sales: purchases,
  mean_sale: purchases,
  subscriber: contracts,
  mrr: contracts,
  contract_days: contracts,
  ended_contracts: contracts,
  paused: contracts,
  leaving: contracts,
  failed_payments: contracts,
  uses_30d: uses,
  uses_90d: uses,
  days_since_use: ({ experience }) => (experience?.lastUse ? [experience.lastUse.evidence] : []),
  nps_score: answers,
  days_since_answer: answers,
  unanswered_surveys: ({ experience }) => (experience?.asked ?? []).map(({ evidence }) => evidence),
  dissatisfactions_90d: ({ experience }) => (experience?.voices ?? []).map(({ evidence }) => evidence),
  connections: ({ experience }) => (experience?.connections ?? []).map(({ evidence }) => evidence),
  interactions_90d: interactions,
  initiative_90d: interactions,
  // The model is a fact of its own, named beside every score; of hers it reads what she bought.
  purchase_probability_90d: purchases,
  ltv_12m: purchases,
};

function identifiers({ profile }: Understood): readonly string[] {
  return (profile?.identifiers ?? []).map(({ evidence }) => evidence);
}

function purchases({ purchases: bought }: Understood): readonly string[] {
  return bought?.evidence ?? [];
}

function contracts({ holdings }: Understood): readonly string[] {
  return (holdings?.contracts ?? []).map(({ evidence }) => evidence);
}

function uses({ experience }: Understood): readonly string[] {
  return experience?.useEvidence ?? [];
}

function answers({ experience }: Understood): readonly string[] {
  return (experience?.answers ?? []).map(({ evidence }) => evidence);
}

function interactions({ experience }: Understood): readonly string[] {
  return experience?.interactionEvidence ?? [];
}

/** The facts behind what some attributes say: the newest that the folds keep, of each attribute its share. */
export function evidenceOf(known: Understood, reads: readonly string[]): readonly string[] {
  const sorts = new Map(reads.flatMap((read) => (isAttribute(read) ? [[BEHIND[read], BEHIND[read]?.(known) ?? []] as const] : [])));
  const share = Math.max(1, Math.floor(MOST_EVIDENCE / Math.max(1, sorts.size)));
  return [...new Set([...sorts.values()].flatMap((ids) => ids.slice(-share)))].slice(-MOST_EVIDENCE);
}

function isAttribute(name: string): name is CustomerAttributeName {
  return Object.hasOwn(BEHIND, name);
}

/** What a profile rests on: her first fact, her identifiers, and the newest of what she did, consented to and was said to be. */
export function profileEvidence(profile: NonNullable<Understood['profile']>): readonly string[] {
  const newest = [...profile.traits, ...profile.consents, ...profile.identifiers].map(({ evidence }) => evidence);
  const ids = new Set([...(profile.firstFact === null ? [] : [profile.firstFact]), ...newest, ...profile.behaviourEvidence]);
  return [...ids].slice(-MOST_EVIDENCE);
}
