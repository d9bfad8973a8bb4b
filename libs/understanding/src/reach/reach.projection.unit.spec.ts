import {
  consentConfirmed,
  consentDenied,
  consentGranted,
  customerConnected,
  customerDisconnected,
  customerErased,
  type FactDefinition,
  identifierRegistered,
  interactionRecorded,
  suppressionAdded,
  suppressionLifted,
  unsubscribed,
} from '@tsunagari/contracts';
import { foldCustomer } from '@tsunagari/projection';
import { recorded } from '@tsunagari/testing';
import { dayNumberOf } from '../calendar';
import { reachProjection, type ReachState } from './reach.projection';

const mail = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const phone = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
let position = 0;
const on = (day: string, definition: FactDefinition, data: object, subject = mail) =>
  recorded(definition, data, { occurred: `2026-01-${day}T10:00:00.000Z`, position: String((position += 1)), subject });
const known = (identifierType: string, subject = mail, more = {}) =>
  on('01', identifierRegistered, { identifierType, value: 'x', verified: true, kind: 'person', ...more }, subject);
const yes = (day: string, more: object = {}, subject = mail) =>
  on(day, consentGranted, { category: 'marketing', source: 'customers', verified: true, ...more }, subject);
const barred = (day: string, more: object = {}) =>
  on(day, suppressionAdded, { scope: 'marketing', reason: 'manual', by: 'user:ops', ...more });
const fold = (facts: Parameters<typeof foldCustomer>[1], lastClosed?: string): ReachState | undefined =>
  foldCustomer(reachProjection('UTC'), facts, { lastClosed, timeZone: 'UTC' })?.state;
const outbound = (facts: Parameters<typeof foldCustomer>[1], lastClosed?: string) => fold(facts, lastClosed)?.outbound;

describe('reach', () => {
  it('is an address of the channel and a yes to marketing on it, neither alone [2.04]', () => {
    expect(outbound([known('email'), yes('02')])).toEqual(['email']);
    expect(outbound([known('email')])).toEqual([]);
    expect(outbound([known('email'), yes('02', { channel: 'sms' })])).toEqual([]);
    expect(outbound([known('email'), yes('02', { category: 'profiling' })])).toEqual([]);
    expect(outbound([known('email'), known('phone', phone), yes('02')])).toEqual(['email', 'sms', 'phone']);
    expect(outbound([known('email', mail, { blockedBy: 'zeros' }), yes('02')])).toEqual([]);
    const confirmed = { category: 'marketing', channel: 'email', source: 'customers', noticeVersion: 'n/1', verified: true };
    expect(outbound([known('email'), on('03', consentConfirmed, confirmed)])).toEqual(['email']);
  });

  it('follows the stricter word of all her identifiers', () => {
    const no = on('01', consentDenied, { category: 'marketing', source: 'web', verified: false }, phone);
    expect(outbound([known('email'), no, yes('02')])).toEqual([]);
  });

  it('ends with a suppression, and comes back when it is lifted', () => {
    const base = [known('email'), known('phone', phone), yes('02')];
    expect(outbound([...base, barred('03')])).toEqual(['sms', 'phone']);
    expect(outbound([...base, barred('03', { channel: 'sms' })])).toEqual(['email', 'sms', 'phone']);
    const lifted = on('04', suppressionLifted, { by: 'user:ops', reason: 'works again' });
    expect(outbound([...base, barred('03'), lifted])).toEqual(['email', 'sms', 'phone']);
    const other = on('04', suppressionLifted, { channel: 'sms', by: 'user:ops', reason: 'works again' });
    expect(outbound([...base, barred('03'), other])).toEqual(['sms', 'phone']);
  });

  it('ends when she unsubscribes, until she says yes again', () => {
    const left = on('03', unsubscribed, { channel: 'email', scope: 'marketing' });
    expect(outbound([known('email'), yes('02'), left])).toEqual([]);
    expect(outbound([known('email'), yes('02'), left, yes('04', { channel: 'sms' })])).toEqual([]);
    expect(outbound([known('email'), yes('02'), left, yes('04', { channel: 'email' })])).toEqual(['email']);
  });

  it('changes by time alone: a grant that ends, a suppression that is over', () => {
    const ending = [known('email'), yes('02', { expiresAt: '2026-01-10T09:00:00.000Z' })];
    expect(outbound(ending, '2026-01-09')).toEqual(['email']);
    expect(outbound(ending, '2026-01-10')).toEqual([]);
    const paused = [known('email'), yes('02'), barred('03', { until: '2026-01-10T00:00:00.000Z' })];
    expect(outbound(paused, '2026-01-08')).toEqual([]);
    expect(outbound(paused, '2026-01-10')).toEqual(['email']);
    // Both in turn, and nothing is due any more after them.
    const both = [
      known('email'),
      yes('02', { expiresAt: '2026-01-20T00:00:00.000Z' }),
      barred('03', { until: '2026-01-10T00:00:00.000Z' }),
    ];
    expect([outbound(both, '2026-01-12'), outbound(both, '2026-01-21')]).toEqual([['email'], []]);
  });

  it('knows where she is connected, when she was last in contact, and that she is gone', () => {
    const connected = (day: string, touchpointId: string) => on(day, customerConnected, { touchpointId, via: 'sign_up' });
    const contact = { touchpointId: 'app', interactionId: 'i', direction: 'inbound', initiator: 'customer', proactive: false };
    const facts = [
      known('email'),
      yes('02'),
      connected('02', 'app'),
      connected('03', 'shop'),
      on('04', customerDisconnected, { touchpointId: 'app', by: 'customer' }),
      on('05', interactionRecorded, contact),
    ];
    const { columns } = reachProjection();
    const shown = (state: ReachState | undefined) =>
      Object.fromEntries(columns.map(({ name, value }) => [name, state === undefined ? null : value(state)]));
    expect(shown(fold(facts))).toEqual({
      touchpoints: 'shop',
      outbound: true,
      last_interaction: dayNumberOf('2026-01-05'),
      erased: false,
    });
    const erased = on('06', customerErased, { subjects: [mail], scope: 'keep-suppression', by: 'user:ops' });
    expect(shown(fold([...facts, erased]))).toMatchObject({ outbound: false, erased: true });
  });
});
