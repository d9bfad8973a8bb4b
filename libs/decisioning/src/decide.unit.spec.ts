import { decide } from './decide';
import type { Circumstances } from './circumstances';
import type { ExclusionRule } from './exclusions';
import type { Catalogue, Offer } from './offer';
import type { Policy } from './policy';
import { catalogueOf, circumstances, coupon, howTo, inputOf, NOW, policy } from './testing/world';

const given = (offer: Partial<Offer>, over: Partial<Circumstances> = {}, catalogue: Partial<Catalogue> = {}) =>
  decide(inputOf({ catalogue: catalogueOf([{ ...howTo, ...offer }], catalogue), circumstances: { ...circumstances, ...over } }));

describe('who comes first', () => {
  const order = (kind: Policy['kind'], ...offers: readonly Partial<Offer>[]) => {
    const catalogue = catalogueOf(offers.map((offer) => ({ ...howTo, ...offer })));
    const { shortList } = decide(inputOf({ policy: { ...policy, kind }, catalogue }));
    return shortList.offer.map((at) => offers[at]?.id);
  };
  const worth = (value: number) => ({ goalEffect: { value, basis: 'measured' as const } });

  it('is who scores higher, then who has priority, then the id', () => {
    expect(order('ranking', { id: 'a', ...worth(0.1) }, { id: 'b', ...worth(0.2) })).toEqual(['b', 'a']);
    expect(order('ranking', { id: 'a', priority: 1 }, { id: 'b', priority: 2 })).toEqual(['b', 'a']);
    expect(order('ranking', { id: 'a', ...worth(0.2) }, { id: 'b', priority: 2, ...worth(0.1) })).toEqual(['a', 'b']);
    expect(order('ranking', { id: 'b' }, { id: 'a' }, { id: 'c' })).toEqual(['a', 'b', 'c']);
  });
  it('is under rules who has priority, then who scores higher, whatever it loses', () => {
    expect(order('rules', { id: 'a', ...worth(0.2) }, { id: 'b', priority: 2, ...worth(-0.1) })).toEqual(['b', 'a']);
    expect(order('rules', { id: 'a', ...worth(0.1) }, { id: 'b', ...worth(0.2) })).toEqual(['b', 'a']);
  });
  it('is under Thompson whoever wins by what was learned of each', () => {
    const learned = (...experience: readonly { presented: number; accepted: number }[]) => {
      const offers = experience.map((_, n) => ({ ...howTo, id: `o${n}`, goalEffect: null }));
      const thompson: Policy = { ...policy, kind: 'thompson', exploration: 0 };
      return decide(inputOf({ policy: thompson, catalogue: catalogueOf(offers, { experience }) })).shortList;
    };
    const alike = learned({ presented: 50, accepted: 10 }, { presented: 50, accepted: 10 });
    for (const chance of alike.p) expect(Math.abs(chance - 0.5)).toBeLessThan(0.12);
    // 0.296 that is sure against 0.167 that is not: (3 + 2) / (10 + 20).
    const sure = learned({ presented: 10, accepted: 3 }, { presented: 1000, accepted: 300 });
    expect([sure.offer, sure.p.map((chance) => chance > 0.85)]).toEqual([
      [1, 0],
      [true, false],
    ]);
  });
  it('names whom it left out by their place, whatever they score', () => {
    const offers = [5, 1, 3, 9].map((n) => ({ ...howTo, id: `o${n}`, ...worth(n / 1000) }));
    const record = decide(inputOf({ policy: { ...policy, shortList: 1 }, catalogue: catalogueOf(offers) }));
    expect(record.excluded.beyond_short_list).toEqual([0, 1, 2]);
  });
  it('is one of twenty at most, whatever the policy says', () => {
    const offers = Array.from({ length: 25 }, (_, n) => ({ ...howTo, id: `o${String(n).padStart(2, '0')}`, priority: n % 2 }));
    const record = decide(inputOf({ policy: { ...policy, shortList: 30 }, catalogue: catalogueOf(offers) }));
    expect(record.shortList.offer).toHaveLength(20);
    expect(record.excluded.beyond_short_list).toEqual([16, 18, 20, 22, 24]);
  });
});

describe('who falls out', () => {
  const mail = { channel: 'email', consent: 'marketing' };
  const sale = { saleEffect: { value: 0.1, basis: 'measured' as const }, margin: 100 };
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
  it.each([
    ['from its first moment', { validFrom: NOW }, {}],
    ['until its last', { validTo: NOW + 1 }, {}],
    ['by a consent to the channel, whatever the category says', mail, { consent: { marketing: false, 'marketing/email': true } }],
    ['by a consent to the category where the channel was not asked', { consent: 'marketing' }, { consent: { marketing: true } }],
    ['more of the same after an achievement', { kind: 'up_sell' }, { goals: { open: [], achieved: ['smooth-hair'] } }],
    ['more of no purpose after any achievement', { kind: 'up_sell', purposes: [], ...sale }, { goals: { open: [], achieved: ['other'] } }],
    [
      'more of two purposes after the achievement of one',
      { kind: 'up_sell', purposes: ['calm-mood', 'smooth-hair'] },
      { goals: { open: [], achieved: ['smooth-hair'] } },
    ],
    ['below a cap', mail, { caps: [{ scope: 'channel:email', seen: 2, max: 3, window: 'P7D' }] }],
    ['beside the cap of another channel', mail, { caps: [{ scope: 'channel:push', seen: 3, max: 3, window: 'P7D' }] }],
    ['that contacts nobody, whatever is capped', {}, { caps: [{ scope: 'global', seen: 3, max: 3, window: 'P7D' }] }],
    ['while another channel is quiet', mail, { quiet: ['push'] }],
    ['below what one customer may see', { caps: { ...howTo.caps, perCustomer: 2 } }, { history: { 'how-to': { presented: 1 } } }],
    ['declined, where no silence follows', {}, { history: { 'how-to': { presented: 1, declinedAt: NOW } } }],
    ['never shown before', { caps: { ...howTo.caps, perCustomer: 1, total: 1, afterDeclineDays: 7 } }, {}],
    ['put off until now', {}, { history: { 'how-to': { presented: 1, snoozedUntil: NOW } } }],
    ['below what all may see', { caps: { ...howTo.caps, total: 10 } }, { used: { 'how-to': 9 } }],
    ['that earns as much as it costs', { cost: 320 }, {}],
  ] as const satisfies readonly (readonly [string, Partial<Offer>, Partial<Circumstances>])[])('not one %s', (_, offer, over) => {
    expect(given(offer, over).excluded).toEqual({});
  });
  it('more of no purpose before any achievement', () => {
    const record = given({ kind: 'up_sell', purposes: [], ...sale }, { goals: { open: [], achieved: [] } });
    expect(record.excluded).toEqual({ expansion_before_achievement: [0] });
    const other = given({ kind: 'up_sell', ...sale }, { goals: { open: [], achieved: ['other'] } });
    expect(other.excluded).toEqual({ expansion_before_achievement: [0] });
  });
  it('a coupon whose uplift only pays its discount', () => {
    const pays = (discount: number) => given({ ...coupon, saleEffect: { value: 0.02, basis: 'measured' }, discount }).excluded;
    // 0.02 · 1200 = 24 against 0.1 of the discount.
    expect(pays(240)).toEqual({ coupon_without_uplift: [0] });
    expect(pays(239)).toEqual({});
    // Hardly ever redeemed, it gives hardly anything away.
    const rare = { experience: [{ presented: 1000, accepted: 0 }] };
    expect(given({ ...coupon, saleEffect: { value: 0.02, basis: 'measured' } }, {}, rare).excluded).toEqual({});
  });
  it('asks its own rule once, in whatever order', () => {
    let asked = 0;
    const eligible = () => {
      asked += 1;
      return 'eligible' as const;
    };
    given({}, {}, { eligible });
    expect(asked).toBe(1);
  });
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
