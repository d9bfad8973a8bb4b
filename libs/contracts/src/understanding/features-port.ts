import { defineVocabulary } from '@tsunagari/rules';
import { z } from 'zod';
import { declarePort, type PortOf } from '../port';

/**
 * The attributes that decisions may read of a customer, and rules of offers may name. Unknown where nothing is known: never zero in
 * its place. Money in the minor unit of `currency`.
 */
export const decisionAttributes = defineVocabulary({
  customer_kind: { type: 'string', meaning: 'person, account or unidentified' },
  currency: { type: 'string', meaning: 'ISO 4217, in which she buys; unknown before a sale or with several' },
  orders: { type: 'int', meaning: 'documents: orders, refunds, adjustments' },
  net_minor: { type: 'int', meaning: 'net revenue to date' },
  recency_days: { type: 'int', meaning: 'days since the last purchase, as of the last closed day' },
  frequency: { type: 'int', meaning: 'days with a purchase' },
  monetary_minor: { type: 'int', meaning: 'mean gross sale of a day with a purchase' },
  span_days: { type: 'int', meaning: 'days from the first purchase to the last' },
  purchase_probability_90d: { type: 'double', meaning: 'P(at least one purchase in the next 90 days)' },
  expected_purchases_365d: { type: 'double', meaning: 'expected purchases in the next 365 days' },
  ltv_12m_minor: { type: 'int', meaning: 'predicted lifetime value over twelve months' },
  behaviours: { type: 'int', meaning: 'events that collectors reported of her' },
  gender: { type: 'string', meaning: 'as a source said', barred: 'offers are not made or kept back by gender' },
  age: { type: 'int', meaning: 'in years, as a source said', barred: 'offers are not made or kept back by age' },
  country: { type: 'string', meaning: 'of birth or citizenship', barred: 'offers are not made or kept back by origin' },
});

const featureSchema = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const answerSchema = z.object({
  /** In the order asked for; a customer of whom nothing is known has no feature. */
  customers: z.array(z.object({ customer: z.uuid(), features: z.record(z.string(), featureSchema) })),
  /** Projections with their versions, and the model. */
  version: z.string(),
  position: z.string(),
  /** How old the oldest fact is that is not understood yet, milliseconds. */
  lagMs: z.number(),
});

/** What is understood of customers, for decisions about them. */
export const understandingPort = declarePort('understanding', 'understanding', {
  featuresOf: { input: z.strictObject({ customers: z.array(z.uuid()).max(1000) }), answer: answerSchema },
  /** Customers in the order of their ids, with their features. */
  customersAfter: {
    input: z.strictObject({ after: z.uuid().nullable(), limit: z.int().min(1).max(1000) }),
    answer: answerSchema,
  },
  /** Who of these is in a segment, in the order asked for. `version` is null, and nobody is, when no such segment stands. */
  inSegment: {
    input: z.strictObject({ segmentId: z.string().min(1).max(200), customers: z.array(z.uuid()).max(1000) }),
    answer: z.object({ version: z.int().nullable(), members: z.array(z.boolean()) }),
  },
});
export type UnderstandingPort = PortOf<typeof understandingPort>;
export type UnderstoodCustomers = z.output<typeof answerSchema>;
