import {
  refusal,
  reservationClaimed,
  type ReservationClaimed,
  reservationConfirmed,
  reservationReleased,
  type ReservationHeld,
} from '@tsunagari/contracts';
import { accept, type Decider, refuse } from '../decider';

export type ReservationStep =
  | { readonly kind: 'Claim'; readonly until: string }
  | { readonly kind: 'Confirm' }
  | { readonly kind: 'Release' }
  | { readonly kind: 'Expire' };

export type ReservationCommand = { readonly reservation: string; readonly holder: string; readonly at: string } & ReservationStep;

/** `until` is null once it is confirmed. */
export type ReservationState = { readonly holder: string; readonly until: string | null } | null;

/**
 * One thing of which there is one (a trial of a person, a coupon of a customer): claimed first, then confirmed by whoever got what it
 * was claimed for, or given back. A claim that nobody confirmed in time is free for the next, whether or not a timer came by.
 */
export const reservationDecider: Decider<ReservationCommand, ReservationState> = {
  initial: null,

  evolve(state, { type, data }) {
    switch (type) {
      case reservationClaimed.type: {
        const { holder, until } = data as ReservationClaimed;
        return { holder, until };
      }
      case reservationConfirmed.type:
        return { holder: (data as ReservationHeld).holder, until: null };
      case reservationReleased.type:
        return null;
      default:
        return state;
    }
  },

  decide({ reservation, holder, at, ...command }, state) {
    const isMine = state?.holder === holder;
    switch (command.kind) {
      case 'Claim': {
        if (state && !isMine && (state.until === null || state.until > at))
          return refuse(
            refusal('ALREADY_RESERVED', null, `${reservation} is held by another`, 'use what was reserved, or wait until it is free'),
          );
        if (isMine && state.until === null) return accept();
        if (command.until <= at) return refuse(refusal('INVALID_FIELD', 'until', 'a claim ends in the future'));
        return accept({ definition: reservationClaimed, subject: null, data: { reservation, holder, until: command.until } });
      }
      case 'Confirm':
        if (!isMine) return refuse(refusal('NOT_RESERVED', null, `${reservation} is not held by ${holder}`, 'claim it first'));
        if (state.until === null) return accept();
        return accept({ definition: reservationConfirmed, subject: null, data: { reservation, holder } });
      case 'Release':
        if (!isMine) return accept();
        return accept({ definition: reservationReleased, subject: null, data: { reservation, holder, reason: 'given_up' } });
      case 'Expire':
        if (!isMine || state.until === null || state.until > at) return accept();
        return accept({ definition: reservationReleased, subject: null, data: { reservation, holder, reason: 'expired' } });
    }
  },
};
