import {
  channelSchema,
  consentCategorySchema,
  consentDenied,
  consentExpired,
  consentRequested,
  type ConsentRequested,
  consentWithdrawn,
  defineCommand,
} from '@tsunagari/contracts';
import { defineStatelessReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';

/** Sends the link that confirms a double opt-in to her address. */
export const askToConfirm = defineCommand(
  'touchpoints',
  'AskToConfirm',
  z.strictObject({
    subject: z.uuid(),
    category: consentCategorySchema,
    channel: channelSchema.optional(),
    confirmBy: z.string(),
  }),
);

/** Marks what waits for her and may not go any more. */
export const reviewQueued = defineCommand('touchpoints', 'ReviewQueuedMessages', z.strictObject({ subject: z.uuid() }));

/**
 * What her word on consent means for messages: a yes that wants to be confirmed is asked for by mail; a no takes the messages that
 * wait out of the queue. Whether one goes is decided again when it is dispatched, so this only says earlier what would be said then.
 */
export const consentMessagesReactor = defineStatelessReactor({
  name: 'consent_messages',
  types: [consentRequested.type, consentDenied.type, consentWithdrawn.type, consentExpired.type],
  react({ type, subject, data }) {
    if (subject === null) return [];
    if (type !== consentRequested.type) return [send(reviewQueued, { subject })];
    const { category, channel, confirmBy } = data as ConsentRequested;
    return [send(askToConfirm, { subject, category, ...(channel === undefined ? {} : { channel }), confirmBy })];
  },
});
