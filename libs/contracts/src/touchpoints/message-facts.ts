import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { channelSchema } from '../customers/consent-facts';
import { type DataOf, defineFact } from '../registry';

const moment = z.iso.datetime({ precision: 3 });

/** At most `max` messages of the scope within `windowHours`, rolling. Service and legal messages do not count and are not held. */
export const frequencyCapSet = defineFact({
  name: 'FrequencyCapSet',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({
    /** `global`, or a topic of the messages. */
    scope: brandIdSchema,
    /** Absent: over all channels together. */
    channel: channelSchema.optional(),
    max: z.int().min(1).max(10_000),
    windowHours: z
      .int()
      .min(1)
      .max(24 * 366),
  }),
  examples: [{ scope: 'global', channel: 'email', max: 3, windowHours: 168 }],
});

/** Between these times of her own day nothing of marketing reaches her: it waits, or is dropped. Over midnight when `from` is later than `to`. */
export const quietHoursSet = defineFact({
  name: 'QuietHoursSet',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    /** The zone of a customer of whom none is known, IANA. */
    defaultTimeZone: z.string().min(1).max(64),
    fallback: z.enum(['defer', 'drop']),
  }),
  examples: [{ from: '21:00', to: '08:00', defaultTimeZone: 'Asia/Tokyo', fallback: 'defer' }],
});

/** Nothing goes to this address. `legal` ones (complaints, objections, orders of a court) no marketer lifts. */
export const suppressionAdded = defineFact({
  name: 'SuppressionAdded',
  context: 'touchpoints',
  data: z.strictObject({
    /** `all`: service too; legal messages still go. */
    scope: z.enum(['marketing', 'all']),
    channel: channelSchema.optional(),
    reason: z.enum(['hard_bounce', 'complaint', 'manual', 'legal']),
    until: moment.optional(),
    by: z.string().min(1).max(200),
  }),
  examples: [{ scope: 'all', channel: 'email', reason: 'hard_bounce', by: 'system:dispatch' }],
});

export const suppressionLifted = defineFact({
  name: 'SuppressionLifted',
  context: 'touchpoints',
  data: z.strictObject({ channel: channelSchema.optional(), by: z.string().min(1).max(200), reason: z.string().min(1).max(500) }),
  examples: [{ channel: 'email', by: 'user:admin', reason: 'the mailbox works again' }],
});

/** She pressed unsubscribe. Stands in the stream that every dispatch reads. */
export const unsubscribed = defineFact({
  name: 'Unsubscribed',
  context: 'touchpoints',
  data: z.strictObject({ channel: channelSchema, scope: z.string().min(1).max(100), messageId: z.uuid().optional() }),
  examples: [{ channel: 'email', scope: 'marketing', messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

/** A place among the messages that a cap allows was taken for this message, in the stream of her address. */
export const contactSlotReserved = defineFact({
  name: 'ContactSlotReserved',
  context: 'touchpoints',
  data: z.strictObject({ messageId: z.uuid(), channel: channelSchema, category: brandIdSchema, topic: brandIdSchema.optional() }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', channel: 'email', category: 'marketing' }],
});

/** The message went nowhere: its place is free again. */
export const contactSlotReleased = defineFact({
  name: 'ContactSlotReleased',
  context: 'touchpoints',
  data: z.strictObject({ messageId: z.uuid() }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

/** What messages are made of, in one version. `{{name}}` stands for a value of the message. */
export const templatePublished = defineFact({
  name: 'TemplatePublished',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({
    templateId: brandIdSchema,
    templateVersion: z.int().min(1),
    channel: channelSchema,
    subject: z.strictObject({ ja: z.string().min(1).max(200), en: z.string().min(1).max(200) }),
    text: z.strictObject({ ja: z.string().min(1).max(20_000), en: z.string().min(1).max(20_000) }),
    html: z.strictObject({ ja: z.string().min(1).max(50_000), en: z.string().min(1).max(50_000) }).optional(),
  }),
  examples: [
    {
      templateId: 'how-to-wash',
      templateVersion: 1,
      channel: 'email',
      subject: { ja: '{{name}}さんの洗い方', en: 'How to wash, {{name}}' },
      text: { ja: 'ぬるま湯で洗います。', en: 'Wash with lukewarm water.' },
    },
  ],
});

const message = { messageId: z.uuid() };

/** Somebody wants her to read this. Whether it goes out is decided when it is dispatched. */
export const messageQueued = defineFact({
  name: 'MessageQueued',
  context: 'touchpoints',
  data: z.strictObject({
    ...message,
    category: z.enum(['marketing', 'service', 'legal']),
    topic: brandIdSchema.optional(),
    channel: channelSchema,
    touchpointId: brandIdSchema.optional(),
    templateId: brandIdSchema,
    templateVersion: z.int().min(1),
    language: z.enum(['ja', 'en']),
    /** What the template's places are filled with. Sealed. */
    values: z.record(z.string().min(1).max(100), z.string().max(2000)).optional(),
    proposalId: z.string().min(1).max(200).optional(),
    notBefore: moment.optional(),
  }),
  personal: ['values'],
  examples: [
    {
      messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      category: 'marketing',
      channel: 'email',
      templateId: 'how-to-wash',
      templateVersion: 1,
      language: 'ja',
      values: { name: '花子' },
    },
  ],
});

/** It does not go out, and why: the rule, and what was seen. */
export const messageSuppressed = defineFact({
  name: 'MessageSuppressed',
  context: 'touchpoints',
  data: z.strictObject({ ...message, rule: z.string().min(1).max(100), detail: z.string().max(500) }),
  examples: [{ ...{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }, rule: 'FREQUENCY_CAP', detail: '3 of 3 in 168 h' }],
});

export const messageDeferred = defineFact({
  name: 'MessageDeferred',
  context: 'touchpoints',
  data: z.strictObject({ ...message, until: moment, rule: z.string().min(1).max(100) }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', until: '2026-01-02T23:00:00.000Z', rule: 'QUIET_HOURS' }],
});

export const messageCancelled = defineFact({
  name: 'MessageCancelled',
  context: 'touchpoints',
  data: z.strictObject({ ...message, reason: z.string().min(1).max(200) }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', reason: 'consent withdrawn' }],
});

/**
 * From here on it may be on its way. Written right before it is handed to the provider; a marketing message that has this fact and no
 * outcome is never handed over again.
 */
export const messageDispatchStarted = defineFact({
  name: 'MessageDispatchStarted',
  context: 'touchpoints',
  data: z.strictObject({ ...message, attempt: z.int().min(1).max(100), consentBasis: z.string().max(300) }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', attempt: 1, consentBasis: 'newsletter/1' }],
});

export const messageSent = defineFact({
  name: 'MessageSent',
  context: 'touchpoints',
  data: z.strictObject({ ...message, attempt: z.int().min(1), provider: z.string().min(1).max(50) }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', attempt: 1, provider: 'smtp' }],
});

/** The provider did not take it, and said so: it did not go out. */
export const messageFailed = defineFact({
  name: 'MessageFailed',
  context: 'touchpoints',
  data: z.strictObject({
    ...message,
    attempt: z.int().min(1),
    provider: z.string().min(1).max(50),
    permanent: z.boolean(),
    detail: z.string().max(300),
  }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', attempt: 1, provider: 'smtp', permanent: false, detail: '451' }],
});

/** Nobody can know whether it went out. A marketing message ends here. */
export const messageOutcomeUnknown = defineFact({
  name: 'MessageOutcomeUnknown',
  context: 'touchpoints',
  data: z.strictObject({ ...message, attempt: z.int().min(1), detail: z.string().max(300) }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', attempt: 1, detail: 'the process ended while it was handed over' }],
});

export const messageDelivered = defineFact({
  name: 'MessageDelivered',
  context: 'touchpoints',
  data: z.strictObject(message),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

export const messageOpened = defineFact({
  name: 'MessageOpened',
  context: 'touchpoints',
  data: z.strictObject(message),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

export const messageClicked = defineFact({
  name: 'MessageClicked',
  context: 'touchpoints',
  data: z.strictObject({ ...message, linkId: brandIdSchema }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', linkId: 'how-to' }],
});

export const messageBounced = defineFact({
  name: 'MessageBounced',
  context: 'touchpoints',
  data: z.strictObject({ ...message, hard: z.boolean() }),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', hard: true }],
});

export const messageComplained = defineFact({
  name: 'MessageComplained',
  context: 'touchpoints',
  data: z.strictObject(message),
  examples: [{ messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

export type FrequencyCapSet = DataOf<typeof frequencyCapSet>;
export type QuietHoursSet = DataOf<typeof quietHoursSet>;
export type SuppressionAdded = DataOf<typeof suppressionAdded>;
export type SuppressionLifted = DataOf<typeof suppressionLifted>;
export type Unsubscribed = DataOf<typeof unsubscribed>;
export type ContactSlotReserved = DataOf<typeof contactSlotReserved>;
export type ContactSlotReleased = DataOf<typeof contactSlotReleased>;
export type TemplatePublished = DataOf<typeof templatePublished>;
export type MessageQueued = DataOf<typeof messageQueued>;
export type MessageSuppressed = DataOf<typeof messageSuppressed>;
export type MessageDeferred = DataOf<typeof messageDeferred>;
export type MessageCancelled = DataOf<typeof messageCancelled>;
export type MessageDispatchStarted = DataOf<typeof messageDispatchStarted>;
export type MessageSent = DataOf<typeof messageSent>;
export type MessageFailed = DataOf<typeof messageFailed>;
export type MessageOutcomeUnknown = DataOf<typeof messageOutcomeUnknown>;
export type MessageBounced = DataOf<typeof messageBounced>;
export type MessageClicked = DataOf<typeof messageClicked>;

/** What stands in the stream of one address: everything that a dispatch has to know besides consent. */
export const contactFacts = [suppressionAdded, suppressionLifted, unsubscribed, contactSlotReserved, contactSlotReleased];

export const messageFacts = [
  frequencyCapSet,
  quietHoursSet,
  ...contactFacts,
  templatePublished,
  messageQueued,
  messageSuppressed,
  messageDeferred,
  messageCancelled,
  messageDispatchStarted,
  messageSent,
  messageFailed,
  messageOutcomeUnknown,
  messageDelivered,
  messageOpened,
  messageClicked,
  messageBounced,
  messageComplained,
];
