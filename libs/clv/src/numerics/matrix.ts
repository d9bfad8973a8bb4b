import { at } from './at';

export type Matrix = readonly (readonly number[])[];

/** Lower triangle L with L Lᵀ = m, or null when m is not positive definite. */
export function cholesky(m: Matrix): number[][] | null {
  const n = m.length;
  const lower = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = at(at(m, i), j);
      for (let k = 0; k < j; k += 1) sum -= at(at(lower, i), k) * at(at(lower, j), k);
      if (i === j) {
        if (!(sum > 0) || !Number.isFinite(sum)) return null;
        at(lower, i)[i] = Math.sqrt(sum);
      } else at(lower, i)[j] = sum / at(at(lower, j), j);
    }
  }
  return lower;
}

/** The inverse of a symmetric positive definite matrix, or null when it is not one. */
export function inverse(m: Matrix): number[][] | null {
  const lower = cholesky(m);
  if (lower === null) return null;
  const n = m.length;
  const result = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let column = 0; column < n; column += 1) {
    const y = new Array<number>(n).fill(0);
    for (let i = 0; i < n; i += 1) {
      let sum = i === column ? 1 : 0;
      for (let k = 0; k < i; k += 1) sum -= at(at(lower, i), k) * at(y, k);
      y[i] = sum / at(at(lower, i), i);
    }
    for (let i = n - 1; i >= 0; i -= 1) {
      let sum = at(y, i);
      for (let k = i + 1; k < n; k += 1) sum -= at(at(lower, k), i) * at(at(result, k), column);
      at(result, i)[column] = sum / at(at(lower, i), i);
    }
  }
  return result;
}
