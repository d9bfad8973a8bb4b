import type { Amount, Features } from './offer';

/** A frequency cap as it stood: what was counted, and how many more there may be. `scope` is `global` or `channel:<name>`. */
export type CapSeen = { readonly scope: string; readonly seen: number; readonly max: number; readonly window: string };

/** What a customer has done with one offer before. */
export type OfferHistory = {
  readonly presented: number;
  /** Milliseconds since 1970 of the last refusal. */
  readonly declinedAt?: number;
  /** Asked to be left alone with it until then. */
  readonly snoozedUntil?: number;
};

export type OpenRequest = 'complaint' | 'cancel';

/** Everything about the customer and the moment that a decision rests on. Offers are named by their id. */
export type Circumstances = {
  /** The moment of the decision, milliseconds since 1970. */
  readonly at: number;
  /** The stable id that holdouts hash: that of the customer's first subject. */
  readonly unit: string;
  readonly features: Features;
  /** Granted or not, by `<category>` or `<category>/<channel>`, the latter first. What is not here is not granted. */
  readonly consent: Readonly<Record<string, boolean>>;
  readonly requests: readonly OpenRequest[];
  /** Purposes with an open goal, and those with an achieved one. */
  readonly goals: { readonly open: readonly string[]; readonly achieved: readonly string[] };
  readonly caps: readonly CapSeen[];
  /** Channels that are quiet now. */
  readonly quiet: readonly string[];
  readonly history: Readonly<Record<string, OfferHistory>>;
  /** Proposals so far over all customers, of offers with a total cap. */
  readonly used: Readonly<Record<string, number>>;
  /** What one more contact costs in goodwill, by channel: beyond the customer's own norm. Missing is 0. */
  readonly fatigue: Readonly<Record<string, Amount>>;
};
