import fc from 'fast-check';
import type { Circumstances } from '../circumstances';
import type { DecisionInput } from '../decide';
import { type Catalogue, type Features, type Offer, UNTRIED } from '../offer';
import { type Policy, POLICY_KINDS } from '../policy';

/** 2026-01-02T03:04:05Z. */
export const NOW = 1_767_323_045_000;

export const policy: Policy = {
  id: 'p',
  version: 1,
  hash: 'policy-1',
  kind: 'ranking',
  currency: 'JPY',
  shortList: 10,
  exploration: 0.1,
  temperature: 50,
  prior: { rate: 0.1, strength: 20 },
  stratum: null,
  undeclaredGoal: 0.25,
  draws: 400,
};

export const howTo: Offer = {
  id: 'how-to',
  revision: 1,
  kind: 'how_to',
  purposes: ['smooth-hair'],
  slots: ['home'],
  channel: null,
  consent: null,
  priority: 0,
  goalEffect: { value: 0.08, basis: 'measured' },
  saleEffect: null,
  margin: 0,
  cost: 0,
  discount: 0,
  currency: 'JPY',
  caps: { perCustomer: null, total: null, afterDeclineDays: null },
  validFrom: null,
  validTo: null,
};

export const coupon: Offer = {
  ...howTo,
  id: 'coupon',
  kind: 'coupon',
  purposes: [],
  channel: 'email',
  consent: 'marketing',
  goalEffect: null,
  saleEffect: { value: 0.12, basis: 'assumed' },
  margin: 1200,
  discount: 300,
};

export function catalogueOf(offers: readonly Offer[], over: Partial<Catalogue> = {}): Catalogue {
  return {
    hash: 'catalogue-1',
    offers,
    purposeValues: { 'smooth-hair': 4000 },
    experience: offers.map(() => UNTRIED),
    holdouts: [],
    eligible: () => 'eligible',
    ...over,
  };
}

export const circumstances: Circumstances = {
  at: NOW,
  unit: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f',
  features: { recency_days: 12 },
  consent: { marketing: true },
  requests: [],
  goals: { open: ['smooth-hair'], achieved: [] },
  caps: [],
  quiet: [],
  history: {},
  used: {},
  fatigue: {},
};

/** One decision among a how-to and a coupon. */
export function inputOf(over: Partial<DecisionInput> = {}): DecisionInput {
  return { slot: 'home', count: 1, seed: 42, policy, catalogue: catalogueOf([howTo, coupon]), circumstances, ...over };
}

/** A catalogue as a brand of some size has it: 200 offers with rules over what is understood, deterministic from the seed. */
export function bigCatalogue(seed = 1): Catalogue {
  const kinds = ['how_to', 'self_assessment', 'coupon', 'cross_sell', 'encouragement', 'plan_change', 'event', 'recommendation'];
  const offers = Array.from({ length: 200 }, (_, n): Offer => {
    const turn = (n * 7919 + seed) % 101;
    return {
      ...howTo,
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      kind: kinds[n % kinds.length] as string,
      purposes: n % 5 === 4 ? [] : [`purpose-${n % 6}`],
      channel: n % 3 === 0 ? 'email' : null,
      consent: n % 3 === 0 ? 'marketing' : null,
      priority: n % 10,
      goalEffect: n % 2 === 0 ? { value: turn / 1000, basis: n % 4 === 0 ? 'measured' : 'assumed' } : null,
      saleEffect: n % 4 === 2 ? { value: turn / 900, basis: 'measured' } : null,
      margin: n % 5 === 4 ? 900 : 0,
      cost: n % 3 === 0 ? 7 : 0,
      caps: { perCustomer: 3, total: null, afterDeclineDays: 30 },
    };
  });
  return catalogueOf(offers, {
    purposeValues: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`purpose-${n}`, 1000 + 500 * n])),
    experience: offers.map((_, n) => ({ presented: n * 3, accepted: Math.floor((n * 3) / 7) })),
    eligible: (n, { recency_days }) =>
      recency_days == null ? 'unknown' : Number(recency_days) < 10 + (n % 40) * 9 ? 'eligible' : 'not_eligible',
  });
}

/** Features as understanding gives them: some thirty names. */
export const richFeatures: Features = {
  recency_days: 41,
  frequency: 7,
  monetary_minor: 182_350,
  span_days: 388,
  rfm_recency: 4,
  rfm_frequency: 3,
  rfm_monetary: 5,
  purchase_probability_90d: 0.6134920183,
  purchase_probability_365d: 0.9010492813,
  expected_purchases_365d: 4.7201938412,
  ltv_minor: 2_381_204,
  alive: null,
  net_minor: 1_204_880,
  refund_share: 0.0312,
  orders: 9,
  lifecycle: 'active',
  kind: 'person',
  currency: 'JPY',
  first_seen_days: 402,
  goals_open: 1,
  goals_achieved: 0,
  days_since_goal: 12,
  observations: 3,
  messages_30d: 4,
  opened_30d: 2,
  subscription: 'none',
  plan: null,
  payment_failures: 0,
  connected: true,
  touchpoints: 3,
};

const amount = fc.integer({ min: 0, max: 5000 });
const probability = fc.double({ min: 0, max: 1, noNaN: true });
const effect = fc.option(
  fc.record({ value: fc.double({ min: -0.2, max: 0.6, noNaN: true }), basis: fc.constantFrom('measured', 'assumed') }),
);

export const anyPolicy = fc
  .record({
    kind: fc.constantFrom(...POLICY_KINDS),
    shortList: fc.integer({ min: 1, max: 20 }),
    exploration: fc.double({ min: 0, max: 0.9, noNaN: true }),
    temperature: fc.double({ min: 0.5, max: 5000, noNaN: true }),
  })
  .map((over): Policy => ({ ...policy, ...over, draws: 100 }));

const anyOffer = fc.record({
  kind: fc.constantFrom('how_to', 'coupon', 'up_sell', 'campaign'),
  purposes: fc.subarray(['smooth-hair', 'calm-mood']),
  channel: fc.constantFrom(null, 'email', 'push'),
  consent: fc.constantFrom(null, 'marketing'),
  priority: fc.integer({ min: 0, max: 3 }),
  goalEffect: effect,
  saleEffect: effect,
  margin: amount,
  cost: fc.integer({ min: 0, max: 200 }),
  discount: fc.integer({ min: 0, max: 200 }),
});

export const anyCatalogue = fc
  .array(fc.tuple(anyOffer, fc.nat(40), fc.nat(20), fc.constantFrom('eligible' as const, 'not_eligible' as const, 'unknown' as const)), {
    maxLength: 30,
  })
  .map((entries) =>
    catalogueOf(
      entries.map(([over], n): Offer => ({ ...howTo, ...over, id: `offer-${n}` }) as Offer),
      {
        purposeValues: { 'smooth-hair': 4000, 'calm-mood': 900 },
        experience: entries.map(([, presented, accepted]) => ({ presented, accepted: Math.min(presented, accepted) })),
        eligible: (n) => (entries[n]?.[3] === 'eligible' || n % 3 > 0 ? 'eligible' : (entries[n]?.[3] ?? 'eligible')),
        holdouts: [{ id: 'h', salt: 'seed', from: 0, to: 0.3, slots: null }],
      },
    ),
  );

export const anyCircumstances = fc
  .record({
    unit: fc.uuid(),
    features: fc.constant({ recency_days: 12 }),
    consent: fc.constantFrom({}, { marketing: true }, { marketing: true, 'marketing/email': false }),
    requests: fc.subarray(['complaint' as const, 'cancel' as const]),
    goals: fc.constantFrom({ open: ['smooth-hair'], achieved: [] }, { open: [], achieved: ['calm-mood'] }),
    fatigue: fc.record({ email: fc.double({ min: 0, max: 500, noNaN: true }) }),
    rate: probability,
  })
  .map(({ rate: _, ...over }): Circumstances => ({ ...circumstances, ...over }));
