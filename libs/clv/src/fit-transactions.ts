import type { Estimate, FittedTransactions, TransactionModelKind } from './fitted';
import { refused, tabulate, type HistoryTable, type PurchaseHistory, type Refused } from './histories';
import { correlationsOf, estimatesOf, LOG_BOUND, maximise, type Likelihood, type Maximum } from './maximum';
import { betaGeometricLikelihood } from './models/beta-geometric';
import { nbdLikelihood } from './models/nbd';
import { paretoLikelihood } from './models/pareto';
import { at } from './numerics/at';
import type { Matrix } from './numerics/matrix';

export interface TransactionFitOptions {
  /** `auto` (the default) is MBG/NBD: as many parameters as BG/NBD, the better likelihood on real data, and a P(alive) that is not 1 by construction. */
  readonly model?: TransactionModelKind | 'auto';
  /** The time unit of the histories in days (default 7). */
  readonly unitDays?: number;
}

/** Whether the data can tell "left" from "buys slowly". */
export interface DropoutVerdict {
  readonly identified: boolean;
  /** One sentence for people. */
  readonly reason: string;
  /** The dropout model that was tried; null when NBD was asked for. */
  readonly candidate: {
    readonly kind: TransactionModelKind;
    readonly parameters: Readonly<Record<string, number>>;
    readonly logLikelihood: number;
  } | null;
  readonly nbdLogLikelihood: number;
  /** Log-likelihood of the candidate above the NBD's; below 1.92 the two extra parameters explain nothing. */
  readonly gainOverNbd: number;
}

export interface TransactionFit {
  readonly outcome: 'fitted';
  /** The model to use: the one asked for, or the NBD when dropout is not identified. Plain JSON. */
  readonly model: FittedTransactions;
  readonly dropout: DropoutVerdict;
  readonly estimates: readonly Estimate[];
  /** Correlations of the log parameters. */
  readonly correlations: Matrix | null;
  readonly logLikelihood: number;
  readonly customers: number;
  readonly repeats: number;
  /** Rows the likelihood ran over: equal histories are merged above 10,000 customers. */
  readonly rows: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
}

/** χ² with one degree of freedom, 95 %. */
const LIKELIHOOD_RATIO = 3.84;

function likelihoodOf(kind: TransactionModelKind, table: HistoryTable): Likelihood {
  switch (kind) {
    case 'mbg-nbd':
    case 'bg-nbd':
      return betaGeometricLikelihood(kind, table);
    case 'pareto-nbd':
      return paretoLikelihood(table);
    case 'nbd':
      return nbdLikelihood(table);
  }
}

/** A fitted model from parameters in the order of its likelihood. */
export function transactionModel(
  kind: TransactionModelKind,
  parameters: readonly number[],
  covarianceLog: Matrix | null,
  unitDays: number,
): FittedTransactions {
  const [r, alpha, c, d] = [at(parameters, 0), at(parameters, 1), at(parameters, 2), at(parameters, 3)];
  switch (kind) {
    case 'mbg-nbd':
    case 'bg-nbd':
      return { kind, unitDays, parameters: { r, alpha, a: c, b: d }, covarianceLog };
    case 'pareto-nbd':
      return { kind, unitDays, parameters: { r, alpha, s: c, beta: d }, covarianceLog };
    case 'nbd':
      return { kind, unitDays, parameters: { r, alpha }, covarianceLog };
  }
}

/**
 * The parameters in the order of the model's likelihood and covariance: the inverse of {@link transactionModel}. Never by the order of
 * the object's keys: a model that was stored as JSON comes back with keys in any order.
 */
export function parametersOf(model: FittedTransactions): readonly number[] {
  switch (model.kind) {
    case 'mbg-nbd':
    case 'bg-nbd':
      return [model.parameters.r, model.parameters.alpha, model.parameters.a, model.parameters.b];
    case 'pareto-nbd':
      return [model.parameters.r, model.parameters.alpha, model.parameters.s, model.parameters.beta];
    case 'nbd':
      return [model.parameters.r, model.parameters.alpha];
  }
}

function verdictOf(kind: TransactionModelKind, names: readonly string[], found: Maximum, nbd: Maximum): DropoutVerdict {
  const gainOverNbd = found.logLikelihood - nbd.logLikelihood;
  const parameters = Object.fromEntries(names.map((name, i) => [name, at(found.parameters, i)]));
  const told = { candidate: { kind, parameters, logLikelihood: found.logLikelihood }, nbdLogLikelihood: nbd.logLikelihood, gainOverNbd };
  if (2 * gainOverNbd < LIKELIHOOD_RATIO) {
    const reason = `Dropout is not identified: letting customers leave raises the log-likelihood by ${Math.max(0, gainOverNbd).toFixed(2)} only (1.92 would be needed). Slow buyers and lost ones look alike here.`;
    return { identified: false, reason, ...told };
  }
  if (found.unbounded.length > 0) {
    const reason = `Dropout is not identified: ${found.unbounded.join(', ')} ran to its bound (|ln| > ${LOG_BOUND}).`;
    return { identified: false, reason, ...told };
  }
  return { identified: true, reason: `Letting customers leave raises the log-likelihood by ${gainOverNbd.toFixed(1)}.`, ...told };
}

/**
 * Fits a transaction model by maximum likelihood.
 *
 * A dropout model is always compared with the NBD. When it explains nothing more, or a parameter runs to its bound, `model` is the NBD and
 * `dropout.identified` is false: never print a P(alive) then. Refuses histories that are none (`HISTORY_NOT_VALID`), an empty list
 * (`NO_CUSTOMERS`), and a list in which nobody came back (`NO_REPEAT_PURCHASES`). Deterministic: no random numbers.
 */
export function fitTransactions(histories: readonly PurchaseHistory[], options: TransactionFitOptions = {}): TransactionFit | Refused {
  const { model: asked = 'auto', unitDays = 7 } = options;
  const kind = asked === 'auto' ? 'mbg-nbd' : asked;
  const table = tabulate(histories);
  if ('outcome' in table) return table;
  if (table.size === 0) {
    return refused('NO_CUSTOMERS', 'histories', 'at least one customer', 'There is no customer to fit a model to.', 'Import orders first.');
  }
  if (table.repeats === 0) {
    const rule = 'at least one repeat purchase';
    return refused('NO_REPEAT_PURCHASES', 'histories', rule, 'Nobody has bought on a second day yet.', 'Wait for repeat purchases.');
  }
  const withoutDropout = nbdLikelihood(table);
  const nbd = maximise(withoutDropout);
  let [chosen, fitted, used, verdict]: [Maximum, Likelihood, TransactionModelKind, DropoutVerdict] = [
    nbd,
    withoutDropout,
    'nbd',
    {
      identified: false,
      reason: 'The NBD was asked for; in it nobody leaves.',
      candidate: null,
      nbdLogLikelihood: nbd.logLikelihood,
      gainOverNbd: 0,
    },
  ];
  if (kind !== 'nbd') {
    const likelihood = likelihoodOf(kind, table);
    const found = maximise(likelihood);
    verdict = verdictOf(kind, likelihood.names, found, nbd);
    if (verdict.identified) [chosen, fitted, used] = [found, likelihood, kind];
  }
  return {
    outcome: 'fitted',
    model: transactionModel(used, chosen.parameters, chosen.covarianceLog, unitDays),
    dropout: verdict,
    estimates: estimatesOf(fitted, chosen),
    correlations: correlationsOf(chosen.covarianceLog),
    logLikelihood: chosen.logLikelihood,
    customers: table.customers,
    repeats: table.repeats,
    rows: table.size,
    iterations: chosen.iterations,
    evaluations: chosen.evaluations,
    converged: chosen.converged,
  };
}

/** The log-likelihood of histories under given parameters: to compare with published values. Throws RangeError on histories that are none. */
export function logLikelihood(model: FittedTransactions, histories: readonly PurchaseHistory[]): number {
  const table = tabulate(histories);
  if ('outcome' in table) throw new RangeError(table.refusal.message);
  const parameters = Float64Array.from(parametersOf(model));
  return likelihoodOf(model.kind, table).evaluate(parameters, new Float64Array(parameters.length));
}
