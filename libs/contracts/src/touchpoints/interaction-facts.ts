import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const at = { touchpointId: brandIdSchema };

/** Brand and customer had to do with each other. */
export const interactionRecorded = defineFact({
  name: 'InteractionRecorded',
  context: 'touchpoints',
  data: z.strictObject({
    ...at,
    interactionId: brandIdSchema,
    direction: z.enum(['inbound', 'outbound']),
    initiator: z.enum(['customer', 'company', 'staff', 'system']),
    /** Came before she had to ask. */
    proactive: z.boolean(),
    purposeId: brandIdSchema.optional(),
    durationS: z.int().min(0).max(86_400).optional(),
  }),
  examples: [
    { touchpointId: 'store-ginza', interactionId: 'i-1', direction: 'inbound', initiator: 'customer', proactive: false, durationS: 600 },
  ],
});

export const FLOW_KINDS = ['sign_up', 'cancel', 'change_content', 'change_plan', 'pause', 'resume', 'undo', 'consent'] as const;

const flow = { ...at, flowId: brandIdSchema, kind: z.enum(FLOW_KINDS) };

/** She began to do something by herself. Cancel parity counts every started flow, those given up included. */
export const flowStarted = defineFact({
  name: 'FlowStarted',
  context: 'touchpoints',
  data: z.strictObject(flow),
  examples: [{ touchpointId: 'member-site', flowId: 'f-1', kind: 'cancel' }],
});

export const flowStepTaken = defineFact({
  name: 'FlowStepTaken',
  context: 'touchpoints',
  data: z.strictObject({ ...flow, step: z.int().min(1).max(100), name: z.string().min(1).max(100) }),
  examples: [{ touchpointId: 'member-site', flowId: 'f-1', kind: 'cancel', step: 1, name: 'confirm' }],
});

export const flowCompleted = defineFact({
  name: 'FlowCompleted',
  context: 'touchpoints',
  data: z.strictObject({ ...flow, steps: z.int().min(0).max(100), elapsedS: z.number().min(0) }),
  examples: [{ touchpointId: 'member-site', flowId: 'f-1', kind: 'cancel', steps: 2, elapsedS: 14.5 }],
});

export const flowAbandoned = defineFact({
  name: 'FlowAbandoned',
  context: 'touchpoints',
  data: z.strictObject({ ...flow, steps: z.int().min(0).max(100), elapsedS: z.number().min(0) }),
  examples: [{ touchpointId: 'member-site', flowId: 'f-1', kind: 'cancel', steps: 1, elapsedS: 40 }],
});

/** What she says of her own outcome. The value pillar makes it an observation of her goal. */
export const selfAssessmentSubmitted = defineFact({
  name: 'SelfAssessmentSubmitted',
  context: 'touchpoints',
  data: z.strictObject({
    ...at,
    assessmentId: brandIdSchema,
    purposeId: brandIdSchema,
    answers: z
      .array(z.strictObject({ question: brandIdSchema, value: z.number(), unit: z.string().max(50) }))
      .min(1)
      .max(50),
  }),
  examples: [
    {
      touchpointId: 'member-site',
      assessmentId: 'a-1',
      purposeId: 'smooth-hair',
      answers: [{ question: 'combs-through', value: 4, unit: 'points' }],
    },
  ],
});

/** The customer's own words: an impression, a dissatisfaction, a request, praise, a question, a trouble, a service she wants. */
export const voiceRecorded = defineFact({
  name: 'VoiceRecorded',
  context: 'touchpoints',
  data: z.strictObject({
    ...at,
    voiceId: brandIdSchema,
    kind: z.enum(['impression', 'dissatisfaction', 'request', 'praise', 'question', 'trouble', 'wanted_service']),
    /** Her words. Sealed. */
    text: z.string().min(1).max(10_000),
    purposeId: brandIdSchema.optional(),
    productId: brandIdSchema.optional(),
    competitor: z.string().min(1).max(100).optional(),
  }),
  personal: ['text'],
  examples: [{ touchpointId: 'store-ginza', voiceId: 'v-1', kind: 'trouble', text: '朝、髪が絡まる', purposeId: 'smooth-hair' }],
});

export type InteractionRecorded = DataOf<typeof interactionRecorded>;
export type FlowStarted = DataOf<typeof flowStarted>;
export type FlowStepTaken = DataOf<typeof flowStepTaken>;
export type FlowCompleted = DataOf<typeof flowCompleted>;
export type FlowAbandoned = DataOf<typeof flowAbandoned>;
export type SelfAssessmentSubmitted = DataOf<typeof selfAssessmentSubmitted>;
export type VoiceRecorded = DataOf<typeof voiceRecorded>;

export const interactionFacts = [
  interactionRecorded,
  flowStarted,
  flowStepTaken,
  flowCompleted,
  flowAbandoned,
  selfAssessmentSubmitted,
  voiceRecorded,
];
