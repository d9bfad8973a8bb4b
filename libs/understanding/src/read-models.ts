/** The read models that what is known of one customer stands on. */
export const PROJECTIONS = ['purchases', 'profile', 'holdings', 'experience'] as const;
export type ProjectionName = (typeof PROJECTIONS)[number];

/** All read models that answers stand on: boards have some of their own. */
export const READ_MODELS = [...PROJECTIONS, 'reach', 'outcomes'] as const;
export type ReadModelName = (typeof READ_MODELS)[number];

/** Where the rows of each read model stand, quoted: the live ones, or those of a named generation each. */
export type Tables = Readonly<Record<ReadModelName, string>>;

/** The views over the live generations. */
export const LIVE: Tables = {
  purchases: 'understanding.purchases',
  profile: 'understanding.profile',
  holdings: 'understanding.holdings',
  experience: 'understanding.experience',
  reach: 'understanding.reach',
  outcomes: 'understanding.outcomes',
};
