import {
  createRandom,
  fitContract,
  fitSpend,
  fitTransactions,
  MONTH_DAYS,
  predictiveIntervals,
  type PurchaseHistory,
  type Random,
} from '@tsunagari/clv';

/** How often an interval held what it promised to hold. */
export type Coverage = { readonly what: string; readonly held: number; readonly of: number; readonly level: number };

export type Proof = {
  readonly worlds: number;
  /** Worlds in which dropout was not identified: they have no interval of a and b, and are said, not counted. */
  readonly unidentified: number;
  readonly parameters: readonly Coverage[];
  readonly value: Coverage;
  /** The same among customers whose interval is more than the point 0. */
  readonly valueOfActive: Coverage;
};

export type ProofQuestion = {
  readonly worlds: number;
  readonly customers: number;
  /** Customers of each world whose twelve months are predicted and then lived. */
  readonly predicted: number;
  readonly seed: number;
  readonly onWorld?: (done: number) => void;
};

/** The published parameters of CDNOW; a monthly contract; time in weeks. */
const TRUE = {
  purchases: { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 },
  spend: { p: 6.25, q: 3.74, gamma: 15.44 },
  contract: { alpha: 0.704, beta: 1.182 },
} as const;
const WEEKS = 39;
const MONTHS = 12;
const DISCOUNT = 0.01;
const CONTRACT_RENEWALS = 7;

/**
 * Simulates worlds of which the truth is known, fits the models to what could be seen by then, and counts how often the 95 % interval
 * of each parameter holds the truth, and the 95 % predictive interval of a customer's value what she then really brought.
 */
export function proveIntervals({ worlds, customers, predicted, seed, onWorld }: ProofQuestion): Proof {
  const counted = new Map<string, { held: number; of: number }>();
  const count = (what: string, holds: boolean): void => {
    const was = counted.get(what) ?? { held: 0, of: 0 };
    counted.set(what, { held: was.held + (holds ? 1 : 0), of: was.of + 1 });
  };
  let unidentified = 0;
  for (let world = 0; world < worlds; world += 1) {
    const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(world + 1, 0x85ebca6b));
    const lives = Array.from({ length: customers }, () => liveOf(random));
    const histories = lives.map(({ history }) => history);
    const fit = fitTransactions(histories, { model: 'mbg-nbd' });
    const spend = fitSpend(histories);
    if (fit.outcome === 'refused' || spend.outcome === 'refused') throw new Error('a simulated world was refused');
    if (!fit.dropout.identified) unidentified += 1;
    else for (const { name, low, high } of fit.estimates) count(`${name} (MBG/NBD)`, within(TRUE.purchases[name as 'r'], low, high));
    for (const { name, low, high } of spend.estimates) count(`${name} (gamma-gamma)`, within(TRUE.spend[name as 'p'], low, high));
    const contract = fitContract(survivorsOf(random, customers), { model: 'sbg' });
    if (contract.outcome === 'refused') throw new Error('a simulated cohort was refused');
    for (const { name, low, high } of contract.estimates)
      if (name !== 'c') count(`${name} (sBG)`, within(TRUE.contract[name as 'alpha'], low, high));

    const intervalFor = predictiveIntervals({
      transactions: fit.model,
      spend: spend.model,
      horizonMonths: MONTHS,
      discountMonthly: DISCOUNT,
      seed: world,
    });
    for (const { history, future } of lives.slice(0, predicted)) {
      const { low, high } = intervalFor({ history });
      const holds = low <= future && future <= high;
      count('value', holds);
      if (high > 0) count('value of active', holds);
    }
    onWorld?.(world + 1);
  }
  const coverage = (what: string): Coverage => ({ what, level: 0.95, ...(counted.get(what) ?? { held: 0, of: 0 }) });
  const parameters = [...counted.keys()].filter((what) => !what.startsWith('value')).map(coverage);
  return { worlds, unidentified, parameters, value: coverage('value'), valueOfActive: coverage('value of active') };
}

function within(truth: number, low: number | null | undefined, high: number | null | undefined): boolean {
  return low != null && high != null && low <= truth && truth <= high;
}

/** One customer: what is seen until now, and what she brings in the next twelve months, discounted. Continuous time. */
function liveOf(random: Random): { readonly history: PurchaseHistory; readonly future: number } {
  const { r, alpha, a, b } = TRUE.purchases;
  const [rate, dropout] = [random.gamma(r) / alpha, random.beta(a, b)];
  const { p, q, gamma } = TRUE.spend;
  const nu = random.gamma(q) / gamma;
  const T = WEEKS * (0.6 + 0.4 * random.uniform());
  const month = MONTH_DAYS / 7;
  let [x, tx, spent, future] = [0, 0, 0, 0];
  for (let t = 0; random.uniform() >= dropout;) {
    t += random.exponential() / rate;
    if (t > T + MONTHS * month) break;
    const spend = random.gamma(p) / nu;
    if (t <= T) {
      x += 1;
      tx = t;
      spent += spend;
    } else future += spend * (1 + DISCOUNT) ** -(1 + Math.min(MONTHS - 1, Math.floor((t - T) / month)));
  }
  return { history: { x, tx, T, spend: { repeatPositive: x, meanSpend: x === 0 ? 0 : spent / x } }, future };
}

/** How many of a cohort are left after each renewal. */
function survivorsOf(random: Random, customers: number): readonly number[] {
  const left = Array.from({ length: CONTRACT_RENEWALS + 1 }, () => 0);
  for (let i = 0; i < customers; i += 1) {
    const cancels = random.beta(TRUE.contract.alpha, TRUE.contract.beta);
    for (let t = 0; t <= CONTRACT_RENEWALS; t += 1) {
      left[t] = (left[t] ?? 0) + 1;
      if (random.uniform() < cancels) break;
    }
  }
  return left;
}
