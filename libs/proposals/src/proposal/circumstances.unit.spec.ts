import {
  contactSlotReleased,
  contactSlotReserved,
  frequencyCapSet,
  goalAbandoned,
  goalAchieved,
  goalDeclared,
  goalLapsed,
  messageClicked,
  preferenceChanged,
  proposalDecided,
  proposalDeclined,
  proposalPresented,
  quietHoursSet,
  requestFulfilled,
  requestSubmitted,
  requestWithdrawn,
  type Fact,
  type ProposalDecided,
  type QuietHoursSet,
} from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import type { Book } from '../book/book';
import { fatigueOf, ownCircumstances } from './circumstances';

const at = '2026-01-02T03:04:05.000Z';
const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const empty: Book = {
  offers: new Map(),
  policies: new Map(),
  active: new Map(),
  purposeValues: new Map(),
  holdouts: new Map(),
  experience: new Map(),
  caps: new Map(),
  quietHours: null,
  edition: 0,
};
const of = (facts: readonly Fact[], book: Partial<Book> = {}, when = at) => ownCircumstances(facts, { ...empty, ...book }, when);

it('open complaints and cancellations count, settled ones and questions do not', () => {
  const submitted = (requestId: string, kind: string, position: string) => recorded(requestSubmitted, { requestId, kind }, { position });
  const facts = [submitted('a', 'complaint', '1'), submitted('b', 'cancel', '2'), submitted('c', 'question', '3')];
  expect(of(facts).requests).toEqual(['cancel', 'complaint']);
  const settled = [
    recorded(requestFulfilled, { requestId: 'a', kind: 'complaint' }, { position: '4' }),
    recorded(requestWithdrawn, { requestId: 'b', kind: 'cancel' }, { position: '5' }),
  ];
  expect(of([...facts, ...settled]).requests).toEqual([]);
});

it('a cap counts the marketing messages that took a place within its window', () => {
  const taken = (messageId: string, occurred: string, over: object = {}) =>
    recorded(contactSlotReserved, { messageId, channel: 'email', category: 'marketing', ...over }, { occurred });
  const cap = { ...(frequencyCapSet.examples[0] as { scope: string }), channel: 'email' as const, max: 3, windowHours: 168 };
  const facts = [
    taken('old', '2025-12-20T00:00:00.000Z'),
    taken('new', '2026-01-01T00:00:00.000Z'),
    taken('free', '2026-01-01T00:00:00.000Z'),
    taken('service', '2026-01-01T00:00:00.000Z', { category: 'service' }),
    taken('push', '2026-01-01T00:00:00.000Z', { channel: 'push' }),
    recorded(contactSlotReleased, { messageId: 'free' }),
  ];
  expect(of(facts, { caps: new Map([['global/email', cap]]) }).caps).toEqual([
    { scope: 'channel:email', seen: 1, max: 3, window: 'PT168H' },
  ]);
});

describe('quiet hours', () => {
  const quietHours: QuietHoursSet = quietHoursSet.examples[0] as QuietHoursSet;
  const lives = (timeZone: string | null) => recorded(preferenceChanged, { timeZone }, { subject });
  it.each([
    ['midday in Tokyo', at, null, false],
    ['the evening in Tokyo, over midnight', '2026-01-02T15:30:00.000Z', null, true],
    ['the same moment for her who lives in New York', '2026-01-02T15:30:00.000Z', 'America/New_York', false],
    ['her own night', at, 'America/New_York', true],
    ['the hour that a clock skips in spring', '2026-03-08T12:30:00.000Z', 'America/New_York', false],
    ['a zone that is none: the default counts', at, 'Mars/Olympus', false],
  ])('%s', (_, when, zone, quiet) => {
    const facts = zone === null ? [] : [lives(zone)];
    expect(of(facts, { quietHours }, when).quiet.length > 0).toBe(quiet);
  });
});

it('goals stand as they were last spoken of, by purpose [4.22]', () => {
  const said = (definition: Parameters<typeof recorded>[0], purposeId: string) => recorded(definition, { purposeId });
  const facts = [said(goalDeclared, 'hair'), said(goalDeclared, 'mood'), said(goalAchieved, 'hair'), said(goalDeclared, 'skin')];
  expect(of(facts).goals).toEqual({ open: ['mood', 'skin'], achieved: ['hair'] });
  expect(of([...facts, said(goalLapsed, 'hair'), said(goalAbandoned, 'mood')]).goals).toEqual({ open: ['hair', 'skin'], achieved: [] });
});

it('what she has seen and declined before is known by offer', () => {
  const example = proposalDecided.examples[0] as ProposalDecided;
  const [proposal] = example.proposals;
  const data = { proposalId: proposal?.proposalId, offerId: proposal?.offerId };
  const facts = [
    recorded(proposalDecided, example, { subject }),
    recorded(proposalPresented, data, { subject, position: '2' }),
    recorded(proposalDeclined, data, { subject, position: '3', occurred: at }),
  ];
  expect(of(facts).history).toEqual({ 'how-to-wash': { presented: 1, declinedAt: Date.parse(at) } });
});

it('contacts of the last 30 days that she did not answer tire her, beyond those that are free', () => {
  const sent = (messageId: string, occurred: string, over: object = {}) =>
    recorded(contactSlotReserved, { messageId, channel: 'email', category: 'marketing', ...over }, { occurred });
  const day = '2025-12-20T00:00:00.000Z';
  const facts = [
    sent('old', '2025-12-03T03:04:05.000Z'),
    sent('just-inside', '2025-12-03T03:04:05.001Z'),
    sent('answered', day),
    sent('taken back', day),
    sent('service', day, { category: 'service' }),
    sent('in-vain', day),
    sent('push', day, { channel: 'push' }),
    recorded(messageClicked, { messageId: 'answered', linkId: 'how-to' }, { occurred: day }),
    recorded(contactSlotReleased, { messageId: 'taken back' }, { occurred: day }),
  ];
  const own = of(facts);
  expect(own.unanswered).toEqual({ email: 2, push: 1 });
  // A brand that sets nothing pays nothing; ten a contact beyond the first costs ten by mail and nothing by push.
  expect(fatigueOf(own, undefined)).toEqual({});
  expect(fatigueOf(own, { perContact: 10, freeContacts: 0 })).toEqual({ email: 20, push: 10 });
  expect(fatigueOf(own, { perContact: 10, freeContacts: 1 })).toEqual({ email: 10 });
});
