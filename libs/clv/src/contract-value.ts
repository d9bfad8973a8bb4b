import { type FittedContract, retentionRate, survival } from './contract';
import { createRandom } from './random';

export interface ContractValueQuestion {
  readonly model: FittedContract;
  /** Renewals that the customer has made: she has survived so many decisions. */
  readonly renewals: number;
  /** Decisions ahead that are looked at, 1 or more. */
  readonly periods: number;
  /** Effective per period. */
  readonly discount: number;
}

export interface ContractValue {
  /** Discounted expected number of paid periods from the next decision on. Times what a period brings it is the residual value. */
  readonly periods: number;
  /** P(she renews at the next decision). */
  readonly nextRenewal: number;
  /** P(she is still there after all of them). */
  readonly survives: number;
}

/** What a running contract is expected to bring within some periods: Σ S(n+k)/S(n)/(1+d)ᵏ (Fader & Hardie 2010, cut at the horizon). */
export function contractValue({ model, renewals, periods, discount }: ContractValueQuestion): ContractValue {
  if (!Number.isInteger(periods) || periods < 1 || !(discount > -1) || !Number.isInteger(renewals) || renewals < 0)
    throw new RangeError('whole renewals from 0, whole periods from 1, a discount above -1');
  const now = survival(model, renewals);
  let sum = 0;
  for (let k = 1; k <= periods; k += 1) sum += survival(model, renewals + k) / now / (1 + discount) ** k;
  return { periods: sum, nextRenewal: retentionRate(model, renewals + 1), survives: survival(model, renewals + periods) / now };
}

export interface ContractInterval {
  readonly low: number;
  readonly high: number;
  readonly median: number;
  readonly level: number;
}

/**
 * Where the customer's own discounted paid periods fall with probability `level`: her chance to cancel is drawn given the renewals that
 * she made, Beta(α, β + n) under sBG, then each decision. Seeded. For BdW the decisions follow the curve of the population.
 */
export function contractInterval(
  question: ContractValueQuestion,
  { draws = 400, level = 0.95, seed }: { readonly draws?: number; readonly level?: number; readonly seed: number },
): ContractInterval {
  const { model, renewals, periods, discount } = question;
  const { alpha, beta } = model.parameters;
  const random = createRandom(seed);
  const values = new Float64Array(draws);
  for (let i = 0; i < draws; i += 1) {
    const cancels = model.kind === 'sbg' ? random.beta(alpha, beta + renewals) : null;
    let value = 0;
    for (let k = 1; k <= periods; k += 1) {
      if (random.uniform() < (cancels ?? 1 - retentionRate(model, renewals + k))) break;
      value += (1 + discount) ** -k;
    }
    values[i] = value;
  }
  const sorted = values.toSorted();
  const at = (p: number): number => sorted[Math.min(draws - 1, Math.floor(p * draws))] ?? 0;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2), median: at(0.5), level };
}
