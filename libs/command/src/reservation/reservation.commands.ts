import { streamName } from '@tsunagari/contracts';
import { type Asked, envelopeOf } from '../asked';
import type { CommandPath, CommandResult } from '../command-path';
import { reservationDecider, type ReservationStep } from './reservation.decider';

/** What is reserved, and for whom: `{kind: 'trial', thing: '<subject>:<plan family>', holder: '<subscription id>'}`. */
export type Reservation = { readonly kind: string; readonly thing: string; readonly holder: string };

/**
 * Claim, then confirm or give back: how an invariant across streams is kept without ever appending to two. The claim's stream decides
 * who is first; a process that dies between claim and confirmation leaves a claim that ends by itself.
 */
export function reservationCommands({ path }: { readonly path: CommandPath }) {
  const send = (reservation: string, holder: string, asked: Asked, command: ReservationStep): Promise<CommandResult> =>
    path.execute(reservationDecider, {
      stream: streamName('reservation', reservation),
      command: { reservation, holder, at: asked.at, ...command },
      body: { reservation, holder, ...command },
      ...envelopeOf(asked, 'operations'),
    });
  const named = ({ kind, thing }: Reservation): string => `${kind}:${thing}`;

  return {
    /** Refused with `ALREADY_RESERVED` while another holds it. Claiming again moves the end; what is confirmed stays confirmed. */
    claim: (reservation: Reservation, until: string, asked: Asked) =>
      send(named(reservation), reservation.holder, asked, { kind: 'Claim', until }),
    /** Refused with `NOT_RESERVED` when it is not, or no longer, this holder's. */
    confirm: (reservation: Reservation, asked: Asked) => send(named(reservation), reservation.holder, asked, { kind: 'Confirm' }),
    /** Free again, if it is this holder's; else nothing. */
    release: (reservation: Reservation, asked: Asked) => send(named(reservation), reservation.holder, asked, { kind: 'Release' }),
    /** By a timer: frees what was claimed and never confirmed. */
    expire: (reservation: string, holder: string, asked: Asked) => send(reservation, holder, asked, { kind: 'Expire' }),
  };
}

export type ReservationCommands = ReturnType<typeof reservationCommands>;
