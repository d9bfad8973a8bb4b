import type { Fact } from '@tsunagari/contracts';
import { type Day, dayIn, foldCustomer, type ProjectionDefinition } from '@tsunagari/projection';
import type { Understood } from '../attributes/attributes';
import { type DayNumber, dayOf } from '../calendar';
import { experienceProjection } from '../experience/experience.projection';
import { holdingsProjection } from '../holdings/holdings.projection';
import { profileProjection } from '../profile/profile.projection';
import { purchasesProjection } from '../purchases/purchases.projection';
import { customersWithFacts, type FactsByCustomer } from './customers-with-facts';

export type Replay = Omit<FactsByCustomer, 'types'> & {
  readonly timeZone: string;
  /** The days at whose close everything is folded, ascending. */
  readonly days: readonly DayNumber[];
};

/** What was understood of a customer at the close of each of the days; null where nothing had happened by then. */
export type ReplayedCustomer = { readonly customer: string; readonly at: readonly (Understood | null)[] };

/** Folds one customer's facts up to the close of a day, by the projections that are live. Nothing that happened later is seen. */
export function understoodBy(timeZone: string): (customer: string, facts: readonly Fact[], end: Day) => Understood | null {
  const day = dayIn(timeZone);
  const folds = {
    purchases: purchasesProjection(timeZone),
    profile: profileProjection,
    holdings: holdingsProjection(timeZone),
    experience: experienceProjection(timeZone),
  };
  return (customer, facts, end) => {
    const then = facts.filter(({ occurred }) => day(occurred) <= end);
    if (then.length === 0) return null;
    const of = <S>(definition: ProjectionDefinition<S>): S | null => {
      const known = then.filter(({ type }) => definition.types.includes(type));
      return foldCustomer(definition, known, { lastClosed: end, timeZone })?.state ?? null;
    };
    return {
      customer,
      purchases: of(folds.purchases),
      profile: of(folds.profile),
      holdings: of(folds.holdings),
      experience: of(folds.experience),
    };
  };
}

/**
 * History replayed to some days: every customer's facts read once from the journal, in pages, and folded up to the close of each day, by
 * the projections that are live. Nothing that happened later is seen: not an order's later cancellation, not a later merge's money alone
 * (who belongs to whom is as it is known today).
 */
export async function* replayedCustomers({ timeZone, days, ...read }: Replay): AsyncGenerator<ReplayedCustomer> {
  const understood = understoodBy(timeZone);
  for await (const { customer, facts } of customersWithFacts(read))
    yield { customer, at: days.map((number) => understood(customer, facts, dayOf(number))) };
}
