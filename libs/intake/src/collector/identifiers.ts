import { type IdentifierType, refusal, type Refusal } from '@tsunagari/contracts';
import type { SeenIdentifier } from '../recording/observation';
import { isRecord } from './request-body';

/** Values that stand for nobody: shared by strangers, they would join them all into one customer. */
const BLOCKED: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['zeros and dashes', /^[0-]+$/],
  ['-1', /^-1$/],
  [
    'a word for nobody',
    /^(null|nil|none|undefined|nan|n\/a|na|anonymous|anon|unknown|guest|user|test|true|false|default|empty|\[object object\])$/i,
  ],
];

/** Segment's external id types and ours. Others become `external_id`, with their type before the value. */
const EXTERNAL_TYPES: Readonly<Record<string, IdentifierType>> = {
  user_id: 'user_id',
  email: 'email',
  phone: 'phone',
  anonymous_id: 'anonymous_id',
  cross_domain_id: 'anonymous_id',
  device_id: 'device_id',
  'android.id': 'device_id',
  'android.idfa': 'device_id',
  'android.push_token': 'device_id',
  'ios.id': 'device_id',
  'ios.idfa': 'device_id',
  'ios.push_token': 'device_id',
  card: 'card',
  account_id: 'account_id',
};

const MAX_LENGTH = 512;

/** The pattern of worthless values that a value meets, or undefined. */
export function blockedBy(value: string): string | undefined {
  return BLOCKED.find(([, pattern]) => pattern.test(value.trim()))?.[0];
}

/** An identifier as an event carries it: text, or a whole number. `undefined` = not there. */
export function identifierAt(value: unknown, field: string, type: IdentifierType, verified: boolean): SeenIdentifier | Refusal | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_LENGTH)
    return refusal(
      'INVALID_FIELD',
      field,
      `${field} is text of 1 to ${MAX_LENGTH} characters, or a whole number`,
      'Correct the identifier.',
    );
  const blocked = blockedBy(text);
  const kind = type === 'account_id' ? 'account' : 'person';
  return { type, value: text, verified, kind, ...(blocked === undefined ? {} : { blockedBy: blocked }) };
}

/** `context.externalIds`: `[{id, type, collection: users | accounts, encoding: none}]`. */
export function externalIds(context: Record<string, unknown> | undefined, verified: boolean): SeenIdentifier[] | Refusal {
  const listed = context?.['externalIds'];
  if (listed === undefined || listed === null) return [];
  const field = 'context.externalIds';
  if (!Array.isArray(listed) || listed.length > 20)
    return refusal('INVALID_FIELD', field, 'externalIds is a list of at most 20 identifiers');
  const seen: SeenIdentifier[] = [];
  for (const [index, one] of listed.entries()) {
    const type: unknown = isRecord(one) ? one['type'] : undefined;
    if (!isRecord(one) || typeof type !== 'string' || type === '' || type.length > 100)
      return refusal('INVALID_FIELD', `${field}.${index}.type`, 'an external id has a type of 1 to 100 characters');
    // A hash of a phone number is another identifier than the number.
    if ((one['encoding'] ?? 'none') !== 'none')
      return refusal('INVALID_FIELD', `${field}.${index}.encoding`, "the encoding of an external id is 'none'");
    const ours = one['collection'] === 'accounts' ? 'account_id' : EXTERNAL_TYPES[type.toLowerCase()];
    const identifier = identifierAt(one['id'], `${field}.${index}.id`, ours ?? 'external_id', verified);
    if (identifier === undefined) return refusal('MISSING_FIELD', `${field}.${index}.id`, 'an external id has an id');
    if ('code' in identifier) return identifier;
    seen.push(ours === undefined ? { ...identifier, value: `${type.toLowerCase()}:${identifier.value}`.slice(0, MAX_LENGTH) } : identifier);
  }
  return seen;
}
