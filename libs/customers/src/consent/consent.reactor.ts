import {
  channelSchema,
  consentCategorySchema,
  consentConfirmed,
  consentDenied,
  consentExpired,
  consentGranted,
  type ConsentReported,
  consentReported,
  consentWithdrawn,
  defineCommand,
  type Fact,
} from '@tsunagari/contracts';
import { cancelTimer, defineStatelessReactor, send, setTimer } from '@tsunagari/reactor';
import { z } from 'zod';

/** What a source said of one category becomes a grant or a denial. */
export const takeReportedConsent = defineCommand(
  'customers',
  'TakeReportedConsent',
  z.strictObject({
    subject: z.uuid(),
    category: consentCategorySchema,
    granted: z.boolean(),
    source: z.string(),
    verified: z.boolean(),
    saidAt: z.string(),
  }),
);

/** A yes that was given for a time ends by itself. */
export const expireConsent = defineCommand(
  'customers',
  'ExpireConsent',
  z.strictObject({ subject: z.uuid(), category: consentCategorySchema, channel: channelSchema.optional() }),
);

/** Intake records what sources say; here it counts, no further than the source's word goes. */
export const reportedConsentReactor = defineStatelessReactor({
  name: 'reported_consent',
  types: [consentReported.type],
  react({ subject, data, occurred }) {
    if (subject === null) return [];
    const { categories, source, verified, mayGrant } = data as ConsentReported;
    return Object.entries(categories)
      .filter(([, granted]) => mayGrant || !granted)
      .map(([category, granted]) => send(takeReportedConsent, { subject, category, granted, source, verified, saidAt: occurred }));
  },
});

/** The newest word about a category and channel sets the timer of its end, or takes it away. */
export const consentExpiryReactor = defineStatelessReactor({
  name: 'consent_expiry',
  types: [consentGranted.type, consentConfirmed.type, consentDenied.type, consentWithdrawn.type, consentExpired.type],
  react({ subject, type, data }: Fact) {
    if (subject === null) return [];
    const { category, channel, expiresAt } = data as Expiring;
    const timer = `${category}/${channel ?? '*'}`;
    const ends = type === consentGranted.type || type === consentConfirmed.type ? expiresAt : undefined;
    if (ends === undefined) return [cancelTimer(timer)];
    return [setTimer(timer, ends, expireConsent, { subject, category, ...(channel === undefined ? {} : { channel }) })];
  },
});

type Expiring = { readonly category: string; readonly channel?: z.infer<typeof channelSchema>; readonly expiresAt?: string };
