import type { Estimate } from './fitted';
import { at } from './numerics/at';
import { minimise, type Objective } from './numerics/lbfgs';
import { inverse, type Matrix } from './numerics/matrix';
import { profileInterval } from './profile';

/** A log-likelihood of positive parameters: returns its value and writes its gradient with respect to the parameters themselves. */
export interface Likelihood {
  readonly names: readonly string[];
  readonly start: readonly number[];
  /** Number of observations: the search works on the mean, so that its tolerance means the same for ten customers and ten million. */
  readonly weight: number;
  readonly evaluate: (parameters: Float64Array, gradient: Float64Array) => number;
}

export interface Maximum {
  readonly parameters: readonly number[];
  readonly logLikelihood: number;
  readonly covarianceLog: Matrix | null;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** The names of parameters that ran to zero or infinity (|ln| > 11). */
  readonly unbounded: readonly string[];
}

/** |ln θ| beyond this is "at the bound": the data do not say where the parameter is. */
export const LOG_BOUND = 11;

function covarianceOf(gradientAt: (x: Float64Array) => Float64Array, x: Float64Array): Matrix | null {
  const step = 1e-4;
  const columns = Array.from(x, (_, j) => {
    const up = gradientAt(x.map((v, i) => (i === j ? v + step : v)));
    const down = gradientAt(x.map((v, i) => (i === j ? v - step : v)));
    return Array.from(up, (g, i) => (g - at(down, i)) / (2 * step));
  });
  return inverse(columns.map((column, j) => column.map((v, i) => (v + at(at(columns, i), j)) / 2)));
}

/** The sum of −ln likelihood over the logarithms of the parameters, divided by `per`. */
function inLogarithms({ start, evaluate }: Likelihood, per: number): Objective {
  const natural = new Float64Array(start.length);
  return (x, gradient) => {
    for (let i = 0; i < x.length; i += 1) natural[i] = Math.exp(at(x, i));
    const value = -evaluate(natural, gradient) / per;
    for (let i = 0; i < x.length; i += 1) gradient[i] = (-at(gradient, i) * at(natural, i)) / per;
    return gradient.every(Number.isFinite) ? value : Infinity;
  };
}

/** Maximises over the logarithms of the parameters; the covariance is the inverse Hessian there, from central differences of the gradient. */
export function maximise(likelihood: Likelihood): Maximum {
  const { names, start, weight } = likelihood;
  const minimum = minimise(inLogarithms(likelihood, weight), Float64Array.from(start, Math.log), {
    stop: (x) => x.some((v) => Math.abs(v) > LOG_BOUND + 2),
  });
  const whole = inLogarithms(likelihood, 1);
  const gradientAt = (x: Float64Array): Float64Array => {
    const gradient = new Float64Array(x.length);
    whole(x, gradient);
    return gradient;
  };
  const unbounded = names.filter((_, i) => Math.abs(at(minimum.x, i)) > LOG_BOUND);
  return {
    parameters: Array.from(minimum.x, Math.exp),
    logLikelihood: -minimum.value * weight,
    // On its way to infinity a parameter leaves a curvature that means nothing.
    covarianceLog: unbounded.length > 0 ? null : covarianceOf(gradientAt, minimum.x),
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    converged: minimum.converged,
    unbounded,
  };
}

/** Standard errors on the natural scale by the curvature at the maximum, and 95 % intervals by the profile of the likelihood. */
export function estimatesOf(likelihood: Likelihood, { parameters, logLikelihood, covarianceLog, unbounded }: Maximum): Estimate[] {
  return likelihood.names.map((name, i) => {
    const value = at(parameters, i);
    if (covarianceLog === null) {
      const reason =
        unbounded.length > 0
          ? `${unbounded.join(', ')} ran to the bound (|ln| > ${LOG_BOUND}): the data do not say where the parameters are.`
          : 'The likelihood is flat at its maximum: the data do not say where the parameters are.';
      return { name, value, standardError: null, low: null, high: null, reason };
    }
    const { low, high } = profileInterval(
      {
        objective: inLogarithms(likelihood, 1),
        x: Float64Array.from(parameters, Math.log),
        value: -logLikelihood,
        covariance: covarianceLog,
      },
      i,
    );
    const open = [low === null ? 'lower' : '', high === null ? 'upper' : ''].filter((side) => side !== '');
    return {
      name,
      value,
      standardError: value * Math.sqrt(at(at(covarianceLog, i), i)),
      low: low === null ? null : Math.exp(low),
      high: high === null ? null : Math.exp(high),
      reason: open.length === 0 ? null : `The data set no ${open.join(' and no ')} limit to ${name}.`,
    };
  });
}

/** Correlations of the log parameters, or null where the likelihood is flat. */
export function correlationsOf(covarianceLog: Matrix | null): Matrix | null {
  if (covarianceLog === null) return null;
  return covarianceLog.map((row, i) => row.map((v, j) => v / Math.sqrt(at(at(covarianceLog, i), i) * at(at(covarianceLog, j), j))));
}
