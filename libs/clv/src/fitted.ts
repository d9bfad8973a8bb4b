import type { Matrix } from './numerics/matrix';

export type TransactionModelKind = 'mbg-nbd' | 'bg-nbd' | 'pareto-nbd' | 'nbd';

interface FittedBase {
  /** Covariance of the logarithms of the parameters, in the order in which their type names them; null where the likelihood is flat (no uncertainty known). */
  readonly covarianceLog: Matrix | null;
}

/**
 * Purchases while a customer is active follow a Poisson process whose rate is Gamma(r, α) over customers. They leave:
 * `bg-nbd` after a repeat purchase, with a probability Beta(a, b) over customers; `mbg-nbd` the same, but already after the first purchase.
 */
export interface FittedBetaGeometric extends FittedBase {
  readonly kind: 'mbg-nbd' | 'bg-nbd';
  /** The time unit of `alpha` and of the histories, in days. */
  readonly unitDays: number;
  readonly parameters: { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
}

/** As above, but customers leave at a rate of their own, Gamma(s, β) over customers, whether they buy or not. */
export interface FittedPareto extends FittedBase {
  readonly kind: 'pareto-nbd';
  readonly unitDays: number;
  readonly parameters: { readonly r: number; readonly alpha: number; readonly s: number; readonly beta: number };
}

/** Nobody leaves: the model that remains where leaving cannot be told from buying slowly. */
export interface FittedNbd extends FittedBase {
  readonly kind: 'nbd';
  readonly unitDays: number;
  readonly parameters: { readonly r: number; readonly alpha: number };
}

/** A fitted transaction model. Plain JSON: it can be stored as a fact and used again later. */
export type FittedTransactions = FittedBetaGeometric | FittedPareto | FittedNbd;

/** Spend per transaction is Gamma(p, ν) of a customer, and ν is Gamma(q, γ) over customers. Plain JSON. */
export interface FittedGammaGamma extends FittedBase {
  readonly kind: 'gamma-gamma';
  readonly parameters: { readonly p: number; readonly q: number; readonly gamma: number };
}

/**
 * A normal-theory shrunken mean, for data in which gamma-gamma has no finite population mean (q ≤ 1): mean over customers, and the variances
 * between customers and within one. Plain JSON.
 */
export interface FittedShrunkenMean extends FittedBase {
  readonly kind: 'shrunken-mean';
  readonly parameters: { readonly mean: number; readonly between: number; readonly within: number };
}

export type FittedSpend = FittedGammaGamma | FittedShrunkenMean;

/** Share of gross spend that comes back: population rate, and how many sale-days of own evidence weigh as much as it. Plain JSON. */
export interface FittedReturns extends FittedBase {
  readonly kind: 'returns';
  /** `meanSaleDay`: the population's gross money a sale-day, the unit of `strength`. */
  readonly parameters: { readonly rate: number; readonly strength: number; readonly meanSaleDay: number };
}

export type FittedModel = FittedTransactions | FittedSpend | FittedReturns;

/**
 * One parameter with its uncertainty. The 95 % interval is that of the profile likelihood: it follows the skewness that few customers leave, never
 * crosses zero, and is open where the data set no limit.
 */
export interface Estimate {
  readonly name: string;
  readonly value: number;
  /** On the natural scale; null where the likelihood is flat. */
  readonly standardError: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Why an end is missing; null when both are there. */
  readonly reason: string | null;
}
