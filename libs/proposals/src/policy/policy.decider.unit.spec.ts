import {
  policyActivated,
  policyEvaluationWaived,
  type PolicyContent,
  type PolicyRegistered,
  policyRegistered,
  policyRetired,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { type PolicyCommand, policyDecider } from './policy.decider';

const [example] = policyRegistered.examples as [PolicyRegistered];
const { hash } = example;
const policyId = 'home-softmax';
const at = '2026-01-02T00:00:00.000Z';
const content = (over: Partial<PolicyContent> = {}): PolicyContent => ({ ...example.content, ...over });
const registered = (policyVersion = 1, author = 'user:mika') =>
  recorded(policyRegistered, { policyId, policyVersion, content: content(), hash, author }, { position: String(policyVersion) });
const waived = (until: string, policyVersion = 1) =>
  recorded(policyEvaluationWaived, { policyId, policyVersion, reason: 'no log yet', until, by: 'user:ken' }, { position: '8' });
const retired = recorded(policyRetired, { policyId, reason: 'old' }, { position: '9' });
const register = (over: Partial<PolicyContent> = {}): PolicyCommand => ({
  kind: 'RegisterPolicy',
  policyId,
  content: content(over),
  hash,
  by: 'user:mika',
});
const waive = (over: object = {}): PolicyCommand => ({
  kind: 'WaivePolicyEvaluation',
  policyId,
  policyVersion: 1,
  reason: 'no log yet',
  until: '2026-03-01T00:00:00.000Z',
  by: 'user:ken',
  at,
  ...over,
});
const activate = (policyVersion = 1): PolicyCommand => ({ kind: 'ActivatePolicy', policyId, policyVersion, slots: ['home'], at });
const retire: PolicyCommand = { kind: 'RetirePolicy', policyId, reason: 'replaced' };

describe('registering', () => {
  it('makes the next version', () => {
    given(policyDecider)
      .when(register())
      .then({
        definition: policyRegistered,
        subject: null,
        data: { policyId, policyVersion: 1, content: content(), hash, author: 'user:mika' },
      });
    given(policyDecider, [registered()])
      .when(register({ temperature: 60 }))
      .then({
        definition: policyRegistered,
        subject: null,
        data: { policyId, policyVersion: 2, content: content({ temperature: 60 }), hash, author: 'user:mika' },
      });
  });

  it.each([
    ['softmax', 0],
    ['epsilon_greedy', 0],
    ['thompson', 0],
    ['rules', 0.2],
    ['ranking', 0.2],
  ] as const)('%s with an exploration of %d does not judge others', (kind, exploration) => {
    given(policyDecider)
      .when(register({ kind, exploration, toBeEvaluated: true }))
      .thenRefused('EXPLORATION_FLOOR_ZERO', 'content.exploration');
    const data = { policyId, policyVersion: 1, content: content({ kind, exploration, toBeEvaluated: false }), hash, author: 'user:mika' };
    given(policyDecider)
      .when(register({ kind, exploration, toBeEvaluated: false }))
      .then({ definition: policyRegistered, subject: null, data });
  });

  it.each(['softmax', 'epsilon_greedy', 'thompson'] as const)('%s that explores does', (kind) => {
    const data = {
      policyId,
      policyVersion: 1,
      content: content({ kind, exploration: 0.01, toBeEvaluated: true }),
      hash,
      author: 'user:mika',
    };
    given(policyDecider)
      .when(register({ kind, exploration: 0.01, toBeEvaluated: true }))
      .then({ definition: policyRegistered, subject: null, data });
  });
});

describe('a registered policy', () => {
  it.each([waive(), activate(), retire])('is needed: $kind', (command) => {
    given(policyDecider).when(command).thenRefused('UNKNOWN_POLICY', 'policyId');
  });

  it.each([waive({ policyVersion: 2 }), activate(2), activate(0)])('has the versions that it has: $kind', (command) => {
    given(policyDecider, [registered()]).when(command).thenRefused('UNKNOWN_POLICY', 'policyVersion');
  });

  it('is answered for by somebody else than its author, for a time', () => {
    const data = { policyId, policyVersion: 1, reason: 'no log yet', until: '2026-03-01T00:00:00.000Z', by: 'user:ken' };
    given(policyDecider, [registered()]).when(waive()).then({ definition: policyEvaluationWaived, subject: null, data });
    given(policyDecider, [registered()])
      .when(waive({ by: 'user:mika' }))
      .thenRefused('WAIVER_BY_AUTHOR', 'policyVersion');
    given(policyDecider, [registered()])
      .when(waive({ until: at }))
      .thenRefused('INVALID_FIELD', 'until');
    // The author of another version is somebody else.
    given(policyDecider, [registered(1, 'user:ken'), registered(2)])
      .when(waive({ policyVersion: 2 }))
      .then({ definition: policyEvaluationWaived, subject: null, data: { ...data, policyVersion: 2 } });
  });

  it('is activated while a waiver of that version holds, and not a moment longer', () => {
    const data = { policyId, policyVersion: 1, slots: ['home'] };
    given(policyDecider, [registered(), waived('2026-01-02T00:00:00.001Z')])
      .when(activate())
      .then({ definition: policyActivated, subject: null, data });
    for (const facts of [[registered()], [registered(), waived(at)], [registered(), registered(2), waived('2027-01-01T00:00:00.000Z', 2)]])
      given(policyDecider, facts).when(activate()).thenRefused('POLICY_NOT_EVALUATED', 'policyVersion');
  });

  it('once retired is used no more', () => {
    given(policyDecider, [registered()])
      .when(retire)
      .then({ definition: policyRetired, subject: null, data: { policyId, reason: 'replaced' } });
    given(policyDecider, [registered(), retired]).when(retire).thenNothingHappened();
    for (const command of [register(), waive(), activate()])
      given(policyDecider, [registered(), waived('2027-01-01T00:00:00.000Z'), retired])
        .when(command)
        .thenRefused('POLICY_RETIRED', 'policyId');
  });
});
