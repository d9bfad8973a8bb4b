import type { Pool } from 'pg';
import { type DayNumber, dayNumberOf } from '../calendar';
import { PURCHASES } from '../purchases/purchases.query';
import { type RetentionGrid, retentionGrid, type RetentionQuestion, type RetentionUnit, spansOf } from '@tsunagari/metrics';

const MONTH = (day: string): string =>
  `(extract(year from date '1970-01-01' + ${day}) * 12 + extract(month from date '1970-01-01' + ${day}) - 1)::int`;

const COHORT: Readonly<Record<RetentionUnit, string>> = {
  DAY: 'first_day',
  WEEK: 'floor((first_day + 3) / 7.0)::int',
  MONTH: MONTH('first_day'),
  MONTH_30: MONTH('first_day'),
};

const OFFSET: Readonly<Record<RetentionUnit, string>> = {
  DAY: 'day - first_day',
  WEEK: '(day - first_day) / 7',
  MONTH: `${MONTH('day')} - ${MONTH('first_day')}`,
  MONTH_30: '(day - first_day) / 30',
};

/**
 * Cohorts of first purchase and who came back, over known customers (a buyer known by one invoice only cannot come back), as of the
 * close of a day (`yyyy-mm-dd`). One query over the rows of `purchases`, by default the live ones; days are those of the deployment's zone.
 */
export async function retention(pool: Pool, question: RetentionQuestion, asOfDay: string, purchases = PURCHASES): Promise<RetentionGrid> {
  const asOf: DayNumber = dayNumberOf(asOfDay);
  const spans = spansOf(question);
  const members = `select key, first_day, state from ${purchases} where kind <> 'unidentified' and first_day <= $1`;
  const [sizes, returns] = await Promise.all([
    pool.query<{ cohort: number; size: number }>(
      `select ${COHORT[question.unit]} as cohort, count(*)::int as size from (${members}) members group by 1`,
      [asOf],
    ),
    pool.query<{ cohort: number; column: number; returned: number }>(
      `with purchases as (
         select members.key, first_day, (entry->>0)::int as day
         from (${members}) members,
           lateral jsonb_each((state->'byCurrency')::jsonb) currencies,
           lateral jsonb_array_elements(currencies.value->'saleDays') entry
       ), units as (
         select distinct key, ${COHORT[question.unit]} as cohort, ${OFFSET[question.unit]} as unit from purchases where day > first_day and day <= $1
       )
       select cohort, (spans.number - 1)::int as column, count(distinct key)::int as returned
       from units join unnest($2::int[], $3::int[]) with ordinality spans (low, high, number) on unit between spans.low and spans.high
       group by 1, 2`,
      [asOf, spans.map(({ from }) => from), spans.map(({ to }) => to ?? 2_147_483_647)],
    ),
  ]);
  const returned = new Map<number, Map<number, number>>();
  for (const row of returns.rows) {
    const columns = returned.get(row.cohort) ?? new Map<number, number>();
    returned.set(row.cohort, columns.set(row.column, row.returned));
  }
  return retentionGrid(question, { sizes: new Map(sizes.rows.map(({ cohort, size }) => [cohort, size])), returned }, asOf);
}
