import { type AnswersOf, comparePositions, type Position, type understandingPort, type UnderstoodCustomers } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { ProjectionRunner } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { type DayNumber, dayNumberOf } from '../calendar';
import { lastClosedDay } from '../days/close-days';
import { attributesOf } from '../attributes/attributes';
import { understoodOf } from '../attributes/understood.query';
import { customerRules } from '../attributes/vocabulary';
import { definitionBook, liveDefinition } from '../definitions/definition-book';
import { latestModel, LIFETIME_VALUE } from '../lifetime-value/model';

type Row = {
  readonly key: string;
  readonly kind: string | null;
  readonly behaviours: number | null;
  readonly currency: string | null;
  readonly invoices: number | null;
  readonly net_minor: string | null;
  readonly sales_minor: string | null;
  readonly sale_days: number | null;
  readonly first_day: number | null;
  readonly last_day: number | null;
  readonly purchase_probability: number | null;
  readonly expected_purchases: number | null;
  readonly ltv_minor: string | null;
};

/** Columns only: no state is opened, so a page of customers is one scan of three indexes. */
const COLUMNS = `pr.key, pr.kind, pr.behaviours, pu.currency, pu.invoices, pu.net_minor, pu.sales_minor, pu.sale_days, pu.first_day, pu.last_day,
  s.purchase_probability, s.expected_purchases, s.ltv_minor`;
const JOINS = 'left join understanding.purchases pu on pu.key = pr.key left join understanding.customer_scores s on s.key = pr.key';

/** Answers what is understood of customers for decisions about them. `pool` is the read models' database. */
export function understandingAnswers({
  pool,
  store,
  log,
  projections,
  now,
}: {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly log: EventLog;
  readonly projections: Pick<ProjectionRunner, 'status'>;
  /** The deployment's clock, ISO 8601 UTC. */
  readonly now: () => string;
}): AnswersOf<typeof understandingPort> {
  /** How old the first fact is that is not understood yet, by the deployment's own clock. */
  async function lagOf(position: Position, head: Position): Promise<number> {
    if (comparePositions(position, head) >= 0) return 0;
    const { facts } = await log.read({ after: position, limit: 1 });
    const [first] = facts;
    return first === undefined ? 0 : Math.max(0, Date.parse(now()) - Date.parse(first.recorded));
  }

  /** The position is read first: what is answered is at least as new. */
  async function answer(read: () => Promise<readonly Row[]>, keys?: readonly string[]): Promise<UnderstoodCustomers> {
    const [status, lastDay] = await Promise.all([projections.status(), lastClosedDay(store)]);
    const used = status.projections.filter(({ name }) => name === 'purchases' || name === 'profile');
    const asOf = lastDay === null ? null : dayNumberOf(lastDay);
    const position = used.reduce((least, own) => (comparePositions(own.position, least) < 0 ? own.position : least), status.head);
    const [rows, lagMs] = await Promise.all([read(), lagOf(position, status.head)]);
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return {
      customers: (keys ?? rows.map(({ key }) => key)).map((customer) => ({ customer, features: featuresOf(byKey.get(customer), asOf) })),
      version: [...used.map(({ name, version }) => `${name}.${version}`), `lifetime-value.${LIFETIME_VALUE.definition}`].join(' '),
      position,
      lagMs,
    };
  }

  return {
    featuresOf: ({ customers }) =>
      answer(
        async () =>
          (
            await pool.query<Row>({
              name: 'understanding.features-of',
              text: `select ${COLUMNS} from understanding.profile pr ${JOINS} where pr.key = any($1::uuid[])`,
              values: [customers],
            })
          ).rows,
        customers,
      ),
    customersAfter: ({ after, limit }) =>
      answer(
        async () =>
          (
            await pool.query<Row>(
              `select ${COLUMNS} from understanding.profile pr ${JOINS} where $1::uuid is null or pr.key > $1 order by pr.key limit $2`,
              [after, limit],
            )
          ).rows,
      ),
    async inSegment({ segmentId, customers }) {
      const [book, lastDay] = await Promise.all([definitionBook(store), lastClosedDay(store)]);
      const segment = liveDefinition(book, 'segment', segmentId) === undefined ? undefined : book.segments[segmentId];
      if (segment === undefined) return { version: null, members: customers.map(() => false) };
      const compiled = customerRules.rule(segment.rule);
      if (compiled.kind === 'refused') throw new Error(`a defined rule is none any more: ${compiled.fault.message}`);
      // Before the first closed day nothing is known of anybody as of a day.
      if (lastDay === null || customers.length === 0) return { version: segment.version, members: customers.map(() => false) };
      const [known, model] = await Promise.all([understoodOf(pool, customers), latestModel(store)]);
      return {
        version: segment.version,
        members: customers.map((customer) => {
          const understood = known.get(customer);
          return understood !== undefined && compiled.rule.judge(attributesOf(understood, model, dayNumberOf(lastDay))).kind === 'holds';
        }),
      };
    },
  };
}

/** What is not known is left out: a rule that reads it is then undecided. */
function featuresOf(row: Row | undefined, asOf: DayNumber | null): Readonly<Record<string, number | string | boolean>> {
  if (row === undefined) return {};
  const { sale_days: days, first_day: first, last_day: last, sales_minor: sales } = row;
  const known = {
    customer_kind: row.kind,
    behaviours: row.behaviours,
    currency: row.currency,
    orders: row.invoices,
    net_minor: row.currency === null ? null : numberOf(row.net_minor),
    recency_days: last === null || asOf === null ? null : Math.max(0, asOf - last),
    frequency: days,
    monetary_minor: row.currency === null || !days || sales === null ? null : Math.round(Number(sales) / days),
    span_days: first === null || last === null ? null : last - first,
    purchase_probability_90d: row.purchase_probability,
    expected_purchases_365d: row.expected_purchases,
    ltv_12m_minor: numberOf(row.ltv_minor),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])),
  );
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
