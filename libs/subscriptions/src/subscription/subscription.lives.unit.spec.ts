import type { Fact } from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import fc from 'fast-check';
import { about, DAY0, day, offered, plus, subject } from './spec-refill';
import { subscriptionDecider, type SubscriptionCommand } from './subscription.decider';
import { dueAt, evolveSubscription, type Subscription } from './subscription.state';

let position = 0;

describe('whatever happened before', () => {
  const at = fc.integer({ min: 0, max: 900 });
  const commands = fc.array(
    fc.oneof(
      at.map((n): SubscriptionCommand => ({ kind: 'StartTrial', subject, plan: offered(), ...about(n) })),
      at.map((n): SubscriptionCommand => ({
        kind: 'ActivateSubscription',
        subject,
        plan: offered({ terms: { takesEffect: 'period-end', noticeDays: n % 40, minimumMonths: n % 7 } }),
        ...about(n),
      })),
      at.map((n): SubscriptionCommand => ({ kind: 'ChangePlan', plan: plus, ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'PauseSubscription', until: day(n + 10), ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'ResumeSubscription', ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'CancelSubscription', ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'UndoCancellation', ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'RenewSubscription', ...about(n) })),
      at.map((n): SubscriptionCommand => ({ kind: 'SettleSubscription', ...about(n) })),
      fc
        .tuple(at, fc.boolean())
        .map(([n, final]): SubscriptionCommand => ({ kind: 'RecordPaymentFailure', attempt: 1, final, ...about(n) })),
    ),
    { maxLength: 25 },
  );

  const lived = (lives: readonly SubscriptionCommand[]): { state: Subscription | null; facts: Fact[] } => {
    let state: Subscription | null = null;
    const facts: Fact[] = [];
    // As on a clock: every command a day later than the one before, at least.
    let today = 0;
    for (const command of lives) {
      today = Math.max(today, (Date.parse(command.at) - Date.parse(DAY0)) / 86_400_000);
      const decision = subscriptionDecider.decide({ ...command, at: day(today) }, state);
      if (decision.kind === 'refused') continue;
      for (const { definition, data, occurred } of decision.facts) {
        expect(definition.data.safeParse(data).error).toBeUndefined();
        const happened = recorded(definition, data, { subject, occurred: occurred ?? day(today), position: String(++position) });
        facts.push(happened);
        state = evolveSubscription(state, happened);
      }
    }
    return { state, facts };
  };

  it('cancelling is never refused to whoever has a subscription, and it ends by the day that was said [2.09]', () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 900, max: 1000 }), (lives, n) => {
        const { state } = lived(lives);
        if (state === null) return;
        const decision = subscriptionDecider.decide({ kind: 'CancelSubscription', ...about(n) }, state);
        expect(decision.kind).toBe('accepted');
        if (decision.kind === 'refused') return;
        let after: Subscription | null = state;
        for (const { definition, data } of decision.facts)
          after = evolveSubscription(after, recorded(definition, data, { subject, occurred: day(n), position: String(++position) }));
        expect(after?.status === 'ended' || (after?.cancellation !== null && after !== null && dueAt(after) !== null)).toBe(true);
      }),
    );
  });

  it('the differences of revenue add up to the revenue, which is nothing at the end [4.02]', () => {
    fc.assert(
      fc.property(commands, (lives) => {
        const { state, facts } = lived(lives);
        const sum = facts.reduce(
          (total, { data }) => total + ((data as { mrrDelta?: { amountMinor: number } }).mrrDelta?.amountMinor ?? 0),
          0,
        );
        expect(sum).toBe(state?.mrr?.amountMinor ?? 0);
        if (state?.status === 'ended' || state?.status === 'paused' || state?.status === 'trial') expect(sum).toBe(0);
      }),
    );
  });

  it('a timer that comes as often as it likes settles each thing once, and leaves nothing due', () => {
    fc.assert(
      fc.property(commands, at, (lives, n) => {
        const { state } = lived([
          ...lives,
          { kind: 'SettleSubscription', ...about(900 + n) },
          { kind: 'SettleSubscription', ...about(900 + n) },
        ]);
        if (state === null) return;
        const again = subscriptionDecider.decide({ kind: 'SettleSubscription', ...about(900 + n) }, state);
        expect(again).toEqual({ kind: 'accepted', facts: [] });
        const due = dueAt(state);
        expect(due === null || due > day(900 + n)).toBe(true);
      }),
    );
  });
});
