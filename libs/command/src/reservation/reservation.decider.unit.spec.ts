import { reservationClaimed, reservationConfirmed, reservationReleased } from '@tsunagari/contracts';
import { folded, given, recorded } from '@tsunagari/testing';
import { type ReservationCommand, reservationDecider } from './reservation.decider';

const reservation = 'trial:a:care';
const of = (holder: string, at = '2026-01-01T00:00:00.000Z') => ({ reservation, holder, at });
const until = '2026-01-01T00:15:00.000Z';
const later = '2026-01-01T00:15:00.001Z';
const claimedBy = (holder: string) => recorded(reservationClaimed, { reservation, holder, until });
const confirmedBy = (holder: string) => recorded(reservationConfirmed, { reservation, holder });
const claim = (holder: string, at?: string): ReservationCommand => ({
  kind: 'Claim',
  until: '2026-01-01T01:00:00.000Z',
  ...of(holder, at),
});

describe('claiming', () => {
  it('takes what is free', () => {
    given(reservationDecider)
      .when(claim('one'))
      .then({ definition: reservationClaimed, subject: null, data: { reservation, holder: 'one', until: '2026-01-01T01:00:00.000Z' } });
  });
  it('is refused while another holds it, claimed or confirmed', () => {
    given(reservationDecider, [claimedBy('one')])
      .when(claim('two'))
      .thenRefused('ALREADY_RESERVED', null);
    given(reservationDecider, [claimedBy('one'), confirmedBy('one')])
      .when(claim('two', later))
      .thenRefused('ALREADY_RESERVED', null);
  });
  it('takes what was claimed too long ago, timer or not', () => {
    given(reservationDecider, [claimedBy('one')])
      .when(claim('two', later))
      .then({ definition: reservationClaimed, subject: null, data: { reservation, holder: 'two', until: '2026-01-01T01:00:00.000Z' } });
  });
  it('takes what is free at this very moment, and what is one’s own anew', () => {
    for (const holder of ['one', 'two'])
      given(reservationDecider, [claimedBy('one')])
        .when(claim(holder, until))
        .then({ definition: reservationClaimed, subject: null, data: { reservation, holder, until: '2026-01-01T01:00:00.000Z' } });
    given(reservationDecider)
      .when({ kind: 'Claim', until, ...of('one', until) })
      .thenRefused('INVALID_FIELD', 'until');
  });
  it('takes what was given back', () => {
    const released = recorded(reservationReleased, { reservation, holder: 'one', reason: 'given_up' });
    expect(folded(reservationDecider, [claimedBy('one'), released])).toBeNull();
    const unrelated = { ...released, type: 'retention.operations.something-else' };
    expect(folded(reservationDecider, [claimedBy('one'), unrelated])).toEqual({ holder: 'one', until });
  });
  it('of what one has confirmed changes nothing; an end in the past is refused', () => {
    given(reservationDecider, [claimedBy('one'), confirmedBy('one')])
      .when(claim('one'))
      .thenNothingHappened();
    given(reservationDecider)
      .when({ kind: 'Claim', until, ...of('one', later) })
      .thenRefused('INVALID_FIELD', 'until');
  });
});

describe('confirming and giving back', () => {
  it('is for the holder', () => {
    given(reservationDecider, [claimedBy('one')])
      .when({ kind: 'Confirm', ...of('one') })
      .then({ definition: reservationConfirmed, subject: null, data: { reservation, holder: 'one' } });
    given(reservationDecider, [claimedBy('one'), confirmedBy('one')])
      .when({ kind: 'Confirm', ...of('one') })
      .thenNothingHappened();
    given(reservationDecider, [claimedBy('one')])
      .when({ kind: 'Confirm', ...of('two') })
      .thenRefused('NOT_RESERVED', null);
    given(reservationDecider, [claimedBy('one')])
      .when({ kind: 'Release', ...of('two') })
      .thenNothingHappened();
    given(reservationDecider, [claimedBy('one'), confirmedBy('one')])
      .when({ kind: 'Release', ...of('one') })
      .then({ definition: reservationReleased, subject: null, data: { reservation, holder: 'one', reason: 'given_up' } });
  });
  it('an expiry frees an unconfirmed claim whose time is over, and nothing else', () => {
    given(reservationDecider, [claimedBy('one')])
      .when({ kind: 'Expire', ...of('one', until) })
      .then({ definition: reservationReleased, subject: null, data: { reservation, holder: 'one', reason: 'expired' } });
    given(reservationDecider, [claimedBy('one')])
      .when({ kind: 'Expire', ...of('one') })
      .thenNothingHappened();
    given(reservationDecider, [claimedBy('one'), confirmedBy('one')])
      .when({ kind: 'Expire', ...of('one', later) })
      .thenNothingHappened();
  });
});
