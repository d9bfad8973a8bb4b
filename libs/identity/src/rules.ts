/** Rules of merging, as data. A change of rules applies to all history. */
export type IdentityRules = {
  /** Raised with every change. */
  version: number;
  /** The most identifiers of a type that links may bring into one customer; types not named have {@link LIMIT_OF_OTHERS}. */
  limits: Record<string, number>;
  /** The most subjects that links may bring into one customer; beyond, a person must look at it. */
  clusterLimit: number;
};

/** The limit of an identifier type that the rules do not name. */
export const LIMIT_OF_OTHERS = 5;

export const defaultIdentityRules: IdentityRules = { version: 1, limits: { user_id: 1 }, clusterLimit: 50 };
