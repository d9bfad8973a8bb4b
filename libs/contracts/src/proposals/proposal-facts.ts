import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';
import { slotSchema } from './offer-facts';
import { contentHashSchema } from './policy-facts';

const moment = z.iso.datetime({ precision: 3 });
const places = z.array(z.int().min(0)).max(5000);
const amounts = z.array(z.number()).max(20);

/** Offers by their place in the catalogue; null is "no action". Probabilities are conditional on the earlier picks. */
const picks = z.array(z.strictObject({ offer: z.int().min(0).nullable(), p: z.number().min(0).max(1) })).max(20);

/** `<subject>.<slot>.<decision>.<place>`: where the proposal stands, and so where it is read and answered. */
export const proposalIdSchema = z
  .string()
  .regex(/^[0-9a-f-]{36}\.[a-z][a-z0-9_]{0,39}\.[1-9][0-9]{0,8}\.[1-9][0-9]?$/, 'an id of a proposal');

/**
 * What was chosen for a customer and a slot, from what, and with which probability. Compact: the circumstances stand once and sealed,
 * exclusions by rule, the short list by columns, policy and catalogue by content hash. Replaying it must give the same.
 */
export const proposalDecided = defineFact({
  name: 'ProposalDecided',
  context: 'proposals',
  data: z.strictObject({
    decision: z.int().min(1),
    slot: slotSchema,
    count: z.int().min(1).max(20),
    seed: z.int(),
    policyId: brandIdSchema,
    policyVersion: z.int().min(1),
    policyHash: contentHashSchema,
    /** Understanding was older than the policy allows: by priority and without features. */
    fallback: z.literal('rules').optional(),
    catalogueHash: contentHashSchema,
    /** Features, consent, goals, caps and history as they were seen. Sealed. */
    seen: z.record(z.string(), z.json()),
    candidates: z.int().min(0),
    excluded: z.record(z.string().regex(/^[a-z_]{1,40}$/), places),
    shortList: z.strictObject({
      offer: places,
      goal: amounts,
      sale: amounts,
      cost: amounts,
      fatigue: amounts,
      score: amounts,
      /** A letter each: m(easured), a(ssumed), p(ropensity). */
      basis: z.string().regex(/^[map]*$/),
      p: amounts,
    }),
    nothing: z.number().min(0).max(1),
    chosen: picks,
    arm: z.enum(['treated', 'holdout']),
    holdout: z.strictObject({ id: brandIdSchema, bucket: z.number() }).optional(),
    /** What the holdout would have got. */
    withheld: picks.optional(),
    /** The chosen offers as proposals, in the order of the slate. */
    proposals: z.array(z.strictObject({ proposalId: proposalIdSchema, offerId: brandIdSchema, revision: z.int().min(1) })).max(20),
    understanding: z.strictObject({ version: z.string().max(200), position: z.string().regex(/^[0-9]+$/), lagMs: z.number().min(0) }),
    expiresAt: moment,
  }),
  personal: ['seen'],
  examples: [
    {
      decision: 1,
      slot: 'home',
      count: 1,
      seed: 42,
      policyId: 'home-softmax',
      policyVersion: 1,
      policyHash: '0123456789abcdef0123456789abcdef',
      catalogueHash: '0123456789abcdef0123456789abcdef',
      seen: { features: { frequency: 3 } },
      candidates: 2,
      excluded: { no_consent: [1] },
      shortList: { offer: [0], goal: [320], sale: [0], cost: [0], fatigue: [0], score: [320], basis: 'a', p: [0.99] },
      nothing: 0.01,
      chosen: [{ offer: 0, p: 0.99 }],
      arm: 'treated',
      proposals: [{ proposalId: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f.home.1.1', offerId: 'how-to-wash', revision: 1 }],
      understanding: { version: 'purchases.1', position: '4711', lagMs: 0 },
      expiresAt: '2026-01-09T03:04:05.000Z',
    },
  ],
});

const proposal = { proposalId: proposalIdSchema, offerId: brandIdSchema };
const example = { proposalId: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f.home.1.1', offerId: 'how-to-wash' };

/** She has seen it. */
export const proposalPresented = defineFact({
  name: 'ProposalPresented',
  context: 'proposals',
  data: z.strictObject({ ...proposal, touchpointId: brandIdSchema.optional() }),
  examples: [{ ...example, touchpointId: 'member-site' }],
});

export const proposalAccepted = defineFact({
  name: 'ProposalAccepted',
  context: 'proposals',
  data: z.strictObject(proposal),
  examples: [example],
});

export const proposalDeclined = defineFact({
  name: 'ProposalDeclined',
  context: 'proposals',
  data: z.strictObject({ ...proposal, reason: z.string().min(1).max(500).optional() }),
  personal: ['reason'],
  examples: [{ ...example, reason: '今は必要ない' }],
});

/** Not now; until then this offer leaves her alone. */
export const proposalSnoozed = defineFact({
  name: 'ProposalSnoozed',
  context: 'proposals',
  data: z.strictObject({ ...proposal, until: moment }),
  examples: [{ ...example, until: '2026-01-20T00:00:00.000Z' }],
});

export const proposalWithdrawn = defineFact({
  name: 'ProposalWithdrawn',
  context: 'proposals',
  data: z.strictObject({ ...proposal, reason: z.string().min(1).max(500), by: z.string().min(1).max(200) }),
  examples: [{ ...example, reason: 'out of stock', by: 'user:ops' }],
});

/** Nobody answered in time. */
export const proposalExpired = defineFact({
  name: 'ProposalExpired',
  context: 'proposals',
  data: z.strictObject(proposal),
  examples: [example],
});

/** The brand has kept what it proposed. */
export const proposalFulfilled = defineFact({
  name: 'ProposalFulfilled',
  context: 'proposals',
  data: z.strictObject({ ...proposal, by: z.string().min(1).max(200) }),
  examples: [{ ...example, by: 'system:orders' }],
});

/** What came of a decision within its window, by assignment: the holdout and "no action" have outcomes too. */
export const proposalOutcomeAttributed = defineFact({
  name: 'ProposalOutcomeAttributed',
  context: 'proposals',
  data: z.strictObject({
    slot: slotSchema,
    decision: z.int().min(1),
    indicator: z.string().min(1).max(100),
    reward: z.number(),
    windowDays: z.int().min(1).max(3660),
    evidenceIds: z.array(z.uuid()).max(100),
  }),
  examples: [{ slot: 'home', decision: 1, indicator: 'smooth-hair', reward: 1, windowDays: 30, evidenceIds: [] }],
});

export type ProposalDecided = DataOf<typeof proposalDecided>;
export type ProposalPresented = DataOf<typeof proposalPresented>;
export type ProposalAccepted = DataOf<typeof proposalAccepted>;
export type ProposalDeclined = DataOf<typeof proposalDeclined>;
export type ProposalSnoozed = DataOf<typeof proposalSnoozed>;
export type ProposalWithdrawn = DataOf<typeof proposalWithdrawn>;
export type ProposalExpired = DataOf<typeof proposalExpired>;
export type ProposalFulfilled = DataOf<typeof proposalFulfilled>;
export type ProposalOutcomeAttributed = DataOf<typeof proposalOutcomeAttributed>;

export const proposalFacts = [
  proposalDecided,
  proposalPresented,
  proposalAccepted,
  proposalDeclined,
  proposalSnoozed,
  proposalWithdrawn,
  proposalExpired,
  proposalFulfilled,
  proposalOutcomeAttributed,
];
