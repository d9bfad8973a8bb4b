import { at } from './numerics/at';
import { minimise, type Objective } from './numerics/lbfgs';
import { cholesky, type Matrix } from './numerics/matrix';

/** A minimum of an objective in log parameters, with the inverse Hessian there. */
export interface ProfiledMinimum {
  readonly objective: Objective;
  readonly x: Float64Array;
  readonly value: number;
  readonly covariance: Matrix;
}

/** Both ends; null = the data set no limit on that side. */
export interface ProfileInterval {
  readonly low: number | null;
  readonly high: number | null;
}

/** Square root of χ² with one degree of freedom, 95 %. */
const Z95 = 1.959963984540054;

/** The last step is Newton's, so its end is nearer by far than the point at which the search stops. */
const NEAR_ENOUGH = 0.02;
/** In coordinates of one standard error each: the log-likelihood is then 0.0005 from its best. */
const FLAT_ENOUGH = 0.03;
const POINTS = 24;
/** Where the limit is more than e⁷ ≈ 1,100 times the estimate away, there is none: the data do not tell such a value from infinity. */
const FARTHEST = 7;
/** The others may follow to where a likelihood still has its digits. */
const INFINITE = 17;
/** A search that has seen no limit yet goes at most so many times as far at once. */
const STRIDE = 3;

interface ConstrainedPoint {
  readonly x: Float64Array;
  /** Signed root of the likelihood ratio's size, √(2 (f − min)): a straight line of slope 1/σ where the likelihood is a parabola. */
  readonly root: number;
  /** Its slope: by the envelope theorem that of the objective in the held coordinate alone. */
  readonly slope: number;
}

/** Minimises over all coordinates but one, in coordinates in which the parabola at the minimum is a sphere: then few steps are needed. */
function constrainer({ objective, x: best, value: least, covariance }: ProfiledMinimum, held: number) {
  const others = Array.from(best, (_, i) => i).filter((i) => i !== held);
  const variance = at(at(covariance, held), held);
  const row = at(covariance, held);
  const given = others.map((i) => others.map((j) => at(at(covariance, i), j) - (at(row, i) * at(row, j)) / variance));
  const lower = cholesky(given);
  if (lower === null) return null;
  const x = new Float64Array(best.length);
  const gradient = new Float64Array(best.length);
  const tangent = best.map((_, i) => at(row, i) / variance);

  return (to: number, from: ConstrainedPoint | null): ConstrainedPoint => {
    const start = from?.x ?? best;
    const moved = at(start, held) - at(best, held);
    // Along the line to the last point, as a ridge of the likelihood bends; at first along its tangent.
    const base = start.map((v, i) => {
      const direction = from === null ? at(tangent, i) : (v - at(best, i)) / moved;
      return i === held ? to : v + (to - at(start, held)) * direction;
    });
    const place = (u: Float64Array): void => {
      x.set(base);
      for (const [k, i] of others.entries()) {
        let shift = 0;
        for (let j = 0; j <= k; j += 1) shift += at(at(lower, k), j) * at(u, j);
        x[i] = at(base, i) + shift;
      }
    };
    let [lowest, pull] = [Infinity, 0];
    const found = minimise(
      (u, into) => {
        place(u);
        const value = objective(x, gradient);
        if (value < lowest) [lowest, pull] = [value, at(gradient, held)];
        for (let j = 0; j < others.length; j += 1) {
          let sum = 0;
          for (let k = j; k < others.length; k += 1) sum += at(at(lower, k), j) * at(gradient, at(others, k));
          into[j] = sum;
        }
        return value - least;
      },
      new Float64Array(others.length),
      {
        tolerance: FLAT_ENOUGH,
        stop: (u) => {
          place(u);
          return x.some((v) => Math.abs(v) > INFINITE);
        },
      },
    );
    place(found.x);
    const root = Math.sqrt(2 * Math.max(0, found.value));
    return { x: x.slice(), root, slope: (Math.sign(to - at(best, held)) * pull) / root };
  };
}

/**
 * The 95 % profile-likelihood interval of one coordinate: all values at which the best of the other coordinates lowers the log-likelihood by
 * at most 1.92 (Venzon & Moolgavkar 1988). Unlike the parabola at the minimum it follows a likelihood that is skewed, as with few customers
 * it is, and it can be open at an end. Each point costs some evaluations, and two or three points find an end.
 */
export function profileInterval(minimum: ProfiledMinimum, held: number): ProfileInterval {
  const constrained = constrainer(minimum, held);
  if (constrained === null) return { low: null, high: null };
  const best = at(minimum.x, held);
  const sigma = Math.sqrt(at(at(minimum.covariance, held), held));
  const limit = (side: 1 | -1): number | null => {
    let [inside, outside] = [0, Infinity];
    let distance = Math.min(FARTHEST, Z95 * sigma);
    let last: ConstrainedPoint | null = null;
    for (let k = 0; k < POINTS; k += 1) {
      const point = constrained(best + side * distance, last);
      const newton = distance + (Z95 - point.root) / point.slope;
      if (Math.abs(point.root - Z95) <= NEAR_ENOUGH && point.slope > 0) return newton > FARTHEST ? null : best + side * newton;
      if (point.root < Z95) {
        if (distance >= FARTHEST) return null;
        inside = distance;
      } else outside = distance;
      if (Number.isFinite(point.root)) last = point;
      const usable = point.slope > 0 && newton > inside && newton < outside;
      const next = usable ? newton : outside < Infinity ? (inside + outside) / 2 : STRIDE * distance;
      distance = Math.min(next, FARTHEST, STRIDE * distance);
    }
    return outside < Infinity ? best + side * outside : null;
  };
  return { low: limit(-1), high: limit(1) };
}
