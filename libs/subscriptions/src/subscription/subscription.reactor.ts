import { defineCommand, subscriptionFacts, type Fact } from '@tsunagari/contracts';
import { cancelTimer, defineReactor, setTimer } from '@tsunagari/reactor';
import { z } from 'zod';
import { dueAt, evolveSubscription, type Subscription } from './subscription.state';

/** Whatever has fallen due of a subscription. */
export const settleSubscription = defineCommand('subscriptions', 'SettleSubscription', z.strictObject({ subscriptionId: z.string() }));

/** Cancellations take effect, trials end, pauses lapse and periods expire by themselves; the decider has the last word on each. */
export const subscriptionDueReactor = defineReactor<Subscription | null>({
  name: 'subscription_due',
  version: 1,
  types: subscriptionFacts.map(({ type }) => type),
  key: ({ stream }) => stream,
  initial: null,
  evolve: evolveSubscription,
  react(_: Fact, state) {
    const due = state && dueAt(state);
    if (!state || due === null) return [cancelTimer('due')];
    return [setTimer('due', due, settleSubscription, { subscriptionId: state.subscriptionId })];
  },
});
