import { minorDigits } from '@tsunagari/contracts';
import type { AttributeValues } from '@tsunagari/rules';
import { type DayNumber, dayNumberOf, dayOf } from '../calendar';
import { countWithin, type ExperienceState } from '../experience/experience.projection';
import { type Contract, type HoldingsState, monthlyMinorOn } from '../holdings/holdings.projection';
import { lifetimeValueOf, purchaseOutlook, type Valued, valuedCustomer } from '../lifetime-value/customer-value';
import { LIFETIME_VALUE, type ScoringModel } from '../lifetime-value/model';
import type { ProfileState } from '../profile/profile.projection';
import { currencyOf, type PurchasesState, saleDayNumbers } from '../purchases/purchases.state';
import type { CustomerAttributeName } from './vocabulary';

/** What the folds know of one customer; null where a fold knows nothing. */
export type Understood = {
  readonly customer: string;
  readonly purchases: PurchasesState | null;
  readonly profile: ProfileState | null;
  readonly holdings: HoldingsState | null;
  readonly experience: ExperienceState | null;
};

export type CustomerAttributes = AttributeValues & Partial<Record<CustomerAttributeName, AttributeValues[string]>>;

/**
 * The attributes of a customer as of the close of a day, from folds that hold nothing later than it. What is unknown is absent. Pure:
 * a fold bounded by that day gives what was known of it, today's fold with today gives today's.
 */
export function attributesOf(known: Understood, model: ScoringModel | null, day: DayNumber): CustomerAttributes {
  return {
    as_of: `${dayOf(day)}T23:59:59.999Z`,
    ...ofProfile(known.profile, day),
    ...ofPurchases(known.purchases, day),
    ...ofHoldings(known.holdings, day),
    ...ofExperience(known.experience, day),
    ...ofModel(known, model, day),
  };
}

function ofProfile(profile: ProfileState | null, day: DayNumber): CustomerAttributes {
  if (profile === null) return {};
  return {
    kind: profile.kind,
    identifiers: profile.identifiers.length,
    ...(profile.firstSeen === null ? {} : { days_known: Math.max(0, day - dayNumberOf(profile.firstSeen)) }),
  };
}

function ofPurchases(state: PurchasesState | null, day: DayNumber): CustomerAttributes {
  const days = state === null ? [] : saleDayNumbers(state).filter((each) => each <= day);
  const [first, last] = [days[0], days.at(-1)];
  const within = (length: number): number => days.filter((each) => each > day - length).length;
  const counts = { purchases: days.length, purchases_90d: within(90), purchases_365d: within(365) };
  if (state === null || first === undefined || last === undefined) return counts;
  const currency = currencyOf(state);
  const sale = currency === null ? undefined : state.byCurrency[currency];
  const sales = sale?.saleDays.reduce((sum, [each, minor]) => sum + (each <= day ? minor : 0), 0);
  return {
    ...counts,
    days_since_purchase: day - last,
    days_since_first_purchase: day - first,
    ...(days.length > 1 ? { days_between_purchases: (last - first) / (days.length - 1) } : {}),
    ...(sales === undefined || currency === null
      ? {}
      : { sales: sales / 10 ** minorDigits(currency), mean_sale: sales / 10 ** minorDigits(currency) / days.length }),
  };
}

const running = (contract: Contract): boolean =>
  contract.status === 'active' || contract.status === 'paused' || contract.status === 'trial';

function ofHoldings(state: HoldingsState | null, day: DayNumber): CustomerAttributes {
  const contracts = state?.contracts ?? [];
  const live = contracts.filter(running);
  const since = live.flatMap((contract) => contract.since ?? []);
  const monthly = state === null ? [] : Object.entries(monthlyMinorOn(state, day));
  const [only] = monthly;
  return {
    subscriber: live.length > 0,
    ended_contracts: contracts.filter(({ status }) => status === 'ended').length,
    paused: live.some(({ status }) => status === 'paused'),
    leaving: live.some(({ endsOn }) => endsOn !== null),
    failed_payments: live.reduce((sum, { failedPayments }) => sum + failedPayments, 0),
    ...(monthly.length > 1 ? {} : { mrr: only === undefined ? 0 : only[1] / 10 ** minorDigits(only[0]) }),
    ...(since.length > 0 ? { contract_days: day - Math.min(...since) } : {}),
  };
}

const COMPLAINTS = new Set(['dissatisfaction', 'trouble']);

/** Whether a voice of this kind says that something is wrong. */
export function isComplaint(kind: string): boolean {
  return COMPLAINTS.has(kind);
}

function ofExperience(state: ExperienceState | null, day: DayNumber): CustomerAttributes {
  if (state === null)
    return { uses_30d: 0, uses_90d: 0, unanswered_surveys: 0, dissatisfactions_90d: 0, connections: 0, interactions_90d: 0 };
  const interactions = countWithin(state.interactions, day, 90);
  const nps = state.answers.findLast(({ instrument }) => instrument === 'NPS');
  const answered = new Set(state.answers.map(({ instrument, waveId }) => `${instrument} ${waveId}`));
  const answer = state.answers.at(-1);
  return {
    uses_30d: countWithin(state.uses, day, 30),
    uses_90d: countWithin(state.uses, day, 90),
    unanswered_surveys: state.asked.filter(
      ({ instrument, waveId, day: asked }) => asked > day - 365 && !answered.has(`${instrument} ${waveId}`),
    ).length,
    dissatisfactions_90d: state.voices.filter(({ kind, day: voiced }) => isComplaint(kind) && voiced > day - 90).length,
    connections: state.connections.length,
    interactions_90d: interactions,
    ...(interactions > 0 ? { initiative_90d: countWithin(state.interactionsByCustomer, day, 90) / interactions } : {}),
    ...(state.lastUse === null ? {} : { days_since_use: Math.max(0, day - state.lastUse.day) }),
    ...(nps === undefined ? {} : { nps_score: nps.score }),
    ...(answer === undefined ? {} : { days_since_answer: Math.max(0, day - answer.day) }),
  };
}

function ofModel({ customer, purchases }: Understood, model: ScoringModel | null, day: DayNumber): CustomerAttributes {
  const { customer: valued } = valuedCustomer(customer, purchases, model, day);
  return valued.kind === 'none' ? {} : scored(valued);
}

function scored(valued: Valued): CustomerAttributes {
  const value = lifetimeValueOf(valued, LIFETIME_VALUE);
  return {
    purchase_probability_90d: purchaseOutlook(valued, LIFETIME_VALUE.probabilityDays).probability,
    ...(value === null ? {} : { ltv_12m: value.value }),
  };
}
