import type { Estimate, FittedSpend } from './fitted';
import { refused, type PurchaseHistory, type Refused, type SpendHistory } from './histories';
import { estimatesOf, maximise } from './maximum';
import { gammaGammaLikelihood, type SpendTable } from './models/gamma-gamma';
import { variancesOf } from './moments';
import { at } from './numerics/at';

export interface SpendFit {
  readonly outcome: 'fitted';
  /** Gamma-gamma, or the shrunken mean when gamma-gamma has no finite population mean. Plain JSON. */
  readonly model: FittedSpend;
  /** Why this model. */
  readonly reason: string;
  readonly estimates: readonly Estimate[];
  /** Of the gamma-gamma that was tried. */
  readonly logLikelihood: number;
  readonly populationMean: number;
  /** Customers with a repeat purchase and a positive spend: the others say nothing about the spend of repeats. */
  readonly customers: number;
  /** Correlation of repeat purchases and mean spend. The model assumes none. */
  readonly correlation: number;
  /** A sentence when the correlation is above 0.3 in size, where the assumption breaks; else null. */
  readonly warning: string | null;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Expected gross spend of one purchase and where it comes from. */
export interface ExpectedSpend {
  readonly value: number;
  /** The weight of the customer's own mean in [0, 1). */
  readonly ownWeight: number;
  /** Null without a repeat purchase. */
  readonly ownMean: number | null;
  readonly populationMean: number;
}

const NO_SPEND: SpendHistory = { repeatPositive: 0, meanSpend: 0 };

function spendTable(histories: readonly PurchaseHistory[]): SpendTable | Refused {
  const buyers = histories.filter((h) => h.spend !== undefined && h.spend.repeatPositive > 0);
  const table = { n: new Float64Array(buyers.length), mean: new Float64Array(buyers.length), weight: new Float64Array(buyers.length) };
  let customers = 0;
  for (let i = 0; i < buyers.length; i += 1) {
    const { spend = NO_SPEND, weight = 1 } = at(buyers, i);
    if (!Number.isInteger(spend.repeatPositive) || !(spend.meanSpend > 0) || spend.meanSpend === Infinity || !(weight > 0)) {
      const rule = 'an integer repeatPositive with a positive, finite meanSpend';
      return refused(
        'SPEND_NOT_VALID',
        'histories.spend',
        rule,
        `A spend history must be ${rule}.`,
        'Compute it with sufficientStatistics().',
      );
    }
    table.n[i] = spend.repeatPositive;
    table.mean[i] = spend.meanSpend;
    table.weight[i] = weight;
    customers += weight;
  }
  return { ...table, customers };
}

function correlation({ n, mean, weight, customers }: SpendTable): number {
  let [sn, sm] = [0, 0];
  for (let i = 0; i < n.length; i += 1) {
    sn += at(weight, i) * at(n, i);
    sm += at(weight, i) * at(mean, i);
  }
  let [nn, mm, nm] = [0, 0, 0];
  for (let i = 0; i < n.length; i += 1) {
    const [dn, dm] = [at(n, i) - sn / customers, at(mean, i) - sm / customers];
    nn += at(weight, i) * dn * dn;
    mm += at(weight, i) * dm * dm;
    nm += at(weight, i) * dn * dm;
  }
  return nn > 0 && mm > 0 ? nm / Math.sqrt(nn * mm) : 0;
}

/** The mean by purchases, and the variances of the straight line in 1/n. */
function shrunkenMean(table: SpendTable): FittedSpend {
  let [spent, bought] = [0, 0];
  for (let i = 0; i < table.n.length; i += 1) {
    spent += at(table.weight, i) * at(table.n, i) * at(table.mean, i);
    bought += at(table.weight, i) * at(table.n, i);
  }
  const mean = spent / bought;
  return { kind: 'shrunken-mean', parameters: { mean, ...variancesOf(table, mean) }, covarianceLog: null };
}

function timesScale(estimate: Estimate, scale: number): Estimate {
  const times = (v: number | null): number | null => (v === null ? null : v * scale);
  const { value, standardError, low, high } = estimate;
  return { ...estimate, value: value * scale, standardError: times(standardError), low: times(low), high: times(high) };
}

/**
 * Fits the spend per repeat purchase: gamma-gamma, or a shrunken mean where gamma-gamma's population mean pγ/(q−1) does not exist (q ≤ 1) or
 * the fit runs to its bound.
 *
 * Fit it on gross sale-days and take returns off with a return rate: a net mean of zero or less has no likelihood. Refuses when nobody has a
 * repeat purchase with a positive spend (`NO_REPEAT_SPEND`), or a spend history is none (`SPEND_NOT_VALID`).
 */
export function fitSpend(histories: readonly PurchaseHistory[]): SpendFit | Refused {
  const table = spendTable(histories);
  if ('outcome' in table) return table;
  if (table.customers === 0) {
    const rule = 'at least one repeat purchase with a positive spend';
    return refused('NO_REPEAT_SPEND', 'histories', rule, 'Nobody has spent anything on a second day yet.', 'Wait for repeat purchases.');
  }
  // In units of the mean, so that a bound means the same in yen as in pounds.
  const scale = table.mean.reduce((sum, m, i) => sum + m * at(table.weight, i), 0) / table.customers;
  const likelihood = gammaGammaLikelihood({ ...table, mean: table.mean.map((m) => m / scale) });
  const scaled = maximise(likelihood);
  const [p, q, gamma] = [at(scaled.parameters, 0), at(scaled.parameters, 1), at(scaled.parameters, 2) * scale];
  const found = { ...scaled, parameters: [p, q, gamma], logLikelihood: scaled.logLikelihood - table.customers * Math.log(scale) };
  const usable = q > 1.0001 && found.unbounded.length === 0;
  const model: FittedSpend = usable
    ? { kind: 'gamma-gamma', parameters: { p, q, gamma }, covarianceLog: found.covarianceLog }
    : shrunkenMean(table);
  const r = correlation(table);
  const sure = `correlation of purchases and mean spend is ${r.toFixed(2)}`;
  return {
    outcome: 'fitted',
    model,
    reason: usable
      ? 'Gamma-gamma has a finite population mean.'
      : `Gamma-gamma is not usable here (q = ${q.toPrecision(3)}${found.unbounded.length > 0 ? `; at the bound: ${found.unbounded.join(', ')}` : ''}): the shrunken mean takes its place.`,
    estimates: estimatesOf(likelihood, scaled).map((each) => (each.name === 'gamma' ? timesScale(each, scale) : each)),
    logLikelihood: found.logLikelihood,
    populationMean: expectedSpend(model).value,
    customers: table.customers,
    correlation: r,
    warning: Math.abs(r) > 0.3 ? `The ${sure}: frequent buyers spend differently, which the model leaves out.` : null,
    iterations: found.iterations,
    converged: found.converged,
  };
}

/**
 * Expected gross spend of a customer's next purchase: `(p n m + p γ)/(p n + q − 1)`, that is `w·m + (1−w)·pγ/(q−1)` with the weight
 * `w = p n/(p n + q − 1)`. A customer without repeats gets the population mean.
 */
export function expectedSpend(model: FittedSpend, { repeatPositive: n, meanSpend: m }: SpendHistory = NO_SPEND): ExpectedSpend {
  const ownMean = n > 0 ? m : null;
  if (model.kind === 'shrunken-mean') {
    const { mean, between, within } = model.parameters;
    const ownWeight = (n * between) / (n * between + within);
    return { value: ownWeight * m + (1 - ownWeight) * mean, ownWeight, ownMean, populationMean: mean };
  }
  const { p, q, gamma } = model.parameters;
  const own = p * n;
  return { value: (own * m + p * gamma) / (own + q - 1), ownWeight: own / (own + q - 1), ownMean, populationMean: (p * gamma) / (q - 1) };
}
