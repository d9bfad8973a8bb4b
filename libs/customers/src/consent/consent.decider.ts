import { accept, type DecidedFact, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  addDays,
  consentConfirmed,
  consentDenied,
  consentExpired,
  consentGranted,
  consentRequested,
  consentWithdrawn,
  objectionWithdrawn,
  processingObjected,
  refusal,
  type Channel,
  type ConsentConfirmed,
  type ConsentRequested,
  type Fact,
  type FactDefinition,
  type NoticePublished,
  type ProcessingObjected,
} from '@tsunagari/contracts';

/** `pending`: she said yes where the notice wants it confirmed, and has not confirmed yet. */
export type ConsentStatus = 'granted' | 'pending' | 'denied' | 'withdrawn' | 'expired';

/** The last word under one identifier about a category, for one channel or (null) for all. */
export type ConsentEntry = {
  readonly category: string;
  readonly channel: Channel | null;
  readonly status: ConsentStatus;
  /** Reported by a server or by herself; else the word of a public key, which reaches no other identifier. */
  readonly verified: boolean;
  readonly source: string;
  readonly noticeVersion: string | null;
  readonly at: string;
  /** Its place in the log: the later word counts. */
  readonly position: string;
  readonly expiresAt: string | null;
  readonly token: string | null;
  readonly confirmBy: string | null;
};

export type Objection = ProcessingObjected['purpose'];

/** What was said under one identifier. */
export type ConsentState = { readonly entries: Readonly<Record<string, ConsentEntry>>; readonly objections: readonly Objection[] };

type Topic = { readonly category: string; readonly channel?: Channel };
type Said = { readonly subject: string; readonly source: string; readonly at: string };

export type ConsentCommand = Said &
  (
    | (Topic & {
        readonly kind: 'GrantConsent';
        /** The newest version of the notice that she was shown. */
        readonly notice: NoticePublished;
        readonly noticeVersion: number;
        readonly verified: boolean;
        /** SHA-256 of what confirms it, where the notice wants confirmation. */
        readonly token: string;
        readonly confirmBy: string;
      })
    | (Topic & { readonly kind: 'ConfirmConsent'; /** SHA-256 of what she brought. */ readonly token: string })
    | (Topic & { readonly kind: 'DenyConsent'; readonly verified: boolean })
    | (Topic & { readonly kind: 'WithdrawConsent'; readonly verified: boolean })
    /** By a reactor: what a source reported, said at `saidAt`. */
    | {
        readonly kind: 'TakeReport';
        readonly category: string;
        readonly granted: boolean;
        readonly verified: boolean;
        readonly saidAt: string;
      }
    /** By a timer. */
    | (Topic & { readonly kind: 'ExpireConsent' })
    | { readonly kind: 'ObjectToProcessing'; readonly purpose: Objection }
    | { readonly kind: 'WithdrawObjection'; readonly purpose: Objection }
  );

type CommandOf<Kind extends ConsentCommand['kind']> = Extract<ConsentCommand, { readonly kind: Kind }>;

/** Consent under one identifier. A withdrawal, a denial and an objection are never refused. */
export const consentDecider: Decider<ConsentCommand, ConsentState> = {
  initial: { entries: {}, objections: [] },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case consentGranted.type:
      case consentConfirmed.type:
        return said(state, fact, 'granted');
      case consentRequested.type:
        return said(state, fact, 'pending');
      case consentDenied.type:
        return said(state, fact, 'denied');
      case consentWithdrawn.type:
        return said(state, fact, 'withdrawn');
      case consentExpired.type: {
        const { category, channel } = fact.data as Topic;
        const key = keyOf(category, channel);
        const entry = state.entries[key];
        if (!entry) return state;
        return {
          ...state,
          entries: { ...state.entries, [key]: { ...entry, status: 'expired', at: fact.occurred, position: fact.position } },
        };
      }
      case processingObjected.type: {
        const { purpose } = fact.data as ProcessingObjected;
        return { ...state, objections: [...new Set([...state.objections, purpose])] };
      }
      case objectionWithdrawn.type: {
        const { purpose } = fact.data as ProcessingObjected;
        return { ...state, objections: state.objections.filter((each) => each !== purpose) };
      }
      default:
        return state;
    }
  },

  decide(command, state) {
    switch (command.kind) {
      case 'GrantConsent':
        return grant(command);
      case 'ConfirmConsent':
        return confirm(command, state);
      case 'DenyConsent':
      case 'WithdrawConsent': {
        const definition = command.kind === 'DenyConsent' ? consentDenied : consentWithdrawn;
        // Said again it is recorded again: after a merge an answer counts for what she has become since.
        return accept(of(command, definition, { ...topicOf(command), source: command.source, verified: command.verified }));
      }
      case 'TakeReport':
        return takeReport(command, state);
      case 'ExpireConsent': {
        const entry = state.entries[keyOf(command.category, command.channel)];
        if (entry?.status !== 'granted' || entry.expiresAt === null || entry.expiresAt > command.at) return accept();
        return accept({ ...of(command, consentExpired, topicOf(command)), occurred: entry.expiresAt });
      }
      case 'ObjectToProcessing':
        if (state.objections.includes(command.purpose)) return accept();
        return accept(of(command, processingObjected, { purpose: command.purpose, source: command.source }));
      case 'WithdrawObjection':
        if (!state.objections.includes(command.purpose)) return accept();
        return accept(of(command, objectionWithdrawn, { purpose: command.purpose, source: command.source }));
    }
  },
};

function grant(command: CommandOf<'GrantConsent'>): Decision {
  const { notice, noticeVersion, channel, at } = command;
  if (noticeVersion !== notice.noticeVersion)
    return refuse(
      refusal(
        'NOTICE_VERSION_STALE',
        'noticeVersion',
        `consent is given to the newest version of the notice, ${notice.noticeVersion}`,
        'show her the newest version and ask again',
      ),
    );
  if (notice.category !== command.category)
    return refuse(refusal('INVALID_FIELD', 'category', `this notice asks for ${notice.category}`, 'name the notice of the category'));
  if (notice.channels.length > 0 && (channel === undefined || !notice.channels.includes(channel)))
    return refuse(refusal('INVALID_FIELD', 'channel', `this notice asks for ${notice.channels.join(', ')}`, 'name one of its channels'));
  const version = `${notice.noticeId}/${notice.noticeVersion}`;
  const expiresAt = notice.validDays === undefined ? {} : { expiresAt: addDays(at, notice.validDays) };
  const data = { ...topicOf(command), source: command.source, noticeVersion: version, verified: command.verified, ...expiresAt };
  if (!notice.doubleOptIn) return accept(of(command, consentGranted, { ...data, lawfulBasis: notice.lawfulBasis }));
  return accept(of(command, consentRequested, { ...data, token: command.token, confirmBy: command.confirmBy }));
}

/**
 * Sources repeat with every event what they hold for true, and events come late. So the same word again changes nothing; a yes lifts no
 * no that was said after it; and the yes of a public key lifts no verified no. A no is taken whenever a yes stands that it could lift.
 */
function takeReport(command: CommandOf<'TakeReport'>, state: ConsentState): Decision {
  const { category, granted, verified, source, saidAt } = command;
  const data = { category, source, verified };
  const words = Object.values(state.entries).filter((entry) => entry.category === category);
  const ofAll = state.entries[keyOf(category, undefined)];
  if (!granted) {
    const lifts = words.some(({ status }) => status === 'granted' || status === 'pending');
    if (!lifts && ofAll && ofAll.status !== 'expired') return accept();
    return accept({ ...of(command, consentDenied, data), occurred: saidAt });
  }
  const no = words.filter(({ status }) => status === 'denied' || status === 'withdrawn');
  if (no.some((word) => word.at > saidAt || (word.verified && !verified))) return accept();
  const stands =
    ofAll?.status === 'granted' && (ofAll.verified || !verified) && !no.some(({ position }) => isLater(position, ofAll.position));
  return stands ? accept() : accept({ ...of(command, consentGranted, data), occurred: saidAt });
}

function confirm(command: CommandOf<'ConfirmConsent'>, state: ConsentState): Decision {
  const entry = state.entries[keyOf(command.category, command.channel)];
  if (entry?.status === 'granted') return accept();
  if (entry?.status !== 'pending' || entry.confirmBy === null || entry.confirmBy < command.at)
    return refuse(
      refusal('NO_CONFIRMATION_PENDING', 'token', 'a consent is confirmed while it waits for it', 'ask for a new confirmation'),
    );
  if (entry.token !== command.token)
    return refuse(refusal('CONFIRMATION_TOKEN_WRONG', 'token', 'the token is the one that went to her address', 'use the newest link'));
  return accept(
    of(command, consentConfirmed, {
      ...topicOf(command),
      source: command.source,
      noticeVersion: entry.noticeVersion ?? '',
      verified: entry.verified,
      ...(entry.expiresAt === null ? {} : { expiresAt: entry.expiresAt }),
    }),
  );
}

/** What counts of an identifier's words for a channel: the later of what was said of it and of all. Null: nothing was ever said. */
export function effective(state: ConsentState, category: string, channel: Channel | null, at: string): ConsentEntry | null {
  const words = [channel, null].flatMap((each) => state.entries[keyOf(category, each ?? undefined)] ?? []);
  const last = words.reduce<ConsentEntry | null>(
    (later, word) => (later === null || isLater(word.position, later.position) ? word : later),
    null,
  );
  if (last?.status === 'granted' && last.expiresAt !== null && last.expiresAt <= at) return { ...last, status: 'expired' };
  return last;
}

/** Whether one position is behind another one. */
export function isLater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

function said(state: ConsentState, fact: Fact, status: ConsentStatus): ConsentState {
  const data = fact.data as Partial<ConsentRequested & ConsentConfirmed> & Topic & { source: string; verified: boolean };
  const entry: ConsentEntry = {
    category: data.category,
    channel: data.channel ?? null,
    status,
    verified: data.verified,
    source: data.source,
    noticeVersion: data.noticeVersion ?? null,
    at: fact.occurred,
    position: fact.position,
    expiresAt: data.expiresAt ?? null,
    token: status === 'pending' ? (data.token ?? null) : null,
    confirmBy: status === 'pending' ? (data.confirmBy ?? null) : null,
  };
  return { ...state, entries: { ...state.entries, [keyOf(data.category, data.channel)]: entry } };
}

function keyOf(category: string, channel: string | undefined): string {
  return `${category}/${channel ?? '*'}`;
}

function topicOf({ category, channel }: Topic): Topic {
  return { category, ...(channel === undefined ? {} : { channel }) };
}

function of({ subject }: Said, definition: FactDefinition, data: object): DecidedFact {
  return { definition, subject, data };
}
