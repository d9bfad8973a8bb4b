import type { Amount } from './offer';
import { explorationFloor, type Policy } from './policy';
import { createRandom } from './random';

/** One of the short list before the choice. {@link NO_ACTION} stands last with a score of 0. */
export type Arm = {
  readonly score: Amount;
  /** How the score moves with the acceptance rate, and what is believed of that: what `thompson` draws from. */
  readonly slope: Amount;
  readonly fixed: Amount;
  readonly belief: { readonly a: number; readonly b: number } | null;
};

export const NO_ACTION: Arm = { score: 0, slope: 0, fixed: 0, belief: null };

/** An arm by its place, and the exact probability of choosing it given the picks before it. */
export type Pick = { readonly arm: number; readonly probability: number };

const { exp, max, round } = Math;
const PLACES = 1e12;

/**
 * The probability of each arm, best first as they stand: sums to 1 within 1e-12, every arm at least at the exploration floor where
 * the kind explores. `wins` are the draws of {@link drawsOf}, for `thompson`.
 */
export function probabilities(policy: Policy, arms: readonly Arm[], remaining: readonly number[], wins: Draws | null): readonly number[] {
  const k = remaining.length;
  if (k === 0) return [];
  const floor = explorationFloor(policy.exploration, k);
  switch (policy.kind) {
    case 'rules':
      return remaining.map((_, at) => (at === 0 ? 1 : 0));
    case 'ranking':
      return oneHot(remaining.map((arm) => scoreAt(arms, arm)));
    case 'epsilon_greedy':
      return exact(
        oneHot(remaining.map((arm) => scoreAt(arms, arm))).map((best) => best * (1 - policy.exploration) + policy.exploration / k),
      );
    case 'softmax': {
      const scores = remaining.map((arm) => scoreAt(arms, arm) / policy.temperature);
      const highest = max(...scores);
      const weights = scores.map((score) => exp(score - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return exact(weights.map((weight) => floor + (1 - k * floor) * (weight / total)));
    }
    case 'thompson':
      return exact(winShares(wins, remaining).map((share) => floor + (1 - k * floor) * share));
  }
}

/** The picks, and the probability of every arm at the first of them. */
export type Slate = { readonly first: readonly number[]; readonly picks: readonly Pick[] };

/**
 * Picks up to `count` arms, one after another and each at most once; the arm that does nothing is the last and ends the slate. All
 * chance comes from the seed.
 */
export function pickSlate(policy: Policy, arms: readonly Arm[], seed: number, count: number): Slate {
  const random = createRandom(seed);
  const wins = policy.kind === 'thompson' ? drawsOf(policy, arms, seed) : null;
  const nothing = arms.length - 1;
  let remaining = arms.map((_, arm) => arm);
  let chances = probabilities(policy, arms, remaining, wins);
  const first = chances;
  const picks: Pick[] = [];
  while (picks.length < count && remaining.length > 0) {
    const at = draw(chances, random.uniform());
    const arm = remaining[at] as number;
    picks.push({ arm, probability: chances[at] as number });
    if (arm === nothing) break;
    remaining = remaining.filter((other) => other !== arm);
    if (picks.length < count) chances = probabilities(policy, arms, remaining, wins);
  }
  return { first, picks };
}

/** Scores of every arm in every draw, row by row. */
export type Draws = { readonly arms: number; readonly scores: Float64Array };

/** What each arm would score if its acceptance rate were one drawn from what is believed of it. */
export function drawsOf(policy: Policy, arms: readonly Arm[], seed: number): Draws {
  const random = createRandom(seed ^ 0x5bd1e995);
  const scores = new Float64Array(policy.draws * arms.length);
  for (let n = 0; n < policy.draws; n++)
    arms.forEach(({ fixed, slope, belief }, arm) => {
      scores[n * arms.length + arm] = belief === null ? fixed : fixed + slope * random.beta(belief.a, belief.b);
    });
  return { arms: arms.length, scores };
}

/** In which share of the draws each of the remaining arms scores highest. */
function winShares(draws: Draws | null, remaining: readonly number[]): readonly number[] {
  if (draws === null) throw new Error('thompson needs its draws');
  const rows = draws.scores.length / draws.arms;
  const won = remaining.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    let highest = -Infinity;
    for (let at = 0; at < remaining.length; at++) {
      const score = draws.scores[row * draws.arms + (remaining[at] as number)] as number;
      if (score > highest) {
        highest = score;
        best = at;
      }
    }
    won[best] = (won[best] as number) + 1;
  }
  return won.map((count) => count / rows);
}

function scoreAt(arms: readonly Arm[], arm: number): number {
  return arms[arm]?.score ?? 0;
}

/** 1 for the first of the highest. */
function oneHot(scores: readonly number[]): readonly number[] {
  const best = scores.indexOf(max(...scores));
  return scores.map((_, at) => (at === best ? 1 : 0));
}

/** To twelve places, with what rounding took or gave put to the largest: what is drawn from is what is logged. */
function exact(chances: readonly number[]): readonly number[] {
  const rounded = chances.map((chance) => round(chance * PLACES) / PLACES);
  const largest = rounded.indexOf(max(...rounded));
  const others = rounded.reduce((sum, chance, at) => (at === largest ? sum : sum + chance), 0);
  rounded[largest] = round((1 - others) * PLACES) / PLACES;
  return rounded;
}

function draw(chances: readonly number[], uniform: number): number {
  let cumulative = 0;
  let last = 0;
  for (const [at, chance] of chances.entries()) {
    if (chance === 0) continue;
    cumulative += chance;
    last = at;
    if (uniform < cumulative) return at;
  }
  return last;
}
