import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

export const DRIVERS = ['technology', 'structure', 'psychology'] as const;

const text = z.string().min(1).max(4000);
const moment = z.iso.datetime({ precision: 3 });
const ofStrategy = { strategyId: brandIdSchema };

/** For whom, why, what and how. `segmentRule` is CEL over the declared attributes of a customer; a rule for everybody says why. */
export const strategySchema = z.strictObject({
  why: text,
  what: text,
  how: text,
  target: text,
  nonTarget: text,
  segmentRule: text,
  reasonForEverybody: text.optional(),
});
export type StrategyText = z.infer<typeof strategySchema>;

const shampoo: StrategyText = {
  why: 'Hair that combs through smoothly lets her start the day at ease.',
  what: 'A routine that works for her hair, beside the shampoo.',
  how: 'A code in the package connects her; advice follows what she tells and does.',
  target: 'Buyers with long hair who wash it daily',
  nonTarget: 'Buyers who look for the lowest price',
  segmentRule: 'traits.hair == "long"',
};

export const customerStrategyDefined = defineFact({
  name: 'CustomerStrategyDefined',
  context: 'value',
  ofSubject: false,
  data: strategySchema.extend(ofStrategy),
  examples: [{ strategyId: 'smooth-hair', ...shampoo }],
});

export const customerStrategyRevised = defineFact({
  name: 'CustomerStrategyRevised',
  context: 'value',
  ofSubject: false,
  data: strategySchema.extend({ ...ofStrategy, reason: text }),
  examples: [{ strategyId: 'smooth-hair', ...shampoo, reason: 'Short hair tangles too' }],
});

/** What the strategy rests on, and by when somebody looks whether it still holds. */
export const assumptionRecorded = defineFact({
  name: 'AssumptionRecorded',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofStrategy, assumptionId: brandIdSchema, driver: z.enum(DRIVERS), text, reviewBy: moment }),
  examples: [
    {
      strategyId: 'smooth-hair',
      assumptionId: 'phones-in-bathrooms',
      driver: 'psychology',
      text: 'People scan a code while they wash',
      reviewBy: '2026-06-01T00:00:00.000Z',
    },
  ],
});

export const assumptionInvalidated = defineFact({
  name: 'AssumptionInvalidated',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofStrategy, assumptionId: brandIdSchema, reason: text }),
  examples: [{ strategyId: 'smooth-hair', assumptionId: 'phones-in-bathrooms', reason: 'Two in three codes are scanned in the shop' }],
});

export const reviewScheduled = defineFact({
  name: 'ReviewScheduled',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofStrategy, on: moment }),
  examples: [{ strategyId: 'smooth-hair', on: '2026-04-01T00:00:00.000Z' }],
});

export const reviewHeld = defineFact({
  name: 'ReviewHeld',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofStrategy, findings: text }),
  examples: [{ strategyId: 'smooth-hair', findings: 'The outcome stands; the touchpoint is to move into the shop' }],
});

/** Its value model was revised: somebody must look whether the strategy still fits. A held review takes the flag away. */
export const strategyReviewFlagged = defineFact({
  name: 'StrategyReviewFlagged',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofStrategy, valueModelId: brandIdSchema, reason: text }),
  examples: [{ strategyId: 'smooth-hair', valueModelId: 'smooth-hair', reason: 'A new experience was added' }],
});

export const READINESS_QUESTIONS = ['value', 'touchpoints', 'proposals', 'understanding'] as const;

/** The four questions, in their order, answered by what stood at that moment. */
export const retentionReadinessAssessed = defineFact({
  name: 'RetentionReadinessAssessed',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofStrategy,
    questions: z
      .array(z.strictObject({ question: z.enum(READINESS_QUESTIONS), answered: z.boolean(), by: z.array(text).max(100) }))
      .length(4),
    gaps: z.array(text).max(100),
  }),
  examples: [
    {
      strategyId: 'smooth-hair',
      questions: [
        { question: 'value', answered: true, by: ['ValueModel:smooth-hair'] },
        { question: 'touchpoints', answered: false, by: [] },
        { question: 'proposals', answered: false, by: [] },
        { question: 'understanding', answered: false, by: [] },
      ],
      gaps: ['no touchpoint serves a purpose'],
    },
  ],
});

export type CustomerStrategyRevised = DataOf<typeof customerStrategyRevised>;
export type AssumptionRecorded = DataOf<typeof assumptionRecorded>;
export type AssumptionInvalidated = DataOf<typeof assumptionInvalidated>;
export type RetentionReadinessAssessed = DataOf<typeof retentionReadinessAssessed>;

export const strategyFacts = [
  customerStrategyDefined,
  customerStrategyRevised,
  assumptionRecorded,
  assumptionInvalidated,
  reviewScheduled,
  reviewHeld,
  strategyReviewFlagged,
  retentionReadinessAssessed,
];
