import type { Estimate } from './fitted';
import { refused, type Refused } from './histories';
import { estimatesOf, maximise, type Likelihood, type Maximum } from './maximum';
import { at } from './numerics/at';
import { digamma, logBeta } from './numerics/gamma';
import type { Matrix } from './numerics/matrix';

/**
 * How long a contract is renewed. Each customer cancels at a renewal with a probability that is Beta(α, β) over customers (`sbg`); `bdw` lets the
 * customer's own risk change with age as well, by the power c (c = 1 is sBG). Plain JSON.
 */
export interface FittedContract {
  readonly kind: 'sbg' | 'bdw';
  /** c is 1 for sBG. */
  readonly parameters: { readonly alpha: number; readonly beta: number; readonly c: number };
  readonly covarianceLog: Matrix | null;
}

export interface ContractFit {
  readonly outcome: 'fitted';
  readonly model: FittedContract;
  readonly estimates: readonly Estimate[];
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** S(t) of `alpha, beta, c`, and d ln S. τ = tᶜ. */
function logSurvival(alpha: number, beta: number, c: number, t: number): number {
  return t === 0 ? 0 : logBeta(alpha, beta + t ** c) - logBeta(alpha, beta);
}

function contractLikelihood(survivors: readonly number[], kind: FittedContract['kind']): Likelihood {
  const last = survivors.length - 1;
  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [alpha, beta] = [at(theta, 0), at(theta, 1)];
    const c = kind === 'bdw' ? at(theta, 2) : 1;
    const both = digamma(alpha + beta);
    const own = digamma(beta);
    const surviving = (t: number): [log: number, dAlpha: number, dBeta: number, dC: number] => {
      if (t === 0) return [0, 0, 0, 0];
      const tau = t ** c;
      const psi = digamma(alpha + beta + tau);
      const difference = digamma(beta + tau) - psi;
      return [logSurvival(alpha, beta, c, t), both - psi, difference - own + both, difference * tau * Math.log(t)];
    };
    gradient.fill(0);
    let ll = 0;
    let before = surviving(0);
    for (let t = 1; t <= last; t += 1) {
      const after = surviving(t);
      const lost = at(survivors, t - 1) - at(survivors, t);
      const [sBefore, sAfter] = [Math.exp(before[0]), Math.exp(after[0])];
      const p = sBefore - sAfter;
      if (lost > 0) {
        ll += lost * Math.log(p);
        for (let i = 0; i < gradient.length; i += 1)
          gradient[i] = at(gradient, i) + (lost * (sBefore * at(before, i + 1) - sAfter * at(after, i + 1))) / p;
      }
      before = after;
    }
    const kept = at(survivors, last);
    for (let i = 0; i < gradient.length; i += 1) gradient[i] = at(gradient, i) + kept * at(before, i + 1);
    return ll + kept * before[0];
  };
  const names = kind === 'bdw' ? ['alpha', 'beta', 'c'] : ['alpha', 'beta'];
  return { names, start: names.map(() => 1), weight: at(survivors, 0), evaluate };
}

/**
 * Fits a cohort's renewals: `survivors[t]` customers are left after t renewals, `survivors[0]` began (percentages do, but then the errors are
 * those of 100 customers). `auto` (the default) takes BdW where its third parameter earns its place (2 ΔLL > 3.84), else sBG
 * (Fader & Hardie 2007; Fader, Hardie et al. 2018).
 * Refuses a row that is too short, rises, or loses nobody (`SURVIVORS_NOT_VALID`).
 */
export function fitContract(
  survivors: readonly number[],
  options: { readonly model?: 'auto' | 'sbg' | 'bdw' } = {},
): ContractFit | Refused {
  const { model = 'auto' } = options;
  const falls = survivors.every((s, t) => s >= 0 && s < Infinity && (t === 0 || s <= at(survivors, t - 1)));
  if (survivors.length < 3 || !falls || !(at(survivors, 0) > at(survivors, survivors.length - 1))) {
    const rule = 'at least three numbers that never rise and lose somebody';
    return refused('SURVIVORS_NOT_VALID', 'survivors', rule, `survivors must be ${rule}.`, 'Count one cohort at each renewal.');
  }
  const likelihoods = { sbg: contractLikelihood(survivors, 'sbg'), bdw: contractLikelihood(survivors, 'bdw') };
  const fit = (kind: FittedContract['kind']): Maximum => maximise(likelihoods[kind]);
  const sbg = model === 'bdw' ? null : fit('sbg');
  const bdw = model === 'sbg' || (model === 'auto' && survivors.length < 4) ? null : fit('bdw');
  const better = bdw !== null && (sbg === null || (bdw.unbounded.length === 0 && 2 * (bdw.logLikelihood - sbg.logLikelihood) > 3.84));
  const found = better ? bdw : (sbg ?? fit('sbg'));
  const [alpha, beta, c] = [at(found.parameters, 0), at(found.parameters, 1), better ? at(found.parameters, 2) : 1];
  return {
    outcome: 'fitted',
    model: { kind: better ? 'bdw' : 'sbg', parameters: { alpha, beta, c }, covarianceLog: found.covarianceLog },
    estimates: estimatesOf(likelihoods[better ? 'bdw' : 'sbg'], found),
    logLikelihood: found.logLikelihood,
    iterations: found.iterations,
    converged: found.converged,
  };
}

/** S(t) = B(α, β+tᶜ)/B(α, β): the share of a cohort left after t renewals. */
export function survival({ parameters: { alpha, beta, c } }: FittedContract, renewals: number): number {
  return Math.exp(logSurvival(alpha, beta, c, renewals));
}

/** r(t) = S(t)/S(t−1): the share that renews the t-th time, of those who could. It rises with t, as the loyal remain. */
export function retentionRate(model: FittedContract, renewal: number): number {
  return Math.exp(
    logSurvival(model.parameters.alpha, model.parameters.beta, model.parameters.c, renewal) -
      logSurvival(model.parameters.alpha, model.parameters.beta, model.parameters.c, renewal - 1),
  );
}

/** Σ from `first` of S(t)/S(before) vᵗ⁻ᶠⁱʳˢᵗ: plain sums converge for every discount above zero. */
function discountedSum(model: FittedContract, first: number, before: number, discount: number): number {
  if (!(discount > 0)) throw new RangeError('An endless horizon needs a discount rate above 0.');
  const { alpha, beta, c } = model.parameters;
  const base = logSurvival(alpha, beta, c, before);
  let sum = 0;
  let worth = 1;
  for (let t = first; worth > 1e-17; t += 1) {
    sum += Math.exp(logSurvival(alpha, beta, c, t) - base) * worth;
    worth /= 1 + discount;
  }
  return sum;
}

/** Discounted expected lifetime of a new customer in periods, the first one counted: Σ S(t)/(1+d)ᵗ. `discount` is effective per period. */
export function discountedLifetime(model: FittedContract, discount: number): number {
  return discountedSum(model, 0, 0, discount);
}

/**
 * Discounted expected residual lifetime just before the n-th renewal decision of a customer who has renewed n − 1 times:
 * Σ S(t)/S(n−1)/(1+d)^(t−n) from t = n (Fader & Hardie 2010).
 */
export function discountedResidualLifetime(model: FittedContract, renewal: number, discount: number): number {
  return discountedSum(model, renewal, renewal - 1, discount);
}
