import {
  expireReservation,
  reservationClaimed,
  type ReservationClaimed,
  reservationConfirmed,
  reservationReleased,
} from '@tsunagari/contracts';
import { cancelTimer, defineStatelessReactor, setTimer } from './definition';

/** What was claimed and neither confirmed nor given back is free again when its time is over. */
export const reservationExpiry = defineStatelessReactor({
  name: 'reservation_expiry',
  types: [reservationClaimed.type, reservationConfirmed.type, reservationReleased.type],
  react({ type, data }) {
    if (type !== reservationClaimed.type) return [cancelTimer('expiry')];
    const { reservation, holder, until } = data as ReservationClaimed;
    return [setTimer('expiry', until, expireReservation, { reservation, holder })];
  },
});
