import {
  addOnAdded,
  cancellationRequested,
  cancellationUndone,
  paymentFailed,
  pauseLapsed,
  perpetualLicenceMigrated,
  planChanged,
  serviceContentChanged,
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionExpired,
  subscriptionPaused,
  subscriptionRenewed,
  subscriptionResumed,
  trialEnded,
  trialStarted,
  type Fact,
  type FactDefinition,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { about, DAY0, day, jpy, monthlyRefill, offered, plus, subject, subscriptionId } from './spec-refill';
import { type OfferedPlan, subscriptionDecider, type SubscriptionCommand } from './subscription.decider';

let position = 0;
const fact = (definition: FactDefinition, data: object, at = DAY0): Fact =>
  recorded(definition, { subscriptionId, ...data }, { subject, occurred: at, position: String(++position) });
const { planId, planVersion, family, price, interval, terms, graceDays } = monthlyRefill;
const activatedData = {
  planId,
  planVersion,
  family,
  kind: 'new',
  price,
  interval,
  terms,
  graceDays,
  periodEndsAt: '2026-02-01T00:00:00.000Z',
  mrr: jpy(1980),
  mrrDelta: jpy(1980),
};
const activated = fact(subscriptionActivated, activatedData);
const underTerms = (over: Partial<typeof terms>) => fact(subscriptionActivated, { ...activatedData, terms: { ...terms, ...over } });
const trial = fact(trialStarted, { planId, planVersion, family, endsAt: day(14) });
const paused = fact(subscriptionPaused, { until: day(60), mrr: jpy(0), mrrDelta: jpy(-1980) }, day(5));
const lapsed = fact(pauseLapsed, { until: day(60) }, day(60));
const leaving = fact(cancellationRequested, { effectiveAt: day(31) }, day(10));
const left = fact(subscriptionCancelled, { voluntary: true, mrr: jpy(0), mrrDelta: jpy(-1980) }, day(31));
const expected = (definition: FactDefinition, data: object, occurred?: string) => ({
  definition,
  subject,
  data: { subscriptionId, ...data },
  ...(occurred === undefined ? {} : { occurred }),
});
const gone = { mrr: jpy(0), mrrDelta: jpy(-1980) };

describe('a trial', () => {
  const start: SubscriptionCommand = { kind: 'StartTrial', subject, plan: offered(), ...about(0) };
  it('runs for the days of its plan', () => {
    given(subscriptionDecider)
      .when(start)
      .then(expected(trialStarted, { planId, planVersion, family, endsAt: day(14) }));
  });
  it('is refused for a plan without one, one that is not published, one that is retired, and a subscription that stands', () => {
    given(subscriptionDecider)
      .when({ ...start, plan: offered({ trialDays: 0 }) })
      .thenRefused('NO_TRIAL', 'planId');
    given(subscriptionDecider)
      .when({ ...start, plan: offered({}, { published: false }) })
      .thenRefused('PLAN_NOT_PUBLISHED', 'planId');
    given(subscriptionDecider)
      .when({ ...start, plan: offered({}, { retired: true }) })
      .thenRefused('PLAN_RETIRED', 'planId');
    given(subscriptionDecider, [trial]).when(start).thenRefused('SUBSCRIPTION_EXISTS', 'subscriptionId');
  });
  it('ends by itself, at its time and not before', () => {
    given(subscriptionDecider, [trial])
      .when({ kind: 'SettleSubscription', ...about(13) })
      .thenNothingHappened();
    given(subscriptionDecider, [trial])
      .when({ kind: 'SettleSubscription', ...about(20) })
      .then(expected(trialEnded, { outcome: 'lapsed' }, day(14)));
  });
  it('becomes a subscription, on the version tried though it is retired by now', () => {
    given(subscriptionDecider, [trial])
      .when({ kind: 'ActivateSubscription', subject, plan: offered({}, { retired: true }), ...about(14) })
      .then(
        expected(trialEnded, { outcome: 'activated' }),
        expected(subscriptionActivated, { ...activatedData, kind: 'from-trial', periodEndsAt: '2026-02-15T00:00:00.000Z' }),
      );
  });
  it('that is cancelled runs to its end, and was never revenue', () => {
    given(subscriptionDecider, [trial])
      .when({ kind: 'CancelSubscription', ...about(3) })
      .then(expected(cancellationRequested, { effectiveAt: day(14) }));
    given(subscriptionDecider, [trial, fact(cancellationRequested, { effectiveAt: day(14) }, day(3))])
      .when({ kind: 'SettleSubscription', ...about(14) })
      .then(expected(trialEnded, { outcome: 'cancelled' }, day(14)));
  });
});

describe('activating', () => {
  const activate: SubscriptionCommand = { kind: 'ActivateSubscription', subject, plan: offered(), ...about(0) };
  it('begins the revenue and keeps the terms shown [4.02]', () => {
    given(subscriptionDecider).when(activate).then(expected(subscriptionActivated, activatedData));
  });
  it('is refused where a subscription stands, where one is over, and for a plan that is not offered', () => {
    given(subscriptionDecider, [activated]).when(activate).thenRefused('SUBSCRIPTION_EXISTS', 'subscriptionId');
    given(subscriptionDecider, [activated, left])
      .when({ ...activate, ...about(40) })
      .thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
    given(subscriptionDecider)
      .when({ ...activate, plan: offered({}, { published: false }) })
      .thenRefused('PLAN_NOT_PUBLISHED', 'planId');
  });
  it('takes a licence that was bought for ever, with its credit [3.10]', () => {
    const licence = { licenceId: 'L-1', product: 'Brush 2019', boughtAt: '2019-04-01T00:00:00.000Z', credit: jpy(500) };
    const migrate: SubscriptionCommand = { kind: 'MigratePerpetualLicence', subject, plan: offered(), licence, ...about(0) };
    given(subscriptionDecider)
      .when(migrate)
      .then(expected(perpetualLicenceMigrated, licence), expected(subscriptionActivated, { ...activatedData, kind: 'from-licence' }));
    given(subscriptionDecider, [activated]).when(migrate).thenRefused('SUBSCRIPTION_EXISTS', 'subscriptionId');
    given(subscriptionDecider)
      .when({ ...migrate, licence: { ...licence, credit: { amountMinor: 1, currency: 'EUR' } } })
      .thenRefused('MIXED_CURRENCY', 'licence.credit.currency');
    given(subscriptionDecider)
      .when({ ...migrate, licence: { ...licence, credit: jpy(-1) } })
      .thenRefused('INVALID_FIELD', 'licence.credit');
    given(subscriptionDecider)
      .when({ ...migrate, licence: { ...licence, boughtAt: day(1) } })
      .thenRefused('FUTURE_EVENT', 'licence.boughtAt');
  });
});

describe('changing', () => {
  it('the plan moves the revenue and says which way [4.02]', () => {
    const change = { kind: 'ChangePlan', ...about(3) } as const;
    const of = (to: OfferedPlan, direction: string, mrr: number, delta: number) =>
      expected(planChanged, {
        from: { planId, planVersion },
        to: { planId: to.version.planId, planVersion: 1 },
        price: to.version.price,
        interval: to.version.interval,
        direction,
        mrr: jpy(mrr),
        mrrDelta: jpy(delta),
      });
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: plus })
      .then(of(plus, 'upgrade', 2980, 1000));
    const yearly = offered({ planId: 'yearly', interval: 'year', price: jpy(12_000) });
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: yearly })
      .then(of(yearly, 'downgrade', 1000, -980));
    const same = offered({ planId: 'other' });
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: same })
      .then(of(same, 'same', 1980, 0));
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: offered() })
      .thenNothingHappened();
  });
  it('the plan is refused on what is over, paused or on trial, to another currency, and to what is not offered', () => {
    const change: SubscriptionCommand = { kind: 'ChangePlan', plan: plus, ...about(3) };
    given(subscriptionDecider, [activated, left]).when(change).thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
    given(subscriptionDecider, [activated, leaving])
      .when({ ...change, ...about(31) })
      .thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
    given(subscriptionDecider, [activated, paused]).when(change).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
    given(subscriptionDecider, [trial]).when(change).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
    given(subscriptionDecider).when(change).thenRefused('UNKNOWN_SUBSCRIPTION', 'subscriptionId');
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: offered({ planId: 'eu', price: { amountMinor: 1500, currency: 'EUR' } }) })
      .thenRefused('MIXED_CURRENCY', 'planId');
    given(subscriptionDecider, [activated])
      .when({ ...change, plan: offered({ planId: 'gone' }, { retired: true }) })
      .thenRefused('PLAN_RETIRED', 'planId');
  });
  it('adds an add-on, once', () => {
    const add: SubscriptionCommand = { kind: 'AddAddOn', addOnId: 'brush', price: jpy(300), ...about(3) };
    const added = { addOnId: 'brush', price: jpy(300), mrr: jpy(2280), mrrDelta: jpy(300) };
    given(subscriptionDecider, [activated]).when(add).then(expected(addOnAdded, added));
    given(subscriptionDecider, [activated, fact(addOnAdded, added)])
      .when(add)
      .thenRefused('DUPLICATE_CONTENT', 'addOnId');
    given(subscriptionDecider, [trial]).when(add).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
    given(subscriptionDecider, [activated])
      .when({ ...add, price: { amountMinor: 3, currency: 'EUR' } })
      .thenRefused('MIXED_CURRENCY', 'price.currency');
    given(subscriptionDecider, [activated])
      .when({ ...add, price: jpy(-1) })
      .thenRefused('INVALID_FIELD', 'price');
  });
  it('what the service brings is changed at any time before its end [2.09]', () => {
    const change: SubscriptionCommand = { kind: 'ChangeServiceContent', content: { fragrance: 'hinoki' }, ...about(3) };
    for (const past of [[trial], [activated], [activated, paused]])
      given(subscriptionDecider, past)
        .when(change)
        .then(expected(serviceContentChanged, { content: { fragrance: 'hinoki' } }));
    given(subscriptionDecider, [activated, left]).when(change).thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
  });
});

describe('a pause [2.09]', () => {
  const pause: SubscriptionCommand = { kind: 'PauseSubscription', until: day(60), ...about(5) };
  it('costs nothing until its day', () => {
    given(subscriptionDecider, [activated])
      .when(pause)
      .then(expected(subscriptionPaused, { until: day(60), ...gone }));
  });
  it('is refused twice, on a trial, into the past and beyond two years', () => {
    given(subscriptionDecider, [activated, paused]).when(pause).thenRefused('ALREADY_PAUSED', 'subscriptionId');
    given(subscriptionDecider, [trial]).when(pause).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
    given(subscriptionDecider, [activated])
      .when({ ...pause, until: day(5) })
      .thenRefused('INVALID_FIELD', 'until');
    given(subscriptionDecider, [activated])
      .when({ ...pause, until: day(800) })
      .thenRefused('INVALID_FIELD', 'until');
  });
  it('lapses when its time has passed, and she can still come back', () => {
    given(subscriptionDecider, [activated, paused])
      .when({ kind: 'SettleSubscription', ...about(61) })
      .then(expected(pauseLapsed, { until: day(60) }, day(60)));
    given(subscriptionDecider, [activated, paused, lapsed])
      .when({ kind: 'SettleSubscription', ...about(500) })
      .thenNothingHappened();
    for (const past of [
      [activated, paused],
      [activated, paused, lapsed],
    ])
      given(subscriptionDecider, past)
        .when({ kind: 'ResumeSubscription', ...about(62) })
        .then(expected(subscriptionResumed, { periodEndsAt: '2026-04-04T00:00:00.000Z', mrr: jpy(1980), mrrDelta: jpy(1980) }));
  });
  it('is resumed only where there is one', () => {
    given(subscriptionDecider, [activated])
      .when({ kind: 'ResumeSubscription', ...about(1) })
      .thenRefused('NOT_PAUSED', 'subscriptionId');
  });
});

describe('cancelling [2.09]', () => {
  const cancel = (at: number, over: object = {}): SubscriptionCommand => ({ kind: 'CancelSubscription', ...about(at), ...over });
  it('needs nothing, and takes effect when the terms say', () => {
    given(subscriptionDecider, [activated])
      .when(cancel(10))
      .then(expected(cancellationRequested, { effectiveAt: day(31) }));
    given(subscriptionDecider, [underTerms({ takesEffect: 'immediately' })])
      .when(cancel(10))
      .then(expected(cancellationRequested, { effectiveAt: day(10) }), expected(subscriptionCancelled, { voluntary: true, ...gone }));
    given(subscriptionDecider, [underTerms({ noticeDays: 30 })])
      .when(cancel(10))
      .then(expected(cancellationRequested, { effectiveAt: day(40) }));
    given(subscriptionDecider, [underTerms({ minimumMonths: 6 })])
      .when(cancel(10))
      .then(expected(cancellationRequested, { effectiveAt: '2026-07-01T00:00:00.000Z' }));
  });
  it('while paused does not wait for a period that is not paid for', () => {
    given(subscriptionDecider, [activated, paused])
      .when(cancel(10))
      .then(
        expected(cancellationRequested, { effectiveAt: day(10) }),
        expected(subscriptionCancelled, { voluntary: true, mrr: jpy(0), mrrDelta: jpy(0) }),
      );
  });
  it('keeps a reason when there is one, and a later day when she names it [1.08]', () => {
    given(subscriptionDecider, [activated])
      .when(cancel(10, { reasonCode: 'too-expensive', effectiveAt: day(90) }))
      .then(expected(cancellationRequested, { effectiveAt: day(90), reasonCode: 'too-expensive' }));
    given(subscriptionDecider, [activated])
      .when(cancel(10, { effectiveAt: day(12) }))
      .then(expected(cancellationRequested, { effectiveAt: day(31) }));
  });
  it('before it is asked for is no cancellation', () => {
    given(subscriptionDecider, [activated])
      .when(cancel(10, { effectiveAt: day(9) }))
      .thenRefused('EFFECTIVE_BEFORE_REQUEST', 'effectiveAt');
  });
  it('a second time changes nothing', () => {
    given(subscriptionDecider, [activated, leaving]).when(cancel(11)).thenNothingHappened();
    given(subscriptionDecider, [activated, leaving, left]).when(cancel(40)).thenNothingHappened();
  });
  it('takes effect by itself on its day', () => {
    given(subscriptionDecider, [activated, leaving])
      .when({ kind: 'SettleSubscription', ...about(30) })
      .thenNothingHappened();
    given(subscriptionDecider, [activated, leaving])
      .when({ kind: 'SettleSubscription', ...about(33) })
      .then(expected(subscriptionCancelled, { voluntary: true, ...gone }, day(31)));
    given(subscriptionDecider, [activated, leaving, left])
      .when({ kind: 'SettleSubscription', ...about(33) })
      .thenNothingHappened();
  });
  it('can be undone until then and not after', () => {
    const undo = (at: number): SubscriptionCommand => ({ kind: 'UndoCancellation', ...about(at) });
    given(subscriptionDecider, [activated, leaving]).when(undo(30)).then(expected(cancellationUndone, {}));
    given(subscriptionDecider, [activated, leaving]).when(undo(31)).thenRefused('CANCELLATION_EFFECTIVE', 'subscriptionId');
    given(subscriptionDecider, [activated, leaving, left]).when(undo(40)).thenRefused('CANCELLATION_EFFECTIVE', 'subscriptionId');
    given(subscriptionDecider, [activated]).when(undo(3)).thenRefused('NO_CANCELLATION', 'subscriptionId');
    given(subscriptionDecider, [trial, fact(trialEnded, { outcome: 'lapsed' }, day(14))])
      .when(undo(30))
      .thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
  });
});

describe('payments and renewals', () => {
  const failure = (over: object = {}): SubscriptionCommand => ({
    kind: 'RecordPaymentFailure',
    attempt: 1,
    final: false,
    ...about(32),
    ...over,
  });
  it('a failed payment is mirrored, and the last one ends it involuntarily', () => {
    given(subscriptionDecider, [activated])
      .when(failure())
      .then(expected(paymentFailed, { attempt: 1, final: false }));
    given(subscriptionDecider, [activated])
      .when(failure({ attempt: 4, final: true, due: jpy(1980) }))
      .then(
        expected(paymentFailed, { attempt: 4, final: true, due: jpy(1980) }),
        expected(subscriptionCancelled, { voluntary: false, reasonCode: 'payment-failed', ...gone }),
      );
  });
  it('one of a subscription that is over or on trial is recorded all the same, and flagged', () => {
    given(subscriptionDecider, [activated, left])
      .when(failure({ final: true }))
      .then(expected(paymentFailed, { attempt: 1, final: true, anomalies: ['ANOMALY_PAYMENT_OF_ENDED'] }));
    given(subscriptionDecider, [trial])
      .when(failure())
      .then(expected(paymentFailed, { attempt: 1, final: false, anomalies: ['ANOMALY_PAYMENT_IN_TRIAL'] }));
  });
  it('a renewal pays for the next period, on the day of the month on which it began', () => {
    const renew: SubscriptionCommand = { kind: 'RenewSubscription', ...about(31) };
    given(subscriptionDecider, [activated])
      .when(renew)
      .then(expected(subscriptionRenewed, { periodEndsAt: '2026-03-01T00:00:00.000Z' }));
    given(subscriptionDecider, [activated, paused]).when(renew).thenRefused('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId');
    given(subscriptionDecider, [activated, left]).when(renew).thenRefused('SUBSCRIPTION_ENDED', 'subscriptionId');
  });
  it('what nobody renews expires after the days of grace: of her own will, or because payments failed', () => {
    given(subscriptionDecider, [activated])
      .when({ kind: 'SettleSubscription', ...about(60) })
      .thenNothingHappened();
    given(subscriptionDecider, [activated])
      .when({ kind: 'SettleSubscription', ...about(62) })
      .then(expected(subscriptionExpired, { voluntary: true, ...gone }, day(61)));
    given(subscriptionDecider, [activated, fact(paymentFailed, { attempt: 1, final: false }, day(31))])
      .when({ kind: 'SettleSubscription', ...about(62) })
      .then(expected(subscriptionExpired, { voluntary: false, ...gone }, day(61)));
  });
});
