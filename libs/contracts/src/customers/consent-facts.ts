import { z } from 'zod';
import { type DataOf, defineFact } from '../registry';
import { brandIdSchema } from '../brand-text';
import type { IdentifierType } from './facts';

/** Where a customer can be reached. */
export const CHANNELS = ['email', 'sms', 'push', 'phone', 'post', 'messaging', 'webhook'] as const;
export const channelSchema = z.enum(CHANNELS);
export type Channel = z.infer<typeof channelSchema>;

/** Kinds of identifier that are an address of a channel. */
export const CHANNEL_ADDRESSES: Readonly<Record<Channel, readonly IdentifierType[]>> = {
  email: ['email'],
  sms: ['phone'],
  phone: ['phone'],
  push: ['device_id'],
  post: ['external_id'],
  messaging: ['external_id', 'user_id'],
  webhook: ['external_id', 'user_id', 'account_id'],
};

/** What a consent is for. `marketing`, `profiling` and `analysis` are the platform's own; a brand's sources may name others. */
export const consentCategorySchema = z.string().min(1).max(100);

/** The text that a customer reads before she answers, in one version. A grant names the version that she saw. */
export const noticePublished = defineFact({
  name: 'NoticePublished',
  context: 'customers',
  ofSubject: false,
  data: z.strictObject({
    noticeId: brandIdSchema,
    noticeVersion: z.int().min(1),
    category: consentCategorySchema,
    /** Empty: whatever the channel. */
    channels: z.array(channelSchema).max(CHANNELS.length),
    text: z.strictObject({ ja: z.string().min(1).max(10_000), en: z.string().min(1).max(10_000) }),
    lawfulBasis: z.enum(['consent', 'contract', 'legal-obligation', 'legitimate-interest']),
    /** A grant does not count before it was confirmed from the address itself. */
    doubleOptIn: z.boolean(),
    /** Days after which a grant ends by itself; absent: never. */
    validDays: z.int().min(1).max(3650).optional(),
  }),
  examples: [
    {
      noticeId: 'newsletter',
      noticeVersion: 1,
      category: 'marketing',
      channels: ['email'],
      text: { ja: '髪のお手入れについてのメールをお送りします。', en: 'We will send you mail about hair care.' },
      lawfulBasis: 'consent',
      doubleOptIn: true,
      validDays: 730,
    },
  ],
});

const answered = {
  category: consentCategorySchema,
  /** Absent: every channel. */
  channel: channelSchema.optional(),
  source: z.string().min(1).max(200),
};

/** She said yes where the notice wants it confirmed: no consent yet. Whoever can show the token that hashes to `token` confirms it. */
export const consentRequested = defineFact({
  name: 'ConsentRequested',
  context: 'customers',
  data: z.strictObject({
    ...answered,
    noticeVersion: z.string().max(120),
    /** SHA-256 of the token that went to her address, hex. */
    token: z.string().regex(/^[0-9a-f]{64}$/),
    confirmBy: z.iso.datetime({ precision: 3 }),
    verified: z.boolean(),
    expiresAt: z.iso.datetime({ precision: 3 }).optional(),
  }),
  examples: [
    {
      category: 'marketing',
      channel: 'email',
      source: 'customers',
      noticeVersion: 'newsletter/1',
      token: 'a'.repeat(64),
      confirmBy: '2026-01-09T00:00:00.000Z',
      verified: true,
    },
  ],
});

/** She confirmed from her own address: from here on it is a grant. */
export const consentConfirmed = defineFact({
  name: 'ConsentConfirmed',
  context: 'customers',
  data: z.strictObject({
    ...answered,
    noticeVersion: z.string().max(120),
    verified: z.boolean(),
    expiresAt: z.iso.datetime({ precision: 3 }).optional(),
  }),
  examples: [{ category: 'marketing', channel: 'email', source: 'customers', noticeVersion: 'newsletter/1', verified: true }],
});

/** The time for which it was granted is over. */
export const consentExpired = defineFact({
  name: 'ConsentExpired',
  context: 'customers',
  data: z.strictObject({ category: consentCategorySchema, channel: channelSchema.optional() }),
  examples: [{ category: 'marketing', channel: 'email' }],
});

/** She objects to what is done with her data without her consent. `profiling` also closes individual decisions, targeting and export. */
export const processingObjected = defineFact({
  name: 'ProcessingObjected',
  context: 'customers',
  data: z.strictObject({ purpose: z.enum(['analysis', 'profiling']), source: z.string().min(1).max(200) }),
  examples: [{ purpose: 'profiling', source: 'customers' }],
});

export const objectionWithdrawn = defineFact({
  name: 'ObjectionWithdrawn',
  context: 'customers',
  data: z.strictObject({ purpose: z.enum(['analysis', 'profiling']), source: z.string().min(1).max(200) }),
  examples: [{ purpose: 'profiling', source: 'customers' }],
});

/** How she wants to be spoken to. A field that is absent stays as it was; null takes it back. */
export const preferenceChanged = defineFact({
  name: 'PreferenceChanged',
  context: 'customers',
  data: z.strictObject({
    language: z.enum(['ja', 'en']).nullable().optional(),
    /** IANA name: her own quiet hours and days. */
    timeZone: z.string().min(1).max(64).nullable().optional(),
    /** Topics that she wants (true) or does not want (false) to hear of. */
    topics: z.record(consentCategorySchema, z.boolean()).optional(),
  }),
  examples: [{ language: 'ja', timeZone: 'Asia/Tokyo', topics: { 'hair-care': true } }],
});

/**
 * What a source said of consent in `context.consent`, as it came. A reactor makes it a grant or a denial: `mayGrant` says how far its word
 * goes (a public key grants for its own anonymous id only), a denial is always taken.
 */
export const consentReported = defineFact({
  name: 'ConsentReported',
  context: 'customers',
  data: z.strictObject({
    categories: z.record(z.string().min(1).max(100), z.boolean()),
    source: z.string().min(1).max(200),
    verified: z.boolean(),
    mayGrant: z.boolean(),
  }),
  examples: [{ categories: { marketing: true, profiling: false }, source: 'source:web', verified: false, mayGrant: true }],
});

export type NoticePublished = DataOf<typeof noticePublished>;
export type ConsentRequested = DataOf<typeof consentRequested>;
export type ConsentConfirmed = DataOf<typeof consentConfirmed>;
export type ConsentExpired = DataOf<typeof consentExpired>;
export type ProcessingObjected = DataOf<typeof processingObjected>;
export type ObjectionWithdrawn = DataOf<typeof objectionWithdrawn>;
export type PreferenceChanged = DataOf<typeof preferenceChanged>;
export type ConsentReported = DataOf<typeof consentReported>;

export const consentFacts = [
  noticePublished,
  consentRequested,
  consentConfirmed,
  consentExpired,
  processingObjected,
  objectionWithdrawn,
  preferenceChanged,
  consentReported,
];
