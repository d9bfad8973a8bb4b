/**
 * What the identity graph is made of: facts as they stand in the log, stripped to what the rules look at. `position` is a decimal
 * string, `id` the fact's id, subjects are the random ids of identifiers.
 */
export type IdentityFact =
  /**
   * First sight of an identifier: `seen`, in milliseconds since 1970, is when that was. `blockedBy` = the pattern of blocked values that it
   * met: it joins nothing from birth.
   */
  | {
      kind: 'registered';
      position: string;
      subject: string;
      identifierType: string;
      verified: boolean;
      seen: number;
      blockedBy?: string;
    }
  /** Evidence that two identifiers belong to one customer. */
  | { kind: 'linked'; position: string; id: string; subjects: readonly [string, string]; verified: boolean }
  /** A person voids the link evidence between these two, earlier and later. */
  | { kind: 'unlinked'; position: string; id: string; subjects: readonly [string, string] }
  /** A person decided that the customers of these two are one. */
  | { kind: 'merged'; position: string; id: string; subjects: readonly [string, string] }
  /** A person decided that these are another customer than the rest of their cluster. */
  | { kind: 'split'; position: string; id: string; subjects: readonly string[] }
  /** This identifier joins nothing any more. */
  | { kind: 'blocked'; position: string; id: string; subject: string }
  | { kind: 'erased'; position: string; subjects: readonly string[] };

/** The subjects that a fact names: their evidence components must be folded again. */
export function touchedSubjects(fact: IdentityFact): readonly string[] {
  return 'subjects' in fact ? fact.subjects : [fact.subject];
}

/**
 * The two subjects that a fact puts into one *evidence component*, if it does. A component is what any link or merge ever
 * connected, whether it was applied, held or cut later: it only grows, and it is what {@link foldIdentity} must see whole.
 */
export function connectedSubjects(fact: IdentityFact): readonly [string, string] | undefined {
  return fact.kind === 'linked' || fact.kind === 'merged' ? fact.subjects : undefined;
}
