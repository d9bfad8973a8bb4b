import { fitSpend, expectedSpend } from './fit-spend';
import { fitTransactions, type TransactionFit, type TransactionFitOptions } from './fit-transactions';
import { refused, sufficientStatistics, type PurchaseHistory, type Refused, type SaleDay } from './histories';
import { at } from './numerics/at';
import { expectedPurchases, probabilityOfPurchase } from './predict';

export interface BackTestOptions extends TransactionFitOptions {
  /** Last day the model may see, inclusive. */
  readonly calibrationEnd: number;
  /** Last day of the test, inclusive; after `calibrationEnd`. */
  readonly holdoutEnd: number;
}

/** Customers in order of their predicted purchases, cut into ten equal groups; the first group is the lowest. */
export interface Decile {
  readonly decile: number;
  readonly customers: number;
  /** Purchases per customer. */
  readonly predicted: number;
  readonly actual: number;
  /** Mean P(at least one purchase in the holdout), and the share that bought. */
  readonly probability: number;
  readonly bought: number;
}

export interface BackTest {
  readonly outcome: 'tested';
  /** The model fitted to the calibration period. */
  readonly fit: TransactionFit;
  readonly customers: number;
  readonly horizonDays: number;
  /** Purchases in the holdout by customers known at the calibration end. */
  readonly actual: number;
  readonly predicted: number;
  /** predicted / actual − 1: above 0 the model promises too much; null when nobody bought. */
  readonly bias: number | null;
  readonly deciles: readonly Decile[];
  /** How well P(purchase) ranks those who bought, 0.5 is a coin; null when all or none did. */
  readonly auc: number | null;
  /** The same for the days since the last purchase alone, the baseline to beat. */
  readonly aucRecency: number | null;
  /** Mean squared error of P(purchase). */
  readonly brier: number;
  /** Gross money in the holdout; null when there is no repeat spend to learn from. */
  readonly money: { readonly actual: number; readonly predicted: number; readonly bias: number | null } | null;
}

/** Area under the ROC curve by ranks, ties counting half; null when all outcomes are equal. */
export function areaUnderCurve(scores: ArrayLike<number>, outcomes: ArrayLike<boolean>): number | null {
  const order = Array.from(scores, (_, i) => i).sort((i, j) => at(scores, i) - at(scores, j));
  let [positives, rankSum] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && at(scores, at(order, to)) === at(scores, at(order, from))) to += 1;
    for (let k = from; k < to; k += 1) {
      if (!at(outcomes, at(order, k))) continue;
      positives += 1;
      rankSum += (from + 1 + to) / 2;
    }
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

interface Tested {
  readonly history: PurchaseHistory;
  readonly predicted: number;
  readonly probability: number;
  readonly actual: number;
}

function mean(rows: readonly Tested[], value: (row: Tested) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
}

function decilesOf(rows: readonly Tested[]): Decile[] {
  const ordered = [...rows].sort((a, b) => a.predicted - b.predicted);
  const deciles: Decile[] = [];
  for (let d = 0; d < 10; d += 1) {
    const group = ordered.slice(Math.floor((d * rows.length) / 10), Math.floor(((d + 1) * rows.length) / 10));
    if (group.length === 0) continue;
    deciles.push({
      decile: d + 1,
      customers: group.length,
      predicted: mean(group, (r) => r.predicted),
      actual: mean(group, (r) => r.actual),
      probability: mean(group, (r) => r.probability),
      bought: mean(group, (r) => (r.actual > 0 ? 1 : 0)),
    });
  }
  return deciles;
}

/**
 * Fits on what was known at `calibrationEnd` and compares with what happened until `holdoutEnd`: bias, calibration by decile, and ranking beside
 * the recency baseline. Takes the sale-days of each customer, unlimited: it cuts them itself. Refuses what `fitTransactions` refuses, and a
 * holdout that is not after the calibration (`HOLDOUT_NOT_AFTER_CALIBRATION`).
 */
export function backTest(customers: readonly (readonly SaleDay[])[], options: BackTestOptions): BackTest | Refused {
  const { calibrationEnd, holdoutEnd, unitDays = 7 } = options;
  const horizonDays = holdoutEnd - calibrationEnd;
  if (!(horizonDays > 0)) {
    const rule = 'after calibrationEnd';
    return refused('HOLDOUT_NOT_AFTER_CALIBRATION', 'holdoutEnd', rule, `holdoutEnd must be ${rule}.`, 'Calibrate on an earlier day.');
  }
  const histories: PurchaseHistory[] = [];
  const counts: number[] = [];
  let spent = 0;
  for (const days of customers) {
    const history = sufficientStatistics(days, calibrationEnd, unitDays);
    if (history === null) continue;
    const later = days.filter((d) => d.day > calibrationEnd && d.day <= holdoutEnd);
    for (const { spend } of later) spent += spend;
    histories.push(history);
    counts.push(new Set(later.map((d) => d.day)).size);
  }
  const fit = fitTransactions(histories, options);
  if (fit.outcome === 'refused') return fit;
  const rows = histories.map((history, i): Tested => ({
    history,
    predicted: expectedPurchases(fit.model, history, horizonDays),
    probability: probabilityOfPurchase(fit.model, history, horizonDays),
    actual: at(counts, i),
  }));
  const actual = rows.reduce((sum, r) => sum + r.actual, 0);
  const predicted = rows.reduce((sum, r) => sum + r.predicted, 0);
  const bought = rows.map((r) => r.actual > 0);
  const spend = fitSpend(histories);
  const money =
    spend.outcome === 'refused' ? null : rows.reduce((sum, r) => sum + r.predicted * expectedSpend(spend.model, r.history.spend).value, 0);
  return {
    outcome: 'tested',
    fit,
    customers: rows.length,
    horizonDays,
    actual,
    predicted,
    bias: actual > 0 ? predicted / actual - 1 : null,
    deciles: decilesOf(rows),
    auc: areaUnderCurve(
      rows.map((r) => r.probability),
      bought,
    ),
    aucRecency: areaUnderCurve(
      rows.map((r) => r.history.tx - r.history.T),
      bought,
    ),
    brier: mean(rows, (r) => (r.probability - (r.actual > 0 ? 1 : 0)) ** 2),
    money: money === null ? null : { actual: spent, predicted: money, bias: spent > 0 ? money / spent - 1 : null },
  };
}
