import {
  addOnAdded,
  type AddOnAdded,
  cancellationRequested,
  type CancellationRequested,
  cancellationUndone,
  type Fact,
  pauseLapsed,
  paymentFailed,
  planChanged,
  type PlanChanged,
  productRegistered,
  type ProductRegistered,
  subscriptionActivated,
  type SubscriptionActivated,
  subscriptionCancelled,
  subscriptionExpired,
  subscriptionPaused,
  subscriptionRenewed,
  subscriptionResumed,
  trialEnded,
  trialStarted,
  type TrialStarted,
} from '@tsunagari/contracts';
import { defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import { calendarOf, type DayNumber } from '../calendar';

export type ContractStatus = 'trial' | 'active' | 'paused' | 'pause-lapsed' | 'ended';

/** A subscription as she holds it. Money in minor units a month. */
export type Contract = {
  readonly id: string;
  readonly planId: string;
  readonly family: string;
  readonly status: ContractStatus;
  readonly currency: string | null;
  readonly mrrMinor: number;
  /** First paid day; null in a trial. */
  readonly since: DayNumber | null;
  readonly renewals: number;
  readonly addOns: readonly string[];
  /** She asked to leave: the day it takes effect. */
  readonly endsOn: DayNumber | null;
  readonly ended: DayNumber | null;
  /** Of an ended one: she left herself, or her payments failed. */
  readonly voluntary: boolean | null;
  readonly reason: string | null;
  /** Failed payments since the last renewal. */
  readonly failedPayments: number;
  /** What it brought a month, from which day on: ascending. */
  readonly history: readonly (readonly [day: DayNumber, mrrMinor: number])[];
  /** The newest fact that changed it. */
  readonly evidence: string;
};

export type OwnedProduct = { readonly productId: string; readonly serial: string; readonly since: DayNumber; readonly evidence: string };

export type HoldingsState = { readonly contracts: readonly Contract[]; readonly products: readonly OwnedProduct[] };

/** The newest contracts and products that are kept of one customer. */
export const KEPT_HOLDINGS = 100;

const NEW: Omit<Contract, 'id' | 'planId' | 'family' | 'evidence'> = {
  status: 'trial',
  currency: null,
  mrrMinor: 0,
  since: null,
  renewals: 0,
  addOns: [],
  endsOn: null,
  ended: null,
  voluntary: null,
  reason: null,
  failedPayments: 0,
  history: [],
};

type Revenue = { readonly mrr: { readonly amountMinor: number; readonly currency: string } };

const ENDS: ReadonlySet<string> = new Set([subscriptionCancelled.type, subscriptionExpired.type]);

function withRevenue(contract: Contract, { mrr }: Revenue, day: DayNumber): Contract {
  const { amountMinor: mrrMinor, currency } = mrr;
  const history =
    mrrMinor === contract.mrrMinor && contract.history.length > 0 ? contract.history : [...contract.history, [day, mrrMinor] as const];
  return { ...contract, mrrMinor, currency, history };
}

/** What a fact makes of the contract that it is about. A fact of a contract whose beginning is not known yet begins it. */
function changed(contract: Contract, fact: Fact, day: DayNumber): Contract {
  switch (fact.type) {
    case trialStarted.type:
      return { ...contract, status: 'trial' };
    case trialEnded.type:
      return (fact.data as { outcome: string }).outcome === 'activated'
        ? contract
        : { ...contract, status: 'ended', ended: day, voluntary: true };
    case subscriptionActivated.type:
      return withRevenue(
        { ...contract, status: 'active', since: contract.since ?? day, ended: null, voluntary: null },
        fact.data as SubscriptionActivated,
        day,
      );
    case planChanged.type: {
      const { to, ...revenue } = fact.data as PlanChanged;
      return withRevenue({ ...contract, planId: to.planId }, revenue, day);
    }
    case addOnAdded.type: {
      const { addOnId, ...revenue } = fact.data as AddOnAdded;
      return withRevenue({ ...contract, addOns: [...new Set([...contract.addOns, addOnId])] }, revenue, day);
    }
    case subscriptionPaused.type:
      return withRevenue({ ...contract, status: 'paused' }, fact.data as Revenue, day);
    case pauseLapsed.type:
      return { ...contract, status: 'pause-lapsed' };
    case subscriptionResumed.type:
      return withRevenue({ ...contract, status: 'active' }, fact.data as Revenue, day);
    case subscriptionRenewed.type:
      return { ...contract, renewals: contract.renewals + 1, failedPayments: 0 };
    case cancellationRequested.type: {
      const { reasonCode } = fact.data as CancellationRequested;
      return { ...contract, reason: reasonCode ?? null };
    }
    case cancellationUndone.type:
      return { ...contract, endsOn: null, reason: null };
    case paymentFailed.type:
      return { ...contract, failedPayments: contract.failedPayments + 1 };
    default: {
      if (!ENDS.has(fact.type)) return contract;
      const { voluntary, reasonCode } = fact.data as { voluntary: boolean; reasonCode?: string };
      const ended = { ...contract, status: 'ended' as const, ended: day, endsOn: null, voluntary, reason: reasonCode ?? contract.reason };
      return withRevenue(ended, fact.data as Revenue, day);
    }
  }
}

const ABOUT_CONTRACTS = [
  trialStarted,
  trialEnded,
  subscriptionActivated,
  planChanged,
  addOnAdded,
  subscriptionPaused,
  pauseLapsed,
  subscriptionResumed,
  subscriptionRenewed,
  cancellationRequested,
  cancellationUndone,
  subscriptionCancelled,
  subscriptionExpired,
  paymentFailed,
];

function evolve(state: HoldingsState, fact: Fact, dayAt: (moment: string) => DayNumber): HoldingsState {
  const day = dayAt(fact.occurred);
  if (fact.type === productRegistered.type) {
    const { productId, serial } = fact.data as ProductRegistered;
    const others = state.products.filter((each) => each.productId !== productId || each.serial !== serial);
    return { ...state, products: [...others.slice(1 - KEPT_HOLDINGS), { productId, serial, since: day, evidence: fact.id }] };
  }
  const {
    subscriptionId: id,
    planId,
    family,
    effectiveAt,
  } = fact.data as { subscriptionId: string; effectiveAt?: string } & Partial<TrialStarted>;
  const was = state.contracts.find((each) => each.id === id) ?? {
    ...NEW,
    id,
    planId: planId ?? '',
    family: family ?? '',
    evidence: fact.id,
  };
  const named = { ...was, planId: planId ?? was.planId, family: family ?? was.family, evidence: fact.id };
  const now = changed(effectiveAt === undefined ? named : { ...named, endsOn: dayAt(effectiveAt) }, fact, day);
  return { ...state, contracts: [...state.contracts.filter((each) => each.id !== id).slice(1 - KEPT_HOLDINGS), now] };
}

/** What brings recurring revenue, or will when a pause or trial ends well. */
export function runningContracts({ contracts }: HoldingsState): readonly Contract[] {
  return contracts.filter(({ status }) => status === 'active' || status === 'paused' || status === 'trial');
}

/** Monthly revenue at the close of a day, by currency: what the contracts brought then. */
export function monthlyMinorOn({ contracts }: HoldingsState, day: DayNumber): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { history, currency } of contracts) {
    const then = history.findLast(([from]) => from <= day)?.[1] ?? 0;
    if (then > 0 && currency !== null) sums[currency] = (sums[currency] ?? 0) + then;
  }
  return sums;
}

/** What a customer holds: contracts from trial to end with what they bring, and things of hers. Read model `understanding.holdings`. */
export function holdingsProjection(timeZone = 'UTC'): ProjectionDefinition<HoldingsState> {
  const dayAt = calendarOf(timeZone);
  return defineProjection<HoldingsState>({
    name: 'holdings',
    version: 1,
    types: [...ABOUT_CONTRACTS, productRegistered].map(({ type }) => type),
    key: 'customer',
    initial: { contracts: [], products: [] },
    evolve: (state, fact) => evolve(state, fact, dayAt),
    columns: [
      { name: 'running', sql: 'integer', value: (state) => runningContracts(state).length },
      { name: 'mrr_minor', sql: 'bigint', value: ({ contracts }) => contracts.reduce((sum, { mrrMinor }) => sum + mrrMinor, 0) },
      {
        name: 'currency',
        sql: 'text',
        value: ({ contracts }) => {
          const [one, ...more] = new Set(contracts.flatMap(({ currency }) => currency ?? []));
          return more.length > 0 ? null : (one ?? null);
        },
      },
    ],
  });
}
