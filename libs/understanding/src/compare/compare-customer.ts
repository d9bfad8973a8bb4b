import {
  compareForFold,
  comparePositions,
  customersMerged,
  customerSplit,
  type Fact,
  identifierBlocked,
  identifierLinked,
  identifierUnlinked,
} from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Moment, ProjectionRunner, StateAsOf } from '@tsunagari/projection';
import { differencesOf, type StateChange } from './compare-states';

export type Comparison = {
  readonly changes: readonly (StateChange & { readonly projection: string })[];
  readonly events: readonly Fact[];
  readonly truncated: boolean;
};

const PROJECTIONS = ['purchases', 'profile'] as const;
const GRAPH = [customersMerged, customerSplit, identifierLinked, identifierUnlinked, identifierBlocked].map(({ type }) => type);
const MOST = 500;

/** One customer at two moments: what of her states became another one, and the events that count at one of them only. */
export async function compareCustomer(
  { projections, journal }: { readonly projections: Pick<ProjectionRunner, 'stateAsOf'>; readonly journal: Journal },
  subject: string,
  a: Moment,
  b: Moment,
): Promise<{ readonly a: string; readonly b: string; readonly comparison: Comparison }> {
  const states = await Promise.all(
    PROJECTIONS.map(async (projection) => {
      const [then, now] = await Promise.all([projections.stateAsOf(projection, subject, a), projections.stateAsOf(projection, subject, b)]);
      return { projection, then, now };
    }),
  );
  const changes = states.flatMap(({ projection, then, now }) =>
    differencesOf(then.state ?? undefined, now.state ?? undefined).map((change) => ({ projection, ...change })),
  );
  const facts = new Map<string, Fact>();
  for (const { then, now } of states) for (const fact of onlyInOne(then, now)) facts.set(fact.id, fact);
  const subjects = [...new Set(states.flatMap(({ then, now }) => [...then.subjects, ...now.subjects]))];
  const [first, last] = [a.position, b.position].sort(comparePositions);
  for (const fact of await journal.bySubjects({ subjects, types: GRAPH, ...(last === undefined ? {} : { upTo: last }) }))
    if (first !== undefined && comparePositions(fact.position, first) > 0) facts.set(fact.id, fact);
  const events = [...facts.values()].sort(compareForFold);
  const customer = (which: 'then' | 'now'): string => states[0]?.[which].customer ?? subject;
  return {
    a: customer('then'),
    b: customer('now'),
    comparison: {
      changes: changes.slice(0, MOST),
      events: events.slice(0, MOST),
      truncated: changes.length > MOST || events.length > MOST,
    },
  };
}

function onlyInOne(one: StateAsOf, other: StateAsOf): readonly Fact[] {
  const [ones, others] = [new Set(one.facts.map(({ id }) => id)), new Set(other.facts.map(({ id }) => id))];
  return [...one.facts.filter(({ id }) => !others.has(id)), ...other.facts.filter(({ id }) => !ones.has(id))];
}
