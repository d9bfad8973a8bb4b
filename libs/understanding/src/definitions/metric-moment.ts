import { comparePositions, type DayClosed } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { AsOf, LabelledBase, Moment, ProjectionRunner } from '@tsunagari/projection';
import { type DayNumber, dayNumberOf } from '../calendar';
import { CALENDAR_STREAM } from '../days/close-days';
import { type Unanswered, unanswered } from '../days/unanswered';
import { READ_MODELS, type ReadModelName, type Tables } from '../read-models';
import { type Freshness, freshnessAt } from '../understanding.loaders';
import type { Reads } from './metric-kinds';
import type { FactBound } from './metrics-of-facts.query';

/** As of what a metric is asked for. Facts can be read as of any moment, read models as of the moments that somebody has named. */
export type MetricMoment = Moment & {
  readonly lastDay: DayNumber | null;
  /** The name that generations were built under; null of a moment that nobody named. */
  readonly label: string | null;
  readonly bases: ReadonlyMap<ReadModelName, LabelledBase>;
};

type Ports = { readonly store: Pick<EventStore, 'readStream'>; readonly projections: Pick<ProjectionRunner, 'momentOf' | 'labelled'> };

/** The moment that bounds or a label name; null for the present. */
export async function metricMoment(
  { store, projections }: Ports,
  asOf: AsOf | null,
  label: string | null,
): Promise<MetricMoment | null | Unanswered> {
  if (asOf !== null && label !== null)
    return unanswered('BAD_USER_INPUT', 'One moment is asked for.', { field: 'asOfLabel', rule: 'asOf or asOfLabel, not both' });
  if (asOf !== null) return momentAsOf({ store, projections }, asOf);
  return label === null ? null : momentOfLabel(projections, label);
}

/**
 * The moment of which generations were built under a label: that of those in `reads`, where there are any. A label whose generations are of several
 * moments is told by {@link tablesAsOf}.
 */
export async function momentOfLabel(
  projections: Pick<ProjectionRunner, 'labelled'>,
  label: string,
  reads: readonly ReadModelName[] = READ_MODELS,
): Promise<MetricMoment | Unanswered> {
  const found = await Promise.all(READ_MODELS.map(async (name) => [name, await projections.labelled(name, label)] as const));
  const bases = new Map(found.flatMap(([name, base]) => (base === null ? [] : [[name, base] as const])));
  const first = reads.map((name) => bases.get(name)).find((base) => base !== undefined) ?? [...bases.values()][0];
  if (first === undefined)
    return unanswered('NOT_FOUND', `No generation is called ${label}.`, {
      field: 'asOfLabel',
      rule: 'the label of generations that were built as of a moment',
      remedy: 'Build them: startRebuild(input: { projection, asOf: { label, position } }).',
    });
  const { position, lastDay } = first;
  return { position, occurredBy: null, lastDay: lastDay === null ? null : dayNumberOf(lastDay), label, bases };
}

/** The moment that bounds name, with the last day that was closed by then. */
export async function momentAsOf(
  { store, projections }: { readonly store: Ports['store']; readonly projections: Pick<ProjectionRunner, 'momentOf'> },
  asOf: AsOf,
): Promise<MetricMoment> {
  const moment = await projections.momentOf(asOf);
  return { ...moment, lastDay: await lastDayBy(store, moment), label: null, bases: new Map() };
}

/** Which facts count as of a moment; all for the present. */
export function boundOf(moment: Moment | null): FactBound {
  return moment === null ? {} : { upTo: moment.position, occurredBy: moment.occurredBy };
}

/** The last day that was closed by a moment: one that ended after `occurredBy` had not ended. */
async function lastDayBy(store: Pick<EventStore, 'readStream'>, { position, occurredBy }: Moment): Promise<DayNumber | null> {
  const stream = await store.readStream(CALENDAR_STREAM);
  const days = stream.kind === 'open' ? stream.facts : [];
  const last = days.findLast((day) => comparePositions(day.position, position) <= 0 && (occurredBy === null || day.occurred <= occurredBy));
  return last === undefined ? null : dayNumberOf((last.data as DayClosed).date);
}

/** The rows that a metric stands on, as of the moment. What was built of none or of another moment is refused, and what to do is said. */
export function tablesAsOf(reads: readonly ReadModelName[], { label, bases, position }: MetricMoment): Tables | Unanswered {
  if (label === null)
    return unanswered('AS_OF_UNSUPPORTED', `It stands on read models (${reads.join(', ')}), which are known as of named moments only.`, {
      field: 'asOf',
      rule: 'any moment for metrics that are read from the log; a label for those that stand on read models',
      remedy: 'Build a generation of each under one label, and ask with asOfLabel.',
    });
  const tables: Partial<Record<ReadModelName, string>> = {};
  for (const name of reads) {
    const base = bases.get(name);
    const lacks =
      base === undefined
        ? 'none is called so'
        : base.position !== position
          ? 'it is of another moment'
          : base.isReady
            ? null
            : 'it is not built yet';
    if (base === undefined || lacks !== null)
      return unanswered('AS_OF_UNSUPPORTED', `Of ${name} there is no generation ${label} of this moment: ${lacks ?? ''}.`, {
        field: 'asOfLabel',
        rule: `a generation of each of ${reads.join(', ')}, built under this label as of one position`,
        remedy:
          base === undefined
            ? `Build it: startRebuild(input: { projection: "${name}", asOf: { label: "${label}", position: "${position}" } }).`
            : base.isReady
              ? 'Build all of them under another label, as of one position.'
              : `Follow it: projectionProgress(projection: "${name}").`,
      });
    tables[name] = base.table;
  }
  // Whatever it does not read is not there to be read: a name that no table has.
  const none = Object.fromEntries(READ_MODELS.map((name) => [name, `understanding."no ${name} as of ${label}"`])) as Tables;
  return { ...none, ...tables };
}

/** Why what is read from the log cannot be asked for by this label: it names several moments. Undefined where it can. */
export function ambiguous({ label, bases, position }: MetricMoment): Unanswered | undefined {
  if (label === null || [...bases.values()].every((base) => base.position === position)) return undefined;
  return unanswered('AS_OF_UNSUPPORTED', `The generations called ${label} are of several moments.`, {
    field: 'asOfLabel',
    rule: 'a label whose generations are all of one position',
    remedy: 'Ask with asOf: { position }.',
  });
}

/** How fresh an answer as of a moment is: it is what it is. */
export function freshnessAsOf(reads: Reads, { position, bases }: MetricMoment): Freshness {
  const [projection] = reads;
  const version = projection === 'journal' ? 1 : (bases.get(projection)?.version ?? 1);
  return freshnessAt(projection, { position, version });
}
