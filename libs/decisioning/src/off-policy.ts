/** One logged choice, seen by the policy that made it and by the one to be judged. */
export type LoggedChoice = {
  readonly reward: number;
  /** Probability with which it was chosen, as logged: above 0. */
  readonly logged: number;
  /** Probability with which the judged policy would have chosen it. */
  readonly target: number;
  /** Probability that the judged policy gives to choices that could not have been logged. Default 0. */
  readonly unsupported?: number;
  /** A model of the reward: of the choice made, and the mean over the judged policy's choices. For `dm` and `dr`. */
  readonly model?: { readonly chosen: number; readonly target: number };
};

/** `value` is null where there is nothing to divide by, or no model. The interval is the 95 % normal one. */
export type PolicyValue = {
  readonly value: number | null;
  readonly stdErr: number | null;
  readonly interval: readonly [number, number] | null;
};

export type PolicyEvaluation = {
  readonly n: number;
  /** (Σw)² / Σw²: how many choices the log is worth for this policy. */
  readonly effectiveSampleSize: number;
  /** Near 1 when the logged probabilities are right. */
  readonly meanWeight: number;
  readonly largestWeight: number;
  /** Share of the judged policy's choices that the log can say nothing of. */
  readonly unsupportedShare: number;
  /** mean(w · r). */
  readonly ips: PolicyValue;
  /** The same with weights cut at `clip`: less variance, biased. */
  readonly clippedIps: PolicyValue;
  /** Σ w · r / Σ w. */
  readonly snips: PolicyValue;
  /** mean of the model. */
  readonly dm: PolicyValue;
  /** mean(q(x, π) + w · (r − q(x, a))): right when either the probabilities or the model are. */
  readonly dr: PolicyValue;
  /** Why these figures must not rank policies; empty when they may. */
  readonly doubts: readonly EvaluationDoubt[];
};

export type EvaluationDoubt = 'NO_DATA' | 'FEW_EFFECTIVE' | 'WEIGHTS_OFF' | 'UNSUPPORTED';

/** Below it no verdict. */
export const LEAST_EFFECTIVE = 100;
/** The most of the judged policy's choices that may lie outside the log. */
export const MOST_UNSUPPORTED = 0.01;

/**
 * What a policy would have earned on the log of another: inverse propensity weighting, its self-normalised and clipped forms, the direct
 * method and the doubly robust one (Dudík, Langford, Li 2011; Swaminathan, Joachims 2015; as the Open Bandit Pipeline has them).
 * @throws RangeError for a logged probability that is not above 0: such a choice cannot have been made.
 */
export function evaluatePolicy(choices: readonly LoggedChoice[], { clip = 10 }: { readonly clip?: number } = {}): PolicyEvaluation {
  if (choices.some(({ logged }) => !(logged > 0))) throw new RangeError('a logged choice has a probability above 0');
  const n = choices.length;
  const weights = choices.map(({ logged, target }) => target / logged);
  const total = sum(weights);
  const squares = sum(weights.map((weight) => weight * weight));
  const effectiveSampleSize = squares === 0 ? 0 : (total * total) / squares;
  const { value: meanWeight, stdErr: weightStdErr } = meanOf(weights);
  const unsupportedShare = n === 0 ? 0 : sum(choices.map(({ unsupported = 0 }) => unsupported)) / n;
  const modelled = choices.flatMap(({ model }) => model ?? []);
  const complete = modelled.length === n;
  const doubts: EvaluationDoubt[] = [];
  if (n === 0) doubts.push('NO_DATA');
  if (effectiveSampleSize < LEAST_EFFECTIVE) doubts.push('FEW_EFFECTIVE');
  if (meanWeight !== null && Math.abs(meanWeight + unsupportedShare - 1) > 3 * (weightStdErr ?? 0) + 1e-9) doubts.push('WEIGHTS_OFF');
  if (unsupportedShare > MOST_UNSUPPORTED) doubts.push('UNSUPPORTED');
  return {
    n,
    effectiveSampleSize,
    meanWeight: meanWeight ?? 0,
    largestWeight: weights.reduce((largest, weight) => Math.max(largest, weight), 0),
    unsupportedShare,
    ips: meanOf(choices.map(({ reward }, at) => (weights[at] ?? 0) * reward)),
    clippedIps: meanOf(choices.map(({ reward }, at) => Math.min(clip, weights[at] ?? 0) * reward)),
    snips: selfNormalised(choices, weights, total),
    dm: complete ? meanOf(modelled.map(({ target }) => target)) : NONE,
    dr: complete
      ? meanOf(choices.map(({ reward, model }, at) => (model?.target ?? 0) + (weights[at] ?? 0) * (reward - (model?.chosen ?? 0))))
      : NONE,
    doubts,
  };
}

const NONE: PolicyValue = { value: null, stdErr: null, interval: null };
const Z95 = 1.959963984540054;

function meanOf(values: readonly number[]): PolicyValue {
  const n = values.length;
  if (n === 0) return NONE;
  const value = sum(values) / n;
  if (n === 1) return { value, stdErr: null, interval: null };
  const variance = sum(values.map((one) => (one - value) ** 2)) / (n - 1);
  return withInterval(value, Math.sqrt(variance / n));
}

/** The standard error by the delta method. */
function selfNormalised(choices: readonly LoggedChoice[], weights: readonly number[], total: number): PolicyValue {
  if (total === 0) return NONE;
  const value = sum(choices.map(({ reward }, at) => (weights[at] ?? 0) * reward)) / total;
  const spread = sum(choices.map(({ reward }, at) => ((weights[at] ?? 0) * (reward - value)) ** 2));
  return withInterval(value, Math.sqrt(spread) / total);
}

function withInterval(value: number, stdErr: number): PolicyValue {
  return { value, stdErr, interval: [value - Z95 * stdErr, value + Z95 * stdErr] };
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
