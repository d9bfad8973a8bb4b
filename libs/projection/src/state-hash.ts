import { createHash } from 'node:crypto';

const MODULUS = 1n << 256n;

/**
 * JSON by RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them, no white space. A member
 * named in `decimals` has its numbers (also inside arrays of it) rounded to so many decimals first.
 * @param value what JSON can hold; members that are undefined are left out, as JSON does.
 */
export function canonicalJson(value: unknown, decimals: Readonly<Record<string, number>> = {}, rounding?: number): string {
  switch (typeof value) {
    case 'number':
      return canonicalNumber(value, rounding);
    case 'object':
      return value !== null && isList(value)
        ? canonicalList(value, decimals, rounding)
        : isMembers(value)
          ? canonicalMembers(value, decimals)
          : 'null';
    default:
      return JSON.stringify(value) ?? 'null';
  }
}

function canonicalNumber(value: number, rounding: number | undefined): string {
  if (!Number.isFinite(value)) return 'null';
  if (rounding === undefined || Number.isInteger(value)) return JSON.stringify(value);
  const rounded = Number(value.toFixed(rounding));
  return JSON.stringify(rounded === 0 ? 0 : rounded);
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value);
}

function isMembers(value: object | null): value is Readonly<Record<string, unknown>> {
  return value !== null && !isList(value);
}

function canonicalList(items: readonly unknown[], decimals: Readonly<Record<string, number>>, rounding: number | undefined): string {
  let text = '[';
  for (let at = 0; at < items.length; at++) text += `${at === 0 ? '' : ','}${canonicalJson(items[at], decimals, rounding)}`;
  return `${text}]`;
}

/** Text is put together as it is met: lists of members in between cost more than the hash. */
function canonicalMembers(value: Readonly<Record<string, unknown>>, decimals: Readonly<Record<string, number>>): string {
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member, decimals, decimals[name])}`;
  }
  return `{${text}}`;
}

/** SHA-256 of key and canonical state: one row's part of the state hash. */
export function rowHash(key: string, state: unknown, decimals?: Readonly<Record<string, number>>): bigint {
  return BigInt(`0x${createHash('sha256').update(key).update(canonicalJson(state, decimals)).digest('hex')}`);
}

/** Adds row hashes modulo 2^256: independent of order, pages and shards. */
export function sumOfHashes(sum: bigint, hash: bigint): bigint {
  return (sum + hash) % MODULUS;
}

export function hexOfHash(sum: bigint): string {
  return sum.toString(16).padStart(64, '0');
}
