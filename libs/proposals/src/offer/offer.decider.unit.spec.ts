import { type OfferContent, type OfferCreated, offerCreated, offerPublished, offerRevised, offerWithdrawn } from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { type OfferCommand, offerDecider } from './offer.decider';

const [{ content }] = offerCreated.examples as [OfferCreated];
const offerId = 'how-to-wash';
const of = (over: Partial<OfferContent> = {}): OfferContent => ({ ...content, ...over });
const created = (over: Partial<OfferContent> = {}) => recorded(offerCreated, { offerId, revision: 1, content: of(over) });
const revised = (revision: number, over: Partial<OfferContent> = {}) => recorded(offerRevised, { offerId, revision, content: of(over) });
const published = (revision = 1) => recorded(offerPublished, { offerId, revision });
const withdrawn = recorded(offerWithdrawn, { offerId, reason: 'old' });
const create = (over: Partial<OfferContent> = {}): OfferCommand => ({ kind: 'CreateOffer', offerId, content: of(over) });
const revise = (over: Partial<OfferContent> = {}): OfferCommand => ({ kind: 'ReviseOffer', offerId, content: of(over) });
const publish: OfferCommand = { kind: 'PublishOffer', offerId };
const withdraw: OfferCommand = { kind: 'WithdrawOffer', offerId, reason: 'replaced' };
const money = (amountMinor: number, currency = 'JPY') => ({ amountMinor, currency });

describe('creating an offer', () => {
  it('makes its first revision, once', () => {
    given(offerDecider)
      .when(create())
      .then({ definition: offerCreated, subject: null, data: { offerId, revision: 1, content } });
    given(offerDecider, [created()]).when(create()).thenRefused('OFFER_EXISTS', 'offerId');
  });

  it.each([
    [
      'ends when it starts',
      { validFrom: '2026-01-01T00:00:00.000Z', validTo: '2026-01-01T00:00:00.000Z' },
      'END_BEFORE_START',
      'content.validTo',
    ],
    ['is an incentive and a how-to', { kind: 'how_to', incentive: true }, 'INVALID_FIELD', 'content.incentive'],
    [
      'costs in another currency',
      { margin: money(1), cost: money(1, 'USD'), discount: money(0) },
      'MIXED_CURRENCY',
      'content.cost.currency',
    ],
    [
      'discounts in another currency',
      { margin: money(1), cost: money(0), discount: money(1, 'USD') },
      'MIXED_CURRENCY',
      'content.discount.currency',
    ],
    ['costs less than nothing', { margin: money(1), cost: money(-1), discount: money(0) }, 'INVALID_FIELD', 'content.cost.amountMinor'],
    [
      'discounts less than nothing',
      { margin: money(1), cost: money(0), discount: money(-1) },
      'INVALID_FIELD',
      'content.discount.amountMinor',
    ],
    ['has a rule that is none', { eligibility: 'frequency >' }, 'RULE_INVALID', 'content.eligibility'],
    ['has a rule over what is barred', { eligibility: 'age > 60' }, 'ATTRIBUTE_BARRED', 'content.eligibility'],
  ] as const)('refuses one that %s', (_, over, code, field) => {
    given(offerDecider)
      .when(create(over as Partial<OfferContent>))
      .thenRefused(code, field);
    given(offerDecider, [created()])
      .when(revise(over as Partial<OfferContent>))
      .thenRefused(code, field);
  });

  it.each([
    ['ends after it starts', { validFrom: '2026-01-01T00:00:00.000Z', validTo: '2026-01-01T00:00:00.001Z' }],
    ['only ends', { validTo: '2020-01-01T00:00:00.000Z' }],
    ['only starts', { validFrom: '2030-01-01T00:00:00.000Z' }],
    ['is a campaign marked as an incentive', { kind: 'campaign', incentive: true }],
    ['is a coupon marked as an incentive', { kind: 'coupon', incentive: true }],
    ['costs nothing and brings a loss', { margin: money(-5), cost: money(0), discount: money(0) }],
    ['has a rule', { eligibility: 'frequency >= 2' }],
  ] as const)('takes one that %s', (_, over) => {
    const data = { offerId, revision: 1, content: of(over as Partial<OfferContent>) };
    given(offerDecider)
      .when(create(over as Partial<OfferContent>))
      .then({ definition: offerCreated, subject: null, data });
  });
});

describe('an offer on its way', () => {
  it.each([revise(), publish, withdraw])('$kind needs an offer', (command) => {
    given(offerDecider).when(command).thenRefused('UNKNOWN_OFFER', 'offerId');
  });

  it('is published as it stands, once', () => {
    given(offerDecider, [created()])
      .when(publish)
      .then({ definition: offerPublished, subject: null, data: { offerId, revision: 1 } });
    given(offerDecider, [created(), published()]).when(publish).thenNothingHappened();
    given(offerDecider, [created(), revised(2)])
      .when(publish)
      .then({ definition: offerPublished, subject: null, data: { offerId, revision: 2 } });
  });

  it('once published goes on with every revision', () => {
    given(offerDecider, [created(), published()])
      .when(revise({ priority: 7 }))
      .then({ definition: offerRevised, subject: null, data: { offerId, revision: 2, content: of({ priority: 7 }) } });
    given(offerDecider, [created(), published(), revised(2)])
      .when(publish)
      .thenNothingHappened();
  });

  it('is not published without a purpose, and keeps one while it is', () => {
    given(offerDecider, [created({ purposeIds: [] })])
      .when(publish)
      .thenRefused('OFFER_WITHOUT_PURPOSE', 'content.purposeIds');
    given(offerDecider, [created(), published()])
      .when(revise({ purposeIds: [] }))
      .thenRefused('OFFER_WITHOUT_PURPOSE', 'content.purposeIds');
    // A draft may be without.
    given(offerDecider, [created()])
      .when(revise({ purposeIds: [] }))
      .then({ definition: offerRevised, subject: null, data: { offerId, revision: 2, content: of({ purposeIds: [] }) } });
  });

  it('needs no purpose as a campaign that is marked as an incentive, and as nothing else', () => {
    const published = { definition: offerPublished, subject: null, data: { offerId, revision: 1 } };
    given(offerDecider, [created({ kind: 'campaign', incentive: true, purposeIds: [] })])
      .when(publish)
      .then(published);
    given(offerDecider, [created({ kind: 'campaign', incentive: false, purposeIds: [] })])
      .when(publish)
      .thenRefused('OFFER_WITHOUT_PURPOSE', 'content.purposeIds');
    given(offerDecider, [created({ kind: 'coupon', incentive: true, purposeIds: [] })])
      .when(publish)
      .thenRefused('OFFER_WITHOUT_PURPOSE', 'content.purposeIds');
  });

  it('is withdrawn for ever, once', () => {
    given(offerDecider, [created()])
      .when(withdraw)
      .then({ definition: offerWithdrawn, subject: null, data: { offerId, reason: 'replaced' } });
    given(offerDecider, [created(), withdrawn]).when(withdraw).thenNothingHappened();
    for (const command of [publish, revise()])
      given(offerDecider, [created(), withdrawn]).when(command).thenRefused('OFFER_WITHDRAWN', 'offerId');
  });
});
