import {
  type Channel,
  CHANNELS,
  contactSlotReleased,
  contactSlotReserved,
  type ContactSlotReserved,
  type Fact,
  goalAbandoned,
  goalAchieved,
  goalDeclared,
  goalLapsed,
  goalRegained,
  identifierRegistered,
  type MessageClicked,
  messageClicked,
  type PolicyContent,
  type PreferenceChanged,
  preferenceChanged,
  requestFulfilled,
  requestRejected,
  requestSubmitted,
  type RequestSubmitted,
  requestWithdrawn,
} from '@tsunagari/contracts';
import type { CapSeen, Circumstances, OfferHistory, OpenRequest } from '@tsunagari/decisioning';
import type { Book } from '../book/book';
import { type DecisionView, foldDecisions, proposalFactTypes } from './proposal.read-model';

/** What is read of a customer's own facts when something is decided for her: never behind, because it is the log itself. */
export const circumstanceTypes: readonly string[] = [
  // The first fact of everybody: without one there is nobody to decide for.
  identifierRegistered.type,
  ...proposalFactTypes,
  goalDeclared.type,
  goalAchieved.type,
  goalLapsed.type,
  goalRegained.type,
  goalAbandoned.type,
  requestSubmitted.type,
  requestFulfilled.type,
  requestRejected.type,
  requestWithdrawn.type,
  contactSlotReserved.type,
  contactSlotReleased.type,
  messageClicked.type,
  preferenceChanged.type,
];

/** What those facts say at a moment. */
export type Own = {
  readonly decisions: readonly DecisionView[];
  readonly requests: readonly OpenRequest[];
  /** By channel, marketing contacts of the last 30 days that she did not answer. */
  readonly unanswered: Readonly<Partial<Record<Channel, number>>>;
} & Pick<Circumstances, 'goals' | 'caps' | 'quiet' | 'history'>;

/** `at` is ISO 8601; facts in the order of their positions. */
export function ownCircumstances(facts: readonly Fact[], book: Book, at: string): Own {
  const decisions = foldDecisions(facts);
  return {
    decisions,
    requests: openRequests(facts),
    goals: goalsOf(facts),
    caps: capsSeen(facts, book, at),
    unanswered: unansweredContacts(facts, at),
    quiet: quietChannels(facts, book, at),
    history: historyOf(decisions),
  };
}

/** Complaints and cancellations that nobody has settled yet. */
export function openRequests(facts: readonly Fact[]): readonly OpenRequest[] {
  const open = new Map<string, OpenRequest>();
  for (const fact of facts) {
    const { requestId, kind } = fact.data as RequestSubmitted;
    switch (fact.type) {
      case requestSubmitted.type:
        if (kind === 'complaint' || kind === 'cancel') open.set(requestId, kind);
        break;
      case requestFulfilled.type:
      case requestRejected.type:
      case requestWithdrawn.type:
        open.delete(requestId);
        break;
    }
  }
  return [...new Set(open.values())].sort();
}

/** By purpose, what was last said of her goal: a lapsed goal is open again, an abandoned one is none. */
function goalsOf(facts: readonly Fact[]): Circumstances['goals'] {
  const goals = new Map<string, 'open' | 'achieved'>();
  for (const { type, data } of facts) {
    const { purposeId } = data as { readonly purposeId: string };
    switch (type) {
      case goalDeclared.type:
      case goalLapsed.type:
        goals.set(purposeId, 'open');
        break;
      case goalAchieved.type:
      case goalRegained.type:
        goals.set(purposeId, 'achieved');
        break;
      case goalAbandoned.type:
        goals.delete(purposeId);
        break;
    }
  }
  const those = (state: string): string[] => [...goals].flatMap(([purpose, stands]) => (stands === state ? [purpose] : [])).sort();
  return { open: those('open'), achieved: those('achieved') };
}

export function historyOf(decisions: readonly DecisionView[]): Readonly<Record<string, OfferHistory>> {
  const history: Record<string, { presented: number; declinedAt?: number; snoozedUntil?: number }> = {};
  for (const { proposals } of decisions)
    for (const { offerId, presented, declinedAt, snoozedUntil } of proposals) {
      const known = (history[offerId] ??= { presented: 0 });
      known.presented += presented;
      if (declinedAt !== null) known.declinedAt = Math.max(known.declinedAt ?? 0, Date.parse(declinedAt));
      if (snoozedUntil !== null) known.snoozedUntil = Math.max(known.snoozedUntil ?? 0, Date.parse(snoozedUntil));
    }
  return Object.fromEntries(Object.entries(history).filter(([, known]) => known.presented > 0 || Object.keys(known).length > 1));
}

/** Caps over all topics: how many messages took a place within the window. A cap of one topic says nothing of an offer. */
function capsSeen(facts: readonly Fact[], { caps }: Book, at: string): readonly CapSeen[] {
  const taken = new Map<string, { readonly at: number; readonly channel: Channel }>();
  for (const fact of facts) {
    const { messageId, channel, category } = fact.data as ContactSlotReserved;
    if (fact.type === contactSlotReserved.type && category === 'marketing')
      taken.set(messageId, { at: Date.parse(fact.occurred), channel });
    else if (fact.type === contactSlotReleased.type) taken.delete(messageId);
  }
  return [...caps.values()]
    .filter(({ scope }) => scope === 'global')
    .map(({ channel, max, windowHours }) => ({
      scope: channel === undefined ? 'global' : `channel:${channel}`,
      seen: [...taken.values()].filter(
        (slot) => (channel === undefined || slot.channel === channel) && slot.at > Date.parse(at) - windowHours * 3_600_000,
      ).length,
      max,
      window: `PT${windowHours}H`,
    }));
}

const FATIGUE_DAYS = 30;

/** A contact that she answered by following a link tires nobody: what is left is what she was sent in vain. */
function unansweredContacts(facts: readonly Fact[], at: string): Own['unanswered'] {
  const from = Date.parse(at) - FATIGUE_DAYS * 86_400_000;
  const sent = new Map<string, Channel>();
  for (const fact of facts) {
    const { messageId, channel, category } = fact.data as ContactSlotReserved;
    if (fact.type === contactSlotReserved.type && category === 'marketing' && Date.parse(fact.occurred) > from)
      sent.set(messageId, channel);
    else if (fact.type === contactSlotReleased.type) sent.delete(messageId);
    else if (fact.type === messageClicked.type) sent.delete((fact.data as MessageClicked).messageId);
  }
  const counts: Partial<Record<Channel, number>> = {};
  for (const channel of sent.values()) counts[channel] = (counts[channel] ?? 0) + 1;
  return counts;
}

/**
 * What one more contact on a channel costs, minor units: each of the last 30 days beyond the free ones and those that she answered. A
 * setting of the brand, 0 by default; source: docs/proposals.md.
 */
export function fatigueOf({ unanswered }: Pick<Own, 'unanswered'>, setting: PolicyContent['fatigue']): Readonly<Record<string, number>> {
  if (setting === undefined) return {};
  return Object.fromEntries(
    Object.entries(unanswered)
      .map(([channel, contacts]) => [channel, setting.perContact * Math.max(0, contacts - setting.freeContacts)] as const)
      .filter(([, amount]) => amount > 0),
  );
}

/** Every channel that reaches out, while it is quiet where she lives. */
function quietChannels(facts: readonly Fact[], { quietHours }: Book, at: string): readonly Channel[] {
  if (quietHours === null) return [];
  let zone = quietHours.defaultTimeZone;
  for (const fact of facts) {
    if (fact.type !== preferenceChanged.type) continue;
    const { timeZone } = fact.data as PreferenceChanged;
    if (timeZone !== undefined) zone = timeZone ?? quietHours.defaultTimeZone;
  }
  const now = localTime(at, zone) ?? localTime(at, quietHours.defaultTimeZone) ?? '00:00';
  const { from, to } = quietHours;
  const quiet = from <= to ? now >= from && now < to : now >= from || now < to;
  return quiet ? CHANNELS : [];
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** `HH:MM` on the clocks of a zone; null for a name that is none. */
function localTime(at: string, timeZone: string): string | null {
  let format = formats.get(timeZone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    } catch {
      format = null;
    }
    formats.set(timeZone, format);
  }
  return format?.format(new Date(at)) ?? null;
}
