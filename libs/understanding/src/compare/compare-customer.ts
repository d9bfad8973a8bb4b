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
import { attributesOf, type Understood } from '../attributes/attributes';
import { holding } from '../attributes/holding';
import type { DayNumber } from '../calendar';
import type { DefinitionBook } from '../definitions/definition-book';
import type { ScoringModel } from '../lifetime-value/model';
import { foldedAsOf, type UnderstoodAsOf } from '../understanding.loaders';
import { differencesOf, type StateChange } from './compare-states';

export type Comparison = {
  readonly changes: readonly (StateChange & { readonly projection: string })[];
  readonly events: readonly Fact[];
  readonly truncated: boolean;
};

export type ComparePorts = {
  readonly projections: Pick<ProjectionRunner, 'statesAsOf'>;
  readonly journal: Journal;
  readonly modelAsOf: (moment: Moment) => Promise<ScoringModel | null>;
  /** Today's: both moments are judged by the same rules. */
  readonly definitions: () => Promise<DefinitionBook>;
};

const GRAPH = [customersMerged, customerSplit, identifierLinked, identifierUnlinked, identifierBlocked].map(({ type }) => type);
const MOST = 500;

/**
 * One customer at two moments: what of her states became another one, what is concluded from them (`attributes`, `stage`, `segments`,
 * `needs`), and the events that count at one of them only. What counts days changes without an event.
 */
export async function compareCustomer(
  { projections, journal, modelAsOf, definitions }: ComparePorts,
  subject: string,
  a: Moment,
  b: Moment,
): Promise<{ readonly a: string; readonly b: string; readonly comparison: Comparison }> {
  const at = async (moment: Moment): Promise<{ readonly known: UnderstoodAsOf; readonly model: ScoringModel | null }> => {
    const [[known], model] = await Promise.all([foldedAsOf(projections, [subject], moment), modelAsOf(moment)]);
    if (!known) throw new Error('a customer was asked for and not folded');
    return { known, model };
  };
  const [then, now, book] = await Promise.all([at(a), at(b), definitions()]);
  const parts = (of: typeof then): Readonly<Record<string, unknown>> => {
    const { customer: _, ...states } = of.known.understood;
    return { ...states, ...concluded(of.known.understood, of.model, of.known.lastDay, book) };
  };
  const [before, after] = [parts(then), parts(now)];
  const changes = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((projection) =>
    differencesOf(before[projection] ?? undefined, after[projection] ?? undefined).map((change) => ({ projection, ...change })),
  );
  const facts = new Map(onlyInOne(factsOf(then.known), factsOf(now.known)).map((fact) => [fact.id, fact]));
  const subjects = [...new Set([...then.known.purchases.subjects, ...now.known.purchases.subjects])];
  const [first, last] = [a.position, b.position].sort(comparePositions);
  for (const fact of await journal.bySubjects({ subjects, types: GRAPH, ...(last === undefined ? {} : { upTo: last }) }))
    if (first !== undefined && comparePositions(fact.position, first) > 0) facts.set(fact.id, fact);
  const events = [...facts.values()].sort(compareForFold);
  return {
    a: then.known.purchases.customer,
    b: now.known.purchases.customer,
    comparison: {
      changes: changes.slice(0, MOST),
      events: events.slice(0, MOST),
      truncated: changes.length > MOST || events.length > MOST,
    },
  };
}

/** What is concluded of her: null before a day is closed. The day itself is no conclusion. */
function concluded(understood: Understood, model: ScoringModel | null, day: DayNumber | null, book: DefinitionBook) {
  if (day === null || understood.profile === null) return {};
  const known = attributesOf(understood, model, day);
  const { as_of: _, ...attributes } = known;
  const held = <D extends { readonly rule: string }>(definitions: Iterable<D>, id: (definition: D) => string) =>
    Object.fromEntries(holding(definitions, known).map(({ definition }) => [id(definition), true]));
  const [stage] = holding(book.lifecycle?.stages ?? [], known);
  return {
    attributes,
    stage: { stageId: stage?.definition.stageId ?? null },
    segments: held(Object.values(book.segments), ({ segmentId }) => segmentId),
    needs: held(
      Object.values(book.needs).filter(({ declined }) => declined === null),
      ({ needId }) => needId,
    ),
  };
}

function factsOf({ states }: UnderstoodAsOf): readonly Fact[] {
  return [...new Map(states.flatMap(({ facts }: StateAsOf) => facts.map((fact) => [fact.id, fact]))).values()];
}

function onlyInOne(one: readonly Fact[], other: readonly Fact[]): readonly Fact[] {
  const [ones, others] = [new Set(one.map(({ id }) => id)), new Set(other.map(({ id }) => id))];
  return [...one.filter(({ id }) => !others.has(id)), ...other.filter(({ id }) => !ones.has(id))];
}
