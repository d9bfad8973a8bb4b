import { type Principal, reachOfCustomer, type Reach } from '@tsunagari/access';
import { facts as registry } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { failure } from '@tsunagari/graphql';
import { foldCustomer, type IdentityReader, type ProjectionDefinition } from '@tsunagari/projection';
import { type DayNumber, dayOf } from './calendar';

/**
 * What of a customer the caller reaches: a sign-in that is hers by verified links alone reaches `all`, one that is joined to others by
 * unverified evidence or by a person's word reaches `some` of her subjects.
 */
export async function reachWithin(principal: Principal, customer: string, identity: IdentityReader): Promise<Reach> {
  const reach = await reachOfCustomer(principal, customer, identity);
  if (reach.kind !== 'some') return reach;
  const subjects = (await identity.subjectsOf([customer])).get(customer) ?? [];
  return subjects.every((subject) => reach.subjects.includes(subject)) ? { kind: 'all' } : reach;
}

/** Folds a part of a customer on reading: no read model keeps it, because the books know her as a whole. Null where there are no facts. */
export async function foldPart<S>(
  definition: ProjectionDefinition<S>,
  subjects: readonly string[],
  on: { readonly journal: Journal; readonly lastDay: DayNumber | null; readonly timeZone: string },
): Promise<S | null> {
  const facts = await on.journal.bySubjects({ subjects, types: definition.types });
  const decoded = facts.map((fact) => {
    const upToDate = registry.decode(fact);
    if (upToDate.kind !== 'decoded') throw new Error(`${fact.type} version ${fact.schema} is ${upToDate.kind}`);
    return { ...fact, data: upToDate.data };
  });
  const lastClosed = on.lastDay === null ? undefined : dayOf(on.lastDay);
  return foldCustomer(definition, decoded, { lastClosed, timeZone: on.timeZone })?.state ?? null;
}

type Reaching = { readonly loaders: { readonly reach: (customer: string) => Promise<Reach> } };

/**
 * Puts the caller's reach in front of every field of Customer. Whoever reaches a part of her gets only the fields that are known to
 * show no more than that part: a field added later is refused until it is named here.
 */
export function guardCustomer<Fields extends Readonly<Record<string, unknown>>>(fields: Fields, ofAPart: readonly string[]): Fields {
  const open = ['id', '__resolveReference'];
  return Object.fromEntries(
    Object.entries(fields).map(([name, resolve]) => {
      if (open.includes(name) || typeof resolve !== 'function') return [name, resolve];
      const guarded = async (parent: { readonly customer: string }, args: unknown, context: Reaching, info: unknown): Promise<unknown> => {
        const { kind } = await context.loaders.reach(parent.customer);
        if (kind === 'none') throw notHers();
        if (kind === 'some' && !ofAPart.includes(name))
          throw failure('FORBIDDEN', 'This is of more than you have proved to be yours.', {
            field: name,
            rule: 'a customer reaches only herself, along verified links',
            remedy: 'Sign in where the other identifiers were seen, so that a verified link joins them.',
          });
        return resolve(parent, args, context, info) as unknown;
      };
      return [name, guarded];
    }),
  ) as Fields;
}

export function notHers(): Error {
  return failure('FORBIDDEN', 'You have no right to this.', { rule: 'a customer reaches only herself, along verified links' });
}
