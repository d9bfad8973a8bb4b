import { type DayNumber, dayOf, firstDayOfMonth, monthNumberOf, monthOf } from '../calendar';

/**
 * When a member of a cohort counts as retained in unit n after the first purchase (definitions: docs, "Retention"):
 * - `ON`: bought in unit n exactly ("N-day").
 * - `ON_OR_AFTER`: in unit n or any later one ("unbounded"): one minus churn; it never rises along a row, and may still rise in time.
 * - `WITHIN`: at least once in units 1 to n; cumulative.
 * - `BRACKET`: within the n-th of the spans given, e.g. 1–7, 8–14, 15–30.
 * A purchase in the start unit itself is not a return.
 */
export type RetentionMethod = 'ON' | 'ON_OR_AFTER' | 'WITHIN' | 'BRACKET';

/** `MONTH` is the calendar month of the deployment's zone, `MONTH_30` thirty days from the first purchase; `WEEK` and `DAY` count from it too. */
export type RetentionUnit = 'DAY' | 'WEEK' | 'MONTH' | 'MONTH_30';

export type RetentionQuestion = {
  readonly method: RetentionMethod;
  readonly unit: RetentionUnit;
  /** How many units after the first are shown, 1 to 60; of `BRACKET` the spans decide. */
  readonly units: number;
  /** Units, both ends inclusive, from 1, ascending, not overlapping; of `BRACKET` only. */
  readonly brackets?: readonly (readonly [from: number, to: number])[];
};

/** Units in which a return counts for one column; `to` null = for ever. */
export type Span = { readonly from: number; readonly to: number | null };

export type RetentionCell = {
  readonly span: Span;
  /** Members who returned; null for a cohort without members. */
  readonly returned: number | null;
  /** returned ÷ size; null without a base, never 0 by division. */
  readonly rate: number | null;
  /** The column's time is not over for every member yet: the number can still rise. Left out of the average. */
  readonly partial: boolean;
};

export type RetentionRow = {
  /** `2010-12`, or the first day of the cohort's day or week. */
  readonly cohort: string;
  readonly size: number;
  /** Columns whose time has begun for somebody. */
  readonly cells: readonly RetentionCell[];
};

export type RetentionGrid = {
  readonly rows: readonly RetentionRow[];
  /** Over complete cells only, weighted by cohort size; null where there is none. */
  readonly average: readonly { readonly span: Span; readonly rate: number | null; readonly cohorts: number }[];
};

export type CohortCounts = {
  /** Members by cohort number. */
  readonly sizes: ReadonlyMap<number, number>;
  /** Members who returned, by cohort number and column (from 0). */
  readonly returned: ReadonlyMap<number, ReadonlyMap<number, number>>;
};

/** The columns of a question. */
export function spansOf({ method, units, brackets = [] }: RetentionQuestion): readonly Span[] {
  if (method === 'BRACKET') return brackets.map(([from, to]) => ({ from, to }));
  return Array.from({ length: units }, (_, i) => {
    const n = i + 1;
    return method === 'ON' ? { from: n, to: n } : method === 'WITHIN' ? { from: 1, to: n } : { from: n, to: null };
  });
}

/** The rule that a question breaks; undefined when it is sound. */
export function ruleBrokenBy({
  method,
  units,
  brackets,
}: RetentionQuestion): { readonly field: string; readonly rule: string } | undefined {
  if (method !== 'BRACKET') {
    if (brackets !== undefined) return { field: 'brackets', rule: 'only with the method BRACKET' };
    return units >= 1 && units <= 60 ? undefined : { field: 'units', rule: 'from 1 to 60' };
  }
  if (brackets === undefined || brackets.length === 0 || brackets.length > 60) return { field: 'brackets', rule: '1 to 60 spans' };
  let last = 0;
  for (const [from, to] of brackets) {
    if (from <= last || to < from || to > 4000)
      return { field: 'brackets', rule: 'spans of units from 1 to 4000, ascending, not overlapping' };
    last = to;
  }
  return undefined;
}

/** The cohort number of a first day: month, week (from Monday 1969-12-29) or day. */
export function cohortOf(unit: RetentionUnit, day: DayNumber): number {
  return unit === 'DAY' ? day : unit === 'WEEK' ? Math.floor((day + 3) / 7) : monthNumberOf(day);
}

/** First and last day on which a member of a cohort made the first purchase. Cohort numbers: month, week (from Monday 1969-12-29) or day. */
export function cohortDays(unit: RetentionUnit, cohort: number): readonly [first: DayNumber, last: DayNumber] {
  if (unit === 'DAY') return [cohort, cohort];
  if (unit === 'WEEK') return [cohort * 7 - 3, cohort * 7 + 3];
  return [firstDayOfMonth(cohort), firstDayOfMonth(cohort + 1) - 1];
}

const UNIT_DAYS = { DAY: 1, WEEK: 7, MONTH_30: 30 } as const;

/** The first day of unit n (0 = the start unit) for a first purchase on a day. */
function unitBegins(unit: RetentionUnit, first: DayNumber, n: number): DayNumber {
  return unit === 'MONTH' ? firstDayOfMonth(monthNumberOf(first) + n) : first + n * UNIT_DAYS[unit];
}

/**
 * The grid as of a day that is over. Rows go from the oldest cohort to the newest without a gap: a period in which nobody bought
 * for the first time has size 0 and no rates.
 */
export function retentionGrid(question: RetentionQuestion, { sizes, returned }: CohortCounts, asOf: DayNumber): RetentionGrid {
  const spans = spansOf(question);
  const cohorts = [...sizes.keys()];
  const rows: RetentionRow[] = [];
  const sums = spans.map((span) => ({ span, base: 0, back: 0, cohorts: 0 }));
  const [oldest, newest] = cohorts.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, -Infinity]);
  for (let cohort = oldest; cohort <= newest; cohort += 1) {
    const size = sizes.get(cohort) ?? 0;
    const [firstDay, lastDay] = cohortDays(question.unit, cohort);
    const cells: RetentionCell[] = [];
    for (const [i, span] of spans.entries()) {
      if (unitBegins(question.unit, firstDay, span.from) > asOf) continue;
      const partial = unitBegins(question.unit, lastDay, (span.to ?? span.from) + 1) - 1 > asOf;
      const back = returned.get(cohort)?.get(i) ?? 0;
      cells.push({ span, returned: size === 0 ? null : back, rate: size === 0 ? null : back / size, partial });
      const sum = sums[i];
      if (sum === undefined || partial || size === 0) continue;
      sum.base += size;
      sum.back += back;
      sum.cohorts += 1;
    }
    rows.push({ cohort: cohortName(question.unit, cohort), size, cells });
  }
  return { rows, average: sums.map(({ span, base, back, cohorts: n }) => ({ span, rate: base === 0 ? null : back / base, cohorts: n })) };
}

function cohortName(unit: RetentionUnit, cohort: number): string {
  return unit === 'DAY' || unit === 'WEEK' ? dayOf(cohortDays(unit, cohort)[0]) : monthOf(cohort);
}
