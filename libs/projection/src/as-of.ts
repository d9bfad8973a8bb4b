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
  /** The facts that were folded, in fold order. */
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

/** Folds one customer as of a moment: a bounded read of the journal, whoever she is made of by then. Refuses nothing: no facts, no state. */
export async function stateAsOf(sources: AsOfSources, definition: AnyProjection, subject: string, moment: Moment): Promise<StateAsOf> {
  const { identity, journal, registry } = sources;
  const [{ customer, subjects }, days] = await Promise.all([identity.membersOf(subject, moment.position), daysAsOf(sources, moment)]);
  const facts = await journal.bySubjects({
    subjects,
    types: definition.types,
    upTo: moment.position,
    ...(moment.occurredBy === null ? {} : { occurredBy: moment.occurredBy }),
  });
  const folded = foldCustomer(definition, decodeFor(registry, facts).facts, days);
  return { customer, subjects, state: folded?.state ?? null, facts, lastDay: days.lastClosed ?? null, moment, version: definition.version };
}
