import {
  cancellationRequested,
  cancellationUndone,
  defineCommand,
  requestKindSchema,
  subscriptionCancelled,
  trialEnded,
  type CancellationRequested,
  type Fact,
} from '@tsunagari/contracts';
import { defineReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';

const named = { requestId: z.string() };

/** Puts on the board what a customer did elsewhere. */
export const fileRequest = defineCommand(
  'touchpoints',
  'FileRequest',
  z.strictObject({ ...named, subject: z.uuid(), kind: requestKindSchema, subscriptionId: z.string() }),
);

/** Closes it as it ended there. */
export const closeRequest = defineCommand(
  'touchpoints',
  'CloseRequest',
  z.strictObject({ ...named, outcome: z.enum(['fulfilled', 'withdrawn']) }),
);

/** The cancellation that is open of one subscription. */
type Open = { readonly requestId: string | null; readonly closed: string | null };

/** `CancelSubscription` is the one entry, from every touchpoint: the request board follows it, and never the other way round. */
export const cancellationRequestReactor = defineReactor<Open>({
  name: 'cancellation_requests',
  version: 1,
  types: [cancellationRequested.type, cancellationUndone.type, subscriptionCancelled.type, trialEnded.type],
  key: ({ stream }) => stream,
  initial: { requestId: null, closed: null },
  evolve({ requestId }, { type, id }) {
    if (type === cancellationRequested.type) return { requestId: id, closed: null };
    return { requestId: null, closed: requestId };
  },
  react({ type, subject, data }: Fact, { requestId, closed }) {
    if (type === cancellationRequested.type) {
      if (requestId === null || subject === null) return [];
      const { subscriptionId } = data as CancellationRequested;
      return [send(fileRequest, { requestId, subject, kind: 'cancel', subscriptionId })];
    }
    if (closed === null) return [];
    const outcome = type === cancellationUndone.type ? 'withdrawn' : 'fulfilled';
    return [send(closeRequest, { requestId: closed, outcome })];
  },
});
