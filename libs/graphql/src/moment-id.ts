import { isPosition, type Position } from '@tsunagari/contracts';
import { failure } from './failures';
import { type GlobalId, toGlobalId, typeOfGlobalId } from './global-id';

/** A moment inside an id, so that other subgraphs and clients' caches keep moments apart: an argument of the root reaches nobody else. */
export type IdMoment = { readonly position: Position; readonly occurredBy: string | null };

/** `Customer:0b6f…`, or as of a moment `Customer:0b6f…@34357` or `Customer:0b6f…@34357@2011-03-01T00:00:00.000Z`. */
export function toMomentId(type: string, key: string, moment: IdMoment | null | undefined): GlobalId {
  if (moment == null) return toGlobalId(type, key);
  return toGlobalId(type, [key, moment.position, ...(moment.occurredBy === null ? [] : [moment.occurredBy])].join('@'));
}

/** The key and the moment inside an id of the given type; throws BAD_USER_INPUT when it is of another type or names no moment. */
export function fromMomentId(type: string, id: string, field = 'id'): { readonly key: string; readonly moment: IdMoment | null } {
  if (typeOfGlobalId(id, field) !== type)
    throw failure('BAD_USER_INPUT', `This is not an id of the type ${type}.`, { field, rule: `an id of the type ${type}` });
  const [key = '', position, occurredBy = null] = id.slice(type.length + 1).split('@');
  if (position === undefined) return { key, moment: null };
  if (!isPosition(position) || (occurredBy !== null && Number.isNaN(Date.parse(occurredBy))))
    throw failure('BAD_USER_INPUT', 'This id names no moment.', { field, rule: 'an id as a field `id` returned it' });
  return { key, moment: { position, occurredBy } };
}

/** What a field that cannot be asked about the past answers there. */
export function asOfUnsupported(field: string): Error {
  return failure('AS_OF_UNSUPPORTED', `${field} is known for now only.`, {
    field,
    rule: 'an object as of a moment shows what can be folded up to it',
    remedy: 'Ask for it without asOf.',
  });
}

/** Fields that know the present only, each refusing an object as of a moment. */
export function ofThePresent<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, resolve]: [string, unknown]) => [
      name,
      typeof resolve !== 'function'
        ? resolve
        : (parent: object, ...rest: unknown[]): unknown => {
            presentOnly(parent, name);
            return resolve(parent, ...rest) as unknown;
          },
    ]),
  ) as Fields;
}

/** Refuses an object as of a moment where only the present is known. */
export function presentOnly(parent: object, field: string): void {
  if ('moment' in parent && parent.moment != null) throw asOfUnsupported(field);
}
