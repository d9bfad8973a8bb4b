import {
  contactSlotReleased,
  contactSlotReserved,
  frequencyCapSet,
  quietHoursSet,
  suppressionAdded,
  suppressionLifted,
  touchpointResumed,
  unsubscribed,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { barredBy, contactDecider, type ContactState } from './contact.decider';
import { policyDecider } from './policy.decider';

const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const [messageId, other] = ['7c9e6679-7425-40de-944b-e07fc1f90ae7', '1b4e28ba-2fa1-4d2e-883f-0016d3cca427'];
const at = '2026-01-10T12:00:00.000Z';
const hoursBefore = (hours: number) => new Date(Date.parse(at) - hours * 3_600_000).toISOString();
const unrelated = recorded(touchpointResumed, { touchpointId: 'app' });
const bounce = exampleOf(suppressionAdded);
const suppressed = (over: Partial<typeof bounce> = {}) => recorded(suppressionAdded, { ...bounce, ...over }, { occurred: at });
const told = <D>(definition: D, data: object) => ({ definition, subject, data });

describe('a suppression', () => {
  const add = { kind: 'AddSuppression', subject, at, ...bounce } as const;
  const lift = { kind: 'LiftSuppression', subject, at, by: 'user:admin', reason: 'works', mayLiftLegal: false } as const;
  const lifted = { by: 'user:admin', reason: 'works' };

  it('is added once for a scope, a reason and a channel', () => {
    given(contactDecider).when(add).then(told(suppressionAdded, bounce));
    given(contactDecider, [suppressed({ scope: 'marketing' }), suppressed()])
      .when(add)
      .thenNothingHappened();
    for (const stands of [{ scope: 'marketing' }, { reason: 'manual' }, { channel: 'sms' }] as const)
      given(contactDecider, [suppressed(stands)])
        .when(add)
        .then(told(suppressionAdded, bounce));
  });

  it('is lifted where one stands, of one channel or of all', () => {
    given(contactDecider, [suppressed()]).when(lift).then(told(suppressionLifted, lifted));
    expect(contactDecider.decide(lift, folded(contactDecider, [suppressed()]))).not.toHaveProperty(['facts', 0, 'data', 'channel']);
    given(contactDecider, [suppressed()])
      .when({ ...lift, channel: 'email' })
      .then(told(suppressionLifted, { ...lifted, channel: 'email' }));
    given(contactDecider, [suppressed()])
      .when({ ...lift, channel: 'sms' })
      .thenRefused('NOT_SUPPRESSED', 'recipient');
    given(contactDecider).when(lift).thenRefused('NOT_SUPPRESSED', 'recipient');
  });

  it.each(['legal', 'complaint'] as const)('after %s is lifted by operations only', (reason) => {
    const facts = [suppressed({ channel: 'sms' }), suppressed({ reason })];
    given(contactDecider, facts).when(lift).thenRefused('LEGAL_SUPPRESSION', 'recipient');
    given(contactDecider, facts)
      .when({ ...lift, mayLiftLegal: true })
      .then(told(suppressionLifted, lifted));
    given(contactDecider, facts)
      .when({ ...lift, channel: 'sms' })
      .then(told(suppressionLifted, { ...lifted, channel: 'sms' }));
  });

  it('says what it keeps from the address', () => {
    const barred = (over: Partial<typeof bounce>, category: 'marketing' | 'service' | 'legal' = 'marketing') =>
      barredBy(folded(contactDecider, [suppressed(over)]), 'email', category, at, '1');
    expect(barred({})).toBe('suppressed: hard_bounce');
    expect(barred({}, 'service')).toBe('suppressed: hard_bounce');
    expect(barred({}, 'legal')).toBeUndefined();
    expect(barred({ scope: 'marketing' })).toBe('suppressed: hard_bounce');
    expect(barred({ scope: 'marketing' }, 'service')).toBeUndefined();
    expect(barred({ channel: 'sms' })).toBeUndefined();
    expect(barred({ until: hoursBefore(-1) })).toBe('suppressed: hard_bounce');
    for (const until of [at, hoursBefore(1)]) expect(barred({ until })).toBeUndefined();
    const { channel: _, ...everywhere } = bounce;
    const all = folded(contactDecider, [recorded(suppressionAdded, everywhere)]);
    expect(barredBy(all, 'sms', 'service', at, '1')).toBe('suppressed: hard_bounce');
  });
});

describe('an unsubscribe', () => {
  const data = exampleOf(unsubscribed);
  const left = folded(contactDecider, [recorded(unsubscribed, data, { position: '100' })]);

  it('is recorded whenever she presses it', () => {
    given(contactDecider)
      .when({ kind: 'Unsubscribe', subject, at, ...data })
      .then(told(unsubscribed, data));
  });

  it.each([
    ['99', 'unsubscribed'],
    ['100', 'unsubscribed'],
    ['20', 'unsubscribed'],
    ['101', undefined],
    ['1000', undefined],
  ])('holds marketing of its channel until a later yes (%s)', (consentedAt, expected) => {
    expect(barredBy(left, 'email', 'marketing', at, consentedAt)).toBe(expected);
    expect(barredBy(left, 'sms', 'marketing', at, consentedAt)).toBeUndefined();
    expect(barredBy(left, 'email', 'service', at, consentedAt)).toBeUndefined();
  });
});

describe('a place under the caps', () => {
  const taken = (hours: number, over: { messageId?: string; channel?: string; topic?: string } = {}) =>
    recorded(contactSlotReserved, { messageId: other, channel: 'email', category: 'marketing', ...over }, { occurred: hoursBefore(hours) });
  const cap = { scope: 'global', max: 1, windowHours: 24 } as const;
  const reserve = { kind: 'ReserveSlot', subject, at, messageId, channel: 'email', caps: [cap], consentedAt: '1' } as const;
  const place = { messageId, channel: 'email', category: 'marketing' };

  it('is taken while there is one, of a topic or of none', () => {
    given(contactDecider).when(reserve).then(told(contactSlotReserved, place));
    expect(contactDecider.decide(reserve, contactDecider.initial)).not.toHaveProperty(['facts', 0, 'data', 'topic']);
    given(contactDecider)
      .when({ ...reserve, topic: 'news' })
      .then(told(contactSlotReserved, { ...place, topic: 'news' }));
    given(contactDecider, [taken(25, { messageId })])
      .when(reserve)
      .thenNothingHappened();
    given(contactDecider, [taken(30), taken(1, { messageId })])
      .when(reserve)
      .thenNothingHappened();
  });

  it('is full by what was sent within the hours of the cap', () => {
    given(contactDecider, [taken(23)])
      .when(reserve)
      .thenRefused('FREQUENCY_CAP', 'recipient');
    for (const hours of [24, 25])
      given(contactDecider, [taken(hours)])
        .when(reserve)
        .then(told(contactSlotReserved, place));
    given(contactDecider, [taken(23)])
      .when({ ...reserve, caps: [{ ...cap, max: 2 }] })
      .then(told(contactSlotReserved, place));
    given(contactDecider, [taken(23)])
      .when({ ...reserve, caps: [{ ...cap, max: 2 }, cap] })
      .thenRefused('FREQUENCY_CAP', 'recipient');
    const decision = contactDecider.decide(reserve, folded(contactDecider, [taken(23)]));
    expect(decision.kind === 'refused' && decision.refusal.rule).toBe('1 of 1 global in 24 h');
  });

  it('is counted by the channel and the topic that the cap names', () => {
    const taking = (facts: readonly ReturnType<typeof taken>[], over: object, data: object = place) => ({
      free: () =>
        given(contactDecider, facts)
          .when({ ...reserve, ...over })
          .then(told(contactSlotReserved, data)),
      full: () =>
        given(contactDecider, facts)
          .when({ ...reserve, ...over })
          .thenRefused('FREQUENCY_CAP', 'recipient'),
    });
    const [bySms, ofMail] = [[taken(1, { channel: 'sms' })], { caps: [{ ...cap, channel: 'email' }] }];
    taking(bySms, {}).full();
    taking(bySms, ofMail).free();
    taking([taken(1)], ofMail).full();
    taking(bySms, { caps: [{ ...cap, channel: 'sms' }] }).free();
    const ofNews = { caps: [{ ...cap, scope: 'news' }], topic: 'news' };
    taking([taken(1, { topic: 'news' })], ofNews).full();
    taking([taken(1, { topic: 'advice' })], ofNews, { ...place, topic: 'news' }).free();
    taking([taken(1)], ofNews, { ...place, topic: 'news' }).free();
    taking([taken(1, { topic: 'news' })], { caps: ofNews.caps }).free();
    taking([taken(1, { topic: 'news' })], { topic: 'advice', caps: ofNews.caps }, { ...place, topic: 'advice' }).free();
  });

  it('is for addresses that marketing may reach', () => {
    given(contactDecider, [suppressed({ scope: 'marketing' })])
      .when(reserve)
      .thenRefused('ADDRESS_SUPPRESSED', 'recipient');
    given(contactDecider, [recorded(unsubscribed, exampleOf(unsubscribed), { position: '9' })])
      .when(reserve)
      .thenRefused('ADDRESS_SUPPRESSED', 'recipient');
  });

  it('is given back once', () => {
    const release = { kind: 'ReleaseSlot', subject, at, messageId: other } as const;
    given(contactDecider, [taken(2, { messageId }), taken(1)])
      .when(release)
      .then(told(contactSlotReleased, { messageId: other }));
    for (const facts of [[], [taken(1, { messageId })]]) given(contactDecider, facts).when(release).thenNothingHappened();
  });

  it('is forgotten after 366 days', () => {
    const slot = (hours: number) => ({ messageId: other, channel: 'email', at: hoursBefore(hours) });
    const year = 366 * 24;
    expect(folded(contactDecider, [taken(year + 1), taken(year), taken(year - 1), taken(0, { topic: 'news' })]).slots).toEqual([
      slot(year - 1),
      { ...slot(0), topic: 'news' },
    ]);
    const [kept] = folded(contactDecider, [taken(1)]).slots;
    expect(kept).not.toHaveProperty('topic');
  });
});

describe('what stands about an address', () => {
  it('is what was told and not taken back', () => {
    const slot = recorded(contactSlotReserved, { messageId, channel: 'email', category: 'marketing' }, { occurred: at });
    const facts = [suppressed(), suppressed({ channel: 'sms' }), recorded(unsubscribed, exampleOf(unsubscribed), { position: '7' }), slot];
    const stands: ContactState = {
      suppressions: [
        { ...bounce, at },
        { ...bounce, channel: 'sms', at },
      ],
      unsubscribed: { email: '7' },
      slots: [{ messageId, channel: 'email', at }],
    };
    expect(folded(contactDecider, [])).toEqual({ suppressions: [], unsubscribed: {}, slots: [] });
    expect(folded(contactDecider, [...facts, unrelated])).toEqual(stands);
    const lift = (data: object) => folded(contactDecider, [...facts, recorded(suppressionLifted, { by: 'x', reason: 'y', ...data })]);
    expect(lift({ channel: 'email' })).toEqual({ ...stands, suppressions: stands.suppressions.slice(1) });
    expect(lift({})).toEqual({ ...stands, suppressions: [] });
    const release = (id: string) => folded(contactDecider, [...facts, recorded(contactSlotReleased, { messageId: id })]);
    expect([release(messageId).slots, release(other).slots]).toEqual([[], stands.slots]);
    const leaves = recorded(unsubscribed, { ...exampleOf(unsubscribed), channel: 'sms' }, { position: '8' });
    expect(folded(contactDecider, [...facts, leaves]).unsubscribed).toEqual({ email: '7', sms: '8' });
  });
});

describe('the contact policy', () => {
  const cap = exampleOf(frequencyCapSet);
  const hours = exampleOf(quietHoursSet);
  const setCap = { kind: 'SetFrequencyCap', ...cap } as const;
  const setHours = { kind: 'SetQuietHours', zoneIsKnown: true, ...hours } as const;

  it('has caps that let something through, and quiet hours that end', () => {
    for (const max of [1, cap.max])
      given(policyDecider)
        .when({ ...setCap, max })
        .then({ definition: frequencyCapSet, subject: null, data: { ...cap, max } });
    for (const max of [0, -1])
      given(policyDecider)
        .when({ ...setCap, max })
        .thenRefused('INVALID_FIELD', 'max');
    given(policyDecider).when(setHours).then({ definition: quietHoursSet, subject: null, data: hours });
    given(policyDecider)
      .when({ ...setHours, zoneIsKnown: false })
      .thenRefused('INVALID_FIELD', 'defaultTimeZone');
    given(policyDecider)
      .when({ ...setHours, to: hours.from })
      .thenRefused('INVALID_FIELD', 'to');
  });

  it('is the newest cap of a scope and channel, and the newest quiet hours', () => {
    const caps = [cap, { ...cap, scope: 'news' }, { ...cap, channel: 'sms' }, { ...cap, max: 9 }];
    const facts = [...caps.map((each) => recorded(frequencyCapSet, each)), recorded(quietHoursSet, hours), unrelated];
    expect(folded(policyDecider, [])).toEqual({ caps: [], quietHours: null });
    expect(folded(policyDecider, facts)).toEqual({ caps: caps.slice(1), quietHours: hours });
  });
});
