import { failure } from '@tsunagari/graphql';
import { type RetentionGrid, type RetentionQuestion, ruleBrokenBy } from '@tsunagari/metrics';
import { customerRules } from '../attributes/vocabulary';
import { type DayNumber, dayNumberOf, dayOf } from '../calendar';
import type { RetentionInput } from '../generated/graphql';
import type { NamedBase } from '../purchases/named-base';
import type { SubgraphContext } from '../subgraph.models';
import type { UnderstandingPorts } from '../understanding.loaders';
import { type BreakDown, type RetentionEvent, retentionOfEvents } from './retention-of-events.query';
import { retention } from './retention.query';

type Asked = Partial<RetentionInput>;

function invalid(field: string, rule: string): Error {
  return failure('BAD_USER_INPUT', `This is no retention question: ${rule}.`, { field: `input.${field}`, rule });
}

function questionOf({ method = 'ON', unit = 'MONTH', units = 12, brackets }: Asked): RetentionQuestion {
  const question: RetentionQuestion = {
    method,
    unit,
    units,
    ...(brackets == null ? {} : { brackets: brackets.map(({ from, to }) => [from, to] as const) }),
  };
  const broken = ruleBrokenBy(question);
  if (broken) throw invalid(broken.field, broken.rule);
  return question;
}

function eventOf(field: 'start' | 'return', { start, return: back }: Asked): RetentionEvent {
  const { kind, name } = (field === 'start' ? start : back) ?? { kind: 'PURCHASE' as const };
  if (name != null && kind !== 'USE') throw invalid(`${field}.name`, 'only of USE');
  return { kind, ...(name == null ? {} : { name }) };
}

/**
 * Answers `retention`: purchases by calendar from the read model in one query, every other question from the journal. A named base answers
 * for purchases by calendar only.
 */
export async function retentionAsked(ports: UnderstandingPorts, input: Asked, base: NamedBase | null, { loaders }: SubgraphContext) {
  const { pool, journal, projections, timeZone: ownZone = 'UTC' } = ports;
  const question = questionOf(input);
  const [start, back] = [eventOf('start', input), eventOf('return', input)];
  const { threshold = 1, basis = 'CALENDAR', recurring = false, segments: wanted } = input;
  if (threshold < 1 || threshold > 1000) throw invalid('threshold', 'from 1 to 1000');
  if (basis === 'ROLLING' && question.unit === 'MONTH') throw invalid('unit', 'a rolling month is MONTH_30');
  const timeZone = input.timeZone ?? ownZone;
  if (!isTimeZone(timeZone)) throw invalid('timeZone', 'a time zone of the IANA database');
  if (wanted != null && recurring) throw invalid('segments', "of a customer's first start only, not of recurring ones");
  const isPlain =
    start.kind === 'PURCHASE' && back.kind === 'PURCHASE' && threshold === 1 && basis === 'CALENDAR' && !recurring && timeZone === ownZone;
  const isBrokenDown = wanted != null && wanted.length > 0;
  if (base !== null && (!isPlain || isBrokenDown))
    throw failure('AS_OF_UNSUPPORTED', 'A named base holds purchases only.', {
      field: isBrokenDown ? 'input.segments' : 'input',
      rule: 'as of a moment from purchase to purchase, by calendar in the zone of the deployment, without segments',
    });
  const lastDay = base === null ? await loaders.lastDay() : base.lastDay === null ? null : dayNumberOf(base.lastDay);
  if (lastDay === null)
    throw failure('NOT_FOUND', 'No day is closed yet.', { remedy: 'Close the days first: the platform does so each midnight.' });
  const { breakDown, versions } = await breakDownOf(wanted ?? [], loaders);
  const day = dayOf(lastDay);
  if (isPlain && breakDown.length === 0)
    return { ...(await retention(pool, question, day, base?.table)), bySegment: null, asOfDay: day, base: base?.freshness ?? null };
  const { grid, bySegment } = await retentionOfEvents(
    { pool, journal, identity: projections.identity },
    {
      ...question,
      start,
      back,
      counting: { timeZone, threshold, basis: basis === 'ROLLING' ? 'rolling' : 'calendar', cohort: recurring ? 'recurring' : 'first' },
    },
    breakDown,
    lastDay satisfies DayNumber,
  );
  return {
    ...grid,
    bySegment:
      bySegment === null
        ? null
        : [...bySegment]
            .map(([segmentId, each]) => ({
              segmentId,
              definitionVersion: segmentId === null ? null : (versions.get(segmentId) ?? null),
              ...each,
            }))
            .sort((a, b) => (a.segmentId ?? '\uffff').localeCompare(b.segmentId ?? '\uffff')),
    asOfDay: day,
    base: null,
  };
}

const MOST_SEGMENTS = 10;

async function breakDownOf(wanted: readonly string[], loaders: SubgraphContext['loaders']) {
  if (wanted.length > MOST_SEGMENTS) throw invalid('segments', `at most ${MOST_SEGMENTS}`);
  const { segments } = await loaders.definitions();
  const versions = new Map<string, number>();
  const breakDown: BreakDown = wanted.map((segmentId, n) => {
    const segment = Object.hasOwn(segments, segmentId) ? segments[segmentId] : undefined;
    if (segment === undefined || segment.retired !== null) throw invalid(`segments.${n}`, 'a segment that stands and is not retired');
    const compiled = customerRules.rule(segment.rule);
    if (compiled.kind === 'refused') throw new Error(`a defined rule is none any more: ${compiled.fault.message}`);
    versions.set(segmentId, segment.version);
    return { segmentId, rule: compiled.rule };
  });
  return { breakDown, versions };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Rows as the graph shows them. */
export function shownRows(rows: RetentionGrid['rows']) {
  return rows.map(({ cells, ...row }) => ({
    ...row,
    cells: cells.map(({ span, ...cell }) => ({ ...cell, from: span.from, to: span.to })),
  }));
}

export function shownAverage(average: RetentionGrid['average']) {
  return average.map(({ span, ...mean }) => ({ ...mean, from: span.from, to: span.to }));
}
