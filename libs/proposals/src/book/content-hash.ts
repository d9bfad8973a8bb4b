import { canonicalJson } from '@tsunagari/privacy';
import { createHash } from 'node:crypto';

/** The name of a content: equal contents have equal names. 128 bits of SHA-256 over canonical JSON, hex. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
}

/** A 32-bit seed that follows from a text: the same command asked again has the same chance. */
export function seedFrom(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE(0);
}
