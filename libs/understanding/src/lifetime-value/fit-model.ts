import {
  backTest,
  type BackTest,
  fitReturns,
  fitSpend,
  fitTransactions,
  type PurchaseHistory,
  type Refusal as FitRefusal,
  type ReturnHistory,
  type SaleDay,
  type TransactionModelKind,
} from '@tsunagari/clv';
import { minorDigits, type ModelFitted } from '@tsunagari/contracts';
import { dayNumberOf, type DayNumber, dayOf } from '../calendar';
import type { CurrencyPurchases } from '../purchases/purchases.state';
import { historyOf, LIFETIME_VALUE } from './model';

/** The part of the observed days that calibrates the back-test; the rest is its holdout. */
export const CALIBRATION_SHARE = 0.7;

/** Below so many days of holdout a back-test says nothing. */
const LEAST_HOLDOUT_DAYS = 14;

export type FitQuestion = {
  /** Of the customers with a sale, in an order that does not change between runs: sums of floats depend on it. */
  readonly customers: readonly CurrencyPurchases[];
  readonly currency: string;
  readonly asOfDay: string;
  readonly model: TransactionModelKind;
  /** Last day of the back-test's calibration; by default at {@link CALIBRATION_SHARE} of the observed days. */
  readonly calibrationEnd?: string;
  readonly onStage?: (stage: 'fitting' | 'back-testing') => void;
};

export type FittedParts = Pick<ModelFitted, 'transactions' | 'spend' | 'verdict' | 'backTest' | 'returns' | 'customers'>;

export type FitAnswer =
  { readonly kind: 'fitted'; readonly fitted: FittedParts } | { readonly kind: 'refused'; readonly refusal: FitRefusal };

/**
 * Fits purchases, spend and returns to the customers' histories up to the as-of day, and tests the same model on the past. Pure and
 * deterministic. Refused when there is no customer with a sale or nobody came back; too little repeat spend leaves `spend` null.
 */
export function fitModel({ customers, currency, asOfDay, model, calibrationEnd, onStage }: FitQuestion): FitAnswer {
  onStage?.('fitting');
  const upTo = dayNumberOf(asOfDay);
  const histories: PurchaseHistory[] = [];
  const returned: ReturnHistory[] = [];
  for (const purchases of customers) {
    const known = historyOf(purchases, currency, upTo);
    if (known === null) continue;
    histories.push(known.history);
    returned.push(known.returns);
  }
  const transactions = fitTransactions(histories, { model, unitDays: LIFETIME_VALUE.unitDays });
  if (transactions.outcome === 'refused') return { kind: 'refused', refusal: transactions.refusal };
  const spend = fitSpend(histories);
  const returns = fitReturns(returned);
  if (returns.outcome === 'refused') return { kind: 'refused', refusal: returns.refusal };
  onStage?.('back-testing');
  return {
    kind: 'fitted',
    fitted: {
      customers: histories.length,
      transactions: plain(transactions.model),
      spend: spend.outcome === 'refused' ? null : plain(spend.model),
      returns: plain(returns.model),
      verdict: plain({
        identified: transactions.dropout.identified,
        reason: transactions.dropout.reason,
        model: transactions.model.kind,
        asked: model,
        gainOverNbd: transactions.dropout.gainOverNbd,
        candidate: transactions.dropout.candidate,
        estimates: transactions.estimates,
        logLikelihood: transactions.logLikelihood,
        repeats: transactions.repeats,
        spend:
          spend.outcome === 'refused'
            ? { fitted: false, reason: spend.refusal.message }
            : {
                fitted: true,
                reason: spend.reason,
                customers: spend.customers,
                populationMean: spend.populationMean,
                correlation: spend.correlation,
                warning: spend.warning,
                estimates: spend.estimates,
              },
      }),
      backTest: testPast(customers, currency, model, upTo, calibrationEnd),
    },
  };
}

/** The day that parts calibration from holdout: {@link CALIBRATION_SHARE} of the days from the first sale to the last day observed. */
export function calibrationDay(firstSale: DayNumber, upTo: DayNumber): DayNumber {
  return firstSale + Math.floor((upTo - firstSale) * CALIBRATION_SHARE);
}

function testPast(
  customers: readonly CurrencyPurchases[],
  currency: string,
  model: TransactionModelKind,
  upTo: DayNumber,
  asked: string | undefined,
): FittedParts['backTest'] {
  const major = 10 ** minorDigits(currency);
  const days: SaleDay[][] = customers.map(({ saleDays }) => saleDays.map(([day, grossMinor]) => ({ day, spend: grossMinor / major })));
  const first = days.reduce((least, [day]) => (day === undefined ? least : Math.min(least, day.day)), Infinity);
  const calibrationEnd = asked === undefined ? calibrationDay(first, upTo) : dayNumberOf(asked);
  if (upTo - calibrationEnd < LEAST_HOLDOUT_DAYS) return null;
  const tested = backTest(days, { model, unitDays: LIFETIME_VALUE.unitDays, calibrationEnd, holdoutEnd: upTo });
  return tested.outcome === 'refused' ? null : plain(backTestOf(tested, calibrationEnd, upTo));
}

function backTestOf(tested: BackTest, calibrationEnd: DayNumber, holdoutEnd: DayNumber): object {
  const { fit, customers, horizonDays, actual, predicted, bias, deciles, auc, aucRecency, brier, money } = tested;
  return {
    calibrationEnd: dayOf(calibrationEnd),
    holdoutEnd: dayOf(holdoutEnd),
    horizonDays,
    model: fit.model.kind,
    identified: fit.dropout.identified,
    customers,
    actual,
    predicted,
    bias,
    auc,
    aucRecency,
    brier,
    deciles,
    money,
  };
}

/** A fit as the plain JSON that a fact keeps: what JSON cannot say (undefined) is left out. */
function plain(value: object): FittedParts['verdict'] {
  return JSON.parse(JSON.stringify(value)) as FittedParts['verdict'];
}
