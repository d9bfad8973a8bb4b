import { at } from './numerics/at';

/** Customers in columns: observations, their mean, how many customers. */
export interface MeansTable {
  readonly n: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** Variance of the customers' true means, and of one observation within a customer. Both above 0. */
export interface Variances {
  readonly between: number;
  readonly within: number;
}

/**
 * Both variances from the means alone: (meanᵢ − centre)² = between + within/nᵢ in expectation, a straight line in 1/n. Least squares with
 * weights, both ends kept above zero, so `within / between` is always a number of observations.
 */
export function variancesOf({ n, mean, weight }: MeansTable, centre: number): Variances {
  let [customers, su, sy, suu, suy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n.length; i += 1) {
    const [u, y, w] = [1 / at(n, i), (at(mean, i) - centre) ** 2, at(weight, i)];
    customers += w;
    su += w * u;
    sy += w * y;
    suu += w * u * u;
    suy += w * u * y;
  }
  const spread = customers * suu - su * su;
  const floor = Math.max(1e-6 * (sy / customers), 1e-12 * centre * centre, Number.MIN_VALUE);
  const within = Math.max(spread > 1e-12 * customers * customers ? (customers * suy - su * sy) / spread : sy / customers, floor);
  const between = Math.max((sy - within * su) / customers, floor);
  return { between, within };
}
