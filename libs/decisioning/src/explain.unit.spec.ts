import { decide, type DecisionInput } from './decide';
import { explain, whyNot } from './explain';
import type { Offer } from './offer';
import { catalogueOf, circumstances, coupon, howTo, inputOf, policy } from './testing/world';

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
    // As good is not better.
    const alike = catalogueOf([howTo, { ...howTo, id: 'mail', channel: 'email', consent: 'marketing' }]);
    const same = decide(inputOf({ catalogue: alike, circumstances: { ...circumstances, consent: {} } }));
    expect(explain(same, policy, alike).changes.map(({ kind }) => kind)).toEqual(['margin']);
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
  it('under rules counts in priority, and nothing would change it', () => {
    const rules = { ...policy, kind: 'rules' as const };
    const catalogue = catalogueOf([
      { ...howTo, id: 'first', priority: 9, goalEffect: null, cost: 50 },
      { ...howTo, id: 'second', priority: 4 },
    ]);
    const of = (over: Partial<DecisionInput> = {}) => explain(decide(inputOf({ policy: rules, catalogue, ...over })), rules, catalogue);
    expect(of()).toMatchObject({ best: 0, runnerUp: { offer: 1, margin: 5 }, explored: false, changes: [] });
    expect(of().candidates.map(({ offer, probability }) => [offer, probability])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const alone = catalogueOf([{ ...howTo, priority: 3 }]);
    const record = decide(inputOf({ policy: rules, catalogue: alone }));
    expect(explain(record, rules, alone).runnerUp).toEqual({ offer: null, margin: 3 });
    const nobody = decide(inputOf({ policy: rules, slot: 'mail', catalogue: alone }));
    expect(explain(nobody, rules, alone)).toEqual({ candidates: [], best: null, runnerUp: null, explored: false, changes: [] });
  });
  it('ranks the short list first, then what fell out by what it would have scored', () => {
    const worth = (id: string, value: number, over: Partial<Offer> = {}): Offer => ({
      ...{ ...howTo, id, goalEffect: { value, basis: 'measured' }, ...over },
    });
    const away = { channel: 'email', consent: 'marketing' };
    const catalogue = catalogueOf([
      worth('low', 0.01),
      worth('barred', 0.03, away),
      worth('high', 0.02),
      worth('foreign', 0.04, { currency: 'EUR' }),
      worth('twice', 0.9, { ...away, currency: 'EUR' }),
      worth('elsewhere', 0.05, { slots: ['mail'] }),
    ]);
    const record = decide(inputOf({ catalogue, circumstances: { ...circumstances, consent: {} } }));
    const explanation = explain(record, policy, catalogue);
    expect(
      explanation.candidates.map(({ offer, excludedBy, score, probability }) => [offer, excludedBy, score.score, probability]),
    ).toEqual([
      [2, [], 80, 1],
      [0, [], 40, 0],
      [4, ['other_currency', 'no_consent'], 3600, 0],
      [3, ['other_currency'], 160, 0],
      [1, ['no_consent'], 120, 0],
    ]);
    // Two rules keep the dearest out: only what one rule keeps out is near.
    expect(explanation.changes).toEqual([
      { kind: 'margin', offer: 0, by: 40 },
      { kind: 'rule', offer: 3, rule: 'other_currency', score: 160 },
    ]);
    expect(whyNot(record, policy, catalogue, 'high')).toMatchObject({ candidate: true, chosen: true, behind: 0, probability: 1 });
    expect(whyNot(record, policy, catalogue, 'low')).toMatchObject({ candidate: true, chosen: false, behind: 40, probability: 0 });
    expect(whyNot(record, policy, catalogue, 'elsewhere')).toMatchObject({
      ...{ offer: 5, excludedBy: [], probability: 0, candidate: false, chosen: false, behind: -120 },
    });
  });
  it('names a value of a purpose only where it could make the two equal', () => {
    const values = { purposeValues: { 'smooth-hair': 4000, 'calm-mood': 2000 } };
    const around = { ...circumstances, goals: { open: ['smooth-hair', 'calm-mood'], achieved: [] } };
    const rival: Offer = { ...howTo, id: 'rival', purposes: ['calm-mood'], goalEffect: { value: 0.1, basis: 'assumed' } };
    const kindsOf = (best: Partial<Offer>, second: Partial<Offer>) => {
      const catalogue = catalogueOf(
        [
          { ...howTo, ...best },
          { ...rival, ...second },
        ],
        values,
      );
      return explain(decide(inputOf({ catalogue, circumstances: around })), policy, catalogue).changes.map(({ kind }) => kind);
    };
    expect(kindsOf({}, {})).toEqual(['margin', 'purpose_value']);
    // Both gain from it; it has two purposes; it has none; it gains nothing by its purpose.
    expect(kindsOf({ purposes: ['smooth-hair', 'calm-mood'] }, {})).toEqual(['margin']);
    expect(kindsOf({ goalEffect: { value: 0.5, basis: 'measured' } }, { purposes: ['calm-mood', 'smooth-hair'] })).toEqual(['margin']);
    const bySale = { saleEffect: { value: 0.1, basis: 'measured' as const }, margin: 100 };
    expect(kindsOf({}, { ...bySale, purposes: [] })).toEqual(['margin']);
    expect(kindsOf({}, { ...bySale, goalEffect: { value: 0, basis: 'measured' } })).toEqual(['margin']);
    // Nothing but no action beside it.
    expect(kindsOf({}, { currency: 'EUR' })).toEqual(['margin']);
  });
  it('says what was withheld from the holdout as if it had been made', () => {
    const holdouts = [{ id: 'global', salt: 's', from: 0, to: 1, slots: null }];
    const catalogue = catalogueOf([howTo, coupon], { holdouts });
    const record = decide(inputOf({ catalogue }));
    expect(explain(record, policy, catalogue)).toMatchObject({ best: 0, explored: false });
    expect(whyNot(record, policy, catalogue, 'how-to')).toMatchObject({ candidate: true, chosen: false, behind: 0 });
  });
  it('needs the catalogue of the record', () => {
    const record = decide(inputOf({ catalogue: catalogueOf([howTo, { ...coupon, currency: 'EUR' }]) }));
    const touched = { ...record, seen: { ...record.seen, history: [{ offer: 7, presented: 1 }] } };
    expect(() => explain(touched, policy, catalogueOf([howTo, coupon]))).toThrow(new RangeError('the catalogue has no offer 7'));
  });
  it('of an offer that nobody made is none', () => {
    expect(whyNot(decide(inputOf()), policy, catalogueOf([howTo, coupon]), 'never')).toBeNull();
  });
});
