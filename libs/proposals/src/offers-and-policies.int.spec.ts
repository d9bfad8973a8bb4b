import {
  OFFER,
  POLICY,
  activate,
  active,
  attribute,
  content,
  createOffer,
  customer,
  decide,
  explain,
  next,
  offered,
  present,
  publishOffer,
  registerPolicy,
  say,
  startBrand,
  waive,
  worth,
  yen,
} from '../../testing/src/brand-under-test';

startBrand();

describe('an offer [4.07]', () => {
  it('is created, published, revised and withdrawn, each once', async () => {
    expect(await createOffer('wash')).toMatchObject({ offer: { status: 'DRAFT', revision: 1, publishedRevision: null, version: 1 } });
    expect(await publishOffer('wash')).toMatchObject({ offer: { status: 'PUBLISHED', publishedRevision: 1 } });
    const revised = await say('reviseOffer', 'OfferContentChange', { offerId: 'wash', content: { ...content, priority: 3 } }, OFFER);
    expect(revised).toMatchObject({ offer: { revision: 2, publishedRevision: 2, version: 3 } });
    const gone = await say('withdrawOffer', 'WithdrawOfferInput', { offerId: 'wash', reason: 'a film instead' }, OFFER);
    expect(gone).toMatchObject({ offer: { status: 'WITHDRAWN', version: 4 } });
  });

  it.each([
    [
      'that ends before it starts',
      { validFrom: '2026-02-01T00:00:00Z', validTo: '2026-01-01T00:00:00Z' },
      'END_BEFORE_START',
      'content.validTo',
    ],
    ['for people of one sex', { eligibility: 'gender == "f"' }, 'ATTRIBUTE_BARRED', 'content.eligibility'],
    ['whose rule is none', { eligibility: 'frequency > ' }, 'RULE_INVALID', 'content.eligibility'],
    ['of two currencies', { cost: { amountMinor: '1', currency: 'EUR' } }, 'MIXED_CURRENCY', 'content.cost.currency'],
    ['that costs less than nothing', { cost: yen(-1) }, 'INVALID_FIELD', 'content.cost.amountMinor'],
    ['that is an incentive and a success service at once [0.06]', { incentive: true }, 'INVALID_FIELD', 'content.incentive'],
    ['for a slot that is none', { slots: ['Home Page'] }, 'INVALID_FIELD', 'content.slots.0'],
    ['over a channel that is none', { channel: 'pigeon' }, 'INVALID_FIELD', 'content.channel'],
  ])('%s is refused', async (_, over, code, field) => {
    expect(await createOffer(`bad-${next()}`, over)).toMatchObject({ __typename: 'CommandRefused', code, field });
  });

  it('is refused under an id that stands, that is none, or that nobody created', async () => {
    await createOffer('twice');
    expect(await createOffer('twice')).toMatchObject({ code: 'OFFER_EXISTS', field: 'offerId' });
    expect(await createOffer('no id')).toMatchObject({ code: 'INVALID_FIELD', field: 'offerId' });
    expect(await publishOffer('never')).toMatchObject({ code: 'UNKNOWN_OFFER', field: 'offerId' });
  });

  it('is not published without a purpose, except as a campaign that is marked as an incentive [0.06]', async () => {
    await createOffer('aimless', { purposeIds: [] });
    expect(await publishOffer('aimless')).toMatchObject({ code: 'OFFER_WITHOUT_PURPOSE', field: 'content.purposeIds' });
    await createOffer('campaign', { kind: 'CAMPAIGN', purposeIds: [], incentive: true, slots: ['elsewhere'] });
    expect(await publishOffer('campaign')).toMatchObject({ offer: { status: 'PUBLISHED' } });
  });

  it('does not come back after it was withdrawn', async () => {
    await createOffer('gone');
    await say('withdrawOffer', 'WithdrawOfferInput', { offerId: 'gone', reason: 'a mistake' }, OFFER);
    expect(await publishOffer('gone')).toMatchObject({ code: 'OFFER_WITHDRAWN', field: 'offerId' });
  });

  it('is refused when it is no longer as the caller has seen it', async () => {
    await createOffer('stale');
    const stale = await say('publishOffer', 'PublishOfferInput', { offerId: 'stale', expectedVersion: 9 }, OFFER);
    expect(stale).toMatchObject({ code: 'VERSION_CONFLICT', field: 'expectedVersion' });
  });
});

describe('a policy', () => {
  it('runs after somebody else than its author has answered for it', async () => {
    expect(await registerPolicy('p1')).toMatchObject({
      policy: { versions: [{ version: 1, kind: 'RANKING', author: 'user:a-marketer' }] },
    });
    expect(await activate('p1', ['p1'])).toMatchObject({ code: 'POLICY_NOT_EVALUATED', field: 'policyVersion' });
    expect(await waive('p1', {}, 'marketer')).toMatchObject({ code: 'WAIVER_BY_AUTHOR', field: 'policyVersion' });
    expect(await waive('p1', { until: '2025-01-01T00:00:00Z' })).toMatchObject({ code: 'INVALID_FIELD', field: 'until' });
    expect(await waive('p1')).toMatchObject({ policy: { versions: [{ waivedUntil: '2026-06-01T00:00:00.000Z' }] } });
    expect(await activate('p1', ['p1'])).toMatchObject({ policy: { activeIn: [{ slot: 'p1', policyVersion: 1 }] } });
  });

  it('that is to be evaluated must explore', async () => {
    const bad = { toBeEvaluated: true, kind: 'SOFTMAX', exploration: 0 };
    expect(await registerPolicy('floor', bad)).toMatchObject({ code: 'EXPLORATION_FLOOR_ZERO', field: 'content.exploration' });
    expect(await registerPolicy('floor', { ...bad, kind: 'RANKING', exploration: 0.1 })).toMatchObject({ code: 'EXPLORATION_FLOOR_ZERO' });
    expect(await registerPolicy('floor', { ...bad, exploration: 0.1 })).toMatchObject({ __typename: 'PolicyChanged' });
  });

  it.each([
    ['shortList', 21],
    ['exploration', 0.95],
    ['draws', 5],
    ['currency', 'yen'],
  ])('with %s of %p is refused', async (field, value) => {
    expect(await registerPolicy(`bad-${next()}`, { [field]: value })).toMatchObject({ code: 'INVALID_FIELD', field: `content.${field}` });
  });

  it('that nobody registered, or that was retired, is not used', async () => {
    expect(await activate('never', ['x'])).toMatchObject({ code: 'UNKNOWN_POLICY', field: 'policyId' });
    await registerPolicy('old');
    expect(await waive('old', { policyVersion: 2 })).toMatchObject({ code: 'UNKNOWN_POLICY', field: 'policyVersion' });
    await say('retirePolicy', 'RetirePolicyInput', { policyId: 'old', reason: 'replaced' }, POLICY);
    expect(await activate('old', ['x'])).toMatchObject({ code: 'POLICY_RETIRED', field: 'policyId' });
    expect(await registerPolicy('old')).toMatchObject({ code: 'POLICY_RETIRED' });
  });
});

describe('V(purpose)', () => {
  it('is the brand’s, in versions and in one currency', async () => {
    expect(await worth('calm-mood', 900)).toMatchObject({ purposeValue: { valueVersion: 1 } });
    expect(await worth('calm-mood', 1200)).toMatchObject({ purposeValue: { valueVersion: 2 } });
    const euro = { purposeId: 'calm-mood', value: { amountMinor: '12', currency: 'EUR' }, reason: 'x' };
    expect(await say('setPurposeValue', 'SetPurposeValueInput', euro, '')).toMatchObject({
      code: 'MIXED_CURRENCY',
      field: 'value.currency',
    });
    expect(await worth('calm-mood', -1)).toMatchObject({ code: 'INVALID_FIELD', field: 'value.amountMinor' });
  });
});

describe('a holdout [1.24]', () => {
  const define = (over: object) =>
    say(
      'defineHoldout',
      'DefineHoldoutInput',
      { holdoutId: 'h', salt: 's', from: 0, to: 0.1, slots: ['held'], ...over },
      '... on HoldoutChanged { holdout { from to } }',
    );
  it('grows, and never shrinks or draws anew', async () => {
    expect(await define({})).toMatchObject({ holdout: { from: 0, to: 0.1 } });
    expect(await define({ to: 0.05 })).toMatchObject({ code: 'HOLDOUT_SHRINKS', field: 'to' });
    expect(await define({ salt: 'other' })).toMatchObject({ code: 'HOLDOUT_RESALTED', field: 'salt' });
    expect(await define({ holdoutId: 'g', to: 0 })).toMatchObject({ code: 'END_BEFORE_START', field: 'to' });
    expect(await define({ to: 1 })).toMatchObject({ holdout: { to: 1 } });
  });
  it('is shown nothing, and has outcomes', async () => {
    await define({ to: 1 });
    await offered('for-held', { slots: ['held'] });
    await active('held', ['held']);
    const { id } = await customer();
    const decided = await decide({ customerId: id, slot: 'held' });
    expect(decided).toMatchObject({ __typename: 'ProposalsDecided', proposals: [] });
    const { decision } = decided;
    expect(await present({ proposalIds: [decision.id] })).toMatchObject({ code: 'HOLDOUT_NOT_PRESENTED', field: 'proposalIds' });
    expect(await explain(decision.id)).toMatchObject({ arm: 'HOLDOUT', replay: { kind: 'IDENTICAL' } });
    const outcome = { decisionId: decision.id, indicator: 'smooth-hair', reward: 1, windowDays: 30 };
    expect(await attribute(outcome)).toMatchObject({ __typename: 'ProposalsChanged' });
    expect(await attribute({ ...outcome, reward: 0 })).toMatchObject({ code: 'OUTCOME_ATTRIBUTED', field: 'indicator' });
  });
});
