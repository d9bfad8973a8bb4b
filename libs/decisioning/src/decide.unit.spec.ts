import fc from 'fast-check';
import { decide, type DecisionInput } from './decide';
import type { ExclusionRule } from './exclusions';
import { explain, whyNot } from './explain';
import type { Circumstances } from './circumstances';
import type { Catalogue, Offer } from './offer';
import { type DecisionRecord, rowsOf } from './record';
import { drift, replay } from './replay';
import {
  anyCatalogue,
  anyCircumstances,
  anyPolicy,
  bigCatalogue,
  catalogueOf,
  circumstances,
  coupon,
  howTo,
  NOW,
  policy,
  richFeatures,
} from './testing/world';

const inputOf = (over: Partial<DecisionInput> = {}): DecisionInput => ({
  slot: 'home',
  count: 1,
  seed: 42,
  policy,
  catalogue: catalogueOf([howTo, coupon]),
  circumstances,
  ...over,
});
const given = (offer: Partial<Offer>, over: Partial<Circumstances> = {}, catalogue: Partial<Catalogue> = {}) =>
  decide(inputOf({ catalogue: catalogueOf([{ ...howTo, ...offer }], catalogue), circumstances: { ...circumstances, ...over } }));

const shortListOf = (record: DecisionRecord) => rowsOf(record.shortList);

describe('the score', () => {
  it('is money: Δp · V(purpose) + uplift · margin − cost − discount − fatigue, so a how-to can win over a coupon [0.09]', () => {
    const record = decide(inputOf({ circumstances: { ...circumstances, fatigue: { email: 20 } } }));
    expect(shortListOf(record)).toEqual([
      { offer: 0, goal: 320, sale: 0, cost: 0, fatigue: 0, score: 320, basis: 'measured', p: 1 },
      { offer: 1, goal: 0, sale: 144, cost: -30, fatigue: -20, score: 94, basis: 'assumed', p: 0 },
    ]);
    expect(record.chosen).toEqual([{ offer: 0, p: 1 }]);
  });
  it('without V(purpose) a how-to is worth nothing, and doing nothing is as good', () => {
    expect(given({}, {}, { purposeValues: {} }).shortList.score[0]).toBe(0);
  });
  it('says when an acceptance rate stands in for an effect, shrunken to the prior', () => {
    const record = given({ goalEffect: null }, {}, { experience: [{ presented: 20, accepted: 10 }] });
    // (10 + 20 · 0.1) / (20 + 20) of 4000.
    expect(shortListOf(record)).toMatchObject([{ offer: 0, goal: 1200, score: 1200, basis: 'propensity', p: 1 }]);
  });
  it('believes a stratum by its own record, shrunken to the whole', () => {
    const stratum = { ...policy, stratum: 'lifecycle' };
    const experience = [{ presented: 80, accepted: 8, strata: { new: { presented: 20, accepted: 10 } } }];
    const input = inputOf({
      policy: stratum,
      catalogue: catalogueOf([{ ...howTo, goalEffect: null }], { experience }),
      circumstances: { ...circumstances, features: { lifecycle: 'new' } },
    });
    // Overall (8 + 2) / 100 = 0.1; the stratum (10 + 20 · 0.1) / 40 = 0.3.
    expect(decide(input).shortList.goal[0]).toBe(1200);
  });
  it('counts a purpose that she has not declared by its share, and one that she has reached not at all', () => {
    expect(given({}, { goals: { open: [], achieved: [] } }).shortList.goal[0]).toBe(80);
    expect(given({}, { goals: { open: [], achieved: ['smooth-hair'] } }).shortList.goal[0]).toBe(0);
  });
});

describe('who falls out', () => {
  const mail = { channel: 'email', consent: 'marketing' };
  type Case = [ExclusionRule, Partial<Offer>, Partial<Circumstances>, Partial<Catalogue>?];
  const cases: readonly Case[] = [
    ['not_valid_now', { validFrom: NOW + 1 }, {}],
    ['not_valid_now', { validTo: NOW }, {}],
    ['other_currency', { currency: 'EUR' }, {}],
    ['no_consent', mail, { consent: {} }],
    ['no_consent', mail, { consent: { marketing: true, 'marketing/email': false } }],
    ['not_eligible', {}, {}, { eligible: () => 'not_eligible' }],
    ['eligibility_unknown', {}, {}, { eligible: () => 'unknown' }],
    ['expansion_before_achievement', { kind: 'up_sell' }, {}],
    ['open_complaint', { kind: 'cross_sell' }, { requests: ['complaint'], goals: { open: [], achieved: ['smooth-hair'] } }],
    ['open_cancel', { kind: 'up_sell' }, { requests: ['cancel'], goals: { open: [], achieved: ['smooth-hair'] } }],
    ['frequency_cap', mail, { caps: [{ scope: 'channel:email', seen: 3, max: 3, window: 'P7D' }] }],
    ['frequency_cap', mail, { caps: [{ scope: 'global', seen: 9, max: 5, window: 'P7D' }] }],
    ['quiet_hours', mail, { quiet: ['email'] }],
    ['per_customer_cap', { caps: { ...howTo.caps, perCustomer: 2 } }, { history: { 'how-to': { presented: 2 } } }],
    [
      'declined_lately',
      { caps: { ...howTo.caps, afterDeclineDays: 7 } },
      { history: { 'how-to': { presented: 1, declinedAt: NOW - 6 * 86_400_000 } } },
    ],
    ['snoozed', {}, { history: { 'how-to': { presented: 1, snoozedUntil: NOW + 1 } } }],
    ['total_cap', { caps: { ...howTo.caps, total: 10 } }, { used: { 'how-to': 10 } }],
    ['coupon_without_uplift', { ...coupon, saleEffect: null }, {}],
    ['coupon_without_uplift', { ...coupon, saleEffect: { value: 0.02, basis: 'measured' }, discount: 300 }, {}],
    ['worth_less_than_nothing', { cost: 321 }, {}],
  ];
  it.each(cases.map(([rule, offer, over, catalogue = {}]) => ({ rule, offer, over, catalogue })))(
    '$rule [4.22]',
    ({ rule, offer, over, catalogue }) => {
      const record = given(offer, over, catalogue);
      expect(record.excluded).toEqual({ [rule]: [0] });
      expect(record.chosen).toEqual([{ offer: null, p: 1 }]);
    },
  );
  it('not a service that she asked for, for want of a consent to marketing', () => {
    expect(given({ channel: 'email', consent: null }, { consent: {} }).chosen[0]?.offer).toBe(0);
  });
  it('not a how-to during a complaint, nor one whose silence is over', () => {
    const caps = { ...howTo.caps, afterDeclineDays: 7 };
    const history = { 'how-to': { presented: 1, declinedAt: NOW - 7 * 86_400_000 } };
    expect(given({ caps }, { requests: ['complaint'], history }).chosen[0]?.offer).toBe(0);
  });
  it('whoever is beyond the short list, by score and not by place', () => {
    const offers = [1, 3, 2].map((priority, n) => ({ ...howTo, id: `o${n}`, priority }));
    const { shortList, excluded } = decide(inputOf({ policy: { ...policy, shortList: 2 }, catalogue: catalogueOf(offers) }));
    expect(shortList.offer).toEqual([1, 2]);
    expect(excluded).toEqual({ beyond_short_list: [0] });
  });
  it('offers of other slots were no candidates', () => {
    expect(decide(inputOf({ slot: 'mail' })).candidates).toBe(0);
  });
});

describe('the holdout', () => {
  const catalogue = catalogueOf([howTo], { holdouts: [{ id: 'global', salt: 's', from: 0, to: 1, slots: null }] });
  it('gets nothing, and keeps what it would have got [1.24]', () => {
    expect(decide(inputOf({ catalogue }))).toMatchObject({
      arm: 'holdout',
      holdout: { id: 'global' },
      chosen: [],
      withheld: [{ offer: 0, p: 1 }],
    });
  });
});

describe('a record', () => {
  const big = inputOf({
    policy: { ...policy, kind: 'softmax', shortList: 20, temperature: 120 },
    catalogue: bigCatalogue(),
    count: 3,
    circumstances: {
      ...circumstances,
      features: richFeatures,
      consent: { marketing: true, 'marketing/email': true },
      goals: { open: ['purpose-1', 'purpose-4'], achieved: ['purpose-2'] },
      caps: [{ scope: 'channel:email', seen: 1, max: 3, window: 'P7D' }],
    },
  });

  it('of 200 candidates stays well below 4 KB', () => {
    const record = decide(big);
    expect(record.candidates).toBe(200);
    expect(record.shortList.offer).toHaveLength(20);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(2900);
  });

  it('replays identically from what was stored, whatever the input [0.09]', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyCatalogue,
        anyCircumstances,
        fc.integer(),
        fc.integer({ min: 1, max: 5 }),
        (chosen, catalogue, around, seed, count) => {
          const record = decide({ slot: 'home', count, seed, policy: chosen, catalogue, circumstances: around });
          const stored = JSON.parse(JSON.stringify(record)) as typeof record;
          expect(replay(stored, chosen, catalogue)).toEqual({ kind: 'identical' });
          const listed = record.shortList.p.reduce((sum, p) => sum + p, record.nothing);
          expect(Math.abs(listed - 1)).toBeLessThan(1e-9);
          const dropped = Object.values(record.excluded).reduce((sum, offers) => sum + offers.length, 0);
          expect(record.shortList.offer.length + dropped).toBe(record.candidates);
        },
      ),
    );
  });

  it('that somebody touched, or another policy, is an alarm', () => {
    const record = decide(big);
    expect(replay({ ...record, chosen: [{ offer: 7, p: 1 }] }, big.policy, big.catalogue)).toMatchObject({ kind: 'differs' });
    expect(replay(record, { ...big.policy, hash: 'other' }, big.catalogue)).toEqual({ kind: 'differs', at: ['policy'] });
    const seen = { ...record.seen, features: { ...record.seen.features, recency_days: 300 } };
    expect(replay({ ...record, seen }, big.policy, big.catalogue).kind).toBe('differs');
  });

  it('drifts when understanding has moved on: information, and the stored one still replays', () => {
    const record = decide(big);
    const moved = drift(record, big.policy, big.catalogue, { ...richFeatures, recency_days: 300 });
    expect(moved).toMatchObject({ sameChoice: false, features: [{ name: 'recency_days', then: 41, now: 300 }] });
    expect(drift(record, big.policy, big.catalogue, richFeatures)).toMatchObject({ sameChoice: true, features: [] });
    expect(replay(record, big.policy, big.catalogue).kind).toBe('identical');
  });
});

describe('an explanation', () => {
  it('names runner-up and margin, and what would change it', () => {
    const rival = {
      ...coupon,
      id: 'rival',
      purposes: ['calm-mood'],
      kind: 'campaign',
      saleEffect: null,
      margin: 0,
      discount: 0,
      goalEffect: { value: 0.1, basis: 'assumed' as const },
    };
    const catalogue = catalogueOf([howTo, rival], { purposeValues: { 'smooth-hair': 4000, 'calm-mood': 2000 } });
    const around = { ...circumstances, goals: { open: ['smooth-hair', 'calm-mood'], achieved: [] } };
    const record = decide(inputOf({ catalogue, circumstances: around }));
    expect(explain(record, policy, catalogue)).toMatchObject({
      best: 0,
      runnerUp: { offer: 1, margin: 120 },
      explored: false,
      changes: [
        { kind: 'margin', offer: 1, by: 120 },
        { kind: 'purpose_value', offer: 1, purpose: 'calm-mood', from: 2000, to: 3200 },
      ],
    });
    // The named value makes them equal: a property of an additive score.
    const raised = catalogueOf([howTo, rival], { purposeValues: { 'smooth-hair': 4000, 'calm-mood': 3200 } });
    expect(decide(inputOf({ catalogue: raised, circumstances: around })).shortList.score).toEqual([320, 320]);
  });
  it('names the one rule that kept a better offer out', () => {
    const catalogue = catalogueOf([
      howTo,
      { ...howTo, id: 'mail', channel: 'email', consent: 'marketing', goalEffect: { value: 0.2, basis: 'measured' } },
    ]);
    const record = decide(inputOf({ catalogue, circumstances: { ...circumstances, consent: {} } }));
    expect(explain(record, policy, catalogue).changes).toContainEqual({ kind: 'rule', offer: 1, rule: 'no_consent', score: 800 });
    expect(whyNot(record, policy, catalogue, 'mail')).toMatchObject({
      excludedBy: ['no_consent'],
      candidate: true,
      chosen: false,
      behind: -480,
    });
  });
  it('tells all rules against an offer, the recorded one first', () => {
    const catalogue = catalogueOf([{ ...howTo, kind: 'up_sell', channel: 'email', consent: 'marketing' }]);
    const record = decide(inputOf({ catalogue, circumstances: { ...circumstances, consent: {}, requests: ['cancel'], quiet: ['email'] } }));
    expect(whyNot(record, policy, catalogue, 'how-to')?.excludedBy).toEqual([
      'no_consent',
      'expansion_before_achievement',
      'open_cancel',
      'quiet_hours',
    ]);
  });
  it('says when chance chose another than the best', () => {
    const chosen = { ...policy, kind: 'epsilon_greedy' as const, exploration: 0.5 };
    const records = Array.from({ length: 60 }, (_, seed) => decide(inputOf({ policy: chosen, seed })));
    for (const record of records)
      expect(explain(record, chosen, catalogueOf([howTo, coupon])).explored).toBe(record.chosen[0]?.offer !== 0);
    expect(new Set(records.map(({ chosen: [first] }) => first?.offer))).toEqual(new Set([0, 1, null]));
  });
  it('of an offer that nobody made is none', () => {
    expect(whyNot(decide(inputOf()), policy, catalogueOf([howTo, coupon]), 'never')).toBeNull();
  });
});
