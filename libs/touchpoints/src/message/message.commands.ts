import { type Asked, type CommandPath, type CommandResult, envelopeOf, type NamedIdentifier, subjectOf } from '@tsunagari/command';
import {
  brandIdSchema,
  CHANNEL_ADDRESSES,
  refusal,
  streamName,
  type Channel,
  type ConsentPort,
  type FrequencyCapSet,
  type QuietHoursSet,
  type Refusal,
  type SuppressionAdded,
  type TemplatePublished,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId, type Keyring } from '@tsunagari/privacy';
import { barredBy, contactDecider, type ContactCommand } from '../contact/contact.decider';
import { policyDecider, type PolicyCommand } from '../contact/policy.decider';
import { readContact, readTemplate } from './dispatch';
import { messageDecider, type MessageCommand } from './message.decider';
import { placesOf, type PublishTemplate, render, templateDecider } from './template';

export type QueueMessageInput = {
  readonly recipient: NamedIdentifier;
  readonly category: 'marketing' | 'service' | 'legal';
  readonly topic?: string;
  readonly channel: Channel;
  readonly touchpointId?: string;
  readonly templateId: string;
  /** Absent: what she prefers, else Japanese. */
  readonly language?: 'ja' | 'en';
  readonly values?: Readonly<Record<string, string>>;
  readonly proposalId?: string;
  readonly notBefore?: string;
};

/** The result, and the message that it is about. */
export type MessageResult = { readonly messageId: string; readonly result: CommandResult };

/** Places of a template that the platform itself fills. */
const OWN_PLACES = ['preferencesUrl'];

/** What the brand and its systems say of messages, and of how often and when customers are reached. */
export function messageCommands(ports: {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly consent: Pick<ConsentPort, 'mayContact' | 'preferencesOf' | 'withdraw'>;
  readonly knowsZone: (name: string) => boolean;
}) {
  const { path, store, consent } = ports;

  const onMessage = (messageId: string, command: MessageCommand, asked: Asked, prepare?: () => Promise<Refusal | undefined>) =>
    path.execute(messageDecider, {
      stream: streamName('message', messageId),
      command,
      body: { ...command, at: undefined },
      ...envelopeOf(asked, 'touchpoints'),
      ...(prepare ? { prepare } : {}),
    });

  const onContact = (subject: string, command: ContactCommand, asked: Asked, prepare?: () => Promise<Refusal | undefined>) =>
    path.execute(contactDecider, {
      stream: streamName('contact', subject),
      command,
      body: { ...command, at: undefined },
      ...envelopeOf(asked, 'touchpoints'),
      ...(prepare ? { prepare } : {}),
    });

  async function queueMessage(input: QueueMessageInput, asked: Asked): Promise<MessageResult> {
    const messageId = commandFactId(asked.idempotencyKey, 0);
    const refused = (value: Refusal): MessageResult => ({ messageId, result: { kind: 'refused', refusal: value } });
    const { recipient, channel, category } = input;
    if (!CHANNEL_ADDRESSES[channel].includes(recipient.type))
      return refused(
        refusal('NO_ADDRESS', 'recipient', `${channel} goes to ${CHANNEL_ADDRESSES[channel].join(' or ')}`, 'name such an identifier'),
      );
    const template = brandIdSchema.safeParse(input.templateId).success ? await readTemplate(store, input.templateId) : null;
    if (!template || template.channel !== channel)
      return refused(refusal('UNKNOWN_TEMPLATE', 'templateId', `the template is one that was published for ${channel}`));
    const to = await subjectOf(ports, recipient, 'recipient', asked, 'touchpoints');
    if (to.kind === 'refused') return refused(to.refusal);
    const { subject } = to;
    const { preferences } = await consent.preferencesOf({ subjects: [subject] });
    const language = input.language ?? preferences[0]?.language ?? 'ja';
    const missing = [...placesOf(template, language)].find((place) => !OWN_PLACES.includes(place) && input.values?.[place] === undefined);
    if (missing !== undefined)
      return refused(
        refusal('TEMPLATE_INCOMPLETE', `values.${missing}`, `the template wants a value for ${missing}`, `send values.${missing}`),
      );
    // Decided here for whoever asks, and once more when it goes out.
    if (category === 'marketing') {
      const { verdicts } = await consent.mayContact({ questions: [{ subject, category, channel, at: asked.at }] });
      const [verdict] = verdicts;
      if (verdict?.kind !== 'allowed')
        return refused(
          refusal(
            'CONSENT_MISSING',
            'recipient',
            `marketing goes to whoever consented: ${verdict?.reason ?? 'NO_CONSENT'}`,
            'ask her first',
          ),
        );
      const barred = barredBy(await readContact(store, subject), channel, category, asked.at, verdict.saidAt);
      if (barred !== undefined) return refused(refusal('ADDRESS_SUPPRESSED', 'recipient', barred));
    }
    const { recipient: _, values, ...rest } = input;
    const command: MessageCommand = {
      kind: 'QueueMessage',
      subject,
      messageId,
      ...rest,
      templateVersion: template.templateVersion,
      language,
      ...(values === undefined ? {} : { values: { ...values } }),
      at: asked.at,
    };
    const result = await path.execute(messageDecider, {
      stream: streamName('message', messageId),
      command,
      body: { kind: 'QueueMessage', ...input },
      ...envelopeOf(asked, 'touchpoints'),
      ...(to.prepare ? { prepare: to.prepare } : {}),
    });
    return { messageId, result };
  }

  const policy = (command: PolicyCommand, asked: Asked): Promise<CommandResult> =>
    path.execute(policyDecider, {
      stream: streamName('contactPolicy', 'current'),
      command,
      body: command,
      ...envelopeOf(asked, 'touchpoints'),
    });

  return {
    queueMessage,

    cancelMessage: async (messageId: string, reason: string, asked: Asked): Promise<MessageResult> => ({
      messageId,
      result: await onMessage(messageId, { kind: 'CancelMessage', messageId, reason, at: asked.at }, asked),
    }),

    /** Reported by a provider. A hard bounce and a complaint close the address at once, a complaint takes the consent back too. */
    async recordDelivery(
      input: {
        readonly messageId: string;
        readonly event: 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained';
        readonly hard?: boolean;
        readonly linkId?: string;
      },
      asked: Asked,
    ): Promise<MessageResult> {
      const { messageId, event, hard = false } = input;
      const result = await onMessage(messageId, { kind: 'RecordDelivery', ...input, at: asked.at }, asked);
      if (result.kind === 'refused' || (event !== 'complained' && !(event === 'bounced' && hard))) return { messageId, result };
      const stream = await store.readStream(streamName('message', messageId));
      const queued = stream.kind === 'open' ? stream.facts[0] : undefined;
      const subject = queued?.subject;
      if (subject == null) return { messageId, result };
      const { channel } = queued?.data as { channel: Channel };
      const reason = event === 'complained' ? 'complaint' : 'hard_bounce';
      const derived = { ...asked, idempotencyKey: `${asked.idempotencyKey}/suppress` };
      await onContact(
        subject,
        {
          kind: 'AddSuppression',
          subject,
          scope: event === 'complained' ? 'marketing' : 'all',
          channel,
          reason,
          by: asked.by,
          at: asked.at,
        },
        derived,
      );
      if (event === 'complained')
        await consent.withdraw({
          subject,
          category: 'marketing',
          channel,
          source: 'complaint',
          at: asked.at,
          idempotencyKey: `${asked.idempotencyKey}/withdraw`,
        });
      return { messageId, result };
    },

    /** By the link in a message. First the stream that every dispatch decides in, then the consent. Never refused. */
    async unsubscribe(
      input: { readonly subject: string; readonly channel: Channel; readonly messageId?: string },
      asked: Asked,
    ): Promise<void> {
      const { subject, channel, messageId } = input;
      const about = { channel, scope: 'marketing', ...(messageId === undefined ? {} : { messageId }) };
      await onContact(subject, { kind: 'Unsubscribe', subject, ...about, at: asked.at }, asked);
      const said = { subject, category: 'marketing', channel, source: 'unsubscribe', at: asked.at };
      await consent.withdraw({ ...said, idempotencyKey: `${asked.idempotencyKey}/withdraw` });
    },

    async addSuppression(
      input: { readonly recipient: NamedIdentifier } & Omit<SuppressionAdded, 'by'>,
      asked: Asked,
    ): Promise<CommandResult> {
      const to = await subjectOf(ports, input.recipient, 'recipient', asked, 'touchpoints');
      if (to.kind === 'refused') return to;
      const { recipient: _, ...suppression } = input;
      return onContact(
        to.subject,
        { kind: 'AddSuppression', subject: to.subject, ...suppression, by: asked.by, at: asked.at },
        asked,
        to.prepare,
      );
    },

    async liftSuppression(
      input: { readonly recipient: NamedIdentifier; readonly channel?: Channel; readonly reason: string; readonly mayLiftLegal: boolean },
      asked: Asked,
    ): Promise<CommandResult> {
      const to = await subjectOf(ports, input.recipient, 'recipient', asked, 'touchpoints');
      if (to.kind === 'refused') return to;
      const { recipient: _, ...lift } = input;
      return onContact(to.subject, { kind: 'LiftSuppression', subject: to.subject, ...lift, by: asked.by, at: asked.at }, asked);
    },

    setFrequencyCap: (cap: FrequencyCapSet, asked: Asked) => policy({ kind: 'SetFrequencyCap', ...cap }, asked),
    setQuietHours: (hours: QuietHoursSet, asked: Asked) =>
      policy({ kind: 'SetQuietHours', ...hours, zoneIsKnown: ports.knowsZone(hours.defaultTimeZone) }, asked),

    async publishTemplate(input: Omit<PublishTemplate, 'kind'>, asked: Asked): Promise<CommandResult> {
      if (!brandIdSchema.safeParse(input.templateId).success)
        return {
          kind: 'refused',
          refusal: refusal('INVALID_FIELD', 'templateId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
        };
      return path.execute(templateDecider, {
        stream: streamName('template', input.templateId),
        command: { kind: 'PublishTemplate', ...input },
        body: { kind: 'PublishTemplate', ...input },
        ...envelopeOf(asked, 'touchpoints'),
      });
    },

    /** How a message would read, with these values; nothing is recorded. */
    async previewTemplate(templateId: string, language: 'ja' | 'en', values: Readonly<Record<string, string>>, version?: number) {
      const template: TemplatePublished | null = brandIdSchema.safeParse(templateId).success
        ? await readTemplate(store, templateId, version)
        : null;
      if (!template) return refusal('UNKNOWN_TEMPLATE', 'templateId', 'the template is one that was published');
      const rendered = render(template, language, { preferencesUrl: 'https://example.com/preferences', ...values });
      if (rendered.kind === 'missing')
        return refusal('TEMPLATE_INCOMPLETE', `values.${rendered.place}`, `the template wants a value for ${rendered.place}`);
      return rendered.message;
    },
  };
}

export type MessageCommands = ReturnType<typeof messageCommands>;
