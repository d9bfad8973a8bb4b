import { areaUnderCurve } from './back-test';
import { refused, type Refused } from './histories';
import { at } from './numerics/at';
import { inverse } from './numerics/matrix';

/** What is known of one customer, by feature; absent or null = unknown, which is information of its own. */
export type FeatureRow = Readonly<Record<string, number | null | undefined>>;

/** One term of a propensity: what the feature adds to the log-odds of an average customer. Plain JSON. */
export interface PropensityTerm {
  readonly feature: string;
  /** Per standard deviation above the mean, where it is known. */
  readonly slope: number;
  readonly mean: number;
  readonly deviation: number;
  /** What not knowing it adds; 0 where it was always known. */
  readonly unknown: number;
  readonly knownShare: number;
  readonly standardError: number;
}

/** The probability of an event in a horizon, as a sum of terms on the log-odds scale. Plain JSON. */
export interface FittedPropensity {
  readonly kind: 'logistic';
  readonly intercept: number;
  readonly terms: readonly PropensityTerm[];
  readonly customers: number;
  /** The share to whom it happened. */
  readonly base: number;
}

/** A driver of one customer's probability. `adds` of all drivers and the intercept are the log-odds. */
export interface Driver {
  readonly feature: string;
  readonly value: number | null;
  readonly adds: number;
}

export interface Propensity {
  readonly probability: number;
  readonly logOdds: number;
  readonly intercept: number;
  /** Strongest first. */
  readonly drivers: readonly Driver[];
}

export interface PropensityDecile {
  readonly decile: number;
  readonly customers: number;
  readonly predicted: number;
  readonly actual: number;
}

export interface PropensityTest {
  readonly customers: number;
  readonly happened: number;
  readonly base: number;
  /** mean prediction − base: above 0 it promises too much. */
  readonly bias: number;
  /** Null when it happened to all or none. */
  readonly auc: number | null;
  readonly brier: number;
  /** Of always saying the base: what has to be beaten. */
  readonly brierBase: number;
  /** Slope of the outcome on the predicted log-odds: 1 is calibrated, below 1 too sure. Null where it cannot be told. */
  readonly calibrationSlope: number | null;
  readonly deciles: readonly PropensityDecile[];
  /** Share in the best tenth ÷ base. */
  readonly liftTopDecile: number | null;
}

/** Penalty on standardised slopes: a prior of deviation 1. Keeps separated data finite; weighs nothing with thousands of customers. */
const RIDGE = 1;

function columnsOf(rows: readonly FeatureRow[], features: readonly string[]) {
  return features.map((feature) => {
    const known = rows.map((row) => row[feature]).filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
    const mean = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
    const variance = known.length < 2 ? 0 : known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
    return { feature, mean, deviation: Math.sqrt(variance), knownShare: rows.length === 0 ? 0 : known.length / rows.length };
  });
}

function logistic(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

type Column = ReturnType<typeof columnsOf>[number];

/** Standardised value and whether it is unknown. A feature without spread says nothing. */
function encoded(row: FeatureRow, { feature, mean, deviation }: Pick<Column, 'feature' | 'mean' | 'deviation'>): readonly [number, number] {
  const value = row[feature];
  if (typeof value !== 'number' || !Number.isFinite(value)) return [0, 1];
  return [deviation === 0 ? 0 : (value - mean) / deviation, 0];
}

/**
 * Fits the probability of an event by logistic regression on standardised features with a mild ridge, by Newton's method. Each feature
 * has a term of its own for being unknown, so that silence counts as what it is. Deterministic: the same rows, the same bits.
 * Refuses fewer than 50 customers, or an outcome that all or nobody had (`TOO_FEW_OUTCOMES`).
 */
export function fitPropensity(
  rows: readonly FeatureRow[],
  happened: readonly boolean[],
  features: readonly string[],
): FittedPropensity | Refused {
  const positives = happened.reduce((sum, each) => sum + (each ? 1 : 0), 0);
  if (rows.length < 50 || positives < 10 || rows.length - positives < 10) {
    const rule = 'at least 50 customers, 10 of each outcome';
    return refused(
      'TOO_FEW_OUTCOMES',
      'happened',
      rule,
      `A propensity needs ${rule}: here ${positives} of ${rows.length}.`,
      'Take a longer horizon or an earlier day.',
    );
  }
  const columns = columnsOf(rows, features);
  const withGaps = columns.map(({ knownShare }) => knownShare < 1);
  const size = 1 + columns.length + withGaps.filter(Boolean).length;
  const design = rows.map((row) => {
    const x = new Float64Array(size);
    x[0] = 1;
    let gap = 1 + columns.length;
    columns.forEach((column, j) => {
      const [value, unknown] = encoded(row, column);
      x[1 + j] = value;
      if (withGaps[j]) x[gap++] = unknown;
    });
    return x;
  });
  const beta = new Float64Array(size);
  beta[0] = Math.log(positives / (rows.length - positives));
  let covariance: number[][] | null = null;
  for (let iteration = 0; iteration < 50; iteration += 1) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Array<number>(size).fill(0));
    for (const [i, x] of design.entries()) {
      let z = 0;
      for (let j = 0; j < size; j += 1) z += at(x, j) * at(beta, j);
      const p = logistic(z);
      const w = Math.max(p * (1 - p), 1e-10);
      const error = (happened[i] ? 1 : 0) - p;
      for (let j = 0; j < size; j += 1) {
        const xj = at(x, j);
        if (xj === 0) continue;
        gradient[j] = at(gradient, j) + error * xj;
        const row = at(hessian, j);
        for (let k = 0; k <= j; k += 1) row[k] = at(row, k) + w * xj * at(x, k);
      }
    }
    for (let j = 0; j < size; j += 1) {
      if (j > 0) {
        gradient[j] = at(gradient, j) - RIDGE * at(beta, j);
        at(hessian, j)[j] = at(at(hessian, j), j) + RIDGE;
      }
      for (let k = 0; k < j; k += 1) at(hessian, k)[j] = at(at(hessian, j), k);
    }
    covariance = inverse(hessian);
    if (covariance === null) break;
    let largest = 0;
    for (let j = 0; j < size; j += 1) {
      const step = at(covariance, j).reduce((sum, c, k) => sum + c * at(gradient, k), 0);
      beta[j] = at(beta, j) + step;
      largest = Math.max(largest, Math.abs(step));
    }
    if (largest < 1e-10) break;
  }
  let gap = 1 + columns.length;
  const terms = columns.map((column, j): PropensityTerm => ({
    ...column,
    slope: at(beta, 1 + j),
    unknown: withGaps[j] ? at(beta, gap++) : 0,
    standardError: covariance === null ? 0 : Math.sqrt(at(at(covariance, 1 + j), 1 + j)),
  }));
  return { kind: 'logistic', intercept: at(beta, 0), terms, customers: rows.length, base: positives / rows.length };
}

/** The probability for one customer, with what each feature adds to the log-odds: intercept and drivers add up to them exactly. */
export function propensityOf({ intercept, terms }: FittedPropensity, row: FeatureRow): Propensity {
  const drivers = terms.map((term): Driver => {
    const [value, unknown] = encoded(row, term);
    const raw = row[term.feature];
    return { feature: term.feature, value: unknown === 1 ? null : (raw ?? null), adds: unknown === 1 ? term.unknown : value * term.slope };
  });
  const logOdds = drivers.reduce((sum, { adds }) => sum + adds, intercept);
  return { probability: logistic(logOdds), logOdds, intercept, drivers: drivers.sort((a, b) => Math.abs(b.adds) - Math.abs(a.adds)) };
}

/** How predictions stood the test of what happened. */
export function testPropensity(predicted: readonly number[], happened: readonly boolean[]): PropensityTest {
  const n = predicted.length;
  const positives = happened.reduce((sum, each) => sum + (each ? 1 : 0), 0);
  const base = n === 0 ? 0 : positives / n;
  const order = predicted.map((_, i) => i).sort((i, j) => at(predicted, i) - at(predicted, j) || i - j);
  const deciles = Array.from({ length: 10 }, (_, d): PropensityDecile => {
    const group = order.slice(Math.floor((d * n) / 10), Math.floor(((d + 1) * n) / 10));
    const mean = (of: (i: number) => number): number => (group.length === 0 ? 0 : group.reduce((sum, i) => sum + of(i), 0) / group.length);
    return { decile: d + 1, customers: group.length, predicted: mean((i) => at(predicted, i)), actual: mean((i) => (happened[i] ? 1 : 0)) };
  }).filter(({ customers }) => customers > 0);
  const squared = (of: (i: number) => number): number =>
    predicted.reduce((sum, _, i) => sum + (of(i) - (happened[i] ? 1 : 0)) ** 2, 0) / Math.max(1, n);
  const top = deciles.at(-1);
  return {
    customers: n,
    happened: positives,
    base,
    bias: n === 0 ? 0 : predicted.reduce((sum, p) => sum + p, 0) / n - base,
    auc: areaUnderCurve(predicted, happened),
    brier: squared((i) => at(predicted, i)),
    brierBase: base * (1 - base),
    calibrationSlope: calibrationSlope(predicted, happened),
    deciles,
    liftTopDecile: top === undefined || base === 0 ? null : top.actual / base,
  };
}

/** Logistic regression of the outcome on the predicted log-odds: two parameters, Newton. */
function calibrationSlope(predicted: readonly number[], happened: readonly boolean[]): number | null {
  const z = predicted.map((p) => Math.log(Math.min(Math.max(p, 1e-9), 1 - 1e-9)) - Math.log1p(-Math.min(Math.max(p, 1e-9), 1 - 1e-9)));
  let [a, b] = [0, 1];
  for (let iteration = 0; iteration < 50; iteration += 1) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    z.forEach((zi, i) => {
      const p = logistic(a + b * zi);
      const w = p * (1 - p);
      const error = (happened[i] ? 1 : 0) - p;
      ga += error;
      gb += error * zi;
      haa += w;
      hab += w * zi;
      hbb += w * zi * zi;
    });
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12)) return null;
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
    a += da;
    b += db;
    if (!Number.isFinite(a) || !Number.isFinite(b) || Math.abs(b) > 1e3) return null;
    if (Math.abs(da) + Math.abs(db) < 1e-9) break;
  }
  return b;
}

/** Features that rank the outcome by themselves so well (AUC at least `limit` either way) that they must have known it. */
export function leakingFeatures(
  rows: readonly FeatureRow[],
  happened: readonly boolean[],
  features: readonly string[],
  limit = 0.98,
): readonly string[] {
  return features.filter((feature) => {
    const known = rows
      .map((row, i) => ({ value: row[feature], happened: happened[i] ?? false }))
      .filter(({ value }) => typeof value === 'number');
    // A handful of customers can rank perfectly by chance.
    if (known.length < 50 || known.filter((each) => each.happened).length < 10) return false;
    const auc = areaUnderCurve(
      known.map(({ value }) => value ?? 0),
      known.map((each) => each.happened),
    );
    return auc !== null && Math.max(auc, 1 - auc) >= limit;
  });
}
