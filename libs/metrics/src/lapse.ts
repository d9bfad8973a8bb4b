import type { DayNumber } from './calendar';
import { type Asked, type Metric, share } from './metric';

export type LapseQuestion = {
  /** Both days in the period. */
  readonly from: DayNumber;
  readonly to: DayNumber;
  /** Whoever has bought nothing for so many days has lapsed, at the close of the last of them. At least 1. */
  readonly lapseDays: number;
};

export type Lapses = {
  /** Non-contractual churn. */
  readonly lapse: Metric;
  readonly regained: Metric;
  /** As of the close of the period's last day: customers who have bought at all, and those of them who have lapsed. */
  readonly customers: number;
  readonly lapsed: number;
};

/**
 * Customers without a contract, one by one by their days of purchase: who lapsed, and who came back. Both are as of the question's days: a purchase
 * that is heard of later changes them. Whoever first bought in the period can neither lapse nor be regained in it; who lapsed and bought again within
 * it has done both, and counts as lapsed.
 */
export class LapseCount {
  private readonly counts = { active: 0, lapsed: 0, back: 0, gone: 0, regained: 0, customers: 0, atEnd: 0 };

  /** Throws a RangeError for a period or a rule that is none. */
  constructor(private readonly question: LapseQuestion) {
    const { from, to, lapseDays } = question;
    if (!(from <= to && lapseDays >= 1)) throw new RangeError('from is not after to, and a lapse takes at least a day');
  }

  /** The days on which one customer bought, ascending; those after the period are not looked at. */
  add(days: readonly DayNumber[]): void {
    const { counts } = this;
    const { from, to, lapseDays } = this.question;
    const last = days.findLast((day) => day <= to);
    if (last === undefined) return;
    counts.customers += 1;
    if (last + lapseDays <= to) counts.atEnd += 1;
    const before = days.findLast((day) => day < from);
    if (before === undefined) return;
    const within = days.filter((day) => day >= from && day <= to);
    if (before + lapseDays < from) {
      counts.gone += 1;
      if (within.length > 0) counts.regained += 1;
      return;
    }
    counts.active += 1;
    // Who buys on the very day on which she would have lapsed has not.
    const gap = [before, ...within].findIndex((day, n) => day + lapseDays <= to && day + lapseDays < (within[n] ?? Infinity));
    if (gap < 0) return;
    counts.lapsed += 1;
    if (gap < within.length) counts.back += 1;
  }

  result(asked: Asked): Lapses {
    const { active, lapsed, back, gone, regained, customers, atEnd } = this.counts;
    const rule = `no purchase for ${this.question.lapseDays} days`;
    return {
      lapse: share(asked, lapsed, active, {
        class: 'RESULT',
        method: `lapsed in the period (${rule}) ÷ customers who had bought and not lapsed at its start`,
        notes: back > 0 ? [`${back} of them bought again within the period`] : [],
      }),
      regained: share(asked, regained, gone, {
        class: 'RESULT',
        method: `bought in the period ÷ customers who had lapsed at its start (${rule})`,
      }),
      customers,
      lapsed: atEnd,
    };
  }
}
