import type { LinkSigner, Principal } from '@tsunagari/access';
import {
  type Asked,
  type CommandPath,
  type CommandResult,
  envelopeOf,
  type NamedIdentifier,
  type NamedSubject,
  speaker,
} from '@tsunagari/command';
import {
  addDays,
  brandIdSchema,
  channelSchema,
  refusal,
  streamName,
  type Channel,
  type PreferenceChanged,
  type Refusal,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { createHash } from 'node:crypto';
import { type ConsentCommand, consentDecider, type Objection } from './consent.decider';
import { noticeDecider, type NoticeState, type PublishNotice } from './notice.decider';
import { preferenceDecider } from './preference.decider';

/** The result, and the subject under which it was said. */
export type ConsentResult = { readonly subject: string | null; readonly result: CommandResult };

/** Who answers: an identifier of hers, the subject of an address (for links), or nobody: then the customer whose token asks. */
export type Answering = { readonly customer?: NamedIdentifier; readonly subject?: string };

export type TopicInput = Answering & { readonly category: string; readonly channel?: Channel };

/** Days within which a double opt-in is confirmed. */
const CONFIRM_DAYS = 7;

/** What customers say of consent, and how they want to be spoken to. A customer's own token speaks for herself alone. */
export function consentCommands(ports: {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly links: LinkSigner;
  /** Whether this machine knows the IANA time zone. */
  readonly knowsZone: (name: string) => boolean;
}) {
  const { path, store, links } = ports;

  async function readNotice(noticeId: string): Promise<NoticeState> {
    if (!brandIdSchema.safeParse(noticeId).success) return null;
    const stream = await store.readStream(streamName('notice', noticeId));
    return stream.kind === 'open' ? stream.facts.reduce(noticeDecider.evolve, noticeDecider.initial) : null;
  }

  const speaking = async ({ customer, subject }: Answering, asked: Asked, principal: Principal): Promise<NamedSubject> =>
    subject === undefined ? speaker(ports, customer, principal, asked, 'customers') : { kind: 'known', subject };

  async function say(
    who: Answering,
    command: (subject: string) => ConsentCommand | Refusal,
    body: object,
    asked: Asked,
    principal: Principal,
  ): Promise<ConsentResult> {
    const said = await speaking(who, asked, principal);
    if (said.kind === 'refused') return { subject: null, result: said };
    const decided = command(said.subject);
    if ('code' in decided) return { subject: null, result: { kind: 'refused', refusal: decided } };
    const result = await path.execute(consentDecider, {
      stream: streamName('consent', said.subject),
      command: decided,
      body: { kind: decided.kind, ...body },
      ...envelopeOf(asked, 'customers'),
      ...(said.prepare ? { prepare: said.prepare } : {}),
    });
    return { subject: said.subject, result };
  }

  const topic = ({ category, channel }: { readonly category: string; readonly channel?: Channel | undefined }) => ({
    category,
    ...(channel === undefined ? {} : { channel }),
  });
  const sourceOf = (asked: Asked): string => asked.by;

  return {
    readNotice,

    async publishNotice(input: Omit<PublishNotice, 'kind'>, asked: Asked): Promise<CommandResult> {
      if (!brandIdSchema.safeParse(input.noticeId).success)
        return refusedWith(refusal('INVALID_FIELD', 'noticeId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'));
      return path.execute(noticeDecider, {
        stream: streamName('notice', input.noticeId),
        command: { kind: 'PublishNotice', ...input },
        body: { kind: 'PublishNotice', ...input },
        ...envelopeOf(asked, 'customers'),
      });
    },

    async grantConsent(
      input: Answering & { readonly channel?: Channel; readonly noticeId: string; readonly noticeVersion: number },
      asked: Asked,
      principal: Principal,
    ): Promise<ConsentResult> {
      const notice = await readNotice(input.noticeId);
      if (!notice)
        return { subject: null, result: refusedWith(refusal('UNKNOWN_NOTICE', 'noticeId', 'the notice is one that was published')) };
      const said = { category: notice.category, ...(input.channel === undefined ? {} : { channel: input.channel }) };
      const confirmBy = addDays(asked.at, CONFIRM_DAYS);
      return say(
        input,
        (subject) => ({
          kind: 'GrantConsent',
          subject,
          ...said,
          notice,
          noticeVersion: input.noticeVersion,
          verified: true,
          source: sourceOf(asked),
          token: sha256(links.sign({ purpose: 'confirm', subject, ...said, until: confirmBy })),
          confirmBy,
          at: asked.at,
        }),
        input,
        asked,
        principal,
      );
    },

    /** Whoever holds the link that went to her address confirms; the link says whom and what. */
    async confirmConsent(link: string, asked: Asked): Promise<ConsentResult> {
      const held = links.verify(link, 'confirm', asked.at);
      const channel = channelSchema.optional().safeParse(held?.channel);
      if (!held?.category || !channel.success)
        return {
          subject: null,
          result: refusedWith(
            refusal('CONFIRMATION_TOKEN_WRONG', 'link', 'the link is the one that went to her address', 'ask for a new confirmation'),
          ),
        };
      const { subject, category } = held;
      const said = { category, ...(channel.data === undefined ? {} : { channel: channel.data }) };
      const command = { kind: 'ConfirmConsent', subject, ...said, token: sha256(link), source: 'link', at: asked.at } as const;
      const result = await path.execute(consentDecider, {
        stream: streamName('consent', subject),
        command,
        body: { kind: 'ConfirmConsent', link },
        ...envelopeOf(asked, 'customers'),
      });
      return { subject, result };
    },

    denyConsent: (input: TopicInput, asked: Asked, principal: Principal) =>
      say(
        input,
        (subject) => ({ kind: 'DenyConsent', subject, ...topic(input), verified: true, source: sourceOf(asked), at: asked.at }),
        input,
        asked,
        principal,
      ),

    withdrawConsent: (input: TopicInput, asked: Asked, principal: Principal) =>
      say(
        input,
        (subject) => ({ kind: 'WithdrawConsent', subject, ...topic(input), verified: true, source: sourceOf(asked), at: asked.at }),
        input,
        asked,
        principal,
      ),

    /** For the reactor on intake: what a source reported of a subject. */
    takeReport: (
      {
        subject,
        ...report
      }: {
        readonly subject: string;
        readonly category: string;
        readonly granted: boolean;
        readonly source: string;
        readonly verified: boolean;
        readonly saidAt: string;
      },
      asked: Asked,
    ): Promise<CommandResult> =>
      path.execute(consentDecider, {
        stream: streamName('consent', subject),
        command: { kind: 'TakeReport', subject, ...report, at: asked.at },
        body: { kind: 'TakeReport', ...report },
        ...envelopeOf(asked, 'customers'),
      }),

    /** For timers: ends what was granted for a time. */
    expireConsent: (
      subject: string,
      said: { readonly category: string; readonly channel?: Channel | undefined },
      asked: Asked,
    ): Promise<CommandResult> =>
      path.execute(consentDecider, {
        stream: streamName('consent', subject),
        command: { kind: 'ExpireConsent', subject, ...topic(said), source: 'timer', at: asked.at },
        body: { kind: 'ExpireConsent', ...topic(said) },
        ...envelopeOf(asked, 'customers'),
      }),

    objectToProcessing: (input: Answering & { readonly purpose: Objection }, asked: Asked, principal: Principal) =>
      say(
        input,
        (subject) => ({ kind: 'ObjectToProcessing', subject, purpose: input.purpose, source: sourceOf(asked), at: asked.at }),
        input,
        asked,
        principal,
      ),

    withdrawObjection: (input: Answering & { readonly purpose: Objection }, asked: Asked, principal: Principal) =>
      say(
        input,
        (subject) => ({ kind: 'WithdrawObjection', subject, purpose: input.purpose, source: sourceOf(asked), at: asked.at }),
        input,
        asked,
        principal,
      ),

    async setPreference(
      input: Answering & { readonly change: PreferenceChanged },
      asked: Asked,
      principal: Principal,
    ): Promise<ConsentResult> {
      const said = await speaking(input, asked, principal);
      if (said.kind === 'refused') return { subject: null, result: said };
      const { change } = input;
      const zoneIsKnown = change.timeZone == null || ports.knowsZone(change.timeZone);
      const result = await path.execute(preferenceDecider, {
        stream: streamName('preferences', said.subject),
        command: { kind: 'SetPreference', subject: said.subject, zoneIsKnown, ...change },
        body: { kind: 'SetPreference', ...input },
        ...envelopeOf(asked, 'customers'),
        ...(said.prepare ? { prepare: said.prepare } : {}),
      });
      return { subject: said.subject, result };
    },
  };
}

export type ConsentCommands = ReturnType<typeof consentCommands>;

function refusedWith(value: Refusal): CommandResult {
  return { kind: 'refused', refusal: value };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
