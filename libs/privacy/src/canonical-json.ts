/** A value has no canonical form: it is no JSON, or holds text that no store keeps. `path` leads to the culprit, dotted. */
export class NotCanonical extends Error {
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {
    super(`${path}: ${rule}`);
    this.name = 'NotCanonical';
  }
}

/**
 * RFC 8785 (JSON Canonicalization Scheme): equal values give equal text, whatever the order of their keys. Undefined members count
 * as absent. Throws {@link NotCanonical} for what JSON cannot say, and for text with a NUL character or half a surrogate pair, which
 * PostgreSQL cannot keep.
 */
export function canonicalJson(value: unknown): string {
  try {
    return write(value);
  } catch (error) {
    if (error === unwritable) throw culprit(value, '') ?? new NotCanonical('', 'a JSON value');
    throw error;
  }
}

const unwritable = new Error('not canonical');
/** Everything that JSON must escape, and surrogates, which need a closer look. */
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

const halfPair = /\p{Surrogate}/u;

function write(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return special.test(value) ? writeSpecial(value) : `"${value}"`;
    case 'number':
      if (!Number.isFinite(value)) throw unwritable;
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? writeArray(value) : writeObject(value);
    default:
      throw unwritable;
  }
}

function writeSpecial(text: string): string {
  if (textFault(text) !== undefined) throw unwritable;
  return JSON.stringify(text);
}

function writeArray(values: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < values.length; i++) text += i === 0 ? write(values[i]) : `,${write(values[i])}`;
  return `${text}]`;
}

function writeObject(value: object): string {
  let text = '';
  for (const key of sorted(Object.keys(value))) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${write(key)}:${write(member)}`;
  }
  return `{${text}}`;
}

/** By UTF-16 code units, as RFC 8785 wants it. In place; for the few keys of a usual object insertion beats `sort` by far. */
function sorted(keys: string[]): string[] {
  if (keys.length > 12) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (let before = keys[at - 1]; at > 0 && before !== undefined && before > key; before = keys[at - 1]) keys[at--] = before;
    keys[at] = key;
  }
  return keys;
}

/** Why no store could keep the text; undefined when it is fine. */
export function textFault(text: string): string | undefined {
  if (text.includes('\u0000')) return 'text has no NUL character';
  return halfPair.test(text) ? 'text is well-formed Unicode (no half of a surrogate pair)' : undefined;
}

/** Only when writing failed: where, and why. */
function culprit(value: unknown, path: string): NotCanonical | undefined {
  if (typeof value === 'string') {
    const fault = textFault(value);
    return fault === undefined ? undefined : new NotCanonical(path, fault);
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const fault = textFault(key);
      if (fault !== undefined) return new NotCanonical(path, fault);
      const found = member === undefined && !Array.isArray(value) ? undefined : culprit(member, path === '' ? key : `${path}.${key}`);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : new NotCanonical(path, 'a finite number');
  return typeof value === 'boolean' || value === null ? undefined : new NotCanonical(path, 'a JSON value');
}
