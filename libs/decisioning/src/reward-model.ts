import type { LoggedChoice } from './off-policy';

/** A logged choice with what it takes to model its reward: the arm chosen, and those that the judged policy would have chosen first. */
export type ModelledChoice = Omit<LoggedChoice, 'model'> & {
  readonly arm: string;
  readonly chances: readonly { readonly arm: string; readonly p: number }[];
};

/** Rewards that the mean over all arms is worth in an arm's own. */
const SHRINKAGE = 20;

/**
 * A reward model for the direct method and the doubly robust one: the mean reward of each arm, shrunken to that of all. Cross-fitted: the
 * choices are halved by turns, and each half is judged by the model of the other, so that no reward explains itself (Chernozhukov et al. 2018).
 * Without a choice in the other half there is no model.
 */
export function withRewardModel(choices: readonly ModelledChoice[]): readonly LoggedChoice[] {
  const models = [modelOf(choices.filter((_, n) => n % 2 === 1)), modelOf(choices.filter((_, n) => n % 2 === 0))];
  return choices.map(({ arm, chances, ...choice }, n) => {
    const model = models[n % 2];
    if (model == null) return choice;
    return { ...choice, model: { chosen: model(arm), target: chances.reduce((sum, { arm: other, p }) => sum + p * model(other), 0) } };
  });
}

function modelOf(choices: readonly ModelledChoice[]): ((arm: string) => number) | null {
  if (choices.length === 0) return null;
  const sums = new Map<string, { n: number; total: number }>();
  let total = 0;
  for (const { arm, reward } of choices) {
    const known = sums.get(arm) ?? { n: 0, total: 0 };
    sums.set(arm, { n: known.n + 1, total: known.total + reward });
    total += reward;
  }
  const mean = total / choices.length;
  return (arm) => {
    const own = sums.get(arm);
    return own === undefined ? mean : (own.total + SHRINKAGE * mean) / (own.n + SHRINKAGE);
  };
}
