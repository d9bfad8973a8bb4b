import {
  addOnAdded,
  cancellationRequested,
  type FactDefinition,
  paymentFailed,
  pauseLapsed,
  perpetualLicenceMigrated,
  planChanged,
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionExpired,
  subscriptionPaused,
  trialEnded,
  trialStarted,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { about, day, jpy, monthlyRefill, offered, subject, subscriptionId } from './spec-refill';
import { subscriptionDecider } from './subscription.decider';

const gone = { mrr: jpy(0), mrrDelta: jpy(-1980) };
const fact = (definition: FactDefinition, data: object, at = 0) =>
  recorded(definition, { subscriptionId, ...data }, { subject, occurred: day(at) });
const told = (definition: FactDefinition, data: object, occurred?: number) => ({
  ...{ definition, subject, data: { subscriptionId, ...data } },
  ...(occurred === undefined ? {} : { occurred: day(occurred) }),
});

const { planId, planVersion, family, price, interval, terms, graceDays } = monthlyRefill;
const paid = {
  planId,
  planVersion,
  family,
  kind: 'new',
  price,
  interval,
  terms,
  graceDays,
  periodEndsAt: day(31),
  mrr: price,
  mrrDelta: price,
};
const trial = fact(trialStarted, { planId, planVersion, family, endsAt: day(14) });
const activated = fact(subscriptionActivated, paid);
const under = (over: Partial<typeof terms>) => fact(subscriptionActivated, { ...paid, terms: { ...terms, ...over } });
const paused = fact(subscriptionPaused, { until: day(60), ...gone }, 5);
const lapsed = fact(pauseLapsed, { until: day(60) }, 60);
const licence = { licenceId: 'l', product: 'v1', boughtAt: day(-300), credit: jpy(500) };
const migrated = fact(perpetualLicenceMigrated, licence);

describe('what is taken', () => {
  it('is the very version that was tried, or one that is offered', () => {
    given(subscriptionDecider, [trial])
      .when({ kind: 'ActivateSubscription', subject, plan: offered({ planVersion: 2 }, { retired: true }), ...about(3) })
      .thenRefused('PLAN_RETIRED', 'planId');
    given(subscriptionDecider, [activated])
      .when({ kind: 'ChangePlan', plan: offered({ planVersion: 2 }), ...about(3) })
      .then(
        told(planChanged, {
          ...{ from: { planId, planVersion: 1 }, to: { planId, planVersion: 2 }, price, interval, direction: 'same' },
          ...{ mrr: price, mrrDelta: jpy(0) },
        }),
      );
  });

  it('for a licence is offered, for a credit that is none or more, bought by now', () => {
    const migrate = { kind: 'MigratePerpetualLicence', subject, plan: offered(), licence, ...about(0) } as const;
    given(subscriptionDecider)
      .when({ ...migrate, plan: offered({}, { published: false }) })
      .thenRefused('PLAN_NOT_PUBLISHED', 'planId');
    const edge = { ...licence, boughtAt: day(0), credit: jpy(0) };
    given(subscriptionDecider)
      .when({ ...migrate, licence: edge })
      .then(
        told(perpetualLicenceMigrated, edge),
        told(subscriptionActivated, { ...paid, kind: 'from-licence', periodEndsAt: '2026-02-01T00:00:00.000Z' }),
      );
  });

  it('beside it may cost nothing, may be several, and is of what runs', () => {
    const add = { kind: 'AddAddOn', addOnId: 'brush', price: jpy(0), ...about(3) } as const;
    const added = { addOnId: 'brush', price: jpy(0), mrr: price, mrrDelta: jpy(0) };
    given(subscriptionDecider, [activated]).when(add).then(told(addOnAdded, added));
    given(subscriptionDecider, [activated, fact(addOnAdded, added)])
      .when({ ...add, addOnId: 'comb' })
      .then(told(addOnAdded, { ...added, addOnId: 'comb' }));
    given(subscriptionDecider, [activated, paused]).when(add).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
  });
});

describe('a pause', () => {
  const pause = { kind: 'PauseSubscription', until: day(736), ...about(5) } as const;
  it('is of two years at most, to the day', () => {
    given(subscriptionDecider, [activated])
      .when(pause)
      .then(told(subscriptionPaused, { until: day(736), ...gone }));
    given(subscriptionDecider, [activated])
      .when({ ...pause, until: day(737) })
      .thenRefused('INVALID_FIELD', 'until');
  });
  it('that lapsed is one still', () => {
    given(subscriptionDecider, [activated, paused, lapsed]).when(pause).thenRefused('ALREADY_PAUSED', 'subscriptionId');
  });
});

describe('a cancellation [2.09]', () => {
  const cancel = (at: number, more: object = {}) => ({ kind: 'CancelSubscription', ...about(at), ...more }) as const;
  const requested = (effectiveAt: number) => told(cancellationRequested, { effectiveAt: day(effectiveAt) });

  it('may be wished for this very moment', () => {
    given(subscriptionDecider, [activated])
      .when(cancel(10, { effectiveAt: day(10) }))
      .then(requested(31));
  });
  it('of a trial that is over in time takes effect at once', () => {
    for (const at of [14, 20])
      given(subscriptionDecider, [trial])
        .when(cancel(at))
        .then(requested(at), told(trialEnded, { outcome: 'cancelled' }));
  });
  it('takes effect at the latest of what the terms say', () => {
    given(subscriptionDecider, [under({ noticeDays: 5 })])
      .when(cancel(10))
      .then(requested(31));
    given(subscriptionDecider, [under({ noticeDays: 40, minimumMonths: 1 })])
      .when(cancel(10))
      .then(requested(50));
  });
  it('of what lapsed or was never paid for waits for nothing', () => {
    const long = under({ noticeDays: 40, minimumMonths: 12 });
    given(subscriptionDecider, [long, paused, lapsed])
      .when(cancel(70))
      .then(requested(70), told(subscriptionCancelled, { voluntary: true, mrr: jpy(0), mrrDelta: jpy(0) }));
    given(subscriptionDecider, [migrated])
      .when(cancel(3))
      .then(requested(3), told(trialEnded, { outcome: 'cancelled' }));
  });
  it('of what ended otherwise changes nothing, and cannot be undone', () => {
    const expired = fact(subscriptionExpired, { voluntary: true, ...gone }, 61);
    given(subscriptionDecider, [activated, expired]).when(cancel(70)).thenNothingHappened();
    const unpaid = [fact(paymentFailed, { attempt: 4, final: true }, 32), fact(subscriptionCancelled, { voluntary: false, ...gone }, 32)];
    given(subscriptionDecider, [activated, ...unpaid])
      .when({ kind: 'UndoCancellation', ...about(33) })
      .thenRefused('CANCELLATION_EFFECTIVE', 'subscriptionId');
  });
  it('tells its reason again when it takes effect, and is not before', () => {
    const leaving = (at: number) => fact(cancellationRequested, { effectiveAt: day(at), reasonCode: 'too-expensive' }, 10);
    const settle = { kind: 'SettleSubscription', ...about(62) } as const;
    given(subscriptionDecider, [activated, leaving(31)])
      .when(settle)
      .then(told(subscriptionCancelled, { voluntary: true, reasonCode: 'too-expensive', ...gone }, 31));
    given(subscriptionDecider, [activated, leaving(90)])
      .when(settle)
      .then(told(subscriptionExpired, { voluntary: true, ...gone }, 61));
    given(subscriptionDecider, [activated, leaving(90)])
      .when({ kind: 'PauseSubscription', until: day(20), ...about(11) })
      .then(told(subscriptionPaused, { until: day(20), ...gone }));
  });
});
