import type { Circumstances } from './circumstances';
import { type Catalogue, type Eligibility, EXPANSION_KINDS, type Offer, UNTRIED } from './offer';
import type { Policy } from './policy';
import { acceptanceRate } from './score';

/** Why an offer is not made, in the order in which the pipeline asks: the first that holds is recorded. */
export const EXCLUSION_RULES = [
  'not_valid_now',
  'other_currency',
  'no_consent',
  'not_eligible',
  'eligibility_unknown',
  'expansion_before_achievement',
  'open_complaint',
  'open_cancel',
  'frequency_cap',
  'quiet_hours',
  'per_customer_cap',
  'declined_lately',
  'snoozed',
  'total_cap',
  'coupon_without_uplift',
  'worth_less_than_nothing',
  'beyond_short_list',
] as const;
export type ExclusionRule = (typeof EXCLUSION_RULES)[number];

type Asked = {
  readonly catalogue: Catalogue;
  readonly policy: Policy;
  readonly circumstances: Circumstances;
  /** Her eligibility for the offer at a place: rules are the dearest thing to ask, so each is asked once. */
  readonly eligibility: (index: number) => Eligibility;
};
type Test = (offer: Offer, index: number, asked: Asked) => boolean;

const DAY = 86_400_000;

/** Those that need no score, in the order of {@link EXCLUSION_RULES}. */
const tests: readonly (readonly [ExclusionRule, Test])[] = [
  [
    'not_valid_now',
    ({ validFrom, validTo }, _, { circumstances: { at } }) => (validFrom !== null && at < validFrom) || (validTo !== null && at >= validTo),
  ],
  ['other_currency', ({ currency }, _, { policy }) => currency !== policy.currency],
  ['no_consent', (offer, _, { circumstances }) => !consented(offer, circumstances)],
  ['not_eligible', (_, index, { eligibility }) => eligibility(index) === 'not_eligible'],
  ['eligibility_unknown', (_, index, { eligibility }) => eligibility(index) === 'unknown'],
  ['expansion_before_achievement', (offer, _, { circumstances: { goals } }) => expands(offer) && !achieved(offer, goals.achieved)],
  ['open_complaint', (offer, _, { circumstances }) => expands(offer) && circumstances.requests.includes('complaint')],
  ['open_cancel', (offer, _, { circumstances }) => expands(offer) && circumstances.requests.includes('cancel')],
  [
    'frequency_cap',
    ({ channel }, _, { circumstances: { caps } }) =>
      channel !== null && caps.some(({ scope, seen, max }) => (scope === 'global' || scope === `channel:${channel}`) && seen >= max),
  ],
  ['quiet_hours', ({ channel }, _, { circumstances: { quiet } }) => channel !== null && quiet.includes(channel)],
  [
    'per_customer_cap',
    ({ id, caps }, _, { circumstances: { history } }) => caps.perCustomer !== null && (history[id]?.presented ?? 0) >= caps.perCustomer,
  ],
  [
    'declined_lately',
    ({ id, caps }, _, { circumstances: { history, at } }) => {
      const declinedAt = history[id]?.declinedAt;
      return declinedAt !== undefined && caps.afterDeclineDays !== null && at < declinedAt + caps.afterDeclineDays * DAY;
    },
  ],
  ['snoozed', ({ id }, _, { circumstances: { history, at } }) => at < (history[id]?.snoozedUntil ?? 0)],
  ['total_cap', ({ id, caps }, _, { circumstances: { used } }) => caps.total !== null && (used[id] ?? 0) >= caps.total],
  ['coupon_without_uplift', couponWithoutUplift],
];

/** What exclusions are asked of, for one customer. */
export function askedOf(parts: Pick<Asked, 'catalogue' | 'policy' | 'circumstances'>): Asked {
  const { catalogue, policy, circumstances } = parts;
  const known: Eligibility[] = [];
  const eligibility = (index: number): Eligibility => (known[index] ??= catalogue.eligible(index, circumstances.features));
  return { catalogue, policy, circumstances, eligibility };
}

/** The first rule that keeps the offer from being made; null when it may be scored. */
export function firstExclusion(index: number, offer: Offer, asked: Asked): ExclusionRule | null {
  for (const [rule, holds] of tests) if (holds(offer, index, asked)) return rule;
  return null;
}

/** Every rule that would keep it from being made, the first first: what a person is told who asks why not. */
export function allExclusions(index: number, offer: Offer, asked: Asked): readonly ExclusionRule[] {
  return tests.filter(([, holds]) => holds(offer, index, asked)).map(([rule]) => rule);
}

function consented({ consent, channel }: Offer, circumstances: Circumstances): boolean {
  if (consent === null) return true;
  const ofChannel = channel === null ? undefined : circumstances.consent[`${consent}/${channel}`];
  return ofChannel ?? circumstances.consent[consent] ?? false;
}

function expands({ kind }: Offer): boolean {
  return EXPANSION_KINDS.includes(kind);
}

/** An offer of no purpose asks for any achievement. */
function achieved({ purposes }: Offer, reached: readonly string[]): boolean {
  return purposes.length === 0 ? reached.length > 0 : purposes.some((purpose) => reached.includes(purpose));
}

/** Without an uplift that outweighs its discount, a coupon is paid to those who would have bought anyway. */
function couponWithoutUplift(offer: Offer, index: number, { catalogue, policy, circumstances }: Asked): boolean {
  if (offer.kind !== 'coupon') return false;
  if (offer.saleEffect === null) return true;
  const rate = acceptanceRate(policy, catalogue.experience[index] ?? UNTRIED, circumstances.features);
  return !(offer.saleEffect.value * offer.margin - rate * offer.discount > 0);
}
