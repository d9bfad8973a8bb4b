import type { Amount } from './offer';

/** How one of the short list is chosen. */
export const POLICY_KINDS = ['rules', 'ranking', 'softmax', 'epsilon_greedy', 'thompson'] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

/**
 * How decisions are made. Immutable: a change is a new version with a new hash.
 * - `rules`: by the offers' priority; the score is shown and not used. `ranking`: the highest score.
 * - `softmax`: probability ∝ exp(score / temperature). `epsilon_greedy`: the highest score, and with probability `exploration` any.
 * - `thompson`: the share of draws of the acceptance rates in which an offer scores highest.
 */
export type Policy = {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  readonly kind: PolicyKind;
  /** ISO 4217; offers in another currency are no candidates. */
  readonly currency: string;
  /** K: at most so many offers are scored against each other, 1 to {@link LONGEST_SHORT_LIST}. */
  readonly shortList: number;
  /** ε in [0, 1): how much of the choice may go to others than the best. With 0 nothing can be learned from the log. */
  readonly exploration: number;
  /** Of `softmax`: the difference in money that makes a choice e times as likely. Above 0. */
  readonly temperature: Amount;
  /** Acceptance rate that an untried offer is believed to have, and the number of presentations that this belief is worth. */
  readonly prior: { readonly rate: number; readonly strength: number };
  /** The feature whose value tells strata of experience apart; null: everybody is alike. */
  readonly stratum: string | null;
  /** Share of V(purpose) that counts where the customer has declared no goal of that purpose, 0 to 1. */
  readonly undeclaredGoal: number;
  /** Draws of `thompson`, 100 to 10,000. */
  readonly draws: number;
};

/** The most that fits a compact record. */
export const LONGEST_SHORT_LIST = 20;

/** The least probability of each of `arms` choices: min(1 %, ε/K), so that floors never add up beyond ε. */
export function explorationFloor(exploration: number, arms: number): number {
  return arms === 0 ? 0 : Math.min(0.01, exploration / arms);
}
