import type { Estimate } from './fitted';
import { refused, type Refused } from './histories';
import { estimatesOf, maximise, type Likelihood, type Maximum } from './maximum';
import { at } from './numerics/at';
import { digamma, logBeta } from './numerics/gamma';
import type { Matrix } from './numerics/matrix';

/** A customer with yes/no opportunities (a yearly gift, a season) after the one at which they were acquired. */
export interface OpportunityHistory {
  /** Opportunities taken. */
  readonly x: number;
  /** Number of the last one taken, 0 when x = 0. */
  readonly tx: number;
  /** Opportunities there were. */
  readonly n: number;
  readonly weight?: number;
}

/**
 * BG/BB (Fader, Hardie & Shang 2010): while active a customer takes an opportunity with a probability Beta(α, β) over customers, and leaves before
 * each with a probability Beta(γ, δ). `beta-binomial`: nobody leaves (γ and δ are null). Plain JSON.
 */
export type FittedOpportunities =
  | {
      readonly kind: 'bg-bb';
      readonly parameters: { readonly alpha: number; readonly beta: number; readonly gamma: number; readonly delta: number };
      readonly covarianceLog: Matrix | null;
    }
  | {
      readonly kind: 'beta-binomial';
      readonly parameters: { readonly alpha: number; readonly beta: number };
      readonly covarianceLog: Matrix | null;
    };

export interface OpportunityFit {
  readonly outcome: 'fitted';
  /** BG/BB, or the beta-binomial when leaving is not identified. */
  readonly model: FittedOpportunities;
  readonly dropoutIdentified: boolean;
  readonly gainOverBetaBinomial: number;
  readonly estimates: readonly Estimate[];
  readonly logLikelihood: number;
  readonly customers: number;
  readonly iterations: number;
  readonly converged: boolean;
}

function faultOf({ x, tx, n, weight = 1 }: OpportunityHistory): string | null {
  const whole = [x, tx, n].every((v) => Number.isInteger(v) && v >= 0);
  if (!whole || tx > n || x > tx || (x === 0 && tx > 0)) return 'whole numbers with x ≤ tx ≤ n, tx = 0 when x = 0';
  return weight > 0 && weight < Infinity ? null : 'a positive, finite weight';
}

/** ln of the likelihood of one history under every moment at which the customer may have left: the last term first is "still active". */
function logTerms({ x, tx, n }: OpportunityHistory, alpha: number, beta: number, gamma: number, delta: number): number[] {
  const base = logBeta(alpha, beta) + logBeta(gamma, delta);
  const terms = [logBeta(alpha + x, beta + n - x) + logBeta(gamma, delta + n) - base];
  for (let i = 0; i < n - tx; i += 1) terms.push(logBeta(alpha + x, beta + tx - x + i) + logBeta(gamma + 1, delta + tx + i) - base);
  return terms;
}

function logTotal(terms: readonly number[]): number {
  const high = Math.max(...terms);
  return high + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - high), 0));
}

function bgBbLikelihood(histories: readonly OpportunityHistory[], customers: number): Likelihood {
  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [alpha, beta, gamma, delta] = [at(theta, 0), at(theta, 1), at(theta, 2), at(theta, 3)];
    const [psiAB, psiA, psiB] = [digamma(alpha + beta), digamma(alpha), digamma(beta)];
    const [psiCD, psiC, psiD] = [digamma(gamma + delta), digamma(gamma), digamma(delta)];
    gradient.fill(0);
    let ll = 0;
    for (const history of histories) {
      const { x, tx, n, weight = 1 } = history;
      const terms = logTerms(history, alpha, beta, gamma, delta);
      const total = logTotal(terms);
      ll += weight * total;
      for (const [k, term] of terms.entries()) {
        const w = weight * Math.exp(term - total);
        const seen = k === 0 ? n : tx + k - 1;
        const left = k === 0 ? 0 : 1;
        const [ab, cd] = [digamma(alpha + beta + seen), digamma(gamma + delta + seen + left)];
        gradient[0] = at(gradient, 0) + w * (digamma(alpha + x) - ab - psiA + psiAB);
        gradient[1] = at(gradient, 1) + w * (digamma(beta + seen - x) - ab - psiB + psiAB);
        gradient[2] = at(gradient, 2) + w * (digamma(gamma + left) - cd - psiC + psiCD);
        gradient[3] = at(gradient, 3) + w * (digamma(delta + seen) - cd - psiD + psiCD);
      }
    }
    return ll;
  };
  return { names: ['alpha', 'beta', 'gamma', 'delta'], start: [1, 1, 1, 1], weight: customers, evaluate };
}

function betaBinomialLikelihood(histories: readonly OpportunityHistory[], customers: number): Likelihood {
  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [alpha, beta] = [at(theta, 0), at(theta, 1)];
    const [psiAB, psiA, psiB, base] = [digamma(alpha + beta), digamma(alpha), digamma(beta), logBeta(alpha, beta)];
    gradient.fill(0);
    let ll = 0;
    for (const { x, n, weight = 1 } of histories) {
      ll += weight * (logBeta(alpha + x, beta + n - x) - base);
      const ab = digamma(alpha + beta + n);
      gradient[0] = at(gradient, 0) + weight * (digamma(alpha + x) - ab - psiA + psiAB);
      gradient[1] = at(gradient, 1) + weight * (digamma(beta + n - x) - ab - psiB + psiAB);
    }
    return ll;
  };
  return { names: ['alpha', 'beta'], start: [1, 1], weight: customers, evaluate };
}

/**
 * Fits BG/BB, and the beta-binomial in its place where leaving explains nothing more (2 ΔLL < 3.84, or a parameter at its bound). Rows of equal
 * (x, tx, n) come merged, with a weight. Refuses histories that are none (`HISTORY_NOT_VALID`) and an empty list (`NO_CUSTOMERS`).
 */
export function fitOpportunities(histories: readonly OpportunityHistory[]): OpportunityFit | Refused {
  for (const [i, history] of histories.entries()) {
    const rule = faultOf(history);
    if (rule !== null)
      return refused('HISTORY_NOT_VALID', `histories[${i}]`, rule, `histories[${i}] must be ${rule}.`, 'Count the opportunities again.');
  }
  const customers = histories.reduce((sum, { weight = 1 }) => sum + weight, 0);
  if (customers === 0)
    return refused('NO_CUSTOMERS', 'histories', 'at least one customer', 'There is no customer to fit a model to.', 'Add histories.');
  const likelihoods = { stays: betaBinomialLikelihood(histories, customers), leaves: bgBbLikelihood(histories, customers) };
  const stays: Maximum = maximise(likelihoods.stays);
  const leaves: Maximum = maximise(likelihoods.leaves);
  const gain = leaves.logLikelihood - stays.logLikelihood;
  const identified = 2 * gain >= 3.84 && leaves.unbounded.length === 0;
  const found = identified ? leaves : stays;
  const [alpha, beta, gamma, delta] = [at(found.parameters, 0), at(found.parameters, 1), at(found.parameters, 2), at(found.parameters, 3)];
  return {
    outcome: 'fitted',
    model: identified
      ? { kind: 'bg-bb', parameters: { alpha, beta, gamma, delta }, covarianceLog: found.covarianceLog }
      : { kind: 'beta-binomial', parameters: { alpha, beta }, covarianceLog: found.covarianceLog },
    dropoutIdentified: identified,
    gainOverBetaBinomial: gain,
    estimates: estimatesOf(identified ? likelihoods.leaves : likelihoods.stays, found),
    logLikelihood: found.logLikelihood,
    customers,
    iterations: found.iterations,
    converged: found.converged,
  };
}

/** P(active at the next opportunity); null under the beta-binomial, where leaving is not identified. */
export function opportunityAlive(model: FittedOpportunities, history: OpportunityHistory): number | null {
  if (model.kind === 'beta-binomial') return null;
  const { alpha, beta, gamma, delta } = model.parameters;
  const { x, n } = history;
  const active = logBeta(alpha + x, beta + n - x) + logBeta(gamma, delta + n + 1) - logBeta(alpha, beta) - logBeta(gamma, delta);
  return Math.exp(active - logTotal(logTerms(history, alpha, beta, gamma, delta)));
}

/** P(the k-th opportunity from now is taken), k ≥ 1. */
export function opportunityTaken(model: FittedOpportunities, history: OpportunityHistory, k: number): number {
  const { x, n } = history;
  if (model.kind === 'beta-binomial') return (model.parameters.alpha + x) / (model.parameters.alpha + model.parameters.beta + n);
  const { alpha, beta, gamma, delta } = model.parameters;
  const taken = logBeta(alpha + x + 1, beta + n - x) + logBeta(gamma, delta + n + k) - logBeta(alpha, beta) - logBeta(gamma, delta);
  return Math.exp(taken - logTotal(logTerms(history, alpha, beta, gamma, delta)));
}

/** E[opportunities taken of the next `ahead`]. */
export function expectedOpportunities(model: FittedOpportunities, history: OpportunityHistory, ahead: number): number {
  let sum = 0;
  for (let k = 1; k <= ahead; k += 1) sum += opportunityTaken(model, history, k);
  return sum;
}

/** Discounted expected residual transactions: Σ P(k-th taken)/(1+d)ᵏ over an endless horizon. `discount` > 0, effective per opportunity. */
export function discountedOpportunities(model: FittedOpportunities, history: OpportunityHistory, discount: number): number {
  if (!(discount > 0)) throw new RangeError('An endless horizon needs a discount rate above 0.');
  let [sum, worth] = [0, 1];
  for (let k = 1; worth > 1e-16; k += 1) {
    worth /= 1 + discount;
    sum += opportunityTaken(model, history, k) * worth;
  }
  return sum;
}
