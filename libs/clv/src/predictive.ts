import { parametersOf, transactionModel } from './fit-transactions';
import { expectedSpend } from './fit-spend';
import type { FittedSpend, FittedTransactions } from './fitted';
import type { PurchaseHistory } from './histories';
import { checkTerms, MONTH_DAYS, type LifetimeValueTerms } from './lifetime-value';
import { at } from './numerics/at';
import { cholesky, type Matrix } from './numerics/matrix';
import { activeShare, expectedPurchases } from './predict';
import { createRandom, type Random } from './random';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { ceil, exp, floor, max, min } = Math;

export interface DrawOptions {
  /** Simulated futures (default 400). */
  readonly draws?: number;
  /** Share of futures inside the interval, in (0, 1) (default 0.95). */
  readonly level?: number;
  /** Any integer. The same seed gives the same interval. */
  readonly seed: number;
}

export interface PredictiveTerms extends LifetimeValueTerms, DrawOptions {}

/** Quantiles and mean of the simulated futures. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly median: number;
  readonly mean: number;
  readonly level: number;
}

export interface PredictiveInterval extends Interval {
  /** The same for the number of purchases. */
  readonly purchases: Interval;
}

export interface PredictedCustomer {
  readonly history: PurchaseHistory;
  readonly returnRate?: number;
}

/** Where few customers leave a parameter open, the normal approximation reaches values that no shop has: a factor of e⁸ is far enough. */
const FARTHEST = 8;

/** Draws of log parameters from their normal approximation; without a covariance, the parameters themselves. */
function parameterDrawer(parameters: readonly number[], covarianceLog: Matrix | null): (random: Random) => number[] {
  const lower = covarianceLog === null ? null : cholesky(covarianceLog);
  if (lower === null) return () => [...parameters];
  return (random) => {
    const z = parameters.map(() => random.normal());
    return parameters.map((value, i) => {
      const shift = at(lower, i).reduce((sum, l, j) => sum + l * at(z, j), 0);
      return value * exp(max(-FARTHEST, min(FARTHEST, shift)));
    });
  };
}

function transactionDrawer(model: FittedTransactions): (random: Random) => FittedTransactions {
  const draw = parameterDrawer(parametersOf(model), model.covarianceLog);
  return (random) => transactionModel(model.kind, draw(random), null, model.unitDays);
}

function spendDrawer(model: FittedSpend): (random: Random) => FittedSpend {
  if (model.kind === 'shrunken-mean') return () => model;
  const { p, q, gamma } = model.parameters;
  const draw = parameterDrawer([p, q, gamma], model.covarianceLog);
  return (random) => {
    const drawn = draw(random);
    return { kind: 'gamma-gamma', parameters: { p: at(drawn, 0), q: at(drawn, 1), gamma: at(drawn, 2) }, covarianceLog: null };
  };
}

/** One future of one customer: calls `buy(t)` for every purchase up to `span` units ahead. */
function simulatePurchases(model: FittedTransactions, h: PurchaseHistory, span: number, random: Random, buy: (t: number) => void): void {
  if (random.uniform() >= activeShare(model, h)) return;
  const { r, alpha } = model.parameters;
  const rate = random.gamma(r + h.x) / (alpha + h.T);
  let leaves = 0;
  let end = span;
  if (model.kind === 'pareto-nbd')
    end = min(span, (random.exponential() * (model.parameters.beta + h.T)) / random.gamma(model.parameters.s));
  // Having survived x chances to leave (one more when the first purchase is one, MBG) makes the posterior Beta(a, b + chances).
  else if (model.kind !== 'nbd') leaves = random.beta(model.parameters.a, model.parameters.b + h.x + (model.kind === 'mbg-nbd' ? 1 : 0));
  // A transaction is a customer's day, so there cannot be more of them than days, however large a rate was drawn.
  let most = ceil(span * model.unitDays);
  for (let t = random.exponential() / rate; t <= end && most > 0; t += random.exponential() / rate) {
    buy(t);
    most -= 1;
    if (leaves > 0 && random.uniform() < leaves) return;
  }
}

/** One draw of a customer's spend per purchase: given the customer's mean, every purchase is drawn too. */
function spendSimulator(model: FittedSpend, h: PurchaseHistory, random: Random): () => number {
  const n = h.spend?.repeatPositive ?? 0;
  const m = h.spend?.meanSpend ?? 0;
  if (model.kind === 'gamma-gamma') {
    const { p, q, gamma } = model.parameters;
    const nu = random.gamma(p * n + q) / (gamma + n * m);
    return () => random.gamma(p) / nu;
  }
  const { between, within } = model.parameters;
  const { value, ownWeight } = expectedSpend(model, h.spend);
  const variance = between * (1 - ownWeight);
  const mean = (random.gamma((value * value) / variance) * variance) / value;
  return () => (random.gamma((mean * mean) / within) * within) / mean;
}

function quantile(sorted: Float64Array, p: number): number {
  const position = (sorted.length - 1) * p;
  const below = floor(position);
  const low = at(sorted, below);
  return below + 1 < sorted.length ? low + (position - below) * (at(sorted, below + 1) - low) : low;
}

function intervalOf(values: Float64Array, level: number): Interval {
  const sorted = values.toSorted();
  return {
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
    median: quantile(sorted, 0.5),
    mean: values.reduce((sum, v) => sum + v, 0) / values.length,
    level,
  };
}

function checkDraws(draws: number, level: number): void {
  if (!Number.isInteger(draws) || draws < 1) throw new RangeError('draws must be an integer of at least 1.');
  if (!(level > 0 && level < 1)) throw new RangeError('level must lie between 0 and 1.');
}

/**
 * Predictive intervals of the lifetime value, for many customers of one fit: returns the function that answers for one.
 *
 * Each future draws the parameters (their uncertainty), then whether the customer has left, their rate, each purchase, when they leave, and
 * each spend. An interval of the expectation alone is far too narrow: on CDNOW a 90 % one holds the actual count for under 1 % of customers.
 * The parameters are drawn once; every customer's own draws start from the same seed, so the answer does not depend on the order of asking.
 */
export function predictiveIntervals(terms: PredictiveTerms): (customer: PredictedCustomer) => PredictiveInterval {
  checkTerms(terms);
  const { transactions, spend, horizonMonths, discountMonthly, monthDays = MONTH_DAYS, draws = 400, level = 0.95, seed } = terms;
  checkDraws(draws, level);
  const random = createRandom(seed);
  const drawTransactions = transactionDrawer(transactions);
  const drawSpend = spendDrawer(spend);
  const parameters = Array.from({ length: draws }, () => ({ transactions: drawTransactions(random), spend: drawSpend(random) }));
  const month = monthDays / transactions.unitDays;
  const worth = Array.from({ length: horizonMonths }, (_, k) => (1 + discountMonthly) ** -(k + 1));
  return ({ history, returnRate = 0 }) => {
    const own = createRandom(seed ^ 0x5bd1e995);
    const values = new Float64Array(draws);
    const counts = new Float64Array(draws);
    for (const [i, drawn] of parameters.entries()) {
      // Most futures of most customers hold no purchase: then there is no spend to draw.
      let nextSpend: (() => number) | null = null;
      let [value, count] = [0, 0];
      simulatePurchases(drawn.transactions, history, month * horizonMonths, own, (t) => {
        count += 1;
        nextSpend ??= spendSimulator(drawn.spend, history, own);
        value += nextSpend() * at(worth, min(horizonMonths - 1, floor(t / month)));
      });
      values[i] = value * (1 - returnRate);
      counts[i] = count;
    }
    return { ...intervalOf(values, level), purchases: intervalOf(counts, level) };
  };
}

/** The predictive interval of one customer; `predictiveIntervals` for many. */
export function predictiveInterval(terms: PredictiveTerms & PredictedCustomer): PredictiveInterval {
  return predictiveIntervals(terms)(terms);
}

export interface TotalTerms extends DrawOptions {
  readonly transactions: FittedTransactions;
  readonly histories: readonly PurchaseHistory[];
  readonly horizonDays: number;
}

/**
 * The interval of the expected purchases of a whole base or cohort, from the uncertainty of the parameters. It knows nothing of a market that
 * moves: show the back-test's bias beside it (on CDNOW it says 1,550 to 1,774, and 1,882 happened).
 */
export function totalInterval({ transactions, histories, horizonDays, draws = 400, level = 0.95, seed }: TotalTerms): Interval {
  checkDraws(draws, level);
  const random = createRandom(seed);
  const draw = transactionDrawer(transactions);
  const totals = new Float64Array(draws);
  for (let i = 0; i < draws; i += 1) {
    const model = draw(random);
    totals[i] = histories.reduce((sum, h) => sum + (h.weight ?? 1) * expectedPurchases(model, h, horizonDays), 0);
  }
  return intervalOf(totals, level);
}
