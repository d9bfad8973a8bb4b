import type { HistoryTable } from '../histories';
import type { Likelihood } from '../maximum';
import { at } from '../numerics/at';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { log, max } = Math;

/** NBD (Ehrenberg 1959): `ll = L(r+x) − L(r) + r ln α − (r+x) ln(α+T)`; the other models with nobody leaving. */
export function nbdLikelihood(table: HistoryTable): Likelihood {
  const { size, x, T, weight, maxX, customers } = table;
  const byX = new Float64Array(maxX + 1);
  for (let i = 0; i < size; i += 1) byX[at(x, i)] = at(byX, at(x, i)) + at(weight, i);

  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [r, alpha] = [at(theta, 0), at(theta, 1)];
    let [ll, dr, sumR, psiR] = [customers * r * log(alpha), customers * log(alpha), 0, 0];
    let dAlpha = (customers * r) / alpha;
    for (let k = 0; k <= maxX; k += 1) {
      ll += at(byX, k) * sumR;
      dr += at(byX, k) * psiR;
      sumR += log(r + k);
      psiR += 1 / (r + k);
    }
    for (let i = 0; i < size; i += 1) {
      const w = at(weight, i);
      const end = alpha + at(T, i);
      const shape = r + at(x, i);
      ll -= w * shape * log(end);
      dr -= w * log(end);
      dAlpha -= (w * shape) / end;
    }
    gradient[0] = dr;
    gradient[1] = dAlpha;
    return ll;
  };
  return { names: ['r', 'alpha'], start: [1, max(table.maxT, 1e-3) / 8], weight: customers, evaluate };
}
