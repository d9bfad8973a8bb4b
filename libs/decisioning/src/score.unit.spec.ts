import type { Circumstances } from './circumstances';
import { decide } from './decide';
import type { Catalogue, Offer } from './offer';
import { type DecisionRecord, rowsOf } from './record';
import { acceptanceBelief, scoreOf } from './score';
import { catalogueOf, circumstances, howTo, inputOf, policy } from './testing/world';

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

describe('the terms of a score', () => {
  const sells: Offer = { ...howTo, purposes: [], goalEffect: null, margin: 1000, cost: 7, discount: 50 };
  const scored = (offer: Partial<Offer>, over: Partial<Circumstances> = {}, catalogue: Partial<Catalogue> = {}) =>
    scoreOf(0, { ...sells, ...offer }, catalogueOf([{ ...sells, ...offer }], catalogue), policy, { ...circumstances, ...over });

  it('move with the acceptance rate where it stands in for an effect, and with what is given away', () => {
    // Untried: the prior of 0.1.
    expect(scored({})).toEqual({
      ...{ terms: { goal: 0, sale: 100, cost: -12, fatigue: 0 }, score: 88, basis: 'propensity', goalBasis: null, saleBasis: 'propensity' },
      ...{ goalValue: 0, rate: 0.1, slope: 950, fixed: -7 },
    });
    expect(scored({ saleEffect: { value: 0.2, basis: 'measured' } })).toEqual({
      ...{ terms: { goal: 0, sale: 200, cost: -12, fatigue: 0 }, score: 188, basis: 'measured', goalBasis: null, saleBasis: 'measured' },
      ...{ goalValue: 0, rate: 0.1, slope: -50, fixed: 193 },
    });
    expect(scored({ purposes: ['smooth-hair'], saleEffect: { value: 0.2, basis: 'assumed' } })).toMatchObject({
      ...{ score: 588, basis: 'propensity', goalBasis: 'propensity', saleBasis: 'assumed', goalValue: 4000, slope: 3950 },
    });
  });
  it('rest on their weakest', () => {
    const effect = (basis: 'measured' | 'assumed') => ({ value: 0.1, basis });
    const basisOf = (goal: 'measured' | 'assumed', sale: 'measured' | 'assumed') =>
      scored({ purposes: ['smooth-hair'], goalEffect: effect(goal), saleEffect: effect(sale) }).basis;
    expect([basisOf('measured', 'measured'), basisOf('assumed', 'measured'), basisOf('measured', 'assumed')]).toEqual([
      ...['measured', 'assumed', 'assumed'],
    ]);
    expect(scored({ margin: 0 })).toMatchObject({ basis: 'measured', goalBasis: null, saleBasis: null });
  });
  it('are rounded to a hundredth, with no zero below zero', () => {
    expect(scored({ margin: 33.333, discount: 0, cost: 0 }).terms.sale).toBe(3.33);
    expect(Object.is(scored({ margin: -0.01, discount: 0, cost: 0 }).terms.sale, 0)).toBe(true);
  });
  it('count fatigue by the channel that the offer uses', () => {
    const fatigue = { email: 20, push: 5 };
    expect(['email', 'push', 'sms', null].map((channel) => scored({ channel }, { fatigue }).terms.fatigue)).toEqual([-20, -5, 0, 0]);
  });
  it('add up over several purposes, declared and not', () => {
    const purposes = ['smooth-hair', 'calm-mood', 'unheard-of', 'shine'];
    const purposeValues = { 'smooth-hair': 4000, 'calm-mood': 1000, shine: 7 };
    expect(scored({ purposes }, { goals: { open: ['smooth-hair'], achieved: ['shine'] } }, { purposeValues }).goalValue).toBe(4250);
  });
  it('believe a stratum by its own record, and what is unknown by the whole', () => {
    const strata = { new: { presented: 20, accepted: 10 }, '': { presented: 0, accepted: 0 } };
    const experience = { presented: 80, accepted: 8, strata };
    const by = { ...policy, stratum: 'lifecycle' };
    expect(acceptanceBelief(by, experience, { lifecycle: 'new' })).toEqual({ a: 12, b: 28 });
    expect(acceptanceBelief(by, experience, {})).toEqual({ a: 2, b: 18 });
    for (const [of, features] of [
      [by, { lifecycle: 'lost' }],
      [policy, { lifecycle: 'new' }],
    ] as const) {
      const { a, b } = acceptanceBelief(of, experience, features);
      expect([a, b]).toEqual([expect.closeTo(10, 12), expect.closeTo(90, 12)]);
    }
    expect(acceptanceBelief(by, { presented: 80, accepted: 8 }, { lifecycle: 'new' }).a).toBeCloseTo(10, 12);
  });
});
