import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { moneySchema } from '../money';
import { CannotSay, type DataOf, defineFact } from '../registry';
import { slotSchema } from './offer-facts';

export const DECISION_POLICY_KINDS = ['rules', 'ranking', 'softmax', 'epsilon_greedy', 'thompson'] as const;

export const contentHashSchema = z.string().regex(/^[0-9a-f]{32}$/, 'a content hash');

/** How decisions are made, in one version. Terms as in `@tsunagari/decisioning`. */
export const policyContentSchema = z.strictObject({
  kind: z.enum(DECISION_POLICY_KINDS),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code'),
  shortList: z.int().min(1).max(20),
  /** ε: the share of choices that may go to others than the best. */
  exploration: z.number().min(0).max(0.9),
  /** Minor units: the difference that makes a choice e times as likely (softmax). */
  temperature: z.number().min(0.01).max(1e9),
  prior: z.strictObject({ rate: z.number().gt(0).lt(1), strength: z.number().gt(0).max(1e6) }),
  /** The attribute that tells strata apart; absent: everybody is alike. */
  stratum: z.string().min(1).max(63).optional(),
  undeclaredGoal: z.number().min(0).max(1),
  /** What one contact too many costs, minor units, and how many in 30 days are free besides those that she answered. Absent: nothing. */
  fatigue: z.strictObject({ perContact: z.number().min(0).max(1e9), freeContacts: z.int().min(0).max(1000) }).optional(),
  draws: z.int().min(100).max(10_000),
  /** Whether its log must be good for judging other policies: then it explores. */
  toBeEvaluated: z.boolean(),
  /** How old understanding may be, and what happens when it is older: `rules` decides by priority and without features. */
  understanding: z.strictObject({ maxLagSeconds: z.int().min(0).max(31_536_000), whenOlder: z.enum(['refuse', 'rules']) }),
  /** `granted`: features are used only with consent to profiling; `not_denied`: unless she denied or objects. */
  profiling: z.enum(['granted', 'not_denied']),
  /** How long a decision stands. */
  validHours: z.int().min(1).max(8784),
  /** What its decisions are to bring: a goal of this indicator achieved within so many days. Absent: outcomes are attributed by hand. */
  reward: z.strictObject({ indicator: brandIdSchema, windowDays: z.int().min(1).max(3660) }).optional(),
});
export type PolicyContent = z.infer<typeof policyContentSchema>;

const policy = { policyId: brandIdSchema, policyVersion: z.int().min(1) };

export const policyRegistered = defineFact({
  name: 'PolicyRegistered',
  context: 'proposals',
  version: 2,
  ofSubject: false,
  data: z.strictObject({ ...policy, content: policyContentSchema, hash: contentHashSchema, author: z.string().min(1).max(200) }),
  examples: [
    {
      policyId: 'home-softmax',
      policyVersion: 1,
      content: {
        kind: 'softmax',
        currency: 'JPY',
        shortList: 10,
        exploration: 0.1,
        temperature: 50,
        prior: { rate: 0.1, strength: 20 },
        undeclaredGoal: 0.25,
        draws: 400,
        toBeEvaluated: true,
        understanding: { maxLagSeconds: 3600, whenOlder: 'refuse' },
        profiling: 'granted',
        validHours: 168,
      },
      hash: '0123456789abcdef0123456789abcdef',
      author: 'user:mika',
    },
    {
      policyId: 'home-softmax',
      policyVersion: 2,
      content: {
        kind: 'softmax',
        currency: 'JPY',
        shortList: 10,
        exploration: 0.1,
        temperature: 50,
        prior: { rate: 0.1, strength: 20 },
        undeclaredGoal: 0.25,
        draws: 400,
        toBeEvaluated: true,
        understanding: { maxLagSeconds: 3600, whenOlder: 'refuse' },
        profiling: 'granted',
        validHours: 168,
        reward: { indicator: 'combing', windowDays: 28 },
      },
      hash: '0123456789abcdef0123456789abcdef',
      author: 'user:mika',
    },
  ],
  upcast: { 1: (data) => data },
  downcast: { 1: (data) => ('reward' in (data['content'] as object) ? new CannotSay('version 1 names no reward of a policy') : data) },
});

/** Somebody else than the author answers for running it without an evaluation. */
export const policyEvaluationWaived = defineFact({
  name: 'PolicyEvaluationWaived',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({
    ...policy,
    reason: z.string().min(1).max(500),
    until: z.iso.datetime({ precision: 3 }),
    by: z.string().min(1).max(200),
  }),
  examples: [
    { policyId: 'home-softmax', policyVersion: 1, reason: 'no log to judge it on yet', until: '2026-03-01T00:00:00.000Z', by: 'user:ken' },
  ],
});

/** Decides in these slots from now on, in place of whatever did. */
export const policyActivated = defineFact({
  name: 'PolicyActivated',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ ...policy, slots: z.array(slotSchema).min(1).max(50) }),
  examples: [{ policyId: 'home-softmax', policyVersion: 1, slots: ['home'] }],
});

export const policyRetired = defineFact({
  name: 'PolicyRetired',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({ policyId: brandIdSchema, reason: z.string().min(1).max(500) }),
  examples: [{ policyId: 'home-softmax', reason: 'replaced' }],
});

/** V(purpose): what one achieved outcome is worth to the brand. Every explanation shows it with its version. */
export const purposeValueSet = defineFact({
  name: 'PurposeValueSet',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({
    purposeId: brandIdSchema,
    valueVersion: z.int().min(1),
    value: moneySchema,
    reason: z.string().min(1).max(500),
    by: z.string().min(1).max(200),
  }),
  examples: [
    {
      purposeId: 'smooth-hair',
      valueVersion: 1,
      value: { amountMinor: 4000, currency: 'JPY' },
      reason: 'margin of two refills a year',
      by: 'user:mika',
    },
  ],
});

/** A random share of customers gets nothing, so that effects can be measured. Ends only grow, the salt never changes. */
export const holdoutDefined = defineFact({
  name: 'HoldoutDefined',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({
    holdoutId: brandIdSchema,
    salt: z.string().min(1).max(100),
    /** `[from, to)` of [0, 1). */
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
    /** Absent: every slot. */
    slots: z.array(slotSchema).min(1).max(50).optional(),
  }),
  examples: [{ holdoutId: 'global', salt: 'global-2026', from: 0, to: 0.05 }],
});

const tried = { presented: z.int().min(0), accepted: z.int().min(0) };

/** How often each offer was shown and taken up to a position: what decisions from now on believe of untested effects. */
export const experienceLearned = defineFact({
  name: 'ExperienceLearned',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({
    upTo: z.string().regex(/^[0-9]+$/),
    offers: z.array(z.strictObject({ offerId: brandIdSchema, ...tried })).max(5000),
  }),
  examples: [{ upTo: '4711', offers: [{ offerId: 'how-to-wash', presented: 120, accepted: 33 }] }],
});

/** What could be proposed at one moment, by content hash: decisions name the hash, replay reads this. */
export const catalogueRecorded = defineFact({
  name: 'CatalogueRecorded',
  context: 'proposals',
  ofSubject: false,
  data: z.strictObject({
    hash: contentHashSchema,
    /** In the order by which decisions name them. */
    offers: z.array(z.strictObject({ offerId: brandIdSchema, revision: z.int().min(1), ...tried })).max(5000),
    purposeValues: z
      .array(z.strictObject({ purposeId: brandIdSchema, valueVersion: z.int().min(1), amountMinor: z.int(), currency: z.string() }))
      .max(5000),
    holdouts: z
      .array(
        z.strictObject({
          holdoutId: brandIdSchema,
          salt: z.string(),
          from: z.number(),
          to: z.number(),
          slots: z.array(slotSchema).nullable(),
        }),
      )
      .max(100),
  }),
  examples: [
    {
      hash: '0123456789abcdef0123456789abcdef',
      offers: [{ offerId: 'how-to-wash', revision: 1, presented: 0, accepted: 0 }],
      purposeValues: [{ purposeId: 'smooth-hair', valueVersion: 1, amountMinor: 4000, currency: 'JPY' }],
      holdouts: [],
    },
  ],
});

export type PolicyRegistered = DataOf<typeof policyRegistered>;
export type PolicyEvaluationWaived = DataOf<typeof policyEvaluationWaived>;
export type PolicyActivated = DataOf<typeof policyActivated>;
export type PolicyRetired = DataOf<typeof policyRetired>;
export type PurposeValueSet = DataOf<typeof purposeValueSet>;
export type HoldoutDefined = DataOf<typeof holdoutDefined>;
export type ExperienceLearned = DataOf<typeof experienceLearned>;
export type CatalogueRecorded = DataOf<typeof catalogueRecorded>;

export const policyFacts = [
  policyRegistered,
  policyEvaluationWaived,
  policyActivated,
  policyRetired,
  purposeValueSet,
  holdoutDefined,
  experienceLearned,
  catalogueRecorded,
];
