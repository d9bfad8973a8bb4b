/** What is true of a simulated business, and what models must find out from its events alone. */
export type Truth = {
  /** First purchases fall evenly into the first part of the time. */
  readonly start: string;
  readonly days: number;
  readonly acquisitionDays: number;
  readonly currency: string;
  /** MBG/NBD, time in weeks. */
  readonly purchases: { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
  /** Gamma-gamma, in major units. */
  readonly spend: { readonly p: number; readonly q: number; readonly gamma: number };
  /** The share of orders that are sent back whole. */
  readonly returns: number;
  /** sBG: the chance to cancel at a monthly renewal is Beta(alpha, beta) over subscribers. */
  readonly contract: {
    readonly share: number;
    readonly alpha: number;
    readonly beta: number;
    readonly priceMinor: number;
    readonly pauses: number;
    /** Of those who end, by payments that fail. */
    readonly involuntary: number;
    /** A month of a subscriber passes without any use. */
    readonly silentMonth: number;
  };
  /** Chance of one more purchase within 14 days after a campaign on `day`: base, and what treatment adds for customers of each half. */
  readonly uplift: {
    readonly day: number;
    readonly treated: number;
    readonly base: number;
    readonly persuadable: number;
    readonly others: number;
  };
  /** Who reaches her goal (by a self-assessment), after how many days at the median, and the survey habits that go with it. */
  readonly goals: { readonly share: number; readonly medianDays: number };
  readonly surveys: { readonly everyDays: number; readonly answersWhenHappy: number; readonly answersWhenUnhappy: number };
  readonly identities: {
    /** Looked around without a name before the first order. */
    readonly anonymousFirst: number;
    /** Two people at one device: their anonymous id is the same, and must not make them one. */
    readonly sharedDevice: number;
    /** Orders of one customer under a second, later linked identifier. */
    readonly secondIdentifier: number;
  };
  /** What staff do by hand, where no evidence helps or evidence misleads. */
  readonly staff: {
    /** Customers who buy under a second account too, which nothing links: staff find out, and merge the two. */
    readonly secondAccount: number;
    /** Customers whom staff merge with somebody else by mistake, and split again within so many days. */
    readonly mistaken: number;
    readonly mendedWithinDays: number;
  };
  readonly delivery: { readonly late: number; readonly lateDays: number; readonly twice: number };
};

export const DEFAULT_TRUTH: Truth = {
  start: '2025-01-01',
  days: 540,
  acquisitionDays: 270,
  currency: 'EUR',
  purchases: { r: 0.9, alpha: 8, a: 0.9, b: 2.5 },
  spend: { p: 6, q: 4, gamma: 15 },
  returns: 0.05,
  contract: { share: 0.4, alpha: 0.8, beta: 5, priceMinor: 1900, pauses: 0.05, involuntary: 0.15, silentMonth: 0.15 },
  uplift: { day: 400, treated: 0.5, base: 0.05, persuadable: 0.15, others: 0.0 },
  goals: { share: 0.5, medianDays: 45 },
  surveys: { everyDays: 90, answersWhenHappy: 0.5, answersWhenUnhappy: 0.2 },
  identities: { anonymousFirst: 0.3, sharedDevice: 0.15, secondIdentifier: 0.1 },
  staff: { secondAccount: 0.02, mistaken: 0.02, mendedWithinDays: 60 },
  delivery: { late: 0.03, lateDays: 10, twice: 0.02 },
};
