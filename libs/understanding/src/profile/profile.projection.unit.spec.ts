import { type Fact, facts } from '@tsunagari/contracts';
import { consentOf, saysConsent } from './consents';
import { KEPT_TRAITS, profileProjection, type ProfileState } from './profile.projection';

let number = 0;
const [anna, tablet] = ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'];

function fact(type: string, day: string, data: unknown, subject: string = anna): Fact {
  number += 1;
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    type: `retention.${type}`,
    schema: 1,
    subject,
    data,
    meta: { actor: 'system:test', source: 'source:web', correlationId: 'test' },
    occurred: `${day}T12:00:00.000Z`,
    position: String(number),
    stream: 'intake-test',
    version: 1,
    recorded: `${day}T12:00:00.000Z`,
  };
}
const given = (...facts: readonly Fact[]): ProfileState => facts.reduce(profileProjection.evolve, profileProjection.initial);
const consent = (answer: 'granted' | 'denied' | 'withdrawn', day: string, data: object = {}, subject = anna) =>
  fact(`customers.consent-${answer}`, day, { category: 'marketing', source: 'source:web', verified: true, ...data }, subject);
const now = '2011-06-01T00:00:00.000Z';

describe('who a customer is', () => {
  it('keeps identifiers and traits sealed, with the subject whose key opens them', () => {
    const state = given(
      fact('customers.identifier-registered', '2011-01-01', {
        identifierType: 'user_id',
        value: 'sealed.1.abc',
        verified: true,
        kind: 'person',
      }),
      fact('customers.traits-updated', '2011-01-02', { traits: 'sealed.1.def' }, tablet),
    );
    expect(state).toMatchObject({
      kind: 'person',
      identifiers: [{ subject: anna, type: 'user_id', value: 'sealed.1.abc', verified: true }],
      traits: [{ subject: tablet, source: 'source:web', traits: 'sealed.1.def' }],
      firstSeen: '2011-01-01T12:00:00.000Z',
      lastSeen: '2011-01-02T12:00:00.000Z',
    });
  });

  it('keeps the newest traits only, and counts behaviours instead of keeping them', () => {
    const said = Array.from({ length: KEPT_TRAITS + 5 }, (_, i) =>
      fact('customers.traits-updated', '2011-01-01', { traits: `sealed.1.t${i}` }),
    );
    const state = given(
      ...said,
      fact('intake.behaviour-recorded', '2011-01-02', { call: 'page' }),
      fact('intake.behaviour-recorded', '2011-01-03', { call: 'page' }),
    );
    expect(state.traits).toHaveLength(KEPT_TRAITS);
    expect(state.traits.at(-1)?.traits).toBe(`sealed.1.t${KEPT_TRAITS + 4}`);
    expect(state.behaviours).toEqual({ page: 2 });
  });
});

describe('consent', () => {
  it('is folded of every fact that says it, a confirmation by mail among them', () => {
    const saying = facts
      .all()
      .map(({ type }) => type)
      .filter(saysConsent);
    expect(saying).toHaveLength(4);
    expect(profileProjection.types).toEqual(expect.arrayContaining(saying));
    const confirmed = { category: 'marketing', channel: 'email', source: 'customers', noticeVersion: 'news/1', verified: true };
    expect(consentOf(given(fact('customers.consent-confirmed', '2011-01-01', confirmed)), 'marketing', 'email', now)).toBe('granted');
  });

  it('is unknown, never granted, without a record, from an unverified source, or after it expired', () => {
    expect(consentOf(given(), 'marketing', 'email', now)).toBe('unknown');
    expect(consentOf(given(consent('granted', '2011-01-01', { verified: false })), 'marketing', 'email', now)).toBe('unknown');
    const limited = given(consent('granted', '2011-01-01', { expiresAt: '2011-03-01T00:00:00.000Z' }));
    expect(consentOf(limited, 'marketing', 'email', '2011-02-01T00:00:00.000Z')).toBe('granted');
    expect(consentOf(limited, 'marketing', 'email', now)).toBe('unknown');
  });

  it('follows the last word of one identifier, on its channel before on all', () => {
    const state = given(consent('granted', '2011-01-01'), consent('withdrawn', '2011-02-01', { channel: 'sms' }));
    expect(consentOf(state, 'marketing', 'email', now)).toBe('granted');
    expect(consentOf(state, 'marketing', 'sms', now)).toBe('withdrawn');
    const again = given(consent('denied', '2011-01-01', { channel: 'email' }), consent('granted', '2011-02-01'));
    expect(consentOf(again, 'marketing', 'email', now)).toBe('granted');
  });

  it('takes the stricter word when a customer has two identifiers', () => {
    const state = given(consent('denied', '2011-01-01', {}, tablet), consent('granted', '2011-02-01', { channel: 'email' }));
    expect(consentOf(state, 'marketing', 'email', now)).toBe('denied');
    expect(consentOf(state, 'analysis', 'email', now)).toBe('unknown');
  });
});
