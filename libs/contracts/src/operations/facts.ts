import { z } from 'zod';
import { defineCommand } from '../command';
import { type DataOf, defineFact } from '../registry';

const text = z.string().min(1).max(500);
const moment = z.iso.datetime({ precision: 3 });

/** A command that followed from a fact was refused by its decider: operations see it, nothing is tried again. */
export const reactionRefused = defineFact({
  name: 'ReactionRefused',
  context: 'operations',
  data: z.strictObject({
    reactor: text,
    /** The fact that it follows from. */
    eventId: z.uuid(),
    /** The name of the command. */
    command: text,
    code: text,
    field: text.nullable(),
    rule: z.string().max(2000),
  }),
  ofSubject: false,
  examples: [
    {
      reactor: 'tuning_cycles',
      eventId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      command: 'value.OpenTuningCycle',
      code: 'TUNING_PROCESS_INCOMPLETE',
      field: null,
      rule: 'a tuning process names its data set, meeting, criteria and decision maker',
    },
  ],
});

const holding = z.strictObject({
  /** Kind and thing, as the stream names it. */
  reservation: text,
  /** Who has it: the id of an aggregate, never a personal value. */
  holder: text,
});

export const reservationClaimed = defineFact({
  name: 'ReservationClaimed',
  context: 'operations',
  data: holding.extend({ until: moment }),
  ofSubject: false,
  examples: [{ reservation: 'trial:9b1deb4d:care', holder: 'subscription-1', until: '2026-01-01T00:15:00.000Z' }],
});

export const reservationConfirmed = defineFact({
  name: 'ReservationConfirmed',
  context: 'operations',
  data: holding,
  ofSubject: false,
  examples: [{ reservation: 'trial:9b1deb4d:care', holder: 'subscription-1' }],
});

export const reservationReleased = defineFact({
  name: 'ReservationReleased',
  context: 'operations',
  data: holding.extend({ reason: z.enum(['given_up', 'expired']) }),
  ofSubject: false,
  examples: [{ reservation: 'trial:9b1deb4d:care', holder: 'subscription-1', reason: 'expired' }],
});

/** Sent by a timer: what was claimed and never confirmed is free again. */
export const expireReservation = defineCommand('operations', 'ExpireReservation', holding);

export type ReactionRefused = DataOf<typeof reactionRefused>;
export type ReservationClaimed = DataOf<typeof reservationClaimed>;
export type ReservationHeld = DataOf<typeof reservationConfirmed>;

export const operationsFacts = [reactionRefused, reservationClaimed, reservationConfirmed, reservationReleased];
