import type { DayNumber } from '../calendar';
import type { Contract } from '../holdings/holdings.projection';

/** What a relationship consists of. `ANY`: as long as a contract runs or the last purchase is younger than the lapse rule. */
export type RelationshipKind = 'CONTRACT' | 'PURCHASE' | 'ANY';

export type RelationshipRule = {
  readonly kind: RelationshipKind;
  /** Days without a purchase after which a customer is lost. */
  readonly lapseDays: number;
  /** The last day that is known. */
  readonly asOf: DayNumber;
};

/** Her first relationship: from the day of its start to the day on which it ended, or to the last known day while it goes on. */
export type Span = { readonly start: DayNumber; readonly end: DayNumber; readonly left: boolean };

/**
 * The first relationship of a customer: a later one, after she was lost, is regained and not counted. She is lost on the day on which the
 * rule says so, `lapseDays` after her last purchase, never on that purchase itself: on any day it is known who is still there, without
 * knowledge of what came later. Undefined before she has one. Pure.
 */
export function firstRelationship(
  { contracts, saleDays }: { readonly contracts: readonly Pick<Contract, 'since' | 'ended'>[]; readonly saleDays: readonly DayNumber[] },
  { kind, lapseDays, asOf }: RelationshipRule,
): Span | undefined {
  const running = contracts.flatMap(({ since, ended }) => (since === null ? [] : [[since, ended ?? Infinity] as const]));
  const buying = saleDays.map((day) => [day, day + lapseDays] as const);
  const [first, ...more] = [...(kind === 'PURCHASE' ? [] : running), ...(kind === 'CONTRACT' ? [] : buying)]
    .filter(([from]) => from <= asOf)
    .sort(([a], [b]) => a - b);
  if (first === undefined) return undefined;
  const [start] = first;
  let end = first[1];
  for (const [from, to] of more) {
    if (from > end) break;
    end = Math.max(end, to);
  }
  return { start, end: Math.min(end, asOf), left: end <= asOf };
}
