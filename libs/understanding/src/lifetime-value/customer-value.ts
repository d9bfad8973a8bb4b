import {
  explain,
  type ExplainedPart,
  type PredictiveInterval,
  predictiveInterval,
  probabilityAlive,
  probabilityOfPurchase,
  expectedPurchases,
  returnRate,
} from '@tsunagari/clv';
import { type DayNumber, dayNumberOf } from '../calendar';
import { currencyOf, type KnownMargin, knownMargin, type PurchasesState } from '../purchases/purchases.state';
import { type CustomerHistory, historyOf, type ScoringModel, seedOf, toMinor } from './model';

/** Why there is no number: never a zero in its place. */
export type NoValue = 'NO_MODEL' | 'NO_PURCHASES' | 'MIXED_CURRENCY' | 'OTHER_CURRENCY' | 'NO_SPEND_MODEL';

/** Everything that answers for one customer under one model. */
export type Valued = {
  readonly kind: 'known';
  readonly model: ScoringModel;
  readonly customer: string;
  /** Of the orders whose margin is known; null where none is: her value is then revenue. */
  readonly margin: KnownMargin | null;
} & CustomerHistory;
export type NotValued = { readonly kind: 'none'; readonly reason: NoValue; readonly model: ScoringModel | null };

/**
 * A customer before a model: the history up to the later of the model's as-of day and the last closed day, so that a number
 * read today knows of the silence since the fit. Computed from the customer's own fold: a merge or a late fact shows at once, while
 * the order of a sorted list is that of the last fit.
 */
export function valuedCustomer(
  customer: string,
  state: PurchasesState | null,
  model: ScoringModel | null,
  lastDay: DayNumber | null,
): { readonly customer: Valued | NotValued; readonly endDay: DayNumber | null; readonly evidence: readonly string[] } {
  const endDay = model === null ? lastDay : Math.max(dayNumberOf(model.asOfDay), lastDay ?? -Infinity);
  return { customer: valueAt(customer, state, model, endDay), endDay, evidence: state?.evidence ?? [] };
}

function valueAt(customer: string, state: PurchasesState | null, model: ScoringModel | null, endDay: DayNumber | null): Valued | NotValued {
  if (model === null) return { kind: 'none', reason: 'NO_MODEL', model };
  const currency = state === null ? null : currencyOf(state);
  if (state === null || currency === null) return { kind: 'none', reason: 'NO_PURCHASES', model };
  if (currency === 'MIXED_CURRENCY') return { kind: 'none', reason: 'MIXED_CURRENCY', model };
  if (currency !== model.currency) return { kind: 'none', reason: 'OTHER_CURRENCY', model };
  const purchases = state.byCurrency[currency];
  const known = purchases === undefined || endDay === null ? null : historyOf(purchases, currency, endDay);
  return known === null
    ? { kind: 'none', reason: 'NO_PURCHASES', model }
    : { kind: 'known', model, customer, margin: purchases === undefined ? null : knownMargin(purchases), ...known };
}

export type Terms = { readonly horizonMonths: number; readonly discountMonthly: number };

export type LifetimeValueAnswer = {
  /** In the currency's major unit, unrounded: the product of the parts. */
  readonly value: number;
  readonly valueMinor: number;
  /** The factors of the value; `margin` is ours, the others are the models'. */
  readonly parts: readonly (Omit<ExplainedPart, 'name'> & { readonly name: ExplainedPart['name'] | 'margin' })[];
  readonly words: string;
  /** Of what it is: what she leaves over where that is known of her orders, else what she pays. */
  readonly basis: ValueBasis;
};

export type ValueBasis = 'MARGIN' | 'REVENUE';

/**
 * The expected value with its explanation; null when the model has no spend part. On margin where that of any of her orders is known (the
 * models are of what she pays, so it is a factor), else on revenue; the answer says which.
 */
export function lifetimeValueOf(
  { model, history, returns, margin }: Valued,
  { horizonMonths, discountMonthly }: Terms,
): LifetimeValueAnswer | null {
  const { transactions, spend } = model;
  if (spend === null) return null;
  const { value, parts, words } = explain({
    transactions,
    spend,
    history,
    horizonMonths,
    discountMonthly,
    returnRate: returnRate(model.returns, returns),
  });
  if (margin === null) return { value, valueMinor: toMinor(value, model.currency), parts, words, basis: 'REVENUE' };
  const onMargin = value * margin.rate;
  const said = `a margin of ${(100 * margin.rate).toFixed(1)} %, known of ${margin.orders} of ${margin.of} orders`;
  return {
    value: onMargin,
    valueMinor: toMinor(onMargin, model.currency),
    parts: [...parts, { name: 'margin', factor: margin.rate, unit: 'share', words: said }],
    words: `${words} × ${said}`,
    basis: 'MARGIN',
  };
}

/** How many futures are drawn for an interval. */
export const DRAWS = 400;

/**
 * The interval in which the customer's own future falls with probability `level`, parameters' uncertainty and the customer's chance
 * included. The seed follows from customer and model: the same answer at every reading. Null when the model has no spend part.
 */
export function intervalOf({ model, history, returns, customer, margin }: Valued, terms: Terms, level: number): PredictiveInterval | null {
  const { transactions, spend } = model;
  if (spend === null) return null;
  const interval = predictiveInterval({
    transactions,
    spend,
    history,
    ...terms,
    returnRate: returnRate(model.returns, returns),
    draws: DRAWS,
    level,
    seed: seedOf(customer, model.modelId),
  });
  if (margin === null) return interval;
  const { low, high, median, ...rest } = interval;
  const [one, other] = [low * margin.rate, high * margin.rate];
  // A loss turns the ends round.
  return { ...rest, low: Math.min(one, other), high: Math.max(one, other), median: median * margin.rate };
}

/** P(at least one purchase in the next `days` days), expected purchases in them, and P(alive) where the model can tell. */
export function purchaseOutlook({ model: { transactions }, history }: Valued, days: number) {
  return {
    probability: probabilityOfPurchase(transactions, history, days),
    expected: expectedPurchases(transactions, history, days),
    alive: probabilityAlive(transactions, history),
  };
}
