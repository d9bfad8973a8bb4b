import { accept, type DecidedFact, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  addDays,
  addMonths,
  addOnAdded,
  cancellationRequested,
  cancellationUndone,
  monthly,
  paymentFailed,
  pauseLapsed,
  periodEnd,
  perpetualLicenceMigrated,
  planChanged,
  refusal,
  serviceContentChanged,
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionExpired,
  subscriptionPaused,
  subscriptionRenewed,
  subscriptionResumed,
  trialEnded,
  trialStarted,
  type FactDefinition,
  type Money,
  type PerpetualLicenceMigrated,
  type PlanDefined,
  type Refusal,
  type SubscriptionActivated,
} from '@tsunagari/contracts';
import { type Contract, dueAt, evolveSubscription, fullRevenue, graceEndsAt, type Subscription } from './subscription.state';

/** A version of a plan as it stands while somebody takes it. */
export type OfferedPlan = { readonly version: PlanDefined; readonly published: boolean; readonly retired: boolean };

type About = { readonly subscriptionId: string; /** When it is asked for, ISO 8601. */ readonly at: string };

export type SubscriptionCommand = About &
  (
    | { readonly kind: 'StartTrial'; readonly subject: string; readonly plan: OfferedPlan }
    | { readonly kind: 'ActivateSubscription'; readonly subject: string; readonly plan: OfferedPlan }
    | {
        readonly kind: 'MigratePerpetualLicence';
        readonly subject: string;
        readonly plan: OfferedPlan;
        readonly licence: Omit<PerpetualLicenceMigrated, 'subscriptionId'>;
      }
    | { readonly kind: 'ChangePlan'; readonly plan: OfferedPlan }
    | { readonly kind: 'AddAddOn'; readonly addOnId: string; readonly price: Money }
    | { readonly kind: 'ChangeServiceContent'; readonly content: Readonly<Record<string, string>> }
    | { readonly kind: 'PauseSubscription'; readonly until: string }
    | { readonly kind: 'ResumeSubscription' }
    /** `effectiveAt`: later than the terms say, if she wants to stay until then. */
    | { readonly kind: 'CancelSubscription'; readonly reasonCode?: string; readonly effectiveAt?: string }
    | { readonly kind: 'UndoCancellation' }
    | { readonly kind: 'RenewSubscription' }
    | { readonly kind: 'RecordPaymentFailure'; readonly attempt: number; readonly final: boolean; readonly due?: Money }
    /** Sent by a timer: whatever has fallen due by `at`. */
    | { readonly kind: 'SettleSubscription' }
  );

type CommandOf<Kind extends SubscriptionCommand['kind']> = Extract<SubscriptionCommand, { readonly kind: Kind }>;

const LONGEST_PAUSE_DAYS = 731;

/**
 * A subscription from trial to end. Cancelling is never refused to whoever has one: the terms shown at sign-up only move the day on
 * which it takes effect.
 */
export const subscriptionDecider: Decider<SubscriptionCommand, Subscription | null> = {
  initial: null,
  evolve: evolveSubscription,

  decide(command, state) {
    switch (command.kind) {
      case 'StartTrial':
        return startTrial(command, state);
      case 'ActivateSubscription':
        return activate(command, state);
      case 'MigratePerpetualLicence':
        return migrate(command, state);
    }
    if (state === null) return refuse(unknown);
    switch (command.kind) {
      case 'CancelSubscription':
        return cancel(command, state);
      case 'RecordPaymentFailure':
        return recordPaymentFailure(command, state);
      case 'SettleSubscription':
        return accept(...settled(state, command.at));
      case 'UndoCancellation':
        return undo(command, state);
    }
    if (isOver(state, command.at)) return refuse(over);
    switch (command.kind) {
      case 'ChangePlan':
        return changePlan(command, state);
      case 'AddAddOn':
        return addAddOn(command, state);
      case 'ChangeServiceContent':
        return accept(decided(state, serviceContentChanged, { content: command.content }));
      case 'PauseSubscription':
        return pause(command, state);
      case 'ResumeSubscription':
        return resume(command, state);
      case 'RenewSubscription': {
        const { contract } = state;
        if (state.status !== 'active' || !contract) return refuse(notActive('a renewal is of a subscription that runs'));
        const periodEndsAt = periodEnd(contract.periodEndsAt, contract.interval, contract.anchor);
        return accept(decided(state, subscriptionRenewed, { periodEndsAt }));
      }
    }
  },
};

function startTrial({ subscriptionId, subject, plan, at }: CommandOf<'StartTrial'>, state: Subscription | null): Decision {
  if (state !== null) return refuse(exists);
  const closed = notOffered(plan);
  if (closed) return refuse(closed);
  const { planId, planVersion, family, trialDays } = plan.version;
  if (trialDays === 0) return refuse(refusal('NO_TRIAL', 'planId', 'this plan has no trial', 'activate the subscription'));
  return accept({
    definition: trialStarted,
    subject,
    data: { subscriptionId, planId, planVersion, family, endsAt: addDays(at, trialDays) },
  });
}

function activate(command: CommandOf<'ActivateSubscription'>, state: Subscription | null): Decision {
  const { subject, plan, at } = command;
  if (state !== null && isOver(state, at)) return refuse(over);
  if (state !== null && state.status !== 'trial') return refuse(exists);
  // Who is in a trial takes the version that she tried, though it is no longer offered.
  const tried = state?.plan.planId === plan.version.planId && state.plan.planVersion === plan.version.planVersion;
  const closed = tried ? undefined : notOffered(plan);
  if (closed) return refuse(closed);
  if (state === null) return accept(activation(command, 'new', subject));
  return accept(decided(state, trialEnded, { outcome: 'activated' }), activation(command, 'from-trial', state.subject));
}

function migrate(command: CommandOf<'MigratePerpetualLicence'>, state: Subscription | null): Decision {
  const { subscriptionId, subject, plan, licence, at } = command;
  if (state !== null) return refuse(exists);
  const closed = notOffered(plan);
  if (closed) return refuse(closed);
  if (licence.credit.currency !== plan.version.price.currency) return refuse(mixed('licence.credit.currency'));
  if (licence.credit.amountMinor < 0) return refuse(refusal('INVALID_FIELD', 'licence.credit', 'a credit is not negative'));
  if (licence.boughtAt > at)
    return refuse(refusal('FUTURE_EVENT', 'licence.boughtAt', 'the licence was bought before it is migrated', 'correct the day'));
  return accept(
    { definition: perpetualLicenceMigrated, subject, data: { subscriptionId, ...licence } },
    activation(command, 'from-licence', subject),
  );
}

function activation(
  { subscriptionId, plan, at }: About & { readonly plan: OfferedPlan },
  kind: SubscriptionActivated['kind'],
  subject: string,
): DecidedFact {
  const { planId, planVersion, family, price, interval, terms, graceDays } = plan.version;
  const mrr = fullRevenue(price, interval, []);
  const periodEndsAt = periodEnd(at, interval);
  const data = { subscriptionId, planId, planVersion, family, kind, price, interval, terms, graceDays, periodEndsAt, mrr, mrrDelta: mrr };
  return { definition: subscriptionActivated, subject, data };
}

function changePlan({ plan, at }: CommandOf<'ChangePlan'>, state: Subscription): Decision {
  const { contract } = state;
  if (state.status !== 'active' || !contract || isOver(state, at))
    return refuse(notActive('the plan of a subscription that runs is changed'));
  const { planId, planVersion, price, interval } = plan.version;
  if (state.plan.planId === planId && state.plan.planVersion === planVersion) return accept();
  const closed = notOffered(plan);
  if (closed) return refuse(closed);
  if (price.currency !== contract.price.currency) return refuse(mixed('planId'));
  const [was, is] = [monthly(contract.price, contract.interval), monthly(price, interval)];
  const direction = is.amountMinor > was.amountMinor ? 'upgrade' : is.amountMinor < was.amountMinor ? 'downgrade' : 'same';
  const revenue = moved(state, fullRevenue(price, interval, state.addOns));
  return accept(decided(state, planChanged, { from: state.plan, to: { planId, planVersion }, price, interval, direction, ...revenue }));
}

function addAddOn({ addOnId, price }: CommandOf<'AddAddOn'>, state: Subscription): Decision {
  const { contract } = state;
  if (state.status !== 'active' || !contract) return refuse(notActive('an add-on is added to a subscription that runs'));
  if (price.currency !== contract.price.currency) return refuse(mixed('price.currency'));
  if (price.amountMinor < 0) return refuse(refusal('INVALID_FIELD', 'price', 'a price is not negative'));
  if (state.addOns.some((addOn) => addOn.addOnId === addOnId))
    return refuse(refusal('DUPLICATE_CONTENT', 'addOnId', 'an add-on is added once', 'name another one'));
  const revenue = moved(state, fullRevenue(contract.price, contract.interval, [...state.addOns, { addOnId, price }]));
  return accept(decided(state, addOnAdded, { addOnId, price, ...revenue }));
}

function pause({ until, at }: CommandOf<'PauseSubscription'>, state: Subscription): Decision {
  if (state.status === 'paused' || state.status === 'lapsed')
    return refuse(refusal('ALREADY_PAUSED', 'subscriptionId', 'it is paused already', 'resume it, then pause it again'));
  if (state.status !== 'active' || !state.contract) return refuse(notActive('a subscription that runs can be paused'));
  if (until <= at || until > addDays(at, LONGEST_PAUSE_DAYS))
    return refuse(refusal('INVALID_FIELD', 'until', 'a pause ends after now and within two years', 'name a later or an earlier day'));
  return accept(decided(state, subscriptionPaused, { until, ...moved(state, nothing(state.contract)) }));
}

function resume({ at }: CommandOf<'ResumeSubscription'>, state: Subscription): Decision {
  const { contract } = state;
  if ((state.status !== 'paused' && state.status !== 'lapsed') || !contract)
    return refuse(refusal('NOT_PAUSED', 'subscriptionId', 'only what is paused can be resumed'));
  const periodEndsAt = periodEnd(at, contract.interval);
  const revenue = moved(state, fullRevenue(contract.price, contract.interval, state.addOns));
  return accept(decided(state, subscriptionResumed, { periodEndsAt, ...revenue }));
}

function cancel({ at, reasonCode, effectiveAt: wanted }: CommandOf<'CancelSubscription'>, state: Subscription): Decision {
  if (wanted !== undefined && wanted < at)
    return refuse(
      refusal(
        'EFFECTIVE_BEFORE_REQUEST',
        'effectiveAt',
        'nothing ends before it is asked for',
        'leave effectiveAt out: it then ends as early as the terms allow',
      ),
    );
  if (state.status === 'ended' || state.cancellation !== null) return accept();
  const earliest = cancellableAt(state, at);
  const effectiveAt = wanted !== undefined && wanted > earliest ? wanted : earliest;
  const reason = reasonCode === undefined ? {} : { reasonCode };
  const requested = decided(state, cancellationRequested, { effectiveAt, ...reason });
  if (effectiveAt > at) return accept(requested);
  return accept(requested, ...ending(state, { voluntary: true, ...reason }));
}

/** The earliest moment at which a cancellation asked for at `at` takes effect under the terms shown at sign-up. */
export function cancellableAt(state: Subscription, at: string): string {
  if (state.status === 'trial') return state.trialEndsAt !== null && state.trialEndsAt > at ? state.trialEndsAt : at;
  const { contract } = state;
  if (!contract || state.status === 'lapsed') return at;
  const { takesEffect, noticeDays, minimumMonths } = contract.terms;
  return [
    at,
    ...(takesEffect === 'period-end' && state.status === 'active' ? [contract.periodEndsAt] : []),
    ...(noticeDays > 0 ? [addDays(at, noticeDays)] : []),
    ...(minimumMonths > 0 ? [addMonths(contract.activatedAt, minimumMonths)] : []),
  ].reduce((latest, moment) => (moment > latest ? moment : latest));
}

function undo({ at }: CommandOf<'UndoCancellation'>, state: Subscription): Decision {
  const { cancellation, ending: end } = state;
  if (end?.how === 'cancelled' || (cancellation && cancellation.effectiveAt <= at))
    return refuse(
      refusal('CANCELLATION_EFFECTIVE', 'subscriptionId', 'a cancellation can be undone until it takes effect', 'subscribe anew'),
    );
  if (end) return refuse(over);
  if (!cancellation) return refuse(refusal('NO_CANCELLATION', 'subscriptionId', 'nothing was cancelled'));
  return accept(decided(state, cancellationUndone, {}));
}

function recordPaymentFailure({ attempt, final, due }: CommandOf<'RecordPaymentFailure'>, state: Subscription): Decision {
  const isEnded = state.status === 'ended';
  const anomalies = isEnded ? ['ANOMALY_PAYMENT_OF_ENDED'] : state.contract === null ? ['ANOMALY_PAYMENT_IN_TRIAL'] : [];
  const failed = decided(state, paymentFailed, {
    attempt,
    final,
    ...(due === undefined ? {} : { due }),
    ...(anomalies.length === 0 ? {} : { anomalies }),
  });
  if (!final || isEnded) return accept(failed);
  return accept(failed, ...ending(state, { voluntary: false, reasonCode: 'payment-failed' }));
}

/** What has fallen due by then, once each: a second timer finds nothing. */
function settled(state: Subscription, at: string): readonly DecidedFact[] {
  const due = dueAt(state);
  if (due === null || due > at) return [];
  const { cancellation } = state;
  if (cancellation && cancellation.effectiveAt <= at) {
    const reason = cancellation.reasonCode === null ? {} : { reasonCode: cancellation.reasonCode };
    return ending(state, { voluntary: true, ...reason }).map((fact) => ({ ...fact, occurred: cancellation.effectiveAt }));
  }
  switch (state.status) {
    case 'trial':
      return [{ ...decided(state, trialEnded, { outcome: 'lapsed' }), occurred: due }];
    case 'paused':
      return [{ ...decided(state, pauseLapsed, { until: due }), occurred: due }];
    default: {
      if (!state.contract) return [];
      const data = { voluntary: state.failedPayments === 0, ...moved(state, nothing(state.contract)) };
      return [{ ...decided(state, subscriptionExpired, data), occurred: graceEndsAt(state) ?? due }];
    }
  }
}

/** A trial was never paid for: that it is over says `TrialEnded` alone. */
function ending(state: Subscription, how: { readonly voluntary: boolean; readonly reasonCode?: string }): readonly DecidedFact[] {
  if (!state.contract) return [decided(state, trialEnded, { outcome: 'cancelled' })];
  return [decided(state, subscriptionCancelled, { ...how, ...moved(state, nothing(state.contract)) })];
}

/** Over, though the timer may not have said so yet. */
function isOver(state: Subscription, at: string): boolean {
  return state.status === 'ended' || (state.cancellation !== null && state.cancellation.effectiveAt <= at);
}

function decided(state: Subscription, definition: FactDefinition, data: object): DecidedFact {
  return { definition, subject: state.subject, data: { subscriptionId: state.subscriptionId, ...data } };
}

function moved(state: Subscription, mrr: Money): { readonly mrr: Money; readonly mrrDelta: Money } {
  return { mrr, mrrDelta: { amountMinor: mrr.amountMinor - (state.mrr?.amountMinor ?? 0), currency: mrr.currency } };
}

function nothing({ price }: Contract): Money {
  return { amountMinor: 0, currency: price.currency };
}

function notOffered({ published, retired }: OfferedPlan): Refusal | undefined {
  if (retired) return refusal('PLAN_RETIRED', 'planId', 'nobody can take a retired plan any more', 'choose another plan');
  if (!published) return refusal('PLAN_NOT_PUBLISHED', 'planId', 'only a published version can be taken', 'publish it first');
  return undefined;
}

const unknown = refusal('UNKNOWN_SUBSCRIPTION', 'subscriptionId', 'the subscription is one that was started here');
const exists = refusal('SUBSCRIPTION_EXISTS', 'subscriptionId', 'a subscription begins once', 'leave subscriptionId out to begin another');
const over = refusal('SUBSCRIPTION_ENDED', 'subscriptionId', 'a subscription that is over does not change any more', 'subscribe anew');

function notActive(rule: string): Refusal {
  return refusal('SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId', rule, 'activate or resume it first');
}

function mixed(field: string): Refusal {
  return refusal('MIXED_CURRENCY', field, 'a subscription keeps the currency in which it began', 'begin another one');
}
