import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const text = z.string().min(1).max(4000);
const ofPurpose = { purposeId: brandIdSchema };

/**
 * How an outcome is measured: `aggregate` of the observations of the last `windowDays`, held against `threshold`. It holds when it is
 * `at_least` (or `at_most`) the threshold. `reads` names the attributes that it rests on; `sustainForDays` how long it must keep
 * holding to count as sustained; `everyDays` how often it should be observed.
 */
export const indicatorSchema = z.strictObject({
  unit: z.string().min(1).max(50),
  aggregate: z.enum(['last', 'mean', 'min', 'max', 'sum', 'count']),
  direction: z.enum(['at_least', 'at_most']),
  /** Decimal as text. */
  threshold: z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/, 'a decimal number'),
  windowDays: z.int().min(1).max(3650),
  sustainForDays: z.int().min(0).max(3650),
  everyDays: z.int().min(1).max(366),
  source: z.string().min(1).max(200),
  reads: z.array(z.string().min(1).max(100)).min(1).max(50),
});
export type Indicator = z.infer<typeof indicatorSchema>;

const combing: Indicator = {
  unit: 'points',
  aggregate: 'last',
  direction: 'at_least',
  threshold: '4',
  windowDays: 14,
  sustainForDays: 28,
  everyDays: 7,
  source: 'self-assessment',
  reads: ['self_assessment.combing'],
};

export const purposeHypothesisProposed = defineFact({
  name: 'PurposeHypothesisProposed',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, statement: localisedTextSchema, evidenceIds: z.array(z.string().min(1).max(200)).max(200) }),
  examples: [
    { purposeId: 'smooth-hair', statement: { ja: '髪がすっと櫛を通る', en: 'Hair combs through smoothly' }, evidenceIds: ['voice-12'] },
  ],
});

export const purposeEvidenceAttached = defineFact({
  name: 'PurposeEvidenceAttached',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, evidenceIds: z.array(z.string().min(1).max(200)).min(1).max(200), note: text.optional() }),
  examples: [{ purposeId: 'smooth-hair', evidenceIds: ['voice-13', 'voice-14'], note: 'Interviews of March' }],
});

export const purposeDefined = defineFact({
  name: 'PurposeDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofPurpose,
    valueModelId: brandIdSchema,
    connectedValueId: brandIdSchema,
    statement: localisedTextSchema,
  }),
  examples: [
    {
      purposeId: 'smooth-hair',
      valueModelId: 'smooth-hair',
      connectedValueId: 'at-ease',
      statement: { ja: '髪がすっと櫛を通る', en: 'Hair combs through smoothly' },
    },
  ],
});

/** One more "what for?". */
export const whyStepAdded = defineFact({
  name: 'WhyStepAdded',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, n: z.int().min(1).max(10), answer: text }),
  examples: [{ purposeId: 'smooth-hair', n: 1, answer: 'So that the morning is not lost to her hair' }],
});

export const successConditionSet = defineFact({
  name: 'SuccessConditionSet',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, condition: text }),
  examples: [{ purposeId: 'smooth-hair', condition: 'The comb goes through in one stroke, for four weeks' }],
});

const ofIndicator = { ...ofPurpose, indicatorId: brandIdSchema, indicatorVersion: z.int().min(1) };

export const outcomeIndicatorDefined = defineFact({
  name: 'OutcomeIndicatorDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofIndicator, indicator: indicatorSchema }),
  examples: [{ purposeId: 'smooth-hair', indicatorId: 'combing', indicatorVersion: 1, indicator: combing }],
});

export const outcomeIndicatorRevised = defineFact({
  name: 'OutcomeIndicatorRevised',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofIndicator, indicator: indicatorSchema, reason: text }),
  examples: [
    {
      purposeId: 'smooth-hair',
      indicatorId: 'combing',
      indicatorVersion: 2,
      indicator: { ...combing, threshold: '3' },
      reason: 'Too strict',
    },
  ],
});

export const outcomeIndicatorApproved = defineFact({
  name: 'OutcomeIndicatorApproved',
  context: 'value',
  ofSubject: false,
  data: z.strictObject(ofIndicator),
  examples: [{ purposeId: 'smooth-hair', indicatorId: 'combing', indicatorVersion: 1 }],
});

export const kpiSet = defineFact({
  name: 'KpiSet',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofPurpose,
    indicatorId: brandIdSchema,
    /** Share of confirmed goals that are achieved: a decimal from 0 to 1. */
    target: z.string().regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'a share from 0 to 1'),
    period: z.enum(['week', 'month', 'quarter', 'year']),
  }),
  examples: [{ purposeId: 'smooth-hair', indicatorId: 'combing', target: '0.6', period: 'quarter' }],
});

/** A result worth watching, never worth steering by: it lags. */
export const resultMetricRegistered = defineFact({
  name: 'ResultMetricRegistered',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, metricId: brandIdSchema, lagging: z.literal(true) }),
  examples: [{ purposeId: 'smooth-hair', metricId: 'mrr', lagging: true }],
});

export const purposeRetired = defineFact({
  name: 'PurposeRetired',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofPurpose, reason: text }),
  examples: [{ purposeId: 'smooth-hair', reason: 'Nobody declared it' }],
});

export type PurposeDefined = DataOf<typeof purposeDefined>;
export type PurposeHypothesisProposed = DataOf<typeof purposeHypothesisProposed>;
export type OutcomeIndicatorDefined = DataOf<typeof outcomeIndicatorDefined>;
export type KpiSet = DataOf<typeof kpiSet>;

export const purposeFacts = [
  purposeHypothesisProposed,
  purposeEvidenceAttached,
  purposeDefined,
  whyStepAdded,
  successConditionSet,
  outcomeIndicatorDefined,
  outcomeIndicatorRevised,
  outcomeIndicatorApproved,
  kpiSet,
  resultMetricRegistered,
  purposeRetired,
];
