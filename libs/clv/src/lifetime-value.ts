import type { FittedSpend, FittedTransactions } from './fitted';
import { expectedSpend, type ExpectedSpend } from './fit-spend';
import type { PurchaseHistory } from './histories';
import { activeShare, paceOf, purchasesIfActive, type Pace } from './predict';

export interface LifetimeValueTerms {
  readonly transactions: FittedTransactions;
  readonly spend: FittedSpend;
  /** Whole months, 1 to 600. */
  readonly horizonMonths: number;
  /** Effective rate a month: 0.01 is one per cent. */
  readonly discountMonthly: number;
  /** Days in a month (default 365.25 / 12; the Python package lifetimes takes 4.345 weeks). */
  readonly monthDays?: number;
}

export interface LifetimeValueQuestion extends LifetimeValueTerms {
  readonly history: PurchaseHistory;
  /** The share of gross spend this customer sends back, in [0, 1] (default 0); see `returnRate`. */
  readonly returnRate?: number;
}

/** The factors of a lifetime value. Their product, in this order, is the value. */
export interface LifetimeValueParts {
  /** Expected gross spend of one purchase. */
  readonly spend: number;
  /** 1 − return rate. */
  readonly keptAfterReturns: number;
  /** P(alive); 1 under the NBD, where it must not be shown as a probability. */
  readonly alive: number;
  /** Purchases within the horizon at today's pace, were the customer to stay for all of it. */
  readonly purchasesAtPace: number;
  /** What is left of them as customers leave within the horizon, (0, 1]. */
  readonly staying: number;
  /** What is left of the money by discounting, (0, 1]. */
  readonly discount: number;
}

export interface LifetimeValue {
  /** Money, in the currency of the spend. */
  readonly value: number;
  readonly parts: LifetimeValueParts;
}

export const MONTH_DAYS = 365.25 / 12;

/** Throws RangeError on terms that are none: they are the program's, not a customer's. */
export function checkTerms({
  horizonMonths,
  discountMonthly,
  monthDays = MONTH_DAYS,
}: Omit<LifetimeValueTerms, 'transactions' | 'spend'>): void {
  if (!Number.isInteger(horizonMonths) || horizonMonths < 1 || horizonMonths > 600)
    throw new RangeError('horizonMonths must be an integer from 1 to 600.');
  if (!(discountMonthly > -1 && discountMonthly < 10))
    throw new RangeError('discountMonthly must be above -1; 0.01 is one per cent a month.');
  if (!(monthDays > 0)) throw new RangeError('monthDays must be positive.');
}

/**
 * What a customer is expected to spend, net of returns and discounted, in the next `horizonMonths`:
 * `Σₖ E[spend] (E[purchases by month k] − E[purchases by month k−1]) / (1+d)ᵏ`, written as a product of six factors that explain it.
 * The first purchase and everything else in the past are not part of it.
 */
export function lifetimeValue(question: LifetimeValueQuestion): LifetimeValue {
  checkTerms(question);
  const { transactions, spend, history, horizonMonths, discountMonthly, returnRate = 0, monthDays = MONTH_DAYS } = question;
  const month = monthDays / transactions.unitDays;
  const { r, alpha } = transactions.parameters;
  const purchasesAtPace = ((r + history.x) / (alpha + history.T)) * month * horizonMonths;
  let [purchases, discounted, before, worth] = [0, 0, 0, 1];
  for (let k = 1; k <= horizonMonths; k += 1) {
    worth /= 1 + discountMonthly;
    purchases = purchasesIfActive(transactions, history, k * month);
    discounted += (purchases - before) * worth;
    before = purchases;
  }
  const parts: LifetimeValueParts = {
    spend: expectedSpend(spend, history.spend).value,
    keptAfterReturns: 1 - returnRate,
    alive: activeShare(transactions, history),
    purchasesAtPace,
    staying: purchases / purchasesAtPace,
    discount: purchases > 0 ? discounted / purchases : 1,
  };
  return { value: productOf(parts), parts };
}

/** The value that parts make. */
export function productOf({ spend, keptAfterReturns, alive, purchasesAtPace, staying, discount }: LifetimeValueParts): number {
  return spend * keptAfterReturns * alive * purchasesAtPace * staying * discount;
}

/** One factor of an explanation. */
export interface ExplainedPart {
  readonly name: keyof LifetimeValueParts;
  readonly factor: number;
  readonly unit: 'money' | 'share' | 'purchases';
  /** One sentence for people. */
  readonly words: string;
  /** Where the factor is a mixture: the weight of the customer's own evidence, the rest being the population. */
  readonly ownWeight?: number;
}

export interface Explanation {
  readonly value: number;
  /** Their product, in order, is `value`. */
  readonly parts: readonly ExplainedPart[];
  readonly pace: Pace;
  readonly spend: ExpectedSpend;
  readonly words: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0.0995 || share === 0 ? 0 : 1)} %`;

/** The lifetime value with a sentence for each factor. The product of the factors is the value shown. */
export function explain(question: LifetimeValueQuestion): Explanation {
  const { transactions, spend: spendModel, history, horizonMonths, discountMonthly } = question;
  const { value, parts } = lifetimeValue(question);
  const pace = paceOf(transactions, history);
  const spend = expectedSpend(spendModel, history.spend);
  const days = horizonMonths * (question.monthDays ?? MONTH_DAYS);
  const own = percent(pace.ownWeight);
  const explained: ExplainedPart[] = [
    {
      name: 'spend',
      factor: parts.spend,
      unit: 'money',
      ownWeight: spend.ownWeight,
      words:
        spend.ownMean === null
          ? `No repeat purchase yet: the population's mean of ${spend.populationMean.toFixed(2)} a purchase.`
          : `${percent(spend.ownWeight)} the customer's own mean of ${spend.ownMean.toFixed(2)}, the rest the population's ${spend.populationMean.toFixed(2)}.`,
    },
    {
      name: 'keptAfterReturns',
      factor: parts.keptAfterReturns,
      unit: 'share',
      words: `${percent(1 - parts.keptAfterReturns)} of the spend is expected back as returns.`,
    },
    {
      name: 'alive',
      factor: parts.alive,
      unit: 'share',
      words:
        transactions.kind === 'nbd'
          ? 'Dropout is not identified in these data: nobody is counted as lost, and silence only lowers the pace.'
          : `${percent(parts.alive)} probability that the customer has not left already.`,
    },
    {
      name: 'purchasesAtPace',
      factor: parts.purchasesAtPace,
      unit: 'purchases',
      ownWeight: pace.ownWeight,
      words: `${parts.purchasesAtPace.toFixed(2)} purchases in ${Math.round(days)} days at a pace that is ${own} the customer's own${
        pace.ownPerDay === null ? '' : ` (${(pace.ownPerDay * days).toFixed(2)})`
      }, the rest the population's (${(pace.populationPerDay * days).toFixed(2)}).`,
    },
    {
      name: 'staying',
      factor: parts.staying,
      unit: 'share',
      words:
        transactions.kind === 'nbd'
          ? 'Nothing is taken off for leaving within the horizon.'
          : `${percent(parts.staying)} of them are left, as customers leave within the horizon.`,
    },
    {
      name: 'discount',
      factor: parts.discount,
      unit: 'share',
      words: `Money later is worth less: ${percent(discountMonthly)} a month leaves ${percent(parts.discount)}.`,
    },
  ];
  const words = `${value.toFixed(2)} within ${horizonMonths} months = ${explained.map((p) => (p.unit === 'share' ? p.factor.toFixed(3) : p.factor.toFixed(2))).join(' × ')}`;
  return { value, parts: explained, pace, spend, words };
}
