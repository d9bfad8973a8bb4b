/** Rules of merging, as data. A change of rules applies to all history. */
export type IdentityRules = {
  /** Raised with every change. */
  version: number;
  /** The most identifiers of a type that links may bring into one customer; types not named have {@link LIMIT_OF_OTHERS}. */
  limits: Record<string, number>;
  /** Days that a type's limit counts within: of identifiers first seen longer apart, each is counted by itself. Types not named: for ever. */
  windows: Record<string, number>;
  /**
   * Types of identifiers, the strongest first. Where a link would pass a limit, weaker evidence gives way to it; types not named are the
   * weakest. Empty: the first evidence stands, whatever it joins.
   */
  priority: readonly string[];
  /** The most subjects that links may bring into one customer; beyond, a person must look at it. */
  clusterLimit: number;
};

/** The limit of an identifier type that the rules do not name. */
export const LIMIT_OF_OTHERS = 5;

export const defaultIdentityRules: IdentityRules = { version: 1, limits: { user_id: 1 }, windows: {}, priority: [], clusterLimit: 50 };
