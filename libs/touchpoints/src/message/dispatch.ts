import type { LinkSigner } from '@tsunagari/access';
import type { CommandPath } from '@tsunagari/command';
import {
  identifierRegistered,
  isRedacted,
  isSealed,
  messageQueued,
  streamName,
  type ConsentPort,
  type IdentifierRegistered,
  type MessageQueued,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { barredBy, contactDecider, type ContactCommand, type ContactState } from '../contact/contact.decider';
import { isQuiet, quietUntil } from '../contact/moments';
import { type ContactPolicy, policyDecider } from '../contact/policy.decider';
import { evolveMessage, messageDecider, type MessageCommand, type MessageState } from './message.decider';
import type { MessageProvider, OutgoingMessage } from './provider';
import { render, templateDecider } from './template';

export type DispatchPorts = {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly consent: Pick<ConsentPort, 'mayContact' | 'preferencesOf'>;
  readonly providers: readonly MessageProvider[];
  readonly links: LinkSigner;
  /** Where customers reach the platform, without a slash at the end. */
  readonly publicUrl: string;
  /** ISO 8601. */
  readonly now: () => string;
};

/** What became of a message that was looked at. */
export type Dispatched = 'sent' | 'suppressed' | 'deferred' | 'failed' | 'unknown' | 'nothing';

const ACTOR = 'system:dispatch';

/**
 * Hands one message over, if it may go now. Everything is checked again here, whatever was true when it was queued: consent, topic,
 * suppression, quiet hours, caps. `MessageDispatchStarted` is written before the hand-over and its outcome after it; a marketing message
 * that is found between the two is never handed over again. One process at a time carries a message: the agenda of reactors sees to it.
 */
export function dispatcher(ports: DispatchPorts) {
  const { path, store, keyring, consent, providers, links, publicUrl, now } = ports;

  async function decide(state: MessageState, command: MessageCommand, step: string): Promise<boolean> {
    const { messageId } = state.queued;
    const result = await path.execute(messageDecider, {
      stream: streamName('message', messageId),
      command,
      body: { kind: command.kind, step },
      // One key a step of a version: a second process at the same step changes nothing.
      idempotencyKey: `${messageId}/${state.version}/${step}`,
      expectedVersion: state.version,
      actor: ACTOR,
      source: 'touchpoints',
      correlationId: messageId,
      at: command.at,
    });
    return result.kind === 'accepted' && !result.repeated;
  }

  async function contact(subject: string, command: ContactCommand, key: string) {
    return path.execute(contactDecider, {
      stream: streamName('contact', subject),
      command,
      body: { kind: command.kind, key },
      idempotencyKey: key,
      actor: ACTOR,
      source: 'touchpoints',
      correlationId: key,
      at: command.at,
    });
  }

  const read = (messageId: string) => readMessage(store, messageId);

  /** Whether it may go now; else what becomes of it. */
  async function check(
    state: MessageState,
    at: string,
  ): Promise<{ basis: string } | { rule: string; detail: string } | { until: string; rule: string }> {
    const { queued, subject } = state;
    const { category, channel, messageId } = queued;
    if ((await keyring.erased([subject])).has(subject)) return { rule: 'ERASED', detail: 'her keys are destroyed' };
    const address = await readContact(store, subject);
    if (category !== 'marketing') {
      const barred = barredBy(address, channel, category, at, '0');
      return barred === undefined ? { basis: category } : { rule: 'SUPPRESSED', detail: barred };
    }
    const [policy, { preferences }] = await Promise.all([readPolicy(store), consent.preferencesOf({ subjects: [subject] })]);
    const wishes = preferences[0];
    if (queued.topic !== undefined && wishes?.topics[queued.topic] === false) return { rule: 'TOPIC_UNWANTED', detail: queued.topic };
    const quiet = policy.quietHours;
    const zone = wishes?.timeZone ?? quiet?.defaultTimeZone ?? 'UTC';
    if (quiet && isQuiet(quiet, zone, at)) {
      if (quiet.fallback === 'drop') return { rule: 'QUIET_HOURS', detail: `${quiet.from}–${quiet.to} ${zone}` };
      return { rule: 'QUIET_HOURS', until: quietUntil(quiet, zone, at) };
    }
    const mayShe = async () => (await consent.mayContact({ questions: [{ subject, category, channel, at }] })).verdicts[0];
    const before = await mayShe();
    if (before?.kind !== 'allowed') return { rule: 'CONSENT', detail: before?.reason ?? 'NO_CONSENT' };
    const slot = await contact(
      subject,
      {
        kind: 'ReserveSlot',
        subject,
        messageId,
        channel,
        caps: policy.caps,
        consentedAt: before.saidAt,
        at,
        ...(queued.topic === undefined ? {} : { topic: queued.topic }),
      },
      `${messageId}/${state.version}/slot`,
    );
    if (slot.kind === 'refused')
      return { rule: slot.refusal.code === 'FREQUENCY_CAP' ? 'FREQUENCY_CAP' : 'SUPPRESSED', detail: slot.refusal.rule };
    // The last thing read before it is on its way: a withdrawal up to here holds it back.
    const verdict = await mayShe();
    if (verdict?.kind === 'allowed') return { basis: verdict.basis };
    return { rule: 'CONSENT', detail: verdict?.reason ?? 'NO_CONSENT' };
  }

  const release = (state: MessageState, at: string) =>
    contact(
      state.subject,
      { kind: 'ReleaseSlot', subject: state.subject, messageId: state.queued.messageId, at },
      `${state.queued.messageId}/${state.version}/release`,
    );

  async function dispatch(messageId: string): Promise<Dispatched> {
    const at = now();
    const state = await read(messageId);
    if (state?.status === 'dispatching') return recover(state, at);
    if (!state || state.dueAt === null || state.dueAt > at) return 'nothing';
    const { queued } = state;
    const provider = providers.find(({ channels }) => channels.includes(queued.channel));
    if (!provider) {
      await decide(state, { kind: 'SuppressMessage', messageId, rule: 'NO_PROVIDER', detail: queued.channel, at }, 'suppress');
      return 'suppressed';
    }
    const checked = await check(state, at);
    if ('until' in checked) {
      await decide(state, { kind: 'DeferMessage', messageId, until: checked.until, rule: checked.rule, at }, 'defer');
      return 'deferred';
    }
    const outgoing = 'basis' in checked ? await compose(state) : checked;
    if ('rule' in outgoing) {
      await release(state, at);
      await decide(state, { kind: 'SuppressMessage', messageId, ...outgoing, at }, 'suppress');
      return 'suppressed';
    }
    const basis = 'basis' in checked ? checked.basis : '';
    if (!(await decide(state, { kind: 'StartDispatch', messageId, consentBasis: basis, at }, 'start'))) return 'nothing';
    const outcome = await provider.send(outgoing);
    const started = await read(messageId);
    if (!started) return 'nothing';
    await decide(
      started,
      { kind: 'RecordOutcome', messageId, attempt: started.attempts, provider: provider.name, outcome, at: now() },
      'outcome',
    );
    if (outcome.kind === 'rejected') {
      await release(started, at);
      if (outcome.permanent && queued.channel === 'email')
        await contact(
          state.subject,
          { kind: 'AddSuppression', subject: state.subject, scope: 'all', channel: queued.channel, reason: 'hard_bounce', by: ACTOR, at },
          `${messageId}/${started.version}/bounce`,
        );
      return outcome.permanent ? 'failed' : 'deferred';
    }
    return outcome.kind === 'accepted' ? 'sent' : 'unknown';
  }

  /** The text with her address and her values, opened for this hand-over alone. */
  async function compose(state: MessageState): Promise<OutgoingMessage | { rule: string; detail: string }> {
    const { queued, subject } = state;
    const [template, to, values] = await Promise.all([
      readTemplate(store, queued.templateId, queued.templateVersion),
      addressOf(ports, subject),
      valuesOf(keyring, subject, queued),
    ]);
    if (to === null || values === null) return { rule: 'ERASED', detail: 'her keys are destroyed' };
    if (!template) return { rule: 'UNKNOWN_TEMPLATE', detail: `${queued.templateId}/${queued.templateVersion}` };
    const preferences = links.sign({ purpose: 'preferences', subject, channel: queued.channel });
    const preferencesUrl = `${publicUrl}/preferences/${preferences}`;
    const rendered = render(template, queued.language, { ...values, preferencesUrl });
    if (rendered.kind === 'missing') return { rule: 'TEMPLATE_INCOMPLETE', detail: rendered.place };
    const { messageId, category, channel, language } = queued;
    const unsubscribe = links.sign({ purpose: 'unsubscribe', subject, channel, messageId, category: 'marketing' });
    return {
      messageId,
      category,
      channel,
      language,
      to,
      ...rendered.message,
      preferencesUrl,
      ...(category === 'marketing' ? { unsubscribeUrl: `${publicUrl}/unsubscribe/${unsubscribe}` } : {}),
    };
  }

  /** It was on its way when whoever handed it over ended, or took too long: marketing ends as unknown, service and legal are tried again. */
  async function recover(state: MessageState, at: string): Promise<Dispatched> {
    await decide(state, { kind: 'RecoverMessage', messageId: state.queued.messageId, at }, 'recover');
    return 'unknown';
  }

  return { dispatch };
}

export type Dispatcher = ReturnType<typeof dispatcher>;

/** Read where it was decided. Null for one that nobody queued. */
export async function readMessage(store: EventStore, messageId: string): Promise<MessageState | null> {
  const stream = await store.readStream(streamName('message', messageId));
  return stream.kind === 'open' ? stream.facts.reduce(evolveMessage, null) : null;
}

export async function readContact(store: EventStore, subject: string): Promise<ContactState> {
  const stream = await store.readStream(streamName('contact', subject));
  return stream.kind === 'open' ? stream.facts.reduce(contactDecider.evolve, contactDecider.initial) : contactDecider.initial;
}

export async function readPolicy(store: EventStore): Promise<ContactPolicy> {
  const stream = await store.readStream(streamName('contactPolicy', 'current'));
  return stream.kind === 'open' ? stream.facts.reduce(policyDecider.evolve, policyDecider.initial) : policyDecider.initial;
}

export async function readTemplate(store: EventStore, templateId: string, version?: number) {
  const stream = await store.readStream(streamName('template', templateId));
  const versions = stream.kind === 'open' ? stream.facts.reduce(templateDecider.evolve, templateDecider.initial) : [];
  return version === undefined ? (versions.at(-1) ?? null) : (versions.find((each) => each.templateVersion === version) ?? null);
}

/** The address behind a subject in plain text, or null once her keys are destroyed. */
async function addressOf({ store, keyring }: Pick<DispatchPorts, 'store' | 'keyring'>, subject: string): Promise<string | null> {
  const stream = await store.readStream(streamName('identifier', subject), { limit: 1 });
  const registered = stream.kind === 'open' ? stream.facts[0] : undefined;
  if (registered?.type !== identifierRegistered.type) return null;
  const { value } = registered.data as IdentifierRegistered;
  if (!isSealed(value)) return null;
  const [opened] = await keyring.open([{ subject, sealed: value, of: { type: identifierRegistered.type, field: 'value' } }]);
  return opened === undefined || isRedacted(opened) ? null : String(opened);
}

async function valuesOf(keyring: Keyring, subject: string, queued: MessageQueued): Promise<Readonly<Record<string, string>> | null> {
  const sealed: unknown = queued.values;
  if (!isSealed(sealed)) return {};
  const [opened] = await keyring.open([{ subject, sealed, of: { type: messageQueued.type, field: 'values' } }]);
  return opened === undefined || isRedacted(opened) ? null : (opened as Record<string, string>);
}
