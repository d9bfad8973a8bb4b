/** Order of two positions of the log, decimal digits without leading zeros: they pass 2^53, so they are never numbers. */
export function comparePositions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
