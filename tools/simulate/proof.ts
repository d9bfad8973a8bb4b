import {
  createRandom,
  type Estimate,
  fitContract,
  fitOpportunities,
  fitSpend,
  fitTransactions,
  MONTH_DAYS,
  predictiveIntervals,
  type PurchaseHistory,
  type Random,
  type Refused,
} from '@tsunagari/clv';
import { betaGeometricPurchases, historyOf, nbdPurchases, opportunitiesOf, paretoPurchases, spender, survivorsOf } from './samples';

/** How often an interval held what it promised to hold. */
export type Coverage = {
  readonly what: string;
  readonly held: number;
  readonly of: number;
  readonly level: number;
  /** Of these, intervals that are open at an end, since the data set no limit there. */
  readonly open: number;
  /** Worlds in which no interval was given, with a reason: they are said, not counted. */
  readonly none: number;
};

export type Proof = {
  readonly worlds: number;
  readonly customers: number;
  readonly seed: number;
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

/** Published parameters: of CDNOW (time in weeks), of the contract Regular, of the donations; NBD and BdW (High End) as fitted to the same data. */
const TRUE = {
  mbg: { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 },
  bg: { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 },
  pareto: { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 },
  nbd: { r: 0.385, alpha: 12.072 },
  spend: { p: 6.25, q: 3.74, gamma: 15.44 },
  sbg: { alpha: 0.704, beta: 1.182, c: 1 },
  bdw: { alpha: 0.214, beta: 1.427, c: 1.724 },
  bgbb: { alpha: 1.204, beta: 0.75, gamma: 0.657, delta: 2.783 },
  betaBinomial: { alpha: 1.204, beta: 0.75 },
} as const;
const WEEKS = 39;
const MONTHS = 12;
const DISCOUNT = 0.01;
const RENEWALS = 7;
const OPPORTUNITIES = 6;

/** A world of one model: draws it, fits it, and gives the estimates; null where the fit says that its dropout is not identified. */
type ModelWorld = {
  readonly model: string;
  readonly truth: Readonly<Record<string, number>>;
  readonly estimates: (random: Random, customers: number) => readonly Estimate[] | null;
};

/** The models beside those with which values are predicted. */
const OTHERS: readonly ModelWorld[] = [
  purchasesWorld('BG/NBD', TRUE.bg, 'bg-nbd', (random, until, buy) => betaGeometricPurchases(random, 'bg-nbd', TRUE.bg, until, buy)),
  purchasesWorld('Pareto/NBD', TRUE.pareto, 'pareto-nbd', (random, until, buy) => paretoPurchases(random, TRUE.pareto, until, buy)),
  purchasesWorld('NBD', TRUE.nbd, 'nbd', (random, until, buy) => nbdPurchases(random, TRUE.nbd, until, buy)),
  contractWorld('sBG', TRUE.sbg, 'sbg'),
  contractWorld('BdW', TRUE.bdw, 'bdw'),
  opportunityWorld('BG/BB', TRUE.bgbb),
  opportunityWorld('beta-binomial', TRUE.betaBinomial),
];

function purchasesWorld(
  model: string,
  truth: Readonly<Record<string, number>>,
  kind: 'bg-nbd' | 'pareto-nbd' | 'nbd',
  purchases: (random: Random, until: number, buy: (t: number) => void) => void,
): ModelWorld {
  return {
    model,
    truth,
    estimates: (random, customers) => {
      const histories = Array.from({ length: customers }, () => historyOf(observed(random), (until, buy) => purchases(random, until, buy)));
      const fit = fitted(fitTransactions(histories, { model: kind }));
      return fit.model.kind === kind ? fit.estimates : null;
    },
  };
}

function contractWorld(model: string, truth: typeof TRUE.sbg | typeof TRUE.bdw, kind: 'sbg' | 'bdw'): ModelWorld {
  return {
    model,
    truth,
    estimates: (random, customers) => fitted(fitContract(survivorsOf(random, truth, customers, RENEWALS), { model: kind })).estimates,
  };
}

function opportunityWorld(model: string, truth: typeof TRUE.bgbb | typeof TRUE.betaBinomial): ModelWorld {
  const kind = 'gamma' in truth ? 'bg-bb' : 'beta-binomial';
  return {
    model,
    truth,
    estimates: (random, customers) => {
      const fit = fitted(fitOpportunities(opportunitiesOf(random, truth, customers, OPPORTUNITIES)));
      return fit.model.kind === kind ? fit.estimates : null;
    },
  };
}

/** Weeks for which a customer has been seen. */
function observed(random: Random): number {
  return WEEKS * (0.6 + 0.4 * random.uniform());
}

function fitted<F extends { readonly outcome: 'fitted' }>(fit: F | Refused): F {
  if (fit.outcome === 'refused') throw new Error(`a simulated world was refused: ${fit.refusal.message}`);
  return fit;
}

class Tally {
  private readonly counted = new Map<string, { held: number; of: number; open: number; none: number }>();

  count(what: string, truth: number, low: number, high: number): void {
    const of = this.row(what);
    of.of += 1;
    if (low <= truth && truth <= high) of.held += 1;
    if (low === 0 || high === Infinity) of.open += 1;
  }

  /** Each parameter of a model; `estimates` null: there is none. An end that is missing beside one that is not is no limit. */
  countAll(model: string, truth: Readonly<Record<string, number>>, estimates: readonly Estimate[] | null): void {
    for (const name of estimates?.map((each) => each.name) ?? Object.keys(truth)) {
      const is = truth[name];
      if (is === undefined) throw new Error(`${model} has no parameter ${name}`);
      const { low = null, high = null } = estimates?.find((each) => each.name === name) ?? {};
      if (low === null && high === null) this.row(`${name} (${model})`).none += 1;
      else this.count(`${name} (${model})`, is, low ?? 0, high ?? Infinity);
    }
  }

  coverage(what: string): Coverage {
    return { what, level: 0.95, ...this.row(what) };
  }

  names(): readonly string[] {
    return [...this.counted.keys()];
  }

  private row(what: string): { held: number; of: number; open: number; none: number } {
    const row = this.counted.get(what) ?? { held: 0, of: 0, open: 0, none: 0 };
    this.counted.set(what, row);
    return row;
  }
}

/** A generator of its own for each model of each world: what one draws does not move the others. */
function randomOf(seed: number, world: number, model: number): Random {
  return createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(world + 1, 0x85ebca6b) ^ Math.imul(model, 0xc2b2ae35));
}

/**
 * Simulates worlds of which the truth is known, fits every model to its own, and counts how often the 95 % interval of each parameter holds
 * the truth, and the 95 % predictive interval of a customer's value what she then really brought.
 */
export function proveIntervals({ worlds, customers, predicted, seed, onWorld }: ProofQuestion): Proof {
  const parameters = new Tally();
  const values = new Tally();
  for (let world = 0; world < worlds; world += 1) {
    const random = randomOf(seed, world, 0);
    const lives = Array.from({ length: customers }, () => liveOf(random));
    const histories = lives.map(({ history }) => history);
    const transactions = fitted(fitTransactions(histories, { model: 'mbg-nbd' }));
    const spend = fitted(fitSpend(histories));
    parameters.countAll('MBG/NBD', TRUE.mbg, transactions.dropout.identified ? transactions.estimates : null);
    parameters.countAll('gamma-gamma', TRUE.spend, spend.estimates);
    for (const [i, { model, truth, estimates }] of OTHERS.entries())
      parameters.countAll(model, truth, estimates(randomOf(seed, world, i + 1), customers));

    const intervalFor = predictiveIntervals({
      transactions: transactions.model,
      spend: spend.model,
      horizonMonths: MONTHS,
      discountMonthly: DISCOUNT,
      seed: world,
    });
    for (const { history, future } of lives.slice(0, predicted)) {
      const { low, high } = intervalFor({ history });
      values.count('value', future, low, high);
      if (high > 0) values.count('value of active', future, low, high);
    }
    onWorld?.(world + 1);
  }
  return {
    worlds,
    customers,
    seed,
    parameters: parameters.names().map((what) => parameters.coverage(what)),
    value: values.coverage('value'),
    valueOfActive: values.coverage('value of active'),
  };
}

/** One customer: what is seen until now, and what she brings in the next twelve months, discounted. Continuous time. */
function liveOf(random: Random): { readonly history: PurchaseHistory; readonly future: number } {
  const spends = spender(random, TRUE.spend);
  const T = observed(random);
  const month = MONTH_DAYS / 7;
  let [x, tx, spent, future] = [0, 0, 0, 0];
  betaGeometricPurchases(random, 'mbg-nbd', TRUE.mbg, T + MONTHS * month, (t) => {
    const spend = spends();
    if (t <= T) {
      x += 1;
      tx = t;
      spent += spend;
    } else future += spend * (1 + DISCOUNT) ** -(1 + Math.min(MONTHS - 1, Math.floor((t - T) / month)));
  });
  return { history: { x, tx, T, spend: { repeatPositive: x, meanSpend: x === 0 ? 0 : spent / x } }, future };
}

/** What the intervals promise, and whether they keep it: of values 92–98 %, of every parameter 90–99 %. */
export function verdictOf({ parameters, value }: Proof): { readonly valueHolds: boolean; readonly failing: readonly string[] } {
  const within = ({ held, of }: Coverage, least: number, most: number): boolean => of > 0 && held / of >= least && held / of <= most;
  return {
    valueHolds: within(value, 0.92, 0.98),
    failing: parameters.filter((each) => !within(each, 0.9, 0.99)).map(({ what }) => what),
  };
}
