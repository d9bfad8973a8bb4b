import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { channelSchema, consentCategorySchema } from '../customers/consent-facts';
import { moneySchema } from '../money';
import { type DataOf, defineFact } from '../registry';

/** What can be proposed. Doing nothing is always a candidate and needs no offer. */
export const OFFER_KINDS = [
  'how_to',
  'self_assessment',
  'recommendation',
  'cross_sell',
  'up_sell',
  'coupon',
  'campaign',
  'onboarding_step',
  'encouragement',
  'recovery',
  'plan_change',
  'retention',
  'event',
  'community',
  'human_outreach',
] as const;
export const offerKindSchema = z.enum(OFFER_KINDS);
export type OfferKind = z.infer<typeof offerKindSchema>;

/** Where proposals are shown: `home`, `after_order`. Part of a stream's name and of a proposal's id. */
export const slotSchema = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'lower case letters, digits and underscores, 1 to 40 characters');

/** A difference of probabilities, and whether a random holdout measured it or somebody assumed it. */
export const effectSchema = z.strictObject({ value: z.number().min(-1).max(1), basis: z.enum(['measured', 'assumed']) });

const moment = z.iso.datetime({ precision: 3 });

/** An offer's content in one revision. Money of one offer is of one currency. */
export const offerContentSchema = z.strictObject({
  kind: offerKindSchema,
  purposeIds: z.array(brandIdSchema).max(20),
  /** Gives something away for an action and serves no purpose of the customer: a campaign only; reports keep it apart. */
  incentive: z.boolean(),
  title: localisedTextSchema,
  text: localisedTextSchema,
  /** CEL over the attributes that decisions may read; absent: everybody. */
  eligibility: z.string().min(1).max(4000).optional(),
  slots: z.array(slotSchema).min(1).max(20),
  touchpointIds: z.array(brandIdSchema).max(50),
  /** The channel by which it reaches out; absent: it is shown where the customer already is. */
  channel: channelSchema.optional(),
  /** The consent that it needs; absent: none. */
  consentCategory: consentCategorySchema.optional(),
  priority: z.int().min(-1000).max(1000),
  /** By how much it raises the probability that the purpose is reached. */
  goalEffect: effectSchema.optional(),
  /** By how much it raises the probability of the sale. */
  saleEffect: effectSchema.optional(),
  /** Earned by that sale. */
  margin: moneySchema,
  /** Of one proposal, accepted or not. */
  cost: moneySchema,
  /** Given away at each acceptance. */
  discount: moneySchema,
  caps: z.strictObject({
    perCustomer: z.int().min(1).max(10_000).optional(),
    total: z.int().min(1).optional(),
    afterDeclineDays: z.int().min(0).max(3650).optional(),
  }),
  validFrom: moment.optional(),
  /** Exclusive. */
  validTo: moment.optional(),
});
export type OfferContent = z.infer<typeof offerContentSchema>;

const content: OfferContent = {
  kind: 'how_to',
  purposeIds: ['smooth-hair'],
  incentive: false,
  title: { ja: '髪がなめらかにとかせる洗い方', en: 'How to wash so that hair combs through' },
  text: { ja: 'ぬるま湯でやさしく洗います。', en: 'Wash gently with lukewarm water.' },
  eligibility: 'frequency >= 1',
  slots: ['home'],
  touchpointIds: ['member-site'],
  priority: 0,
  goalEffect: { value: 0.08, basis: 'assumed' },
  margin: { amountMinor: 0, currency: 'JPY' },
  cost: { amountMinor: 0, currency: 'JPY' },
  discount: { amountMinor: 0, currency: 'JPY' },
  caps: { afterDeclineDays: 30 },
};

export const offerCreated = defineFact({
  name: 'OfferCreated',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ offerId: brandIdSchema, revision: z.literal(1), content: offerContentSchema }),
  examples: [{ offerId: 'how-to-wash', revision: 1, content }],
});

/** Decisions made before keep the revision that they were made on. A published offer goes on with the new one. */
export const offerRevised = defineFact({
  name: 'OfferRevised',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ offerId: brandIdSchema, revision: z.int().min(2), content: offerContentSchema }),
  examples: [{ offerId: 'how-to-wash', revision: 2, content: { ...content, priority: 5 } }],
});

/** From here on it is a candidate. */
export const offerPublished = defineFact({
  name: 'OfferPublished',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ offerId: brandIdSchema, revision: z.int().min(1) }),
  examples: [{ offerId: 'how-to-wash', revision: 1 }],
});

/** No candidate any more, and for ever; proposals that stand are not presented again. */
export const offerWithdrawn = defineFact({
  name: 'OfferWithdrawn',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ offerId: brandIdSchema, reason: z.string().min(1).max(500) }),
  examples: [{ offerId: 'how-to-wash', reason: 'replaced by a film' }],
});

export type OfferCreated = DataOf<typeof offerCreated>;
export type OfferRevised = DataOf<typeof offerRevised>;
export type OfferPublished = DataOf<typeof offerPublished>;
export type OfferWithdrawn = DataOf<typeof offerWithdrawn>;

export const offerFacts = [offerCreated, offerRevised, offerPublished, offerWithdrawn];
