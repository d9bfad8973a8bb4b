import { accept, type DecidedFact, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  messageBounced,
  messageCancelled,
  messageClicked,
  messageComplained,
  messageDeferred,
  messageDelivered,
  messageDispatchStarted,
  messageFailed,
  messageOpened,
  messageOutcomeUnknown,
  messageQueued,
  messageSent,
  messageSuppressed,
  refusal,
  type Fact,
  type FactDefinition,
  type MessageDeferred,
  type MessageDispatchStarted,
  type MessageFailed,
  type MessageQueued,
  type MessageSuppressed,
} from '@tsunagari/contracts';
import { addMinutes } from '../contact/moments';

/**
 * `dispatching`: it may be on its way; whoever finds it so after a restart cannot know. `unknown`: nobody can any more (marketing), or it
 * is tried again with the same Message-ID (service, legal).
 */
export type MessageStatus = 'queued' | 'dispatching' | 'sent' | 'unknown' | 'failed' | 'suppressed' | 'cancelled';

export type MessageState = {
  readonly queued: MessageQueued;
  readonly subject: string;
  readonly status: MessageStatus;
  /** When it may be tried, ISO 8601; null when it will not be any more. */
  readonly dueAt: string | null;
  readonly attempts: number;
  readonly rule: string | null;
  readonly detail: string | null;
  readonly events: readonly ('delivered' | 'opened' | 'clicked' | 'bounced' | 'complained')[];
  readonly version: number;
};

type About = { readonly messageId: string; readonly at: string };

export type SendOutcome =
  | { readonly kind: 'accepted' }
  /** The provider did not take it, and said so. */
  | { readonly kind: 'rejected'; readonly permanent: boolean; readonly detail: string }
  /** It may have taken it. */
  | { readonly kind: 'unknown'; readonly detail: string };

export type MessageCommand = About &
  (
    | ({ readonly kind: 'QueueMessage'; readonly subject: string } & Omit<MessageQueued, 'messageId'>)
    | { readonly kind: 'CancelMessage'; readonly reason: string }
    | { readonly kind: 'SuppressMessage'; readonly rule: string; readonly detail: string }
    | { readonly kind: 'DeferMessage'; readonly until: string; readonly rule: string }
    | { readonly kind: 'StartDispatch'; readonly consentBasis: string }
    | { readonly kind: 'RecordOutcome'; readonly attempt: number; readonly provider: string; readonly outcome: SendOutcome }
    /** Found on its way by somebody else than who handed it over: that one ended, or took too long. */
    | { readonly kind: 'RecoverMessage' }
    | {
        readonly kind: 'RecordDelivery';
        readonly event: 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained';
        readonly hard?: boolean;
        readonly linkId?: string;
      }
  );

type CommandOf<Kind extends MessageCommand['kind']> = Extract<MessageCommand, { readonly kind: Kind }>;

/** Attempts at one message. */
export const MOST_ATTEMPTS = 5;
/** Minutes before the next attempt: 1, 4, 16, 64. */
const pauseMinutes = (attempt: number): number => 4 ** (attempt - 1);

export const messageDecider: Decider<MessageCommand, MessageState | null> = {
  initial: null,
  evolve: evolveMessage,

  decide(command, state) {
    if (command.kind === 'QueueMessage') {
      if (state !== null) return accept();
      const { kind: _, subject, at: __, ...data } = command;
      return accept({ definition: messageQueued, subject, data });
    }
    if (state === null) return refuse(refusal('UNKNOWN_MESSAGE', 'messageId', 'the message is one that was queued'));
    const open = state.status === 'queued' || retries(state);
    switch (command.kind) {
      case 'CancelMessage':
        if (state.status === 'cancelled' || state.status === 'suppressed') return accept();
        if (!open) return refuse(refusal('MESSAGE_CLOSED', 'messageId', 'a message that may be on its way cannot be held back any more'));
        return accept(of(state, messageCancelled, { reason: command.reason }));
      case 'SuppressMessage':
        if (!open) return accept();
        return accept(of(state, messageSuppressed, { rule: command.rule, detail: command.detail }));
      case 'DeferMessage':
        if (!open) return accept();
        return accept(of(state, messageDeferred, { until: command.until, rule: command.rule }));
      case 'StartDispatch':
        if (!open) return refuse(refusal('MESSAGE_CLOSED', 'messageId', 'a message is handed over while it waits for it'));
        return accept(of(state, messageDispatchStarted, { attempt: state.attempts + 1, consentBasis: command.consentBasis }));
      case 'RecordOutcome':
        return recordOutcome(command, state);
      case 'RecoverMessage':
        if (state.status !== 'dispatching') return accept();
        return accept(of(state, messageOutcomeUnknown, { attempt: state.attempts, detail: 'the process ended while it was handed over' }));
      case 'RecordDelivery':
        return recordDelivery(command, state);
    }
  },
};

function recordOutcome({ attempt, provider, outcome, at }: CommandOf<'RecordOutcome'>, state: MessageState): Decision {
  // Who took too long and was given up for ended may still know.
  if ((state.status !== 'dispatching' && state.status !== 'unknown') || state.attempts !== attempt) return accept();
  if (state.status === 'unknown' && outcome.kind !== 'accepted') return accept();
  switch (outcome.kind) {
    case 'accepted':
      return accept(of(state, messageSent, { attempt, provider }));
    case 'unknown':
      return accept(of(state, messageOutcomeUnknown, { attempt, detail: outcome.detail }));
    case 'rejected': {
      const permanent = outcome.permanent || attempt >= MOST_ATTEMPTS;
      const failed = of(state, messageFailed, { attempt, provider, permanent, detail: outcome.detail });
      if (permanent) return accept(failed);
      return accept(failed, of(state, messageDeferred, { until: addMinutes(at, pauseMinutes(attempt)), rule: 'RETRY' }));
    }
  }
}

function recordDelivery({ event, hard, linkId }: CommandOf<'RecordDelivery'>, state: MessageState): Decision {
  if (state.status === 'queued' || state.status === 'suppressed' || state.status === 'cancelled')
    return refuse(refusal('MESSAGE_CLOSED', 'messageId', 'nothing comes back of a message that did not go out'));
  switch (event) {
    case 'delivered':
      return state.events.includes('delivered') ? accept() : accept(of(state, messageDelivered, {}));
    case 'opened':
      return accept(of(state, messageOpened, {}));
    case 'clicked':
      return accept(of(state, messageClicked, { linkId: linkId ?? 'link' }));
    case 'bounced':
      return accept(of(state, messageBounced, { hard: hard ?? false }));
    case 'complained':
      return state.events.includes('complained') ? accept() : accept(of(state, messageComplained, {}));
  }
}

/** Whether a message of unknown outcome is tried again: never one of marketing. */
function retries(state: Pick<MessageState, 'status' | 'queued' | 'attempts'>): boolean {
  return state.status === 'unknown' && state.queued.category !== 'marketing' && state.attempts < MOST_ATTEMPTS;
}

export function evolveMessage(state: MessageState | null, fact: Fact): MessageState | null {
  const next = applied(state, fact);
  return next && { ...next, version: fact.version };
}

function applied(state: MessageState | null, fact: Fact): MessageState | null {
  if (fact.type === messageQueued.type) {
    const queued = fact.data as MessageQueued;
    const dueAt = queued.notBefore ?? fact.occurred;
    return { queued, subject: fact.subject ?? '', status: 'queued', dueAt, attempts: 0, rule: null, detail: null, events: [], version: 1 };
  }
  if (state === null) return null;
  switch (fact.type) {
    case messageDeferred.type: {
      const { until, rule } = fact.data as MessageDeferred;
      return { ...state, status: 'queued', dueAt: until, rule };
    }
    case messageCancelled.type:
      return { ...state, status: 'cancelled', dueAt: null, rule: 'CANCELLED' };
    case messageSuppressed.type: {
      const { rule, detail } = fact.data as MessageSuppressed;
      return { ...state, status: 'suppressed', dueAt: null, rule, detail };
    }
    case messageDispatchStarted.type:
      return { ...state, status: 'dispatching', attempts: (fact.data as MessageDispatchStarted).attempt };
    case messageSent.type:
      return { ...state, status: 'sent', dueAt: null, rule: null };
    case messageFailed.type: {
      const { permanent, detail } = fact.data as MessageFailed;
      return { ...state, status: 'failed', dueAt: permanent ? null : state.dueAt, detail };
    }
    case messageOutcomeUnknown.type: {
      const unknown = { ...state, status: 'unknown' as const, detail: (fact.data as { detail: string }).detail };
      return { ...unknown, dueAt: retries(unknown) ? addMinutes(fact.occurred, pauseMinutes(Math.max(1, state.attempts))) : null };
    }
    case messageDelivered.type:
      return { ...state, events: [...state.events, 'delivered'] };
    case messageOpened.type:
      return { ...state, events: [...state.events, 'opened'] };
    case messageClicked.type:
      return { ...state, events: [...state.events, 'clicked'] };
    case messageBounced.type:
      return { ...state, events: [...state.events, 'bounced'] };
    case messageComplained.type:
      return { ...state, events: [...state.events, 'complained'] };
    default:
      return state;
  }
}

function of(state: MessageState, definition: FactDefinition, data: object): DecidedFact {
  return { definition, subject: state.subject, data: { messageId: state.queued.messageId, ...data } };
}
