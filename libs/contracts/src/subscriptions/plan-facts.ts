import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { moneySchema } from '../money';
import { type DataOf, defineFact } from '../registry';

/** How often a price falls due. */
export const BILLING_INTERVALS = ['week', 'month', 'quarter', 'year'] as const;
export const billingIntervalSchema = z.enum(BILLING_INTERVALS);
export type BillingInterval = z.infer<typeof billingIntervalSchema>;

/** The terms shown at sign-up. They never refuse a cancellation: they only move the day on which it takes effect. */
export const cancellationTermsSchema = z.strictObject({
  /** `immediately`, or at the end of the period that is paid for. */
  takesEffect: z.enum(['immediately', 'period-end']),
  /** Days from the request, at least. */
  noticeDays: z.int().min(0).max(365),
  /** Months from activation, at least. */
  minimumMonths: z.int().min(0).max(60),
});
export type CancellationTerms = z.infer<typeof cancellationTermsSchema>;

const version = { planId: brandIdSchema, planVersion: z.int().min(1) };

/** A version of a plan: its price, what it gives, its terms. A published version never changes; a new price is a new version. */
export const planDefined = defineFact({
  name: 'PlanDefined',
  context: 'subscriptions',
  ofSubject: false,
  data: z.strictObject({
    ...version,
    /** Plans of one family share one trial per person. */
    family: brandIdSchema,
    name: localisedTextSchema,
    price: moneySchema,
    interval: billingIntervalSchema,
    trialDays: z.int().min(0).max(365),
    entitlements: z.array(brandIdSchema).max(100),
    terms: cancellationTermsSchema,
    /** Days after the end of a period within which a renewal still counts as one. */
    graceDays: z.int().min(0).max(90),
  }),
  examples: [
    {
      planId: 'refill-monthly',
      planVersion: 1,
      family: 'refill',
      name: { ja: '詰め替え 毎月', en: 'Monthly refill' },
      price: { amountMinor: 1980, currency: 'JPY' },
      interval: 'month',
      trialDays: 30,
      entitlements: ['refill'],
      terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
      graceDays: 30,
    },
  ],
});

/** From now on customers can take this version. */
export const planPublished = defineFact({
  name: 'PlanPublished',
  context: 'subscriptions',
  ofSubject: false,
  data: z.strictObject(version),
  examples: [{ planId: 'refill-monthly', planVersion: 1 }],
});

/** Nobody can take the plan any more; who has it keeps it. */
export const planRetired = defineFact({
  name: 'PlanRetired',
  context: 'subscriptions',
  ofSubject: false,
  data: z.strictObject({ planId: brandIdSchema, reason: z.string().min(1).max(500).optional() }),
  examples: [{ planId: 'refill-monthly', reason: 'the bottle is no longer made' }],
});

export type PlanDefined = DataOf<typeof planDefined>;
export type PlanPublished = DataOf<typeof planPublished>;
export type PlanRetired = DataOf<typeof planRetired>;

export const planFacts = [planDefined, planPublished, planRetired];
