import { type Fact, facts as registry } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { dayIn, foldCustomer, type IdentityReader, type ProjectionDefinition } from '@tsunagari/projection';
import type { Pool } from 'pg';
import type { Understood } from '../attributes/attributes';
import { type DayNumber, dayOf } from '../calendar';
import { experienceProjection } from '../experience/experience.projection';
import { holdingsProjection } from '../holdings/holdings.projection';
import { profileProjection } from '../profile/profile.projection';
import { purchasesProjection } from '../purchases/purchases.projection';

export type Replay = {
  readonly pool: Pool;
  readonly journal: Pick<Journal, 'bySubjects'>;
  readonly identity: Pick<IdentityReader, 'subjectsOf'>;
  readonly timeZone: string;
  /** The days at whose close everything is folded, ascending. */
  readonly days: readonly DayNumber[];
  /** Told of every page: how many of how many customers. */
  readonly onPage?: (done: number, total: number) => void;
};

/** What was understood of a customer at the close of each of the days; null where nothing had happened by then. */
export type ReplayedCustomer = { readonly customer: string; readonly at: readonly (Understood | null)[] };

const PAGE = 500;

/**
 * History replayed to some days: every customer's facts read once from the journal, in pages, and folded up to the close of each day, by
 * the projections that are live. Nothing that happened later is seen: not an order's later cancellation, not a later merge's money alone
 * (who belongs to whom is as it is known today).
 */
export async function* replayedCustomers({ pool, journal, identity, timeZone, days, onPage }: Replay): AsyncGenerator<ReplayedCustomer> {
  const { rows } = await pool.query<{ total: number }>(
    `select count(*)::int as total from understanding.profile where kind <> 'unidentified'`,
  );
  const total = rows[0]?.total ?? 0;
  const day = dayIn(timeZone);
  const folds = {
    purchases: purchasesProjection(timeZone),
    profile: profileProjection,
    holdings: holdingsProjection(timeZone),
    experience: experienceProjection(timeZone),
  };
  let after = '00000000-0000-0000-0000-000000000000';
  for (let done = 0; ;) {
    const page = await pool.query<{ key: string }>(
      `select key from understanding.profile where kind <> 'unidentified' and key > $1 order by key limit $2`,
      [after, PAGE],
    );
    const keys = page.rows.map(({ key }) => key);
    if (keys.length === 0) return;
    const members = await identity.subjectsOf(keys);
    const owner = new Map([...members].flatMap(([customer, subjects]) => subjects.map((subject) => [subject, customer] as const)));
    const facts = new Map<string, Fact[]>(keys.map((key) => [key, []]));
    for (const fact of await journal.bySubjects({ subjects: [...owner.keys()] })) {
      const decoded = registry.decode(fact);
      if (decoded.kind === 'decoded') facts.get(owner.get(fact.subject ?? '') ?? '')?.push({ ...fact, data: decoded.data });
    }
    for (const customer of keys) {
      const dated = (facts.get(customer) ?? []).map((fact) => ({ fact, day: day(fact.occurred) }));
      yield {
        customer,
        at: days.map((number) => {
          const end = dayOf(number);
          const then = dated.filter((each) => each.day <= end).map(({ fact }) => fact);
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
        }),
      };
    }
    done += keys.length;
    onPage?.(done, total);
    after = keys.at(-1) ?? after;
    if (keys.length < PAGE) return;
  }
}
