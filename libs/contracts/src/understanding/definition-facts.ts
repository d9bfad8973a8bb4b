import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

/** A definition as of its version: the first is 1, a change is the next one. What an older version meant can always be read. */
const version = z.int().min(1);
const rule = z.string().min(1).max(4000);
const fittedPart = z.record(z.string(), z.json());

/**
 * How a number is made. A kind of libs/metrics (`nps`, `nrr` …), or one of a brand's own over its customers: `share` (for how many of
 * those whom `base` holds for does `rule` hold) and `mean` (of `formula` over them).
 */
export const metricDefined = defineFact({
  name: 'MetricDefined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    metricId: brandIdSchema,
    version,
    name: localisedTextSchema,
    kind: z.string().min(1).max(50),
    class: z.enum(['OUTCOME', 'RESULT', 'EXPERIENCE', 'PROCESS', 'MEASUREMENT']),
    rule: rule.optional(),
    base: rule.optional(),
    formula: rule.optional(),
    /** Of whom: everybody, or one segment. */
    segmentId: brandIdSchema.optional(),
    /** What it says when there is nobody to speak of: never 0. */
    zeroDenominator: z.literal('null-with-reason'),
    /** What becomes of a period that is not over. */
    partialPeriods: z.enum(['marked', 'left-out']),
  }),
  examples: [
    {
      metricId: 'loyal-share',
      version: 1,
      name: { ja: 'ロイヤル率', en: 'Share of loyal customers' },
      kind: 'share',
      class: 'RESULT',
      rule: 'purchases >= 5',
      base: 'purchases >= 1',
      zeroDenominator: 'null-with-reason',
      partialPeriods: 'marked',
    },
  ],
});

export const segmentDefined = defineFact({
  name: 'SegmentDefined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ segmentId: brandIdSchema, version, name: localisedTextSchema, rule }),
  examples: [{ segmentId: 'quiet', version: 1, name: { ja: '休眠', en: 'Gone quiet' }, rule: 'days_since_purchase > 90 && subscriber' }],
});

/** The stages of a relationship, in order: a customer is in the first one whose rule holds. */
export const lifecycleDefined = defineFact({
  name: 'LifecycleDefined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    version,
    stages: z
      .array(z.strictObject({ stageId: brandIdSchema, name: localisedTextSchema, rule }))
      .min(1)
      .max(20),
  }),
  examples: [{ version: 1, stages: [{ stageId: 'new', name: { ja: '新規', en: 'New' }, rule: 'purchases <= 1' }] }],
});

/** Something that customers need, seen by what they do: whom the rule holds for has it. */
export const needDefined = defineFact({
  name: 'NeedDefined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ needId: brandIdSchema, version, name: localisedTextSchema, rule, purposeId: brandIdSchema.optional() }),
  examples: [{ needId: 'refill', version: 1, name: { ja: '詰め替え', en: 'A refill' }, rule: 'purchases >= 3 && !subscriber' }],
});

export const needPrioritised = defineFact({
  name: 'NeedPrioritised',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ needId: brandIdSchema, priority: z.int().min(1).max(5), reason: z.string().min(1).max(500) }),
  examples: [{ needId: 'refill', priority: 1, reason: 'half of those who leave had it' }],
});

export const needDeclined = defineFact({
  name: 'NeedDeclined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ needId: brandIdSchema, reason: z.string().min(1).max(500) }),
  examples: [{ needId: 'refill', reason: 'not ours to serve' }],
});

/** What health predicts, how far ahead, and from which attributes. */
export const healthModelDefined = defineFact({
  name: 'HealthModelDefined',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    modelId: brandIdSchema,
    version,
    name: localisedTextSchema,
    /** `purchase`: at least one within the horizon. `renewal`: who pays now still pays at its end. */
    outcome: z.enum(['purchase', 'renewal']),
    horizonDays: z.int().min(7).max(730),
    features: z.array(z.string().min(1).max(63)).min(1).max(50),
  }),
  examples: [
    {
      modelId: 'health',
      version: 1,
      name: { ja: '健全度', en: 'Health' },
      outcome: 'purchase',
      horizonDays: 90,
      features: ['days_since_purchase', 'purchases'],
    },
  ],
});

/** What the model would have said in the past beside what then happened. Without it no model is activated. */
export const healthModelBacktested = defineFact({
  name: 'HealthModelBacktested',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    modelId: brandIdSchema,
    version,
    backtestId: z.uuid(),
    /** History is replayed to this day; what happened within the horizon after it is compared. */
    asOfDay: z.iso.date(),
    inputsPosition: z.string().regex(/^[0-9]+$/),
    customers: z.int().min(0),
    /** AUC beside recency alone, Brier, bias, calibration by decile, lift of the top decile. */
    report: fittedPart,
    /** The model as it would be used from now on: fitted to the newest window. */
    fitted: fittedPart,
    /** Features that know the outcome too well to have been there before it. */
    leaking: z.array(z.string()),
  }),
  examples: [
    {
      modelId: 'health',
      version: 1,
      backtestId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      asOfDay: '2026-01-31',
      inputsPosition: '120',
      customers: 2357,
      report: { auc: 0.78, aucRecency: 0.77, brier: 0.16 },
      fitted: { intercept: -1.2 },
      leaking: [],
    },
  ],
});

export const healthModelActivated = defineFact({
  name: 'HealthModelActivated',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ modelId: brandIdSchema, version, backtestId: z.uuid() }),
  examples: [{ modelId: 'health', version: 1, backtestId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

export const DEFINITION_KINDS = ['metric', 'segment', 'need', 'health-model'] as const;
export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

/** Nothing new uses it; what it meant stays readable. */
export const definitionRetired = defineFact({
  name: 'DefinitionRetired',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ kind: z.enum(DEFINITION_KINDS), definitionId: brandIdSchema, reason: z.string().min(1).max(500) }),
  examples: [{ kind: 'segment', definitionId: 'quiet', reason: 'replaced by stages' }],
});

export type MetricDefined = DataOf<typeof metricDefined>;
export type SegmentDefined = DataOf<typeof segmentDefined>;
export type LifecycleDefined = DataOf<typeof lifecycleDefined>;
export type NeedDefined = DataOf<typeof needDefined>;
export type NeedPrioritised = DataOf<typeof needPrioritised>;
export type NeedDeclined = DataOf<typeof needDeclined>;
export type HealthModelDefined = DataOf<typeof healthModelDefined>;
export type HealthModelBacktested = DataOf<typeof healthModelBacktested>;
export type HealthModelActivated = DataOf<typeof healthModelActivated>;
export type DefinitionRetired = DataOf<typeof definitionRetired>;

export const definitionFacts = [
  metricDefined,
  segmentDefined,
  lifecycleDefined,
  needDefined,
  needPrioritised,
  needDeclined,
  healthModelDefined,
  healthModelBacktested,
  healthModelActivated,
  definitionRetired,
];
