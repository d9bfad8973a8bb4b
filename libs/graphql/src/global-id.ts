import { failure } from './failures';

/** An id that is unique over all types and says its type: `Customer:0b6f…`. Opaque to clients. */
export type GlobalId = string;

export function toGlobalId(type: string, key: string): GlobalId {
  return `${type}:${key}`;
}

/** The type an id says it has; throws BAD_USER_INPUT when it is no global id. */
export function typeOfGlobalId(id: string, field = 'id'): string {
  const match = /^([A-Z][A-Za-z]{0,63}):./.exec(id);
  if (!match?.[1])
    throw failure('BAD_USER_INPUT', 'This is not an id of this API.', { field, rule: 'a global id, as a field `id` returned it' });
  return match[1];
}

/** The key inside an id of the given type; throws BAD_USER_INPUT when the id is of another type. */
export function fromGlobalId(type: string, id: string, field = 'id'): string {
  if (typeOfGlobalId(id, field) !== type)
    throw failure('BAD_USER_INPUT', `This is not an id of the type ${type}.`, { field, rule: `an id of the type ${type}` });
  const key = id.slice(type.length + 1);
  // A customer as of a moment: whoever reads or changes the present must not take it for that.
  if (type === 'Customer' && key.includes('@'))
    throw failure('AS_OF_UNSUPPORTED', 'This id is that of a customer as of a moment.', {
      field,
      rule: 'here only the present is known',
      remedy: 'Ask without asOf.',
    });
  return key;
}
