import type { NewFact } from '@tsunagari/contracts';
import type { Append, AppendOutcome, ExpectedVersion } from '@tsunagari/event-store';

/** Where the store draws the line; what is larger is refused, never cut. */
export type StoreLimits = {
  /** Bytes of one fact's data and meta as JSON text. */
  readonly factBytes: number;
  readonly factsPerAppend: number;
  readonly bytesPerAppend: number;
};

export const DEFAULT_LIMITS: StoreLimits = { factBytes: 1_000_000, factsPerAppend: 5_000, bytesPerAppend: 4_000_000 };

/** One fact, checked, in the order of append_events' parameters. */
export type EncodedFact = {
  readonly id: string;
  readonly digest: string;
  readonly type: string;
  readonly schema: number;
  readonly subject: string | null;
  /** JSON text, as is `meta`. */
  readonly data: string;
  readonly meta: string;
  /** As PostgreSQL counts: microseconds since the year 2000. */
  readonly occurred: bigint;
};

export type EncodedAppend = {
  readonly stream: string;
  /** As append_events wants it: n = exactly, 0 = missing, -1 = any, -2 = exists. */
  readonly expected: number;
  readonly facts: readonly EncodedFact[];
  readonly bytes: number;
};

type Refused = Extract<AppendOutcome, { kind: 'refused' }>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** PostgreSQL has no year 0. */
const moment = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
const hex = /^(?:[0-9a-f]{2})+$/i;
const unprintable = /[\u0000-\u001f]/;
const longestName = 300;
const year2000 = Date.UTC(2000, 0, 1);

export function isRefused(value: EncodedAppend | Refused): value is Refused {
  return 'kind' in value;
}

export function expectedNumber(expected: ExpectedVersion): number {
  if (expected === 'none') return 0;
  if (expected === 'any') return -1;
  if (expected === 'exists') return -2;
  return expected.exact;
}

/** Checks one append and turns it into array elements. What breaks a rule is refused here, so that it never reaches a batch. */
export function encodeAppend(append: Append, limits: StoreLimits): EncodedAppend | Refused {
  if (!isName(append.stream)) return refused('stream', `1 to ${longestName} characters, none of them a control character`);
  const expected = expectedNumber(append.expected);
  if (!Number.isSafeInteger(expected) || expected < -2 || (expected < 0 && typeof append.expected === 'object'))
    return refused('expected', "'none', 'exists', 'any' or a version of at least 0");
  if (append.facts.length > limits.factsPerAppend) return refused('facts', `at most ${limits.factsPerAppend} facts in one append`);

  const facts: EncodedFact[] = [];
  const ids = new Set<string>();
  let bytes = 0;
  for (const [index, fact] of append.facts.entries()) {
    const wrong = brokenRule(fact);
    if (wrong) return refused(`facts.${index}.${wrong[0]}`, wrong[1]);
    const id = fact.id.toLowerCase();
    if (ids.has(id)) return refused(`facts.${index}.id`, 'an id stands once in an append');
    ids.add(id);
    const data = fact.json ?? (JSON.stringify(fact.data) as string | undefined);
    const meta = JSON.stringify(fact.meta) as string | undefined;
    if (data === undefined || meta === undefined) return refused(`facts.${index}.data`, 'a JSON value');
    const size = bytesOf(data, limits.factBytes) + bytesOf(meta, limits.factBytes);
    if (size > limits.factBytes) return refused(`facts.${index}.data`, `at most ${limits.factBytes} bytes of data and meta as JSON`);
    bytes += size;
    const { digest, type, schema, subject, occurred } = fact;
    facts.push({ id, digest, type, schema, subject, data, meta, occurred: microsecondsOf(occurred) });
  }
  if (bytes > limits.bytesPerAppend) return refused('facts', `at most ${limits.bytesPerAppend} bytes of data and meta in one append`);
  return { stream: append.stream, expected, facts, bytes };
}

export function isName(text: string): boolean {
  return text.length > 0 && text.length <= longestName && !unprintable.test(text) && isWellFormed(text);
}

/** UTF-8 bytes of a text; as many as it has characters where even three bytes each stay far below the limit: counting costs as much as writing. */
function bytesOf(text: string, limit: number): number {
  return text.length * 6 <= limit ? text.length : Buffer.byteLength(text);
}

function brokenRule(fact: NewFact): readonly [field: string, rule: string] | undefined {
  if (!uuid.test(fact.id)) return ['id', 'a UUID'];
  if (!isName(fact.type)) return ['type', `1 to ${longestName} characters, none of them a control character`];
  if (!Number.isInteger(fact.schema) || fact.schema < 1 || fact.schema > 32_767) return ['schema', 'a version from 1 to 32767'];
  if (fact.subject !== null && !uuid.test(fact.subject)) return ['subject', 'a UUID, or null for a fact of no customer'];
  if (!isMoment(fact.occurred)) return ['occurred', 'a moment in ISO 8601, UTC'];
  if (!hex.test(fact.digest)) return ['digest', 'bytes in hexadecimal digits'];
  return undefined;
}

function isMoment(text: string): boolean {
  if (!moment.test(text)) return false;
  const parsed = Date.parse(text);
  // JavaScript reads 30 February as 2 March.
  return (
    !Number.isNaN(parsed) &&
    (text.slice(8, 10) <= '28' || text.slice(11, 13) === '24' || new Date(parsed).getUTCDate() === Number(text.slice(8, 10)))
  );
}

function refused(field: string, rule: string): Refused {
  return { kind: 'refused', field, rule };
}

/** Of a moment that `moment` accepts. */
function microsecondsOf(text: string): bigint {
  const beyondMilliseconds = text.length > '2000-01-01T00:00:00.000Z'.length ? text.slice(23, -1).padEnd(3, '0') : '0';
  return BigInt(Date.parse(text) - year2000) * 1_000n + BigInt(beyondMilliseconds);
}

/** A lone surrogate has no UTF-8 form: two different names would become one. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text);
}
