/** Ids of facts that a fold keeps behind what it says: the newest so many of a sort. The timeline has them all. */
export const KEPT_EVIDENCE = 10;

/** The ids with a newer one at the end, oldest first. */
export function withEvidence(ids: readonly string[], id: string): readonly string[] {
  return (ids.length < KEPT_EVIDENCE ? ids : ids.slice(1 - KEPT_EVIDENCE)).concat(id);
}
