import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { defineSignal, type SignalDataOf, SignalRegistry } from '../signal-registry';

const day = z.iso.date();
const version = z.int().min(1);
const ofSegment = z.strictObject({ segmentId: brandIdSchema, definitionVersion: version, asOfDay: day });

export const segmentEntered = defineSignal({
  name: 'SegmentEntered',
  data: ofSegment,
  example: { segmentId: 'quiet', definitionVersion: 1, asOfDay: '2026-03-31' },
});

/** The rule of the segment does not hold of her any more, or the segment was retired. */
export const segmentExited = defineSignal({
  name: 'SegmentExited',
  data: ofSegment,
  example: { segmentId: 'quiet', definitionVersion: 1, asOfDay: '2026-03-31' },
});

export const lifecycleStageChanged = defineSignal({
  name: 'LifecycleStageChanged',
  data: z.strictObject({
    /** Null: she was in none. */
    from: brandIdSchema.nullable(),
    to: brandIdSchema.nullable(),
    definitionVersion: version,
    asOfDay: day,
  }),
  example: { from: 'new', to: 'regular', definitionVersion: 2, asOfDay: '2026-03-31' },
});

export const needDetected = defineSignal({
  name: 'NeedDetected',
  data: z.strictObject({ needId: brandIdSchema, purposeId: brandIdSchema.nullable(), definitionVersion: version, asOfDay: day }),
  example: { needId: 'refill', purposeId: null, definitionVersion: 1, asOfDay: '2026-03-31' },
});

export const churnRiskRaised = defineSignal({
  name: 'ChurnRiskRaised',
  data: z.strictObject({
    /** By the activated health model; null without one: then the reasons alone raise it. */
    probability: z.number().min(0).max(1).nullable(),
    horizonDays: z.int().min(1).nullable(),
    reasons: z.array(z.strictObject({ code: z.string().regex(/^[A-Z_]+$/), evidence: z.array(z.uuid()) })),
    asOfDay: day,
  }),
  example: {
    probability: 0.71,
    horizonDays: 90,
    reasons: [{ code: 'PAYMENT_FAILED', evidence: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'] }],
    asOfDay: '2026-03-31',
  },
});

export const churnRiskCleared = defineSignal({
  name: 'ChurnRiskCleared',
  data: z.strictObject({ probability: z.number().min(0).max(1).nullable(), asOfDay: day }),
  example: { probability: 0.2, asOfDay: '2026-04-02' },
});

/** She said that she is dissatisfied or in trouble. Told with the fact, not at the day's end. */
export const dissatisfactionDetected = defineSignal({
  name: 'DissatisfactionDetected',
  data: z.strictObject({ voices: z.array(z.strictObject({ kind: z.string(), evidence: z.uuid() })).min(1) }),
  example: { voices: [{ kind: 'trouble', evidence: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }] },
});

/** She pays, and has used nothing for long. */
export const silentSubscriberDetected = defineSignal({
  name: 'SilentSubscriberDetected',
  data: z.strictObject({ lastUse: day.nullable(), asOfDay: day }),
  example: { lastUse: '2026-02-20', asOfDay: '2026-03-31' },
});

/** She holds no contract and has bought nothing for as long as the lapse rule says. A later purchase makes her regained. */
export const relationshipLapsed = defineSignal({
  name: 'RelationshipLapsed',
  data: z.strictObject({ lastPurchase: day, afterDays: z.int().min(1), asOfDay: day }),
  example: { lastPurchase: '2025-12-30', afterDays: 90, asOfDay: '2026-03-30' },
});

/** A rule made two customers one. Merges by a person are facts. */
export const mergedByRule = defineSignal({
  name: 'MergedByRule',
  data: z.strictObject({ survivor: z.uuid(), absorbed: z.array(z.uuid()).min(1) }),
  example: { survivor: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', absorbed: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'] },
});

/** Evidence did not join two customers, because a rule or a person is against it. */
export const mergeHeld = defineSignal({
  name: 'MergeHeld',
  data: z.strictObject({ subjects: z.array(z.uuid()).length(2), reason: z.string().regex(/^[A-Z_]+$/) }),
  example: {
    subjects: ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
    reason: 'TWO_VERIFIED_USER_IDS',
  },
});

/**
 * The newest understanding of one customer. Nothing in it moves with the days alone, so it is published when something changed. Its
 * moment is the envelope's. Null in its place: she is another customer by now.
 */
export const customerUnderstood = defineSignal({
  name: 'CustomerUnderstood',
  topic: 'state',
  /** As the projection is called. */
  kind: 'standing',
  data: z.strictObject({
    stage: brandIdSchema.nullable(),
    segments: z.array(brandIdSchema),
    needs: z.array(brandIdSchema),
    churnRisk: z.boolean(),
    churnReasons: z.array(z.string().regex(/^[A-Z_]+$/)),
    silentSubscriber: z.boolean(),
    lapsed: z.boolean(),
    subscriber: z.boolean(),
    /** Days with a purchase. */
    purchases: z.int().min(0),
    lastPurchase: day.nullable(),
    lastUse: day.nullable(),
    /** Her last answer, 0 to 10. */
    nps: z.int().min(0).max(10).nullable(),
    /** What her contracts bring a month, minor units by currency. */
    monthlyMinor: z.record(z.string().regex(/^[A-Z]{3}$/), z.int()),
  }),
  example: {
    stage: 'regular',
    segments: ['quiet'],
    needs: [],
    churnRisk: true,
    churnReasons: ['SILENT_SUBSCRIBER'],
    silentSubscriber: true,
    lapsed: false,
    subscriber: true,
    purchases: 7,
    lastPurchase: '2026-01-12',
    lastUse: null,
    nps: 8,
    monthlyMinor: { JPY: 1200 },
  },
});

export type SegmentEntered = SignalDataOf<typeof segmentEntered>;
export type SegmentExited = SignalDataOf<typeof segmentExited>;
export type LifecycleStageChanged = SignalDataOf<typeof lifecycleStageChanged>;
export type NeedDetected = SignalDataOf<typeof needDetected>;
export type ChurnRiskRaised = SignalDataOf<typeof churnRiskRaised>;
export type ChurnRiskCleared = SignalDataOf<typeof churnRiskCleared>;
export type DissatisfactionDetected = SignalDataOf<typeof dissatisfactionDetected>;
export type SilentSubscriberDetected = SignalDataOf<typeof silentSubscriberDetected>;
export type RelationshipLapsed = SignalDataOf<typeof relationshipLapsed>;
export type MergedByRule = SignalDataOf<typeof mergedByRule>;
export type MergeHeld = SignalDataOf<typeof mergeHeld>;
export type CustomerUnderstood = SignalDataOf<typeof customerUnderstood>;

/** Everything that projections tell others. */
export const signals = new SignalRegistry([
  segmentEntered,
  segmentExited,
  lifecycleStageChanged,
  needDetected,
  churnRiskRaised,
  churnRiskCleared,
  dissatisfactionDetected,
  silentSubscriberDetected,
  relationshipLapsed,
  mergedByRule,
  mergeHeld,
  customerUnderstood,
]);
