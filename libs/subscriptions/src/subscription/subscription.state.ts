import {
  addDays,
  addOnAdded,
  cancellationRequested,
  cancellationUndone,
  monthly,
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
  type AddOnAdded,
  type BillingInterval,
  type CancellationRequested,
  type CancellationTerms,
  type Fact,
  type Money,
  type PerpetualLicenceMigrated,
  type PlanChanged,
  type ServiceContentChanged,
  type SubscriptionActivated,
  type SubscriptionCancelled,
  type SubscriptionExpired,
  type SubscriptionPaused,
  type SubscriptionRenewed,
  type SubscriptionResumed,
  type TrialStarted,
} from '@tsunagari/contracts';

/** `lapsed`: the time of a pause has passed and she did not come back; she still can. */
export type SubscriptionStatus = 'trial' | 'active' | 'paused' | 'lapsed' | 'ended';

export type PlanRef = { readonly planId: string; readonly planVersion: number };

/** What is paid for, once it is paid. */
export type Contract = {
  readonly price: Money;
  readonly interval: BillingInterval;
  readonly terms: CancellationTerms;
  readonly graceDays: number;
  readonly activatedAt: string;
  readonly periodEndsAt: string;
  /** Day of the month on which periods end, where the month has it. */
  readonly anchor: number;
};

export type Ending = {
  readonly at: string;
  readonly how: 'cancelled' | 'expired' | 'trial-lapsed';
  /** False: payments failed; shown apart. */
  readonly voluntary: boolean;
  readonly reasonCode: string | null;
};

/** A subscription as it now stands. Null before its first fact. */
export type Subscription = {
  readonly subscriptionId: string;
  readonly subject: string;
  readonly status: SubscriptionStatus;
  readonly plan: PlanRef;
  readonly family: string;
  readonly startedAt: string;
  readonly trialEndsAt: string | null;
  readonly contract: Contract | null;
  readonly addOns: readonly { readonly addOnId: string; readonly price: Money }[];
  readonly content: Readonly<Record<string, string>>;
  readonly pausedUntil: string | null;
  readonly cancellation: { readonly requestedAt: string; readonly effectiveAt: string; readonly reasonCode: string | null } | null;
  readonly ending: Ending | null;
  readonly migratedFrom: Pick<PerpetualLicenceMigrated, 'licenceId' | 'product' | 'boughtAt' | 'credit'> | null;
  /** Failed since the last renewal. */
  readonly failedPayments: number;
  /** A month, now; null before anything was paid. */
  readonly mrr: Money | null;
  readonly version: number;
};

/** What it brings a month while it is neither in trial nor paused nor over. */
export function fullRevenue(price: Money, interval: BillingInterval, addOns: Subscription['addOns']): Money {
  const parts = [price, ...addOns.map((addOn) => addOn.price)].map((part) => monthly(part, interval).amountMinor);
  return { amountMinor: parts.reduce((sum, part) => sum + part, 0), currency: price.currency };
}

/** One fact further. Facts of a subscription come in the order of its stream. */
export function evolveSubscription(state: Subscription | null, fact: Fact): Subscription | null {
  const next = applied(state, fact);
  return next && { ...next, version: fact.version };
}

function applied(state: Subscription | null, fact: Fact): Subscription | null {
  switch (fact.type) {
    case trialStarted.type: {
      const data = fact.data as TrialStarted;
      return { ...begun(data, fact), status: 'trial', trialEndsAt: data.endsAt };
    }
    case perpetualLicenceMigrated.type: {
      const { subscriptionId, ...licence } = fact.data as PerpetualLicenceMigrated;
      const before = begun({ subscriptionId, planId: '', planVersion: 0, family: '' }, fact);
      return { ...before, migratedFrom: licence };
    }
    case subscriptionActivated.type: {
      const data = fact.data as SubscriptionActivated;
      return {
        ...(state ?? begun(data, fact)),
        status: 'active',
        plan: { planId: data.planId, planVersion: data.planVersion },
        family: data.family,
        contract: {
          price: data.price,
          interval: data.interval,
          terms: data.terms,
          graceDays: data.graceDays,
          activatedAt: fact.occurred,
          periodEndsAt: data.periodEndsAt,
          anchor: new Date(fact.occurred).getUTCDate(),
        },
        mrr: data.mrr,
      };
    }
  }
  return state && changed(state, fact);
}

function changed(state: Subscription, fact: Fact): Subscription {
  const contract = state.contract;
  switch (fact.type) {
    case trialEnded.type: {
      const { outcome } = fact.data as { outcome: 'activated' | 'lapsed' | 'cancelled' };
      if (outcome === 'activated') return state;
      const how = outcome === 'lapsed' ? 'trial-lapsed' : 'cancelled';
      return {
        ...state,
        status: 'ended',
        ending: { at: fact.occurred, how, voluntary: true, reasonCode: state.cancellation?.reasonCode ?? null },
      };
    }
    case planChanged.type: {
      const data = fact.data as PlanChanged;
      return { ...state, plan: data.to, mrr: data.mrr, contract: contract && { ...contract, price: data.price, interval: data.interval } };
    }
    case addOnAdded.type: {
      const { addOnId, price, mrr } = fact.data as AddOnAdded;
      return { ...state, addOns: [...state.addOns, { addOnId, price }], mrr };
    }
    case serviceContentChanged.type:
      return { ...state, content: (fact.data as ServiceContentChanged).content };
    case subscriptionPaused.type: {
      const { until, mrr } = fact.data as SubscriptionPaused;
      return { ...state, status: 'paused', pausedUntil: until, mrr };
    }
    case pauseLapsed.type:
      return { ...state, status: 'lapsed' };
    case subscriptionResumed.type: {
      const { periodEndsAt, mrr } = fact.data as SubscriptionResumed;
      const anchor = new Date(fact.occurred).getUTCDate();
      return { ...state, status: 'active', pausedUntil: null, mrr, contract: contract && { ...contract, periodEndsAt, anchor } };
    }
    case cancellationRequested.type: {
      const { effectiveAt, reasonCode } = fact.data as CancellationRequested;
      return { ...state, cancellation: { requestedAt: fact.occurred, effectiveAt, reasonCode: reasonCode ?? null } };
    }
    case cancellationUndone.type:
      return { ...state, cancellation: null };
    case subscriptionCancelled.type: {
      const { voluntary, reasonCode, mrr } = fact.data as SubscriptionCancelled;
      return ended(state, { at: fact.occurred, how: 'cancelled', voluntary, reasonCode: reasonCode ?? null }, mrr);
    }
    case subscriptionExpired.type: {
      const { voluntary, mrr } = fact.data as SubscriptionExpired;
      return ended(state, { at: fact.occurred, how: 'expired', voluntary, reasonCode: null }, mrr);
    }
    case subscriptionRenewed.type: {
      const { periodEndsAt } = fact.data as SubscriptionRenewed;
      return { ...state, failedPayments: 0, contract: contract && { ...contract, periodEndsAt } };
    }
    case paymentFailed.type:
      return { ...state, failedPayments: state.failedPayments + 1 };
    default:
      return state;
  }
}

function ended(state: Subscription, ending: Ending, mrr: Money): Subscription {
  return { ...state, status: 'ended', ending, mrr, pausedUntil: null };
}

function begun(taken: { subscriptionId: string; planId: string; planVersion: number; family: string }, fact: Fact): Subscription {
  return {
    subscriptionId: taken.subscriptionId,
    subject: fact.subject ?? '',
    status: 'active',
    plan: { planId: taken.planId, planVersion: taken.planVersion },
    family: taken.family,
    startedAt: fact.occurred,
    trialEndsAt: null,
    contract: null,
    addOns: [],
    content: {},
    pausedUntil: null,
    cancellation: null,
    ending: null,
    migratedFrom: null,
    failedPayments: 0,
    mrr: null,
    version: fact.version,
  };
}

/**
 * When something happens to it by itself, ISO 8601; null when nothing does: an effective cancellation, the end of a trial, of a pause, of
 * the days of grace after a period.
 */
export function dueAt(state: Subscription): string | null {
  if (state.status === 'ended') return null;
  const due = [
    state.cancellation?.effectiveAt,
    state.status === 'trial' ? state.trialEndsAt : null,
    state.status === 'paused' ? state.pausedUntil : null,
    state.status === 'active' ? graceEndsAt(state) : null,
  ].flatMap((moment) => moment ?? []);
  return due.sort()[0] ?? null;
}

/** Until when a renewal still counts as one. */
export function graceEndsAt({ contract }: Subscription): string | null {
  return contract && addDays(contract.periodEndsAt, contract.graceDays);
}
