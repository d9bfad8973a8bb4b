import type { MetricDefined } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { type Asked, type Metric, type MetricId, startOfDay, withoutUnfinished } from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { attributesOf } from '../attributes/attributes';
import { everyUnderstood } from '../attributes/understood.query';
import { type DayNumber, dayOf, firstDayOfMonth, monthNumberOf } from '../calendar';
import { costBoard } from '../costs/cost-board.query';
import { COST_METRICS } from '../costs/costs';
import { NO_DAY } from '../days/closed-day';
import { type AskedPeriod, daysOfPeriod, type PeriodDays } from '../days/period-days';
import { isUnanswered, type Unanswered, unanswered } from '../days/unanswered';
import { answered } from '../experience/answered';
import { satisfactionBoard } from '../experience/satisfaction-board.query';
import { contractCurrency, revenueBoard } from '../holdings/revenue-board.query';
import { revenueMetrics } from '../holdings/revenue-metrics';
import { lapses } from '../purchases/lapse-board.query';
import { SILENT_AFTER_DAYS } from '../purchases/purchases.projection';
import { mainCurrency } from '../purchases/purchases.query';
import { connectionBoard } from '../reach/connection-board.query';
import { PROJECTIONS, type ReadModelName, type UnderstandingLoaders } from '../understanding.loaders';
import { metricCount } from './metric-value';
import { factsOfTypes, METRICS_OF_FACTS, ownersOf } from './metrics-of-facts.query';
import { activeUsersOf, historicValueOf, reciprocityOf, simpleValueOf } from './metrics-of-rows.query';

/** Metrics of what contracts bring, over a period. */
const OF_CONTRACTS: readonly string[] = ['mrr', 'nrr', 'grr', 'logo-retention', 'quick-ratio', 'arpa', 'churn', 'ltv-simple'];
const COMPUTED = [
  ...OF_CONTRACTS,
  ...COST_METRICS,
  'nps',
  'csat',
  'ces',
  'active-users',
  'lapse',
  'regained',
  'reciprocity',
  'always-connected',
  'ltv-historic',
  ...Object.keys(METRICS_OF_FACTS),
];

/** Kinds whose answer is more than one number, or another context's. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  retention: 'a grid of cohorts: ask `retention`',
  'achievement-rate': 'of one indicator: ask `kpiBoard`',
  'sustain-rate': 'of one indicator: ask `kpiBoard`',
  'time-to-value': 'of one indicator: ask `kpiBoard`',
  'achievement-lift': 'of one purpose: ask `achievementThroughService`',
  'outcome-to-retention': 'of several days: ask `outcomeToRetention`',
};

/** What of the always connected is shown beside as use. */
const USED_WITHIN_DAYS = 30;

/** What a metric stands on: read models, or the journal itself. */
type Reads = readonly ['journal'] | readonly [ReadModelName, ...ReadModelName[]];

type Made = { readonly metric: Metric; readonly reads: Reads };

export type MetricAnswer = Metric & { readonly reads: Reads; readonly asOfDay: string };

/** What is known when a metric is asked for. */
export type MetricsKnown = Pick<UnderstandingLoaders, 'definitions' | 'lastDay' | 'model'>;

/**
 * Answers defined metrics: of kind share or mean as of the last closed day, of a kind that the platform computes over a period (by default the
 * last month that is over). Null for one that nobody defined.
 */
export function metricAnswers({
  pool,
  log,
  identity,
  timeZone = 'UTC',
}: {
  readonly pool: Pool;
  readonly log: Pick<EventLog, 'read'>;
  readonly identity: Pick<IdentityReader, 'customersOf'>;
  readonly timeZone?: string;
}): (metricId: string, period: AskedPeriod | null, known: MetricsKnown) => Promise<MetricAnswer | Unanswered | null> {
  async function computed(kind: string, days: PeriodDays, asked: Asked, lastDay: DayNumber): Promise<Made | Unanswered | undefined> {
    const ofFacts = Object.hasOwn(METRICS_OF_FACTS, kind) ? METRICS_OF_FACTS[kind as MetricId] : undefined;
    if (ofFacts !== undefined) {
      // What began in the period is followed as far as anything is known.
      const known = startOfDay(lastDay + 1, timeZone);
      const facts = await factsOfTypes(log, ofFacts.types);
      return { metric: ofFacts.measure(facts, { ...days.interval, known }, asked, await ownersOf(identity, facts)), reads: ['journal'] };
    }
    // Of one that is as it stands: it has no period.
    const toDate = { definitionVersion: asked.definitionVersion ?? 1 };
    switch (kind) {
      case 'nps':
      case 'csat':
      case 'ces': {
        const { projection, ...metric } = answered((await satisfactionBoard(pool, days, asked))[kind]);
        return { metric, reads: [projection] };
      }
      case 'active-users':
        return { metric: await activeUsersOf(pool, days, asked), reads: ['experience'] };
      case 'reciprocity':
        return { metric: await reciprocityOf(pool, days, asked), reads: ['experience'] };
      case 'lapse':
      case 'regained': {
        const found = await lapses(pool, { ...days, lapseDays: SILENT_AFTER_DAYS }, asked);
        return { metric: found[kind], reads: ['purchases'] };
      }
      case 'always-connected': {
        const { alwaysConnected } = await connectionBoard({ pool, log }, lastDay, USED_WITHIN_DAYS, toDate);
        return { metric: alwaysConnected, reads: ['reach', ...PROJECTIONS] };
      }
      case 'ltv-historic': {
        const currency = await mainCurrency(pool);
        if (currency === null) return unanswered('NOT_FOUND', 'There is no order yet.', { remedy: 'Record or import orders first.' });
        return { metric: await historicValueOf(pool, currency, toDate), reads: ['purchases'] };
      }
      case 'cac':
      case 'cac-payback':
      case 'cost-ratio':
      case 'ltv-to-cac':
        return { metric: (await costBoard({ pool, log }, days, asked)).metrics[kind], reads: ['holdings'] };
      default:
        return OF_CONTRACTS.includes(kind) ? ofContracts(kind, days, asked) : undefined;
    }
  }

  async function ofContracts(kind: string, days: PeriodDays, asked: Asked): Promise<Made | Unanswered | undefined> {
    const currency = await contractCurrency(pool);
    if (currency === null) return unanswered('NOT_FOUND', 'There is no contract yet.', { remedy: 'Record or import subscriptions first.' });
    const board = await revenueBoard(pool, { ...days, currency });
    if (kind === 'ltv-simple') {
      const { metric } = await simpleValueOf(pool, board, days, currency, asked);
      return { metric, reads: ['holdings'] };
    }
    const metrics: Readonly<Record<string, Metric>> = revenueMetrics(board, days, currency, asked.definitionVersion);
    const metric = metrics[kind];
    return metric === undefined ? undefined : { metric, reads: ['holdings'] };
  }

  /** A metric that the platform computes, over a period. */
  async function builtIn(
    { kind, version, segmentId, partialPeriods }: MetricDefined,
    period: AskedPeriod,
    lastDay: DayNumber,
  ): Promise<MetricAnswer | Unanswered> {
    const days = daysOfPeriod(timeZone, period, lastDay);
    if (isUnanswered(days)) return days;
    const unable = (rule: string) => unanswered('BAD_USER_INPUT', `${kind} cannot be answered here.`, { field: 'metricId', rule });
    if (segmentId !== undefined) return unable('a metric of a segment is of kind share or mean');
    const made = await computed(kind, days, { interval: days.interval, partial: days.partial, definitionVersion: version }, lastDay);
    if (made === undefined) return unable(ELSEWHERE[kind] ?? `one of share, mean, ${COMPUTED.join(', ')}`);
    if (isUnanswered(made)) return made;
    const { metric, reads } = made;
    return { ...(partialPeriods === 'left-out' ? withoutUnfinished(metric) : metric), reads, asOfDay: dayOf(days.to) };
  }

  return async (metricId, period, known) => {
    const book = await known.definitions();
    const definition = Object.hasOwn(book.metrics, metricId) ? book.metrics[metricId] : undefined;
    if (definition === undefined) return null;
    const day = await known.lastDay();
    if (day === null) return NO_DAY;
    const segment = definition.segmentId === undefined ? undefined : book.segments[definition.segmentId];
    const count = metricCount(definition, segment?.rule);
    if (count === undefined) return builtIn(definition, period ?? lastMonth(day), day);
    const model = await known.model();
    for await (const one of everyUnderstood(pool)) count.add(attributesOf(one, model, day));
    return { ...count.result(), reads: PROJECTIONS, asOfDay: dayOf(day) };
  };
}

/** The last calendar month that is over by the end of a day. */
function lastMonth(day: number): { readonly from: string; readonly to: string } {
  const month = monthNumberOf(day + 1) - 1;
  return { from: dayOf(firstDayOfMonth(month)), to: dayOf(firstDayOfMonth(month + 1) - 1) };
}
