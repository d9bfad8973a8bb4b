import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

export const TOUCHPOINT_KINDS = [
  'app',
  'member_site',
  'web',
  'email',
  'sms',
  'push',
  'messaging',
  'phone',
  'sns',
  'store',
  'event',
  'consultation',
  'in_package',
  'ad',
  'device',
  'partner',
] as const;

/** What a customer can do there by herself. */
export const SELF_SERVICES = [
  'sign_up',
  'change_content',
  'change_plan',
  'pause',
  'resume',
  'cancel',
  'undo',
  'preferences',
  'consent',
] as const;
export const selfServiceSchema = z.enum(SELF_SERVICES);
export type SelfService = z.infer<typeof selfServiceSchema>;

const of = { touchpointId: brandIdSchema };
const described = {
  ...of,
  name: localisedTextSchema,
  kind: z.enum(TOUCHPOINT_KINDS),
  /** Reached directly, or through a partner who stands between. */
  directness: z.enum(['direct', 'via_partner']),
  direction: z.enum(['inbound', 'outbound', 'two_way']),
  online: z.boolean(),
  /** The touchpoint over which an answer comes back; its own id when it is two-way. */
  returnPathId: brandIdSchema.optional(),
  selfService: z.array(selfServiceSchema).max(SELF_SERVICES.length),
};

/** A place where brand and customer meet. */
export const touchpointRegistered = defineFact({
  name: 'TouchpointRegistered',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject(described),
  examples: [
    {
      touchpointId: 'member-site',
      name: { ja: '会員サイト', en: 'Member site' },
      kind: 'member_site',
      directness: 'direct',
      direction: 'two_way',
      online: true,
      selfService: ['sign_up', 'cancel', 'pause', 'resume', 'undo'],
    },
  ],
});

export const touchpointPaused = defineFact({
  name: 'TouchpointPaused',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({ ...of, reason: z.string().min(1).max(500) }),
  examples: [{ touchpointId: 'member-site', reason: 'moves to a new provider' }],
});

export const touchpointResumed = defineFact({
  name: 'TouchpointResumed',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject(of),
  examples: [{ touchpointId: 'member-site' }],
});

export const touchpointRetired = defineFact({
  name: 'TouchpointRetired',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({ ...of, reason: z.string().min(1).max(500) }),
  examples: [{ touchpointId: 'old-app', reason: 'nobody opens it any more' }],
});

/** How the brand speaks there. */
export const voicePersonaDefined = defineFact({
  name: 'VoicePersonaDefined',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({ ...of, persona: localisedTextSchema, tone: localisedTextSchema }),
  examples: [
    {
      touchpointId: 'sns-main',
      persona: { ja: '髪好きの先輩', en: 'The elder friend who loves hair' },
      tone: { ja: 'やさしく、短く', en: 'kind and short' },
    },
  ],
});

/** A customer can cancel there by herself, from now on. These facts stand in one stream, which guards the last of them. */
export const selfServicePathOpened = defineFact({
  name: 'SelfServicePathOpened',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject(of),
  examples: [{ touchpointId: 'member-site' }],
});

export const selfServicePathClosed = defineFact({
  name: 'SelfServicePathClosed',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject(of),
  examples: [{ touchpointId: 'member-site' }],
});

export type SelfServicePath = DataOf<typeof selfServicePathOpened>;
export type TouchpointRegistered = DataOf<typeof touchpointRegistered>;
export type TouchpointPaused = DataOf<typeof touchpointPaused>;
export type TouchpointRetired = DataOf<typeof touchpointRetired>;
export type VoicePersonaDefined = DataOf<typeof voicePersonaDefined>;

export const touchpointFacts = [
  touchpointRegistered,
  touchpointPaused,
  touchpointResumed,
  touchpointRetired,
  voicePersonaDefined,
  selfServicePathOpened,
  selfServicePathClosed,
];
