import type { LinkSigner } from '@tsunagari/access';
import { type Asked, type CommandPath, type CommandResult, envelopeOf, type NamedIdentifier } from '@tsunagari/command';
import {
  type Channel,
  type ConsentPort,
  identifierRegistered,
  type IdentifierRegistered,
  isRedacted,
  isSealed,
  messageQueued,
  type MessageQueued,
  refusal,
  streamName,
} from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { authorityGroupsOf, type IdentityReader } from '@tsunagari/projection';
import { readMessage, readTemplate } from './dispatch';
import type { MessageCommands } from './message.commands';
import { messageDecider } from './message.decider';

/** The template of the mail that asks for a confirmation; a brand publishes its own under this id, or takes ours. */
export const CONFIRM_TEMPLATE = 'confirm-consent';

const SHIPPED = {
  templateId: CONFIRM_TEMPLATE,
  channel: 'email' as const,
  subject: { ja: 'お知らせの受け取りをご確認ください', en: 'Please confirm that you want our news' },
  text: {
    ja: '次のページで受け取りを確認してください（{{confirmBy}}まで）。\n{{confirmUrl}}\n\nお心当たりがなければ、何もなさらなくて結構です。お知らせは届きません。',
    en: 'Please confirm on this page (until {{confirmBy}}):\n{{confirmUrl}}\n\nIf this was not you, do nothing: you will get no news.',
  },
};

export type ConsentMessagesPorts = {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly identity: IdentityReader;
  readonly consent: Pick<ConsentPort, 'mayContact'>;
  readonly messages: Pick<MessageCommands, 'queueMessage' | 'publishTemplate'>;
  readonly links: LinkSigner;
  /** Where customers reach the platform, without a slash at the end. */
  readonly publicUrl: string;
};

const NOTHING: CommandResult = { kind: 'accepted', position: null, version: 0, repeated: false };

/** What follows for messages from what a customer said of consent. */
export function consentMessages(ports: ConsentMessagesPorts) {
  const { path, store, journal, identity, consent, messages, links, publicUrl } = ports;

  /** Her address: the identifier that spoke where it is one, else the oldest that verified links join with it. */
  async function mailOf(subject: string): Promise<NamedIdentifier | null> {
    const group = (await authorityGroupsOf({ identity }, [subject])).get(subject) ?? [];
    for (const member of [subject, ...group.filter((each) => each !== subject)]) {
      const identifier = await identifierOf(ports, member);
      if (identifier?.type === 'email') return identifier;
    }
    return null;
  }

  return {
    /**
     * The second step of a double opt-in, by mail to her own address. Nothing is sent when its time is over.
     * Refuses `NO_ADDRESS` where no address of hers is known.
     */
    async askToConfirm(
      {
        subject,
        confirmBy,
        category,
        channel,
      }: { readonly subject: string; readonly category: string; readonly channel?: Channel | undefined; readonly confirmBy: string },
      asked: Asked,
    ): Promise<CommandResult> {
      if (confirmBy <= asked.at) return NOTHING;
      const recipient = await mailOf(subject);
      if (recipient === null)
        return { kind: 'refused', refusal: refusal('NO_ADDRESS', 'recipient', 'a consent is confirmed from an e-mail address of hers') };
      if ((await readTemplate(store, CONFIRM_TEMPLATE)) === null) {
        const published = await messages.publishTemplate(SHIPPED, { ...asked, idempotencyKey: `shipped:${CONFIRM_TEMPLATE}` });
        if (published.kind === 'refused') return published;
      }
      const link = links.sign({ purpose: 'confirm', subject, category, ...(channel === undefined ? {} : { channel }), until: confirmBy });
      const values = { confirmUrl: `${publicUrl}/confirm/${link}`, confirmBy: confirmBy.slice(0, 10) };
      const queued = await messages.queueMessage(
        { recipient, category: 'service', channel: 'email', templateId: CONFIRM_TEMPLATE, values },
        asked,
      );
      return queued.result;
    },

    /** Every marketing message that waits for one of this customer's addresses and that consent forbids now is taken out of the queue. */
    async reviewQueued({ subject }: { readonly subject: string }, asked: Asked): Promise<CommandResult> {
      const { subjects } = await identity.membersOf(subject);
      const facts = await journal.bySubjects({ subjects: [...new Set([subject, ...subjects])], types: [messageQueued.type] });
      for (const { subject: address, data } of facts) {
        const { messageId, category, channel } = data as MessageQueued;
        if (category !== 'marketing' || address === null) continue;
        if ((await readMessage(store, messageId))?.status !== 'queued') continue;
        const { verdicts } = await consent.mayContact({ questions: [{ subject: address, category, channel, at: asked.at }] });
        const [verdict] = verdicts;
        if (verdict?.kind !== 'forbidden') continue;
        const result = await path.execute(messageDecider, {
          stream: streamName('message', messageId),
          command: { kind: 'SuppressMessage', messageId, rule: 'CONSENT', detail: verdict.reason, at: asked.at },
          body: { kind: 'SuppressMessage', messageId },
          ...envelopeOf({ ...asked, idempotencyKey: `${asked.idempotencyKey}/${messageId}` }, 'touchpoints'),
        });
        if (result.kind === 'refused') return result;
      }
      return NOTHING;
    },
  };
}

/** An identifier in plain text, or null once her keys are destroyed. */
async function identifierOf(
  { store, keyring }: Pick<ConsentMessagesPorts, 'store' | 'keyring'>,
  subject: string,
): Promise<NamedIdentifier | null> {
  const stream = await store.readStream(streamName('identifier', subject), { limit: 1 });
  const registered = stream.kind === 'open' ? stream.facts[0] : undefined;
  if (registered?.type !== identifierRegistered.type) return null;
  const { identifierType, value } = registered.data as IdentifierRegistered;
  if (!isSealed(value)) return null;
  const [opened] = await keyring.open([{ subject, sealed: value, of: { type: identifierRegistered.type, field: 'value' } }]);
  return opened === undefined || isRedacted(opened) ? null : { type: identifierType, value: String(opened) };
}
