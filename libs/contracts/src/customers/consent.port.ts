import { z } from 'zod';
import { declarePort, type PortOf } from '../port';
import { REFUSAL_CODES } from '../refusal';
import { channelSchema, consentCategorySchema } from './consent-facts';

/**
 * Why she may not be reached. `NO_CONSENT`: nobody ever said yes. `DENIED`, `WITHDRAWN`, `EXPIRED`, `UNCONFIRMED`: what she last said.
 * `STRICTER_OF_MERGED`: of the customers that became one, one had said no. `NOT_OF_ADDRESS`: the yes stands at an identifier that no
 * verified link joins with this address. `OBJECTED`: she objects. `ERASED`.
 */
export const CONSENT_REASONS = [
  'NO_CONSENT',
  'DENIED',
  'WITHDRAWN',
  'EXPIRED',
  'UNCONFIRMED',
  'STRICTER_OF_MERGED',
  'NOT_OF_ADDRESS',
  'OBJECTED',
  'ERASED',
] as const;

/**
 * Whether and why (not). `basis` names what a yes stands on: the notice's version, or the source where there is none; `saidAt` is its place
 * in the log, `0` where nobody had to say it.
 */
const positionSchema = z.string().regex(/^\d{1,20}$/);

export const consentVerdictSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('allowed'), basis: z.string(), saidAt: positionSchema }),
  z.strictObject({ kind: z.literal('forbidden'), reason: z.enum(CONSENT_REASONS) }),
]);
export type ConsentVerdict = z.infer<typeof consentVerdictSchema>;

export const consentQuestionSchema = z.strictObject({
  /** Who would be reached or decided for: the subject of the address, since consent does not cross an unverified link. */
  subject: z.uuid(),
  /** `marketing`, `profiling`, `analysis`, or a brand's own. */
  category: consentCategorySchema,
  /** Absent: not about a channel (profiling). */
  channel: channelSchema.optional(),
  at: z.iso.datetime(),
});
export type ConsentQuestion = z.infer<typeof consentQuestionSchema>;

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accepted') }),
  z.object({ kind: z.literal('refused'), code: z.enum(REFUSAL_CODES), rule: z.string() }),
]);

/**
 * What every context asks before it proposes or sends. The owner answers from the streams themselves, so an answer is never older than the
 * last withdrawal; no record is a no. Verdicts stand in the order of the questions.
 */
export const consentPort = declarePort('customers', 'consent', {
  mayContact: {
    input: z.strictObject({ questions: z.array(consentQuestionSchema).max(1000) }),
    answer: z.object({ verdicts: z.array(consentVerdictSchema) }),
  },
  /** Takes a yes back, or says no: never refused. */
  withdraw: {
    input: z.strictObject({
      subject: z.uuid(),
      category: consentCategorySchema,
      channel: channelSchema.optional(),
      source: z.string().min(1).max(200),
      at: z.iso.datetime(),
      idempotencyKey: z.string(),
    }),
    answer: outcome,
  },
  /** She followed the link that was sent to her address. */
  confirm: {
    input: z.strictObject({ link: z.string().max(2000), at: z.iso.datetime(), idempotencyKey: z.string() }),
    answer: outcome,
  },
  /** How she wants to be spoken to; what is left out stays. */
  setPreference: {
    input: z.strictObject({ subject: z.uuid(), language: z.enum(['ja', 'en']), at: z.iso.datetime(), idempotencyKey: z.string() }),
    answer: outcome,
  },
  /** How these subjects want to be spoken to; the customer's newest word counts, whichever identifier it was said under. */
  preferencesOf: {
    input: z.strictObject({ subjects: z.array(z.uuid()).max(1000) }),
    answer: z.object({
      preferences: z.array(
        z.object({ language: z.enum(['ja', 'en']).nullable(), timeZone: z.string().nullable(), topics: z.record(z.string(), z.boolean()) }),
      ),
    }),
  },
});
export type ConsentPort = PortOf<typeof consentPort>;
