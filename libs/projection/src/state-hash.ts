import { createHash } from 'node:crypto';

const MODULUS = 1n << 256n;

/**
 * JSON by RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them, no white space. A member
 * named in `decimals` has its numbers (also inside arrays of it) rounded to so many decimals first.
 * @param value what JSON can hold; members that are undefined are left out, as JSON does.
 */
export function canonicalJson(value: unknown, decimals: Readonly<Record<string, number>> = {}, rounding?: number): string {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'null';
    if (rounding === undefined || Number.isInteger(value)) return JSON.stringify(value);
    const rounded = Number(value.toFixed(rounding));
    return JSON.stringify(rounded === 0 ? 0 : rounded);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => canonicalJson(item, decimals, rounding));
    return `[${items.join(',')}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, decimals, decimals[name])}`);
  return `{${members.join(',')}}`;
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
