import type { Likelihood } from '../maximum';
import { at } from '../numerics/at';
import { digamma, logGamma } from '../numerics/gamma';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { log } = Math;

/** Repeat buyers in columns: transactions with positive spend, their mean, how many customers. */
export interface SpendTable {
  readonly n: Float64Array;
  readonly mean: Float64Array;
  readonly weight: Float64Array;
  readonly customers: number;
}

/**
 * Gamma-gamma (Fader & Hardie 2013): a customer with n transactions of mean m contributes
 * `L(pn+q) − L(pn) − L(q) + q ln γ + (pn−1) ln m + pn ln n − (pn+q) ln(γ+nm)`. The gamma functions depend on n only and are computed once
 * for each n.
 */
export function gammaGammaLikelihood({ n, mean, weight, customers }: SpendTable): Likelihood {
  const byN = new Map<number, number>();
  let [sumLogMean, sumNLogMeanN, total] = [0, 0, 0];
  for (let i = 0; i < n.length; i += 1) {
    const [k, m, w] = [at(n, i), at(mean, i), at(weight, i)];
    byN.set(k, (byN.get(k) ?? 0) + w);
    sumLogMean += w * log(m);
    sumNLogMeanN += w * k * log(k * m);
    total += w * m;
  }
  const counts = [...byN];
  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [p, q, gamma] = [at(theta, 0), at(theta, 1), at(theta, 2)];
    let ll = customers * (q * log(gamma) - logGamma(q)) + p * sumNLogMeanN - sumLogMean;
    let dp = sumNLogMeanN;
    let dq = customers * (log(gamma) - digamma(q));
    let dGamma = (customers * q) / gamma;
    for (const [k, w] of counts) {
      ll += w * (logGamma(p * k + q) - logGamma(p * k));
      const psi = digamma(p * k + q);
      dp += w * k * (psi - digamma(p * k));
      dq += w * psi;
    }
    for (let i = 0; i < n.length; i += 1) {
      const [k, w] = [at(n, i), at(weight, i)];
      const sum = gamma + k * at(mean, i);
      const logSum = log(sum);
      const shape = p * k + q;
      ll -= w * shape * logSum;
      dp -= w * k * logSum;
      dq -= w * logSum;
      dGamma -= (w * shape) / sum;
    }
    gradient[0] = dp;
    gradient[1] = dq;
    gradient[2] = dGamma;
    return ll;
  };
  return { names: ['p', 'q', 'gamma'], start: [1, 2, total / customers], weight: customers, evaluate };
}
