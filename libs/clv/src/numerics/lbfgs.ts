import { at } from './at';

/** A function of x that also writes its gradient; +∞ or NaN means "outside". */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly evaluations: number;
  readonly converged: boolean;
}

export interface LbfgsOptions {
  /** Largest component of the gradient at which the search ends. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  /** Ends the search early: a parameter that runs to infinity never converges, and more steps would only run further. */
  readonly stop?: (x: Float64Array) => boolean;
}

const MEMORY = 8;
const ROUNDING = 1e-13;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += at(a, i) * at(b, i);
  return sum;
}

/**
 * L-BFGS (Nocedal & Wright, algorithm 7.5; memory 8) with the weak Wolfe line search by bisection (Lewis & Overton 2013), which accepts a
 * non-finite value as "too far" and steps back, so no second optimiser is needed.
 */
export function minimise(objective: Objective, start: Float64Array, options: LbfgsOptions = {}): Minimum {
  const { tolerance = 1e-8, maxIterations = 200, stop } = options;
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient: Float64Array = new Float64Array(n);
  let value = objective(x, gradient);
  let evaluations = 1;
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    if (gradient.every((g) => Math.abs(g) <= tolerance)) return { x, value, iterations: iteration, evaluations, converged: true };
    if (stop?.(x) === true) return { x, value, iterations: iteration, evaluations, converged: false };

    const direction = gradient.map((g) => -g);
    const weights = new Float64Array(steps.length);
    for (let k = steps.length - 1; k >= 0; k -= 1) {
      weights[k] = dot(at(steps, k), direction) / dot(at(steps, k), at(changes, k));
      for (let i = 0; i < n; i += 1) direction[i] = at(direction, i) - at(weights, k) * at(at(changes, k), i);
    }
    const last = steps.length - 1;
    const scale =
      last >= 0
        ? dot(at(steps, last), at(changes, last)) / dot(at(changes, last), at(changes, last))
        : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
    for (let i = 0; i < n; i += 1) direction[i] = at(direction, i) * scale;
    for (let k = 0; k < steps.length; k += 1) {
      const correction = at(weights, k) - dot(at(changes, k), direction) / dot(at(steps, k), at(changes, k));
      for (let i = 0; i < n; i += 1) direction[i] = at(direction, i) + correction * at(at(steps, k), i);
    }

    const slope = dot(gradient, direction);
    // The step would lower the value by half of this: below the rounding of a long sum no line search can see it.
    if (-slope <= ROUNDING * Math.abs(value)) return { x, value, iterations: iteration, evaluations, converged: true };
    let low = 0;
    let high = Infinity;
    let length = 1;
    let next = x;
    let nextGradient: Float64Array = new Float64Array(n);
    let nextValue = Infinity;
    let found = false;
    for (let trial = 0; trial < 40; trial += 1) {
      next = x.map((xi, i) => xi + length * at(direction, i));
      nextGradient = new Float64Array(n);
      nextValue = objective(next, nextGradient);
      evaluations += 1;
      if (!(nextValue <= value + 1e-4 * length * slope)) high = length;
      else if (dot(nextGradient, direction) < 0.9 * slope) low = length;
      else {
        found = true;
        break;
      }
      length = high === Infinity ? 2 * low : (low + high) / 2;
    }
    // No step is better in double precision: this is the minimum as far as it can be told.
    if (!found && !(nextValue < value))
      return { x, value, iterations: iteration, evaluations, converged: gradient.every((g) => Math.abs(g) <= 1e-5) };

    const step = next.map((xi, i) => xi - at(x, i));
    const change = nextGradient.map((g, i) => g - at(gradient, i));
    if (dot(step, change) > 1e-300) {
      steps.push(step);
      changes.push(change);
      if (steps.length > MEMORY) {
        steps.shift();
        changes.shift();
      }
    }
    x = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { x, value, iterations: maxIterations, evaluations, converged: false };
}
