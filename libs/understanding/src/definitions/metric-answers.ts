import type { MetricDefined } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import { type Asked, hashMatch, type Metric, type MetricId, qualityShare, startOfDay, withoutUnfinished } from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { attributesOf } from '../attributes/attributes';
import { everyUnderstood } from '../attributes/understood.query';
import { type DayNumber, dayOf, firstDayOfMonth, monthNumberOf } from '../calendar';
import { costBoard } from '../costs/cost-board.query';
import { NO_DAY } from '../days/closed-day';
import { type AskedPeriod, daysOfPeriod, type PeriodDays } from '../days/period-days';
import { isUnanswered, type Unanswered, unanswered } from '../days/unanswered';
import { answered } from '../experience/answered';
import { recommendationShareOf } from '../experience/recommendation-share.query';
import { satisfactionBoard } from '../experience/satisfaction-board.query';
import { contractCurrency, revenueBoard } from '../holdings/revenue-board.query';
import { revenueMetrics } from '../holdings/revenue-metrics';
import { allRebuilds, REBUILD_TYPES, rebuildsWithin } from '../measurement/rebuilds';
import { LATE_AFTER_SECONDS, receivedWithin } from '../measurement/received';
import { lapses } from '../purchases/lapse-board.query';
import { SILENT_AFTER_DAYS } from '../purchases/purchases.state';
import { mainCurrency } from '../purchases/purchases.query';
import { connectionBoard } from '../reach/connection-board.query';
import { LIVE, PROJECTIONS, type Tables } from '../read-models';
import type { UnderstandingLoaders } from '../understanding.loaders';
import { ELSEWHERE, OF_CONTRACTS, type Reads, READS_OF } from './metric-kinds';
import { ambiguous, boundOf, type MetricMoment, tablesAsOf } from './metric-moment';
import { metricCount } from './metric-value';
import { type FactBound, factsOfTypes, METRICS_OF_FACTS, ownersOf } from './metrics-of-facts.query';
import { activeUsersOf, historicValueOf, reciprocityOf, simpleValueOf } from './metrics-of-rows.query';

/** What of the always connected is shown beside as use. */
const USED_WITHIN_DAYS = 30;

export type MetricAnswer = Metric & { readonly reads: Reads; readonly asOfDay: string };

/** What is known when a metric is asked for; as of a moment, what was known then. */
export type MetricsKnown = Pick<UnderstandingLoaders, 'definitions' | 'lastDay' | 'model'>;

/** Where metrics are read from. */
export type MetricPorts = {
  readonly pool: Pool;
  readonly log: Pick<EventLog, 'read' | 'readUnparsed'>;
  readonly journal: Pick<Journal, 'positionAt'>;
  readonly identity: Pick<IdentityReader, 'customersOf'>;
  readonly timeZone?: string;
};

/** One question: what of, over which days, and what it may look at. */
type Question = {
  readonly kind: string;
  readonly days: PeriodDays;
  readonly asked: Asked;
  readonly lastDay: DayNumber;
  readonly tables: Tables;
  readonly bound: FactBound;
};

/**
 * Answers defined metrics: of kind share or mean as of the last closed day, of a kind that the platform computes over a period (by default the
 * last month that is over). Null for one that nobody defined. As of a moment it looks at no fact and no row beyond it: definitions are today's, which the
 * version says; what cannot be read as of that moment is `AS_OF_UNSUPPORTED`, never answered for now.
 */
export function metricAnswers({ pool, log, journal, identity, timeZone = 'UTC' }: MetricPorts) {
  async function ofLog({ kind, days, asked, lastDay, bound }: Question): Promise<Metric | undefined> {
    // What began in the period is followed as far as anything is known.
    const known = startOfDay(lastDay + 1, timeZone);
    const interval = { ...days.interval, known };
    const ofFacts = Object.hasOwn(METRICS_OF_FACTS, kind) ? METRICS_OF_FACTS[kind as MetricId] : undefined;
    if (ofFacts !== undefined) {
      const facts = await factsOfTypes(log, ofFacts.types, bound);
      return ofFacts.measure(facts, interval, asked, await ownersOf(identity, facts, bound.upTo));
    }
    switch (kind) {
      case 'recommendation-share':
        return recommendationShareOf(
          { log, identity },
          { from: interval.from, to: interval.to < known ? interval.to : known },
          asked,
          bound,
        );
      case 'quarantine-rate':
      case 'late-share': {
        const { inputs, quarantined, collected, late } = await receivedWithin({ log, journal }, interval, LATE_AFTER_SECONDS, bound);
        return kind === 'late-share'
          ? qualityShare(asked, 'late', late, collected)
          : qualityShare(asked, 'quarantined', quarantined, inputs);
      }
      case 'hash-match':
        return hashMatch(asked, allRebuilds(rebuildsWithin(await factsOfTypes(log, REBUILD_TYPES, bound), interval)));
      default:
        return undefined;
    }
  }

  async function ofRows(question: Question): Promise<Metric | Unanswered | undefined> {
    const { kind, days, asked, lastDay, tables, bound } = question;
    // Of one that is as it stands: it has no period.
    const toDate = { definitionVersion: asked.definitionVersion ?? 1 };
    switch (kind) {
      case 'nps':
      case 'csat':
      case 'ces': {
        const { projection: _, ...metric } = answered((await satisfactionBoard(pool, days, asked, tables))[kind]);
        return metric;
      }
      case 'active-users':
        return activeUsersOf(pool, days, asked, tables);
      case 'reciprocity':
        return reciprocityOf(pool, days, asked, tables);
      case 'lapse':
      case 'regained':
        return (await lapses(pool, { ...days, lapseDays: SILENT_AFTER_DAYS }, asked, tables.purchases))[kind];
      case 'always-connected':
        return (await connectionBoard({ pool, log }, lastDay, USED_WITHIN_DAYS, toDate, { tables, bound })).alwaysConnected;
      case 'ltv-historic': {
        const currency = await mainCurrency(pool, tables.purchases);
        if (currency === null) return unanswered('NOT_FOUND', 'There is no order yet.', { remedy: 'Record or import orders first.' });
        return historicValueOf(pool, currency, toDate, tables);
      }
      case 'cac':
      case 'cac-payback':
      case 'cost-ratio':
      case 'ltv-to-cac':
        return (await costBoard({ pool, log }, days, asked, { tables, bound })).metrics[kind];
      default:
        return OF_CONTRACTS.includes(kind) ? ofContracts(question) : undefined;
    }
  }

  async function ofContracts({ kind, days, asked, tables }: Question): Promise<Metric | Unanswered | undefined> {
    const currency = await contractCurrency(pool, tables);
    if (currency === null) return unanswered('NOT_FOUND', 'There is no contract yet.', { remedy: 'Record or import subscriptions first.' });
    const board = await revenueBoard(pool, { ...days, currency }, tables);
    if (kind === 'ltv-simple') return (await simpleValueOf(pool, board, days, currency, asked, tables)).metric;
    const metrics: Readonly<Record<string, Metric>> = revenueMetrics(board, days, currency, asked.definitionVersion);
    return metrics[kind];
  }

  /** A metric that the platform computes, over a period. */
  async function builtIn(
    { kind, version, segmentId, partialPeriods }: MetricDefined,
    period: AskedPeriod,
    lastDay: DayNumber,
    moment: MetricMoment | null,
  ): Promise<MetricAnswer | Unanswered> {
    const days = daysOfPeriod(timeZone, period, lastDay);
    if (isUnanswered(days)) return days;
    const unable = (rule: string) => unanswered('BAD_USER_INPUT', `${kind} cannot be answered here.`, { field: 'metricId', rule });
    if (segmentId !== undefined) return unable('a metric of a segment is of kind share or mean');
    const reads = Object.hasOwn(READS_OF, kind) ? READS_OF[kind] : undefined;
    if (reads === undefined) return unable(ELSEWHERE[kind] ?? `one of share, mean, ${Object.keys(READS_OF).join(', ')}`);
    const tables = tablesOf(reads, moment);
    if (isUnanswered(tables)) return tables;
    const asked = { interval: days.interval, partial: days.partial, definitionVersion: version };
    const question = { kind, days, asked, lastDay, tables, bound: boundOf(moment) };
    const metric = reads[0] === 'journal' ? await ofLog(question) : await ofRows(question);
    if (metric === undefined) throw new Error(`${kind} is said to be computed and is not`);
    if (isUnanswered(metric)) return metric;
    return {
      ...(partialPeriods === 'left-out' ? withoutUnfinished(metric) : metric),
      reads,
      asOfDay: dayOf(metric.interval === null ? lastDay : days.to),
    };
  }

  return async (
    metricId: string,
    period: AskedPeriod | null,
    known: MetricsKnown,
    moment: MetricMoment | null = null,
  ): Promise<MetricAnswer | Unanswered | null> => {
    const book = await known.definitions();
    const definition = Object.hasOwn(book.metrics, metricId) ? book.metrics[metricId] : undefined;
    if (definition === undefined) return null;
    const segment = definition.segmentId === undefined ? undefined : book.segments[definition.segmentId];
    const count = metricCount(definition, segment?.rule);
    const tables = count === undefined ? LIVE : tablesOf(PROJECTIONS, moment);
    if (isUnanswered(tables)) return tables;
    const day = await known.lastDay();
    if (day === null) return NO_DAY;
    if (count === undefined) return builtIn(definition, period ?? lastMonth(day), day, moment);
    const model = await known.model();
    for await (const one of everyUnderstood(pool, null, tables)) count.add(attributesOf(one, model, day));
    return { ...count.result(), reads: PROJECTIONS, asOfDay: dayOf(day) };
  };
}

/** The rows that a metric may look at: the live ones, or those of the moment. */
function tablesOf(reads: Reads, moment: MetricMoment | null): Tables | Unanswered {
  if (moment === null) return LIVE;
  return reads[0] === 'journal' ? (ambiguous(moment) ?? LIVE) : tablesAsOf(reads, moment);
}

/** The last calendar month that is over by the end of a day. */
function lastMonth(day: number): { readonly from: string; readonly to: string } {
  const month = monthNumberOf(day + 1) - 1;
  return { from: dayOf(firstDayOfMonth(month)), to: dayOf(firstDayOfMonth(month + 1) - 1) };
}
