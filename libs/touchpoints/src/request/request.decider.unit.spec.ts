import {
  cancellationRequested,
  cancellationUndone,
  requestAcknowledged,
  requestFulfilled,
  type RequestKind,
  requestRejected,
  requestSubmitted,
  requestWithdrawn,
  subscriptionCancelled,
  taskOpened,
  trialEnded,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { type RequestCommand, requestDecider } from './request.decider';
import { cancellationRequestReactor, closeRequest, fileRequest } from './request.reactor';

const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const { requestId, ...request } = exampleOf(requestSubmitted);
const { kind } = request;
const [by, submittedAt, at] = ['user:mika', '2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z'];
const hers = (position: string, occurred = at) => ({ subject, position, occurred });
const submittedAs = (as: RequestKind) => recorded(requestSubmitted, { requestId, ...request, kind: as }, hers('1', submittedAt));
const submitted = submittedAs(kind);
const acknowledged = recorded(requestAcknowledged, { requestId, kind, by }, hers('2'));
const fulfilled = recorded(requestFulfilled, { requestId, kind, by, steps: 2, elapsedS: 1 }, hers('3'));
const rejected = recorded(requestRejected, { requestId, kind, by, ruleRef: 'terms 3', reason: 'no' }, hers('4'));
const withdrawn = recorded(requestWithdrawn, { requestId, kind, by }, hers('5'));

const asked = { requestId, at, by } as const;
const submit = { kind: 'SubmitRequest', ...asked, subject, request } as const;
const acknowledge = { kind: 'AcknowledgeRequest', ...asked } as const;
const fulfil = { kind: 'FulfilRequest', ...asked, steps: 2 } as const;
const reject = { kind: 'RejectRequest', ...asked, ruleRef: 'terms 3', reason: 'no', ruleIsLegal: false } as const;
const withdraw = { kind: 'WithdrawRequest', ...asked } as const;
const told = <D>(definition: D, data: object, of: RequestKind = kind) => ({ definition, subject, data: { requestId, kind: of, ...data } });

describe('a request [2.09]', () => {
  it('is submitted once, in her own words', () => {
    given(requestDecider).when(submit).then(told(requestSubmitted, request));
    given(requestDecider, [submitted]).when(submit).thenRefused('REQUEST_EXISTS', 'requestId');
    for (const command of [acknowledge, fulfil, reject, withdraw])
      given(requestDecider).when(command).thenRefused('UNKNOWN_REQUEST', 'requestId');
  });

  it('is acknowledged once', () => {
    given(requestDecider, [submitted]).when(acknowledge).then(told(requestAcknowledged, { by }));
    given(requestDecider, [submitted, acknowledged, fulfilled]).when(acknowledge).thenNothingHappened();
  });

  it.each([
    [at, 3600],
    [submittedAt, 0],
    ['2025-12-31T00:00:00.000Z', 0],
  ])('fulfilled at %s took %d s', (moment, elapsedS) => {
    given(requestDecider, [submitted])
      .when({ ...fulfil, at: moment })
      .then(told(requestFulfilled, { by, steps: 2, elapsedS }));
  });

  it('is rejected by a rule: a cancellation never, an erasure by a legal one only', () => {
    const data = { by, ruleRef: 'terms 3', reason: 'no' };
    given(requestDecider, [submitted]).when(reject).then(told(requestRejected, data));
    given(requestDecider, [submittedAs('cancel')])
      .when({ ...reject, ruleIsLegal: true })
      .thenRefused('CANCEL_NEVER_REJECTED', 'requestId');
    given(requestDecider, [submittedAs('erasure')])
      .when(reject)
      .thenRefused('ERASURE_NEEDS_LEGAL_RULE', 'ruleRef');
    given(requestDecider, [submittedAs('erasure')])
      .when({ ...reject, ruleIsLegal: true })
      .then(told(requestRejected, data, 'erasure'));
  });

  it('is withdrawn by whoever asked', () => {
    given(requestDecider, [submitted]).when(withdraw).then(told(requestWithdrawn, { by }));
  });

  it('ends once: the same end again changes nothing, another one is refused', () => {
    const ends: readonly (readonly [RequestCommand, typeof fulfilled])[] = [
      [fulfil, fulfilled],
      [reject, rejected],
      [withdraw, withdrawn],
    ];
    for (const [, end] of ends) {
      for (const [command, own] of ends) {
        const decision = given(requestDecider, [submitted, end]).when(command);
        if (own === end) decision.thenNothingHappened();
        else decision.thenRefused('REQUEST_CLOSED', 'requestId');
      }
      given(requestDecider, [submitted, end]).when(acknowledge).thenRefused('REQUEST_CLOSED', 'requestId');
    }
  });

  it('stands as it was told', () => {
    const stands = {
      ...{ request: { requestId, ...request }, subject, status: 'submitted', submittedAt },
      ...{ acknowledgedAt: null, closedAt: null, ruleRef: null, version: 1 },
    };
    expect(folded(requestDecider, [submitted])).toEqual(stands);
    expect(folded(requestDecider, [recorded(requestSubmitted, { requestId, ...request })])?.subject).toBe('');
    const seen = { ...stands, status: 'acknowledged', acknowledgedAt: at };
    expect(folded(requestDecider, [submitted, acknowledged])).toEqual({ ...seen, version: 2 });
    const closed = { ...seen, closedAt: at };
    expect(folded(requestDecider, [submitted, acknowledged, fulfilled])).toEqual({ ...closed, status: 'fulfilled', version: 3 });
    expect(folded(requestDecider, [submitted, acknowledged, rejected])).toEqual({
      ...{ ...closed, status: 'rejected', ruleRef: 'terms 3', version: 4 },
    });
    expect(folded(requestDecider, [submitted, acknowledged, withdrawn])).toEqual({ ...closed, status: 'withdrawn', version: 5 });
    const unrelated = recorded(taskOpened, exampleOf(taskOpened), { position: '6' });
    expect(folded(requestDecider, [submitted, unrelated])).toEqual({ ...stands, version: 6 });
    expect(folded(requestDecider, [acknowledged, fulfilled, rejected, withdrawn])).toBeNull();
  });
});

describe('a cancellation of a subscription', () => {
  const { subscriptionId } = exampleOf(cancellationRequested);
  const asks = recorded(cancellationRequested, exampleOf(cancellationRequested), { subject, position: '9' });
  const undone = recorded(cancellationUndone, { subscriptionId }, { subject });
  const over = recorded(subscriptionCancelled, exampleOf(subscriptionCancelled), { subject });
  const trialOver = recorded(trialEnded, exampleOf(trialEnded), { subject });
  const reactionsTo = (...facts: readonly (typeof asks)[]) => {
    const last = facts.at(-1) ?? asks;
    const [key] = [cancellationRequestReactor.key(last)].flat();
    const { evolve, initial } = cancellationRequestReactor;
    const state = facts.reduce((before, fact) => evolve(before, fact, key ?? ''), initial);
    return cancellationRequestReactor.react(last, state, key ?? '');
  };
  const close = (outcome: 'fulfilled' | 'withdrawn') => ({
    kind: 'send',
    command: closeRequest.name,
    input: { requestId: asks.id, outcome },
  });

  it('is on the board from the asking to the end', () => {
    const input = { requestId: asks.id, subject, kind: 'cancel', subscriptionId };
    expect(reactionsTo(asks)).toEqual([{ kind: 'send', command: fileRequest.name, input }]);
    expect(reactionsTo({ ...asks, subject: null })).toEqual([]);
    expect(cancellationRequestReactor.react(asks, cancellationRequestReactor.initial, 'x')).toEqual([]);
    expect(reactionsTo(asks, undone)).toEqual([close('withdrawn')]);
    expect(reactionsTo(asks, over)).toEqual([close('fulfilled')]);
    expect(reactionsTo(asks, trialOver)).toEqual([close('fulfilled')]);
    expect(reactionsTo(undone, asks)).toEqual([{ kind: 'send', command: fileRequest.name, input }]);
  });

  it('is closed once, and not where nobody asked', () => {
    for (const facts of [[over], [asks, undone, over], [asks, over, trialOver]]) expect(reactionsTo(...facts)).toEqual([]);
  });

  it('is followed by its own stream', () => {
    expect([cancellationRequestReactor.name, cancellationRequestReactor.version]).toEqual(['cancellation_requests', 1]);
    expect(cancellationRequestReactor.key(asks)).toBe(asks.stream);
    expect(cancellationRequestReactor.types).toEqual(
      [cancellationRequested, cancellationUndone, subscriptionCancelled, trialEnded].map(({ type }) => type),
    );
  });

  it.each([
    [fileRequest, 'touchpoints.FileRequest', { requestId: 'r', subject, kind: 'cancel', subscriptionId: 's' }],
    [closeRequest, 'touchpoints.CloseRequest', { requestId: 'r', outcome: 'fulfilled' }],
    [closeRequest, 'touchpoints.CloseRequest', { requestId: 'r', outcome: 'withdrawn' }],
  ] as const)('%# is a command with all it needs, and nothing else', (command, name, input) => {
    expect([command.context, command.name]).toEqual(['touchpoints', name]);
    expect(command.input.safeParse(input).error).toBeUndefined();
    expect(command.input.safeParse({ ...input, more: 1 }).success).toBe(false);
    for (const field of Object.keys(input)) expect(command.input.safeParse({ ...input, [field]: undefined }).success).toBe(false);
  });
});
