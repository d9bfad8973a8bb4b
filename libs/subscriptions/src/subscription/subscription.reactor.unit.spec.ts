import {
  cancellationRequested,
  cancellationUndone,
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionFacts,
  trialStarted,
  type Fact,
} from '@tsunagari/contracts';
import { exampleOf, recorded } from '@tsunagari/testing';
import { settleSubscription, subscriptionDueReactor } from './subscription.reactor';

const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const { subscriptionId } = exampleOf(trialStarted);
const { endsAt } = exampleOf(trialStarted);
const trial = recorded(trialStarted, exampleOf(trialStarted), { subject });
const activated = recorded(subscriptionActivated, { ...exampleOf(subscriptionActivated), subscriptionId }, { subject, position: '2' });
const over = recorded(subscriptionCancelled, { ...exampleOf(subscriptionCancelled), subscriptionId }, { subject, position: '4' });

function reactionsTo(...facts: readonly Fact[]) {
  const { evolve, react, initial } = subscriptionDueReactor;
  const state = facts.reduce((before, fact) => evolve(before, fact, 'x'), initial);
  return react(facts.at(-1) ?? trial, state, 'x');
}
const timer = (at: string) => [{ kind: 'set-timer', timer: 'due', at, command: settleSubscription.name, input: { subscriptionId } }];

it('what falls due of a subscription is settled then, and the timer moves with it', () => {
  expect(reactionsTo(trial)).toEqual(timer(endsAt));
  const effectiveAt = '2020-01-01T00:00:00.000Z';
  const leaving = recorded(cancellationRequested, { subscriptionId, effectiveAt }, { subject, position: '3' });
  expect(reactionsTo(activated, leaving)).toEqual(timer(effectiveAt));
  const stays = recorded(cancellationUndone, { subscriptionId }, { subject, position: '4' });
  expect(reactionsTo(activated, leaving, stays)).toEqual(reactionsTo(activated));
  expect(reactionsTo(activated)).toHaveLength(1);
});

it('nothing is due of what is over, or never began', () => {
  const none = [{ kind: 'cancel-timer', timer: 'due' }];
  expect(reactionsTo(activated, over)).toEqual(none);
  expect(reactionsTo(over)).toEqual(none);
});

it('every fact of a subscription is followed, by its stream', () => {
  expect([subscriptionDueReactor.name, subscriptionDueReactor.version, subscriptionDueReactor.key(trial)]).toEqual([
    ...['subscription_due', 1, trial.stream],
  ]);
  expect(subscriptionDueReactor.types).toEqual(subscriptionFacts.map(({ type }) => type));
  expect([settleSubscription.context, settleSubscription.name]).toEqual(['subscriptions', 'subscriptions.SettleSubscription']);
  expect(settleSubscription.input.safeParse({ subscriptionId }).success).toBe(true);
  for (const input of [{}, { subscriptionId, more: 1 }]) expect(settleSubscription.input.safeParse(input).success).toBe(false);
});
