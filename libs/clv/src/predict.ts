import type { FittedTransactions } from './fitted';
import type { PurchaseHistory } from './histories';
import { betaGeometricAlive, betaGeometricPurchasesIfActive } from './models/beta-geometric';
import { paretoAlive, paretoBuysIfActive, paretoDiscountedIfActive, paretoPurchasesIfActive } from './models/pareto';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { expm1, log1p } = Math;

/** An interest rate with its unit, because a yearly rate applied per week makes a customer base eighteen times too cheap. */
export interface DiscountRate {
  readonly rate: number;
  readonly per: 'day' | 'week' | 'month' | 'year';
  /** `effective`: 0.1 means 1.1 after one period. `continuous`: e^0.1 after one period. */
  readonly compounding: 'effective' | 'continuous';
}

/** A customer's purchase rate while active, and where it comes from. */
export interface Pace {
  /** Purchases per day. */
  readonly perDay: number;
  /** The weight of the customer's own rhythm, T/(α+T): 0 for a first purchase on the last day. */
  readonly ownWeight: number;
  /** Own purchases per day, x/T; null when T = 0. */
  readonly ownPerDay: number | null;
  /** The population's r/α, per day. */
  readonly populationPerDay: number;
}

const DAYS = { day: 1, week: 7, month: 365.25 / 12, year: 365.25 } as const;

/** P(active at the end of the observation), 1 under the NBD. For the arithmetic; show people `probabilityAlive`. */
export function activeShare(model: FittedTransactions, history: PurchaseHistory): number {
  switch (model.kind) {
    case 'mbg-nbd':
    case 'bg-nbd':
      return betaGeometricAlive(model, history);
    case 'pareto-nbd':
      return paretoAlive(model, history);
    case 'nbd':
      return 1;
  }
}

/** E[purchases in the next `span` units | active now]. */
export function purchasesIfActive(model: FittedTransactions, history: PurchaseHistory, span: number): number {
  if (span <= 0) return 0;
  switch (model.kind) {
    case 'mbg-nbd':
    case 'bg-nbd':
      return betaGeometricPurchasesIfActive(model, history, span);
    case 'pareto-nbd':
      return paretoPurchasesIfActive(model, history, span);
    case 'nbd':
      return ((model.parameters.r + history.x) / (model.parameters.alpha + history.T)) * span;
  }
}

/**
 * The probability that the customer has not left, in [0, 1]; null under the NBD, where leaving is not identified. It is not a churn score
 * (BG/NBD gives 1 to everybody without a repeat): use `probabilityOfPurchase` for that.
 */
export function probabilityAlive(model: FittedTransactions, history: PurchaseHistory): number | null {
  return model.kind === 'nbd' ? null : activeShare(model, history);
}

/**
 * P(at least one purchase in the next `horizonDays`), the churn signal that can be back-tested. Closed form for BG, MBG and NBD:
 * `P(alive) (1 − ((α+T)/(α+T+h))^(r+x))`, since customers leave only after a purchase; one integral for Pareto/NBD.
 */
export function probabilityOfPurchase(model: FittedTransactions, history: PurchaseHistory, horizonDays: number): number {
  const h = horizonDays / model.unitDays;
  if (h <= 0) return 0;
  if (model.kind === 'pareto-nbd') return paretoAlive(model, history) * paretoBuysIfActive(model, history, h);
  const { r, alpha } = model.parameters;
  return activeShare(model, history) * -expm1(-(r + history.x) * log1p(h / (alpha + history.T)));
}

/** E[purchases in the next `horizonDays`]. For a new customer pass `{ x: 0, tx: 0, T: 0 }`: repeats after the first purchase. */
export function expectedPurchases(model: FittedTransactions, history: PurchaseHistory, horizonDays: number): number {
  return activeShare(model, history) * purchasesIfActive(model, history, horizonDays / model.unitDays);
}

/** The rate while active, (r+x)/(α+T) = w·x/T + (1−w)·r/α with w = T/(α+T): "w % own rhythm, the rest population". */
export function paceOf({ parameters: { r, alpha }, unitDays }: FittedTransactions, { x, T }: PurchaseHistory): Pace {
  return {
    perDay: (r + x) / (alpha + T) / unitDays,
    ownWeight: T / (alpha + T),
    ownPerDay: T > 0 ? x / T / unitDays : null,
    populationPerDay: r / alpha / unitDays,
  };
}

/** A discount rate as a continuous rate per day. */
export function continuousPerDay({ rate, per, compounding }: DiscountRate): number {
  return (compounding === 'effective' ? log1p(rate) : rate) / DAYS[per];
}

/**
 * Discounted expected residual transactions over an endless horizon (DERT), Pareto/NBD only: the other models here have no finite closed form
 * in continuous time. The rate must be positive.
 */
export function discountedResidualTransactions(
  model: Extract<FittedTransactions, { kind: 'pareto-nbd' }>,
  history: PurchaseHistory,
  discount: DiscountRate,
): number {
  const d = continuousPerDay(discount) * model.unitDays;
  if (!(d > 0)) throw new RangeError('An endless horizon needs a discount rate above 0.');
  return paretoAlive(model, history) * paretoDiscountedIfActive(model, history, d);
}
