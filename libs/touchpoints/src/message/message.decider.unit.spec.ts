import {
  consentDenied,
  consentExpired,
  consentRequested,
  consentWithdrawn,
  type Fact,
  type FactDefinition,
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
  touchpointResumed,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { askToConfirm, consentMessagesReactor, reviewQueued } from './consent.reactor';
import { dispatchMessage, dispatchReactor } from './dispatch.reactor';
import { type MessageCommand, messageDecider, MOST_ATTEMPTS, type SendOutcome } from './message.decider';

const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const at = '2026-01-10T12:00:00.000Z';
const minutesAfter = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();
const message = exampleOf(messageQueued);
const { messageId } = message;
const fact = (definition: FactDefinition, data: object = {}, position = '2') =>
  recorded(definition, { messageId, ...data }, { subject, occurred: at, position });
const queued = fact(messageQueued, message, '1');
const queuedAs = (category: 'marketing' | 'service' | 'legal') => fact(messageQueued, { ...message, category }, '1');
const started = (attempt: number) => fact(messageDispatchStarted, { attempt, consentBasis: 'x' });
const sent = fact(messageSent, { attempt: 1, provider: 'smtp' });
const unknown = fact(messageOutcomeUnknown, { attempt: 1, detail: 'gone' });
const deferred = fact(messageDeferred, { until: minutesAfter(5), rule: 'QUIET_HOURS' });
const cancelled = fact(messageCancelled, { reason: 'x' });
const suppressed = fact(messageSuppressed, { rule: 'CONSENT', detail: 'no' });
const failed = (permanent: boolean) => fact(messageFailed, { attempt: 1, provider: 'smtp', permanent, detail: '451' });

const about = { messageId, at } as const;
const cancel = { kind: 'CancelMessage', ...about, reason: 'withdrawn' } as const;
const suppress = { kind: 'SuppressMessage', ...about, rule: 'CONSENT', detail: 'no' } as const;
const defer = { kind: 'DeferMessage', ...about, until: minutesAfter(5), rule: 'QUIET_HOURS' } as const;
const start = { kind: 'StartDispatch', ...about, consentBasis: 'newsletter/1' } as const;
const outcome = (attempt: number, of: SendOutcome) =>
  ({ kind: 'RecordOutcome', ...about, attempt, provider: 'smtp', outcome: of }) as const;
const accepted: SendOutcome = { kind: 'accepted' };
const doubtful: SendOutcome = { kind: 'unknown', detail: 'timeout' };
const rejected = (permanent: boolean): SendOutcome => ({ kind: 'rejected', permanent, detail: '451' });
const recover = { kind: 'RecoverMessage', ...about } as const;
const delivery = (event: 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained', more: object = {}) =>
  ({ kind: 'RecordDelivery', ...about, event, ...more }) as const;
const told = <D>(definition: D, data: object = {}) => ({ definition, subject, data: { messageId, ...data } });
/** All states in which it does not wait any more. */
const closed: readonly (readonly Fact[])[] = [
  [queued, started(1)],
  [queued, started(1), sent],
  [queued, started(1), unknown],
  [queued, started(1), failed(true)],
  [queuedAs('service'), started(MOST_ATTEMPTS), unknown],
];
/** It waits, or is tried again since nobody knows. */
const open: readonly (readonly Fact[])[] = [
  [queued],
  [queued, deferred],
  [queuedAs('service'), started(MOST_ATTEMPTS - 1), unknown],
  [queuedAs('legal'), started(1), unknown],
];

describe('a message that waits', () => {
  it('is queued once', () => {
    const queue = { kind: 'QueueMessage', at, subject, ...message } as const;
    given(messageDecider).when(queue).then(told(messageQueued, message));
    given(messageDecider, [queued]).when(queue).thenNothingHappened();
    const others: readonly MessageCommand[] = [cancel, suppress, defer, start, outcome(1, accepted), recover, delivery('opened')];
    for (const command of others) given(messageDecider).when(command).thenRefused('UNKNOWN_MESSAGE', 'messageId');
  });

  it('is cancelled, suppressed, deferred or handed over', () => {
    for (const facts of open) {
      given(messageDecider, facts)
        .when(cancel)
        .then(told(messageCancelled, { reason: 'withdrawn' }));
      given(messageDecider, facts)
        .when(suppress)
        .then(told(messageSuppressed, { rule: 'CONSENT', detail: 'no' }));
      given(messageDecider, facts)
        .when(defer)
        .then(told(messageDeferred, { until: minutesAfter(5), rule: 'QUIET_HOURS' }));
    }
    given(messageDecider, [queued])
      .when(start)
      .then(told(messageDispatchStarted, { attempt: 1, consentBasis: 'newsletter/1' }));
    given(messageDecider, [queuedAs('service'), started(3), unknown])
      .when(start)
      .then(told(messageDispatchStarted, { attempt: 4, consentBasis: 'newsletter/1' }));
  });

  it('is none that may be on its way, or is over', () => {
    for (const facts of closed) {
      given(messageDecider, facts).when(cancel).thenRefused('MESSAGE_CLOSED', 'messageId');
      for (const command of [suppress, defer]) given(messageDecider, facts).when(command).thenNothingHappened();
      given(messageDecider, facts).when(start).thenRefused('MESSAGE_CLOSED', 'messageId');
    }
    for (const end of [cancelled, suppressed]) {
      for (const command of [cancel, suppress, defer]) given(messageDecider, [queued, end]).when(command).thenNothingHappened();
      given(messageDecider, [queued, end]).when(start).thenRefused('MESSAGE_CLOSED', 'messageId');
    }
  });
});

describe('what the provider says', () => {
  const handed = [queued, started(1)];

  it('is recorded for the attempt that is on its way', () => {
    given(messageDecider, handed)
      .when(outcome(1, accepted))
      .then(told(messageSent, { attempt: 1, provider: 'smtp' }));
    given(messageDecider, handed)
      .when(outcome(1, doubtful))
      .then(told(messageOutcomeUnknown, { attempt: 1, detail: 'timeout' }));
    given(messageDecider, [queued, started(2)])
      .when(outcome(1, accepted))
      .thenNothingHappened();
    for (const facts of [[queued], [...handed, sent], [...handed, failed(true)]])
      for (const attempt of [0, 1]) given(messageDecider, facts).when(outcome(attempt, accepted)).thenNothingHappened();
  });

  it('is believed of whoever took too long only where it was taken', () => {
    given(messageDecider, [...handed, unknown])
      .when(outcome(1, accepted))
      .then(told(messageSent, { attempt: 1, provider: 'smtp' }));
    for (const said of [doubtful, rejected(true), rejected(false)])
      given(messageDecider, [...handed, unknown])
        .when(outcome(1, said))
        .thenNothingHappened();
  });

  it.each([
    [1, 1],
    [2, 4],
    [3, 16],
    [4, 64],
  ])('no, for now, at attempt %d: the next comes in %d minutes', (attempt, minutes) => {
    given(messageDecider, [queued, started(attempt)])
      .when(outcome(attempt, rejected(false)))
      .then(
        told(messageFailed, { attempt, provider: 'smtp', permanent: false, detail: '451' }),
        told(messageDeferred, { until: minutesAfter(minutes), rule: 'RETRY' }),
      );
  });

  it('no, for good, or five times', () => {
    for (const [attempt, permanent] of [
      [1, true],
      [MOST_ATTEMPTS, false],
    ] as const)
      given(messageDecider, [queued, started(attempt)])
        .when(outcome(attempt, rejected(permanent)))
        .then(told(messageFailed, { attempt, provider: 'smtp', permanent: true, detail: '451' }));
    expect(MOST_ATTEMPTS).toBe(5);
  });

  it('is unknown where the process ended', () => {
    given(messageDecider, [queued, started(2)])
      .when(recover)
      .then(told(messageOutcomeUnknown, { attempt: 2, detail: 'the process ended while it was handed over' }));
    for (const facts of [[queued], [...handed, sent], [...handed, unknown]])
      given(messageDecider, facts).when(recover).thenNothingHappened();
  });
});

describe('what comes back', () => {
  const out = [queued, started(1), sent];

  it('is recorded, delivery and complaint once each', () => {
    given(messageDecider, out).when(delivery('delivered')).then(told(messageDelivered));
    given(messageDecider, out).when(delivery('complained')).then(told(messageComplained));
    const [arrived, complained, opened] = [fact(messageDelivered), fact(messageComplained), fact(messageOpened)];
    given(messageDecider, [...out, opened, arrived])
      .when(delivery('delivered'))
      .thenNothingHappened();
    given(messageDecider, [...out, opened, complained])
      .when(delivery('complained'))
      .thenNothingHappened();
    given(messageDecider, [...out, opened])
      .when(delivery('opened'))
      .then(told(messageOpened));
  });

  it('says which link, and how it bounced', () => {
    given(messageDecider, out)
      .when(delivery('clicked', { linkId: 'how-to' }))
      .then(told(messageClicked, { linkId: 'how-to' }));
    given(messageDecider, out)
      .when(delivery('clicked'))
      .then(told(messageClicked, { linkId: 'link' }));
    given(messageDecider, out)
      .when(delivery('bounced', { hard: true }))
      .then(told(messageBounced, { hard: true }));
    given(messageDecider, out)
      .when(delivery('bounced'))
      .then(told(messageBounced, { hard: false }));
  });

  it('comes of what went out, or may have', () => {
    for (const facts of [[queued], [queued, suppressed], [queued, cancelled]])
      given(messageDecider, facts).when(delivery('opened')).thenRefused('MESSAGE_CLOSED', 'messageId');
    for (const end of [started(1), unknown, failed(true)])
      given(messageDecider, [queued, end]).when(delivery('opened')).then(told(messageOpened));
  });
});

describe('a message as it stands', () => {
  const stands = {
    ...{ queued: message, subject, status: 'queued', dueAt: at, attempts: 0, rule: null, detail: null, events: [], version: 1 },
  };
  const after = (...facts: readonly Fact[]) => folded(messageDecider, [queued, ...facts]);

  it('is due when it was queued, or later', () => {
    expect(after()).toEqual(stands);
    const notBefore = minutesAfter(60);
    expect(folded(messageDecider, [fact(messageQueued, { ...message, notBefore }, '1')])?.dueAt).toBe(notBefore);
    expect(folded(messageDecider, [{ ...queued, subject: null }])?.subject).toBe('');
  });

  it('holds what became of it', () => {
    const later = { ...stands, version: 2 };
    expect(after(deferred)).toEqual({ ...later, dueAt: minutesAfter(5), rule: 'QUIET_HOURS' });
    expect(after(cancelled)).toEqual({ ...later, status: 'cancelled', dueAt: null, rule: 'CANCELLED' });
    expect(after(suppressed)).toEqual({ ...later, status: 'suppressed', dueAt: null, rule: 'CONSENT', detail: 'no' });
    const handed = { ...later, status: 'dispatching', attempts: 1 };
    expect(after(started(1))).toEqual(handed);
    expect(after(deferred, started(1), sent)).toEqual({ ...handed, status: 'sent', dueAt: null });
    expect(after(started(1), failed(true))).toEqual({ ...handed, status: 'failed', dueAt: null, detail: '451' });
    expect(after(started(1), failed(false))).toEqual({ ...handed, status: 'failed', detail: '451' });
    expect(after(started(1), failed(false), deferred)?.status).toBe('queued');
    expect(after(started(1), unknown)).toEqual({ ...handed, status: 'unknown', dueAt: null, detail: 'gone' });
    expect(after(fact(touchpointResumed))).toEqual(later);
  });

  it.each([
    ['service', 1, minutesAfter(1)],
    ['legal', 3, minutesAfter(16)],
    ['service', 0, minutesAfter(1)],
    ['service', MOST_ATTEMPTS, null],
    ['marketing', 1, null],
  ] as const)('of unknown outcome (%s, attempt %d) is tried again at %s', (category, attempt, dueAt) => {
    expect(folded(messageDecider, [queuedAs(category), started(attempt), unknown])?.dueAt).toBe(dueAt);
  });

  it('holds what came back, in its order', () => {
    const back = [messageDelivered, messageOpened, messageClicked, messageBounced, messageComplained].map((each) => fact(each));
    expect(after(sent, ...back)?.events).toEqual(['delivered', 'opened', 'clicked', 'bounced', 'complained']);
  });

  it('is nothing before it is queued', () => {
    for (const each of [deferred, cancelled, suppressed, started(1), sent, failed(true), unknown, fact(messageDelivered)])
      expect(folded(messageDecider, [each])).toBeNull();
  });
});

describe('the dispatch', () => {
  const reactionTo = (...facts: readonly Fact[]) => {
    const state = facts.reduce((before, each) => dispatchReactor.evolve(before, each, 'x'), dispatchReactor.initial);
    return dispatchReactor.react(facts.at(-1) ?? queued, state, 'x');
  };
  const timer = (when: string) => [{ kind: 'set-timer', timer: 'dispatch', at: when, command: dispatchMessage.name, input: { messageId } }];

  it('is when the message falls due', () => {
    expect(reactionTo(queued)).toEqual(timer(at));
    expect(reactionTo(queued, deferred)).toEqual(timer(minutesAfter(5)));
    expect(reactionTo(queuedAs('service'), started(1), unknown)).toEqual(timer(minutesAfter(1)));
    // What was put off falls due when that said so, whatever was decided since.
    const state = folded(messageDecider, [queued, deferred, fact(messageDeferred, { until: minutesAfter(9), rule: 'RETRY' })]);
    expect(dispatchReactor.react(deferred, state, 'x')).toEqual(timer(minutesAfter(5)));
  });

  it('is of nothing that is on its way, over, or unheard of', () => {
    expect(reactionTo(queued, started(1))).toEqual([]);
    expect(reactionTo(queued, started(1), unknown)).toEqual([]);
    expect(reactionTo(deferred)).toEqual([]);
  });

  it('follows the stream of the message', () => {
    expect([dispatchReactor.name, dispatchReactor.version, dispatchReactor.key(queued), dispatchReactor.types]).toEqual([
      ...['message_dispatch', 1, queued.stream],
      [messageQueued, messageDeferred, messageDispatchStarted, messageOutcomeUnknown].map(({ type }) => type),
    ]);
  });
});

describe('her word on consent', () => {
  const { category, confirmBy } = exampleOf(consentRequested);
  const react = (each: Fact) => consentMessagesReactor.react(each, consentMessagesReactor.initial, 'x');
  const asked = (channel?: 'email') => {
    const { channel: _, ...rest } = exampleOf(consentRequested);
    return recorded(consentRequested, { ...rest, ...(channel === undefined ? {} : { channel }) }, { subject });
  };

  it('that wants to be confirmed is asked for by mail', () => {
    const input = { subject, category, confirmBy };
    expect(react(asked())).toEqual([{ kind: 'send', command: askToConfirm.name, input }]);
    expect(react(asked('email'))).toEqual([{ kind: 'send', command: askToConfirm.name, input: { ...input, channel: 'email' } }]);
    const [reaction] = react(asked());
    expect(reaction).not.toHaveProperty(['input', 'channel']);
    expect(react({ ...asked(), subject: null })).toEqual([]);
  });

  it('that says no has the waiting messages looked at again', () => {
    for (const definition of [consentDenied, consentWithdrawn, consentExpired])
      expect(react(recorded(definition, exampleOf(definition), { subject }))).toEqual([
        { kind: 'send', command: reviewQueued.name, input: { subject } },
      ]);
    expect([consentMessagesReactor.name, consentMessagesReactor.types]).toEqual([
      'consent_messages',
      [consentRequested, consentDenied, consentWithdrawn, consentExpired].map(({ type }) => type),
    ]);
  });

  it.each([
    [askToConfirm, 'AskToConfirm', { subject, category, confirmBy: at }],
    [reviewQueued, 'ReviewQueuedMessages', { subject }],
    [dispatchMessage, 'DispatchMessage', { messageId }],
  ] as const)('%# is a command with all it needs, and nothing else', (command, name, input) => {
    expect([command.context, command.name]).toEqual(['touchpoints', `touchpoints.${name}`]);
    expect(command.input.safeParse(input).error).toBeUndefined();
    expect(command.input.safeParse({ ...input, more: 1 }).success).toBe(false);
    for (const field of Object.keys(input)) expect(command.input.safeParse({ ...input, [field]: undefined }).success).toBe(false);
  });
});
