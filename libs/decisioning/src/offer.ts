/** Expected money in the minor unit of the decision's currency; may be a fraction. */
export type Amount = number;

/** What is known of a customer, by name. Null and missing are the same: not known. */
export type FeatureValue = number | string | boolean | null;
export type Features = Readonly<Record<string, FeatureValue>>;

/** An effect as a difference of probabilities, and what it rests on: a random holdout, or somebody's word. */
export type Estimate = { readonly value: number; readonly basis: 'measured' | 'assumed' };

/** Kinds that sell more than the customer has: only after an achievement, never during an open complaint or cancel. */
export const EXPANSION_KINDS: readonly string[] = ['up_sell', 'cross_sell'];

/** `unknown`: a feature that the rule reads is not known, or the rule failed on it; such an offer is not made. */
export type Eligibility = 'eligible' | 'not_eligible' | 'unknown';

/** One thing that could be proposed, as the catalogue holds it. Times are milliseconds since 1970. */
export type Offer = {
  readonly id: string;
  readonly revision: number;
  readonly kind: string;
  /** Outcomes that it helps with. */
  readonly purposes: readonly string[];
  readonly slots: readonly string[];
  /** The channel by which it reaches out; null: it is shown where the customer already is, and contacts nobody. */
  readonly channel: string | null;
  /** The consent that it needs, `marketing` say; null: none (a service the customer asked for). */
  readonly consent: string | null;
  /** Of the policy kind `rules`, and among equals: the higher goes first. */
  readonly priority: number;
  /** Δp: by how much it raises the probability that the purpose is reached. Null: not known. */
  readonly goalEffect: Estimate | null;
  /** Uplift: by how much it raises the probability of the sale. Null: not known. */
  readonly saleEffect: Estimate | null;
  /** Margin of that sale. */
  readonly margin: Amount;
  /** What one proposal costs, accepted or not. */
  readonly cost: Amount;
  /** What is given away at each acceptance. */
  readonly discount: Amount;
  readonly currency: string;
  readonly caps: {
    /** Presentations to one customer. */
    readonly perCustomer: number | null;
    /** Proposals over all customers. */
    readonly total: number | null;
    /** Days of silence after the customer declined it. */
    readonly afterDeclineDays: number | null;
  };
  readonly validFrom: number | null;
  /** Exclusive. */
  readonly validTo: number | null;
};

/** How often something was shown and taken. */
export type Tried = { readonly presented: number; readonly accepted: number };

/** Of one offer: over everybody, and by stratum (a value of the policy's `stratum` feature). */
export type Experience = Tried & { readonly strata?: Readonly<Record<string, Tried>> };

/** Random assignment of a share of customers to getting nothing: `[from, to)` of [0, 1), whose ends only ever grow. */
export type Holdout = {
  readonly id: string;
  readonly salt: string;
  readonly from: number;
  readonly to: number;
  /** Slots that it covers; null: all. */
  readonly slots: readonly string[] | null;
};

/** Everything that is alike for all customers at one moment, by content: the same `hash`, the same offers in the same order. */
export type Catalogue = {
  readonly hash: string;
  readonly offers: readonly Offer[];
  /** Money per achieved outcome, by purpose: set by the brand. A purpose without a value is worth nothing here. */
  readonly purposeValues: Readonly<Record<string, Amount>>;
  /** In the order of `offers`; an offer that was never shown has {@link UNTRIED}. */
  readonly experience: readonly Experience[];
  readonly holdouts: readonly Holdout[];
  /** The offer's own rule, by its place in `offers`. Pure: the same features, the same answer. */
  readonly eligible: (offer: number, features: Features) => Eligibility;
};

export const UNTRIED: Experience = { presented: 0, accepted: 0 };
