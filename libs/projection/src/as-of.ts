import { comparePositions, type Fact, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import { decodeFor } from './decoded';
import type { AnyProjection, Day } from './definition';
import { dayIn, type Days, foldCustomer } from './fold';
import type { IdentityReader } from './identity/identity-reader';
import { readDays } from './pages';
import { quoted } from './schema';

/** Upper bounds; what is left out does not bound. Several of position and knownBy: the lower one. */
export type AsOf = {
  /** Happened by then, ISO 8601. */
  readonly occurredBy?: string | null | undefined;
  /** Recorded by then, ISO 8601: the last position recorded by then. */
  readonly knownBy?: string | null | undefined;
  readonly position?: Position | null | undefined;
};

/** A moment that stays what it is: both clocks, knowledge as a position. */
export type Moment = { readonly position: Position; readonly occurredBy: string | null };

/** What was understood of a customer at a moment: a fold of her facts bounded by it, identity as of its position. */
export type StateAsOf<S = unknown> = {
  /** Whose customer the subject was then. */
  readonly customer: string;
  readonly subjects: readonly string[];
  /** Null when no fact of hers is within the bounds. */
  readonly state: S | null;
  /** The facts that were folded, in the order of their positions. */
  readonly facts: readonly Fact[];
  /** The last day closed by then. */
  readonly lastDay: Day | null;
  readonly moment: Moment;
  /** The definition that was folded. */
  readonly version: number;
};

export type AsOfSources = {
  readonly pool: Pool;
  readonly schema: string;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly registry: FactRegistry;
};

/** The moment that bounds name. A bound beyond what identity has resolved is cut to that: nothing is understood beyond it. */
export async function momentOf(
  { journal, identity }: Pick<AsOfSources, 'journal' | 'identity'>,
  { occurredBy, knownBy, position }: AsOf,
): Promise<Moment> {
  const [resolved, known] = await Promise.all([identity.position(), knownBy == null ? undefined : journal.positionAt(knownBy)]);
  const bounds = [resolved, known, position].flatMap((bound) => bound ?? []);
  const lowest = bounds.reduce((a, b) => (comparePositions(a, b) <= 0 ? a : b));
  return { position: lowest, occurredBy: occurredBy == null ? null : new Date(occurredBy).toISOString() };
}

/** Days as they were closed by a moment: one that ended after `occurredBy` had not ended. */
export async function daysAsOf({ pool, schema }: Pick<AsOfSources, 'pool' | 'schema'>, { position, occurredBy }: Moment): Promise<Days> {
  const days = await readDays(pool, schema, position);
  if (occurredBy === null || days.lastClosed === undefined) return days;
  const { rows } = await pool.query<{ day: Day | null }>(
    `select max(day) as day from ${quoted(schema)}.closed_days where pos <= $1 and day < $2`,
    [position, dayIn(days.timeZone)(occurredBy)],
  );
  return { ...days, lastClosed: rows[0]?.day ?? undefined };
}

/** Of every subject asked for, what each projection understood of its customer, by the projection's name. */
export type StatesAsOf = ReadonlyMap<string, ReadonlyMap<string, StateAsOf>>;

/**
 * Folds customers as of a moment: a bounded read of the journal, whoever they are made of by then. Facts are read once, however many
 * customers and projections. Refuses nothing: no facts, no state.
 */
export async function statesAsOf(
  sources: AsOfSources,
  definitions: readonly AnyProjection[],
  asked: readonly string[],
  moment: Moment,
): Promise<StatesAsOf> {
  const { identity, journal, registry } = sources;
  const [owners, days] = await Promise.all([identity.customersOf(asked, moment.position), daysAsOf(sources, moment)]);
  const members = await identity.subjectsOf([...new Set(owners.values())], moment.position);
  const facts = await journal.bySubjects({
    subjects: [...new Set([...members.values()].flat())],
    types: [...new Set(definitions.flatMap(({ types }) => types))],
    upTo: moment.position,
    ...(moment.occurredBy === null ? {} : { occurredBy: moment.occurredBy }),
  });
  const bySubject = new Map<string, Fact[]>();
  for (const fact of decodeFor(registry, facts).facts) {
    const own = bySubject.get(fact.subject ?? '');
    if (own) own.push(fact);
    else bySubject.set(fact.subject ?? '', [fact]);
  }
  return new Map(
    asked.map((subject) => {
      const customer = owners.get(subject) ?? subject;
      const subjects = members.get(customer) ?? [];
      const hers = subjects.flatMap((each) => bySubject.get(each) ?? []).sort((a, b) => comparePositions(a.position, b.position));
      const states = definitions.map((definition): [string, StateAsOf] => {
        const types = new Set(definition.types);
        const own = hers.filter(({ type }) => types.has(type));
        const state = foldCustomer(definition, own, days)?.state ?? null;
        return [
          definition.name,
          { customer, subjects, state, facts: own, lastDay: days.lastClosed ?? null, moment, version: definition.version },
        ];
      });
      return [subject, new Map(states)];
    }),
  );
}
