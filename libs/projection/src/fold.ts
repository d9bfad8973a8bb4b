import { compareForFold, type Fact } from '@tsunagari/contracts';
import type { AnyProjection, Day, ProjectionDefinition } from './definition';

/** How far time has come: the last day closed as of a position, and the zone in which days begin. */
export type Days = { readonly lastClosed: Day | undefined; readonly timeZone: string };

/** Where a customer's fold stands: the last fact in (occurred, id) order, the last tick that ran, the next one due. */
export type FoldedTo = {
  readonly occurred: string;
  readonly id: string;
  readonly lastTick: Day | undefined;
  readonly nextDue: Day | undefined;
};

/** A customer's state and where its fold stands. */
export type Folded<S> = FoldedTo & { readonly state: S };

/** What a fold needs of a definition. */
export type Fold<S> = Pick<ProjectionDefinition<S>, 'name' | 'initial' | 'evolve' | 'nextDue' | 'tick' | 'ticks' | 'commutative'>;
type AnyFold = Pick<AnyProjection, 'name' | 'initial' | 'evolve' | 'nextDue' | 'tick' | 'ticks' | 'commutative'>;

/**
 * A customer's state: the fold of her facts sorted by (occurred, id), each id once, merged with the ticks that were due.
 *
 * A fact belongs to the day of its `occurred` in `days.timeZone`. A tick due on day D comes after all facts of D and of earlier
 * days, and before the facts of later days. It runs when D is closed (D ≤ `lastClosed`) or when a fact of a later day follows: that
 * fact proves that D is over. So the state depends on the set of facts and the last day closed, and on no order of arrival.
 *
 * Bounded facts give an as-of answer; the runner folds with this function too. Undefined when there are no facts.
 */
export function foldCustomer<S>(fold: Fold<S>, facts: readonly Fact[], days: Days): Folded<S> | undefined;
export function foldCustomer(fold: AnyFold, facts: readonly Fact[], days: Days): Folded<unknown> | undefined;
export function foldCustomer(fold: AnyFold, facts: readonly Fact[], days: Days): Folded<unknown> | undefined {
  return foldOn(fold, undefined, inFoldOrder(facts), days);
}

/** Sorted by (occurred, id), each id once. */
export function inFoldOrder(facts: readonly Fact[]): readonly Fact[] {
  // Mostly it is one, or they came as they happened.
  if (facts.length < 2 || facts.every((fact, index) => index === 0 || compareForFold(facts[index - 1] ?? fact, fact) < 0)) return facts;
  const sorted = facts.toSorted(compareForFold);
  return sorted.filter((fact, index) => fact.id !== sorted[index - 1]?.id);
}

/** Whether these facts (in fold order) can be folded on: none belongs before what was folded, facts or ticks. */
export function comesAfter(fold: AnyFold, was: FoldedTo, facts: readonly Fact[], days: Days): boolean {
  const [first] = facts;
  if (!first) return true;
  if (fold.commutative && !fold.tick) return true;
  if (compareForFold(first, was) <= 0) return false;
  return was.lastTick === undefined || dayIn(days.timeZone)(first.occurred) > was.lastTick;
}

/** Folds on from a state. The facts are in fold order and {@link comesAfter} it. Without facts only the ticks that are due run. */
export function foldOn(fold: AnyFold, was: Folded<unknown> | undefined, facts: readonly Fact[], days: Days): Folded<unknown> | undefined {
  let state = was ? was.state : fold.initial;
  let lastTick = was?.lastTick;
  let last: Pick<Fact, 'occurred' | 'id'> | undefined = was;

  let due = was ? was.nextDue : fold.nextDue?.(state);
  const latest = fold.ticks === 'latest';
  const tickUpTo = (over: Day): void => {
    while (due !== undefined && fold.tick && due <= over) {
      const on = latest ? over : due;
      state = fold.tick(state, on);
      lastTick = on;
      const next = fold.nextDue?.(state);
      if (next !== undefined && next <= on)
        throw new Error(`${fold.name}: after the tick of ${on} the next one is due on ${next}, which is not later`);
      due = next;
    }
  };

  const dayOf = fold.tick ? dayIn(days.timeZone) : undefined;
  for (const fact of facts) {
    if (dayOf && last && due !== undefined) {
      const day = dayOf(fact.occurred);
      // Of the latest ticks, one before a fact of a closed day would be overtaken by the one at the end.
      if (due < day && !(latest && days.lastClosed !== undefined && day <= days.lastClosed)) tickUpTo(dayBefore(day));
    }
    state = fold.evolve(state, fact);
    due = fold.nextDue?.(state);
    if (!last || compareForFold(fact, last) > 0) last = fact;
  }
  if (!last) return undefined;
  if (days.lastClosed !== undefined) tickUpTo(days.lastClosed);
  return { state, occurred: last.occurred, id: last.id, lastTick, nextDue: due };
}

function dayBefore(day: Day): Day {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) - 86_400_000).toISOString().slice(0, 10);
}

const zones = new Map<string, (moment: string) => Day>();

/** The day of a moment (ISO 8601 UTC) in a time zone, daylight saving as the zone has it. Throws a RangeError for an unknown zone. */
export function dayIn(timeZone: string): (moment: string) => Day {
  const known = zones.get(timeZone);
  if (known) return known;
  const day = timeZone === 'UTC' ? (moment: string): Day => moment.slice(0, 10) : dayByFormat(timeZone);
  zones.set(timeZone, day);
  return day;
}

function dayByFormat(timeZone: string): (moment: string) => Day {
  const format = new Intl.DateTimeFormat('en-CA-u-ca-gregory', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  // No zone's offset changes within a quarter of an hour, so what was formatted once serves all moments of it.
  const byQuarter = new Map<string, Day>();
  return (moment) => {
    const quarter = `${moment.slice(0, 14)}${Math.floor(Number(moment.slice(14, 16)) / 15)}`;
    let day = byQuarter.get(quarter);
    if (day === undefined) {
      const parts = Object.fromEntries(format.formatToParts(Date.parse(moment)).map(({ type, value }) => [type, value]));
      day = `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}`;
      if (byQuarter.size > 50_000) byQuarter.clear();
      byQuarter.set(quarter, day);
    }
    return day;
  };
}
