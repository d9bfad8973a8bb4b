import { expireReservation, reservationClaimed, reservationConfirmed, reservationReleased } from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import { reservationExpiry } from './reservation-expiry.reactor';

const of = { reservation: 'trial:a:care', holder: 'one' };

it('a claim expires at its time, unless it was confirmed or given back before', () => {
  const react = (fact: ReturnType<typeof recorded>) => reservationExpiry.react(fact, undefined, 'reservation-trial');
  expect(react(recorded(reservationClaimed, { ...of, until: '2026-01-01T00:15:00.000Z' }))).toEqual([
    { kind: 'set-timer', timer: 'expiry', at: '2026-01-01T00:15:00.000Z', command: expireReservation.name, input: of },
  ]);
  for (const definition of [reservationConfirmed, reservationReleased])
    expect(react(recorded(definition, of))).toEqual([{ kind: 'cancel-timer', timer: 'expiry' }]);
  expect(reservationExpiry.name).toBe('reservation_expiry');
  expect([...reservationExpiry.types].sort()).toEqual(
    [reservationClaimed, reservationConfirmed, reservationReleased].map(({ type }) => type).sort(),
  );
});
