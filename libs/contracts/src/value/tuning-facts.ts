import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const text = z.string().min(1).max(4000);
const moment = z.iso.datetime({ precision: 3 });
const decimal = z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/, 'a decimal number');
const ofService = { serviceId: brandIdSchema };
/** `<service>:<n>`. */
const ofCycle = { cycleId: z.string().min(1).max(190), serviceId: brandIdSchema };
const cycle = { cycleId: 'combing-course:1', serviceId: 'combing-course' };

/** Which data, which meeting, which criteria, who decides, how often: without one of them nothing is ever tuned. */
export const tuningProcessDefined = defineFact({
  name: 'TuningProcessDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofService,
    dataSet: text,
    meeting: text,
    criteria: z.array(text).min(1).max(50),
    /** As facts name people. */
    decisionMaker: text,
    cadenceDays: z.int().min(1).max(31),
  }),
  examples: [
    {
      ...ofExample(),
      dataSet: 'kpiBoard',
      meeting: 'first Monday',
      criteria: ['achievement rises', 'no more complaints'],
      decisionMaker: 'user:owner',
      cadenceDays: 28,
    },
  ],
});

export const tuningDecisionDelegated = defineFact({
  name: 'TuningDecisionDelegated',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofService, to: text, until: moment }),
  examples: [{ ...ofExample(), to: 'user:deputy', until: '2026-02-01T00:00:00.000Z' }],
});

export const tuningCycleOpened = defineFact({
  name: 'TuningCycleOpened',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofCycle, n: z.int().min(1), dueBy: moment }),
  examples: [{ ...cycle, n: 1, dueBy: '2026-02-02T00:00:00.000Z' }],
});

export const tuningFindingRecorded = defineFact({
  name: 'TuningFindingRecorded',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofCycle,
    findingId: brandIdSchema,
    text,
    evidenceIds: z.array(z.string().min(1).max(200)).max(200),
    metricSnapshot: z.array(z.strictObject({ metric: text, value: decimal.nullable(), asOf: moment })).max(50),
  }),
  examples: [
    {
      ...cycle,
      findingId: 'f1',
      text: 'Long hair tangles when dried with heat',
      evidenceIds: ['voice-7'],
      metricSnapshot: [{ metric: 'achievement', value: '0.41', asOf: '2026-01-15T00:00:00.000Z' }],
    },
  ],
});

export const TUNING_TARGETS = ['purpose', 'content', 'means', 'marketing'] as const;

export const tuningProposed = defineFact({
  name: 'TuningProposed',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofCycle,
    tuningId: brandIdSchema,
    target: z.enum(TUNING_TARGETS),
    hypothesis: text,
    expectedEffect: text,
    observationDays: z.int().min(1).max(366),
  }),
  examples: [
    {
      ...cycle,
      tuningId: 't1',
      target: 'content',
      hypothesis: 'Show cool drying',
      expectedEffect: '+5 points of achievement',
      observationDays: 28,
    },
  ],
});

/** Decided on data pinned to a place in the log: anybody can ask for the same figures again. */
export const tuningDecided = defineFact({
  name: 'TuningDecided',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofCycle,
    tuningId: brandIdSchema,
    decision: z.enum(['adopt', 'reject']),
    criteriaResults: z.array(z.strictObject({ criterion: text, met: z.boolean(), note: text.optional() })).max(50),
    meetingId: text,
    decidedBy: text,
    dataAsOf: z.string().regex(/^(0|[1-9][0-9]{0,18})$/, 'a position'),
  }),
  examples: [
    {
      ...cycle,
      tuningId: 't1',
      decision: 'adopt',
      criteriaResults: [{ criterion: 'achievement rises', met: true }],
      meetingId: '2026-01-05',
      decidedBy: 'user:owner',
      dataAsOf: '4711',
    },
  ],
});

export const tuningRoleAssigned = defineFact({
  name: 'TuningRoleAssigned',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofCycle, role: z.enum(['responsible', 'accountable', 'consulted', 'informed']), staff: text }),
  examples: [{ ...cycle, role: 'responsible', staff: 'user:creator' }],
});

export const tuningOverdueFlagged = defineFact({
  name: 'TuningOverdueFlagged',
  context: 'value',
  ofSubject: false,
  data: z.strictObject(ofCycle),
  examples: [cycle],
});

export const tuningCycleClosed = defineFact({
  name: 'TuningCycleClosed',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofCycle, n: z.int().min(1) }),
  examples: [{ ...cycle, n: 1 }],
});

/** An adopted tuning is an aggregate of its own: its observation outlasts the cycle. */
export const tuningApplied = defineFact({
  name: 'TuningApplied',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofCycle,
    tuningId: brandIdSchema,
    changeIds: z.array(z.string().min(1).max(200)).min(1).max(100),
    observeUntil: moment,
  }),
  examples: [{ ...cycle, tuningId: 't1', changeIds: ['content:cool-drying'], observeUntil: '2026-02-10T00:00:00.000Z' }],
});

/** `effect` with its 95 % interval. A hit: the interval lies above zero. */
export const tuningEvaluated = defineFact({
  name: 'TuningEvaluated',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ tuningId: brandIdSchema, effect: decimal, interval: z.tuple([decimal, decimal]), hit: z.boolean() }),
  examples: [{ tuningId: 't1', effect: '0.05', interval: ['0.01', '0.09'], hit: true }],
});

function ofExample() {
  return { serviceId: 'combing-course' };
}

export type TuningProcessDefined = DataOf<typeof tuningProcessDefined>;
export type TuningCycleOpened = DataOf<typeof tuningCycleOpened>;
export type TuningFindingRecorded = DataOf<typeof tuningFindingRecorded>;
export type TuningProposed = DataOf<typeof tuningProposed>;
export type TuningDecided = DataOf<typeof tuningDecided>;
export type TuningRoleAssigned = DataOf<typeof tuningRoleAssigned>;
export type TuningApplied = DataOf<typeof tuningApplied>;
export type TuningEvaluated = DataOf<typeof tuningEvaluated>;

export const tuningProcessFacts = [tuningProcessDefined, tuningDecisionDelegated];
export const tuningCycleFacts = [
  tuningCycleOpened,
  tuningFindingRecorded,
  tuningProposed,
  tuningDecided,
  tuningRoleAssigned,
  tuningOverdueFlagged,
  tuningCycleClosed,
];
export const tuningFacts = [tuningApplied, tuningEvaluated];
