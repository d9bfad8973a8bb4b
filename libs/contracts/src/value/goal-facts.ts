import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const text = z.string().min(1).max(4000);
const moment = z.iso.datetime({ precision: 3 });
const decimal = z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/, 'a decimal number');
const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';

export const OBSERVATION_METHODS = ['measured', 'self_report', 'survey', 'staff'] as const;
export const GOAL_SOURCES = ['customer', 'staff', 'inferred'] as const;

/** `goalId` is subject and purpose: there is one open goal of a purpose. `nth` counts the goals that were declared there. */
const ofGoal = { goalId: z.string().min(1).max(190), purposeId: brandIdSchema };
const example = { goalId: `${subject}:smooth-hair`, purposeId: 'smooth-hair' };

export const goalDeclared = defineFact({
  name: 'GoalDeclared',
  context: 'value',
  data: z.strictObject({
    ...ofGoal,
    nth: z.int().min(1),
    source: z.enum(GOAL_SOURCES),
    indicatorId: brandIdSchema,
    /** Of the indicator: every observation is in it. */
    unit: z.string().min(1).max(50),
    /** In her own words. */
    wish: text.optional(),
  }),
  personal: ['wish'],
  examples: [{ ...example, nth: 1, source: 'customer', indicatorId: 'combing', unit: 'points', wish: 'No more knots' }],
});

/** She wants it. Time to value counts from here. */
export const goalConfirmed = defineFact({
  name: 'GoalConfirmed',
  context: 'value',
  data: z.strictObject(ofGoal),
  examples: [example],
});

export const goalRevised = defineFact({
  name: 'GoalRevised',
  context: 'value',
  data: z.strictObject({ ...ofGoal, wish: text }),
  personal: ['wish'],
  examples: [{ ...example, wish: 'Smooth, also on rainy days' }],
});

/** What was seen of the outcome; it happened at the fact's `occurred`. A baseline is how it was before the goal. */
export const outcomeObserved = defineFact({
  name: 'OutcomeObserved',
  context: 'value',
  data: z.strictObject({
    ...ofGoal,
    value: decimal,
    unit: z.string().min(1).max(50),
    method: z.enum(OBSERVATION_METHODS),
    evidenceIds: z.array(z.string().min(1).max(200)).max(100),
    baseline: z.boolean(),
  }),
  examples: [{ ...example, value: '4', unit: 'points', method: 'self_report', evidenceIds: [], baseline: false }],
});

const underVersion = { ...ofGoal, indicatorId: brandIdSchema, indicatorVersion: z.int().min(1) };
const version = { ...example, indicatorId: 'combing', indicatorVersion: 1 };

export const goalProgressed = defineFact({
  name: 'GoalProgressed',
  context: 'value',
  data: z.strictObject({ ...underVersion, from: decimal.nullable(), to: decimal }),
  examples: [{ ...version, from: null, to: '3' }],
});

/** Announced under that version of the indicator. Boards evaluate anew, from what was observed. */
export const goalAchieved = defineFact({
  name: 'GoalAchieved',
  context: 'value',
  data: z.strictObject({ ...underVersion, observationIds: z.array(z.uuid()).max(1000), timeToValueMs: z.int().min(0) }),
  examples: [{ ...version, observationIds: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'], timeToValueMs: 1209600000 }],
});

export const goalLapsed = defineFact({ name: 'GoalLapsed', context: 'value', data: z.strictObject(underVersion), examples: [version] });
export const goalRegained = defineFact({ name: 'GoalRegained', context: 'value', data: z.strictObject(underVersion), examples: [version] });

export const goalAbandoned = defineFact({
  name: 'GoalAbandoned',
  context: 'value',
  data: z.strictObject({ ...ofGoal, reason: text.optional() }),
  examples: [{ ...example, reason: 'Cut her hair short' }],
});

/** What the brand promises with a plan or a service, by when, and what it does when it fails. */
export const outcomePromisePublished = defineFact({
  name: 'OutcomePromisePublished',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    promiseId: brandIdSchema,
    purposeId: brandIdSchema,
    of: z.strictObject({ kind: z.enum(['plan', 'service']), id: brandIdSchema }),
    promise: localisedTextSchema,
    remedy: localisedTextSchema,
    withinDays: z.int().min(1).max(3650),
  }),
  examples: [
    {
      promiseId: 'smooth-in-60-days',
      purposeId: 'smooth-hair',
      of: { kind: 'plan', id: 'refill-monthly' },
      promise: { ja: '60日で櫛が通る髪に', en: 'Combs through within 60 days' },
      remedy: { ja: '1か月分を返金', en: 'A month is paid back' },
      withinDays: 60,
    },
  ],
});

const ofPromise = { ...ofGoal, promiseId: brandIdSchema };
const promised = { ...example, promiseId: 'smooth-in-60-days' };

export const outcomeCommitted = defineFact({
  name: 'OutcomeCommitted',
  context: 'value',
  data: z.strictObject({ ...ofPromise, dueAt: moment }),
  examples: [{ ...promised, dueAt: '2026-03-01T00:00:00.000Z' }],
});

export const outcomeCommitmentMissed = defineFact({
  name: 'OutcomeCommitmentMissed',
  context: 'value',
  data: z.strictObject(ofPromise),
  examples: [promised],
});

export const remedyGranted = defineFact({
  name: 'RemedyGranted',
  context: 'value',
  data: z.strictObject({ ...ofPromise, note: text.optional() }),
  examples: [{ ...promised, note: 'Paid back on the invoice of March' }],
});

export type GoalDeclared = DataOf<typeof goalDeclared>;
export type OutcomeObserved = DataOf<typeof outcomeObserved>;
export type GoalAchieved = DataOf<typeof goalAchieved>;
export type OutcomePromise = DataOf<typeof outcomePromisePublished>;
export type OutcomeCommitted = DataOf<typeof outcomeCommitted>;

export const goalFacts = [
  goalDeclared,
  goalConfirmed,
  goalRevised,
  outcomeObserved,
  goalProgressed,
  goalAchieved,
  goalLapsed,
  goalRegained,
  goalAbandoned,
  outcomeCommitted,
  outcomeCommitmentMissed,
  remedyGranted,
];
export const promiseFacts = [outcomePromisePublished];
