import { calendarOf, type DayNumber, monthNumberOf } from '../calendar';
import { type CohortCounts, cohortOf, type RetentionGrid, retentionGrid, type RetentionQuestion, spansOf } from './retention-grid';

/** The events of one resolved customer: moments, ISO 8601 UTC, in any order. Start and return event may be the same kind. */
export type CustomerEvents = { readonly starts: readonly string[]; readonly returns: readonly string[] };

export type Counting = {
  /** The zone of calendar days; daylight saving is that of the zone. By default UTC. */
  readonly timeZone?: string;
  /** How many return events a span needs for a return. By default 1. */
  readonly threshold?: number;
  /** `first`: a customer belongs to the cohort of her first start. `recurring`: to one cohort for each start bucket. */
  readonly cohort?: 'first' | 'recurring';
  /** Calendar days of the zone, or `rolling` 24 h from the moment of the start. */
  readonly basis?: 'calendar' | 'rolling';
};

const UNIT_DAYS = { DAY: 1, WEEK: 7, MONTH_30: 30 } as const;
const A_DAY = 86_400_000;

/**
 * Counts cohorts and returns from events, up to the close of a day. What falls into the start unit is no return; events after `asOf`
 * do not exist yet. Throws a RangeError for rolling calendar months.
 */
export function cohortCounts(
  question: RetentionQuestion,
  customers: Iterable<CustomerEvents>,
  asOf: DayNumber,
  counting: Counting = {},
): CohortCounts {
  const { timeZone = 'UTC', threshold = 1, cohort = 'first', basis = 'calendar' } = counting;
  if (basis === 'rolling' && question.unit === 'MONTH') throw new RangeError('a rolling month is MONTH_30');
  const dayAt = calendarOf(timeZone);
  const spans = spansOf(question);
  const sizes = new Map<number, number>();
  const returned = new Map<number, Map<number, number>>();
  for (const { starts, returns } of customers) {
    const known = starts.filter((moment) => dayAt(moment) <= asOf).sort();
    const back = returns.filter((moment) => dayAt(moment) <= asOf);
    const seen = new Set<number>();
    for (const start of cohort === 'first' ? known.slice(0, 1) : known) {
      const own = cohortOf(question.unit, dayAt(start));
      if (seen.has(own)) continue;
      seen.add(own);
      sizes.set(own, (sizes.get(own) ?? 0) + 1);
      const units = back.filter((moment) => moment > start).map((moment) => unitOf(question, start, moment, dayAt, basis));
      for (const [column, { from, to }] of spans.entries()) {
        if (units.filter((unit) => unit >= from && (to === null || unit <= to)).length < threshold) continue;
        const columns = returned.get(own) ?? new Map<number, number>();
        returned.set(own, columns.set(column, (columns.get(column) ?? 0) + 1));
      }
    }
  }
  return { sizes, returned };
}

/** In which unit after the start a moment falls; 0 = the start unit. */
function unitOf(
  { unit }: RetentionQuestion,
  start: string,
  moment: string,
  dayAt: (moment: string) => DayNumber,
  basis: 'calendar' | 'rolling',
): number {
  if (unit === 'MONTH') return monthNumberOf(dayAt(moment)) - monthNumberOf(dayAt(start));
  const days = basis === 'rolling' ? (Date.parse(moment) - Date.parse(start)) / A_DAY : dayAt(moment) - dayAt(start);
  return Math.floor(days / UNIT_DAYS[unit]);
}

/**
 * The grid broken down by the segment that a customer was in on the day of her start (never that of today, which looks back with
 * knowledge of the outcome). A customer in no segment is under null.
 */
export function retentionBySegment(
  question: RetentionQuestion,
  customers: Iterable<CustomerEvents & { readonly segmentOn: (moment: string) => string | null }>,
  asOf: DayNumber,
  counting: Omit<Counting, 'cohort'> = {},
): ReadonlyMap<string | null, RetentionGrid> {
  const groups = new Map<string | null, CustomerEvents[]>();
  for (const customer of customers) {
    const [first] = [...customer.starts].sort();
    if (first === undefined) continue;
    const segment = customer.segmentOn(first);
    const group = groups.get(segment);
    if (group) group.push(customer);
    else groups.set(segment, [customer]);
  }
  return new Map(
    [...groups].map(([segment, members]) => [segment, retentionGrid(question, cohortCounts(question, members, asOf, counting), asOf)]),
  );
}
