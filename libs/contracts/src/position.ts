/**
 * A place in the one ordered log of a deployment. Opaque to every client: only its order means something, and only
 * {@link comparePositions} knows it. Written as decimal digits without leading zeros, because positions pass 2^53.
 */
export type Position = string;

/** Before the first fact. */
export const BEGINNING: Position = '0';

/** Order of two positions: negative, zero or positive, as `Array.sort` wants it. */
export function comparePositions(a: Position, b: Position): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function laterPosition(a: Position, b: Position): Position {
  return comparePositions(a, b) >= 0 ? a : b;
}

/** A position as the CloudEvents attribute `sequence`: 20 digits, zero-padded, so that it sorts as text. */
export function toSequence(position: Position): string {
  return position.padStart(20, '0');
}

/** True for what {@link Position} may look like; the edge refuses anything else before it reaches a store. */
export function isPosition(value: unknown): value is Position {
  return typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value);
}
