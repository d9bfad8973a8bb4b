import type { FittedBetaGeometric } from '../fitted';
import type { HistoryTable, PurchaseHistory } from '../histories';
import type { Likelihood } from '../maximum';
import { at } from '../numerics/at';
import { hypergeometric } from '../numerics/hypergeometric';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { abs, exp, log, log1p, max } = Math;

/*
 * BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007; Hoppe & Wagner 2007) differ by one chance to leave:
 * after the first purchase too (modified), or only after repeats. With m = 1 or 0 for that chance, both are one formula:
 *
 *   ll = L(r+x) − L(r) + r ln α + L(a+b) + L(b+x+m) − L(b) − L(a+b+x+m)
 *        + ln( (α+T)^−(r+x) + [x + m > 0] a/(b+x+m−1) (α+tx)^−(r+x) )
 */

/** Sale-days are whole days: thousands of rows share a few hundred times, and a logarithm is the dearest part of the likelihood. */
function distinct(times: Float64Array, size: number, into: Map<number, number>): Int32Array {
  const index = new Int32Array(size);
  for (let i = 0; i < size; i += 1) {
    const time = at(times, i);
    let known = into.get(time);
    if (known === undefined) {
      known = into.size;
      into.set(time, known);
    }
    index[i] = known;
  }
  return index;
}

function chance(kind: FittedBetaGeometric['kind']): 0 | 1 {
  return kind === 'mbg-nbd' ? 1 : 0;
}

/**
 * The log-likelihood and its gradient. As x is an integer, every log-gamma difference is a sum of logarithms over 0…max x, and every digamma
 * difference a sum of reciprocals: no special function is called. Sums run in the order of the table, so a replay gives the same bits.
 */
export function betaGeometricLikelihood(kind: FittedBetaGeometric['kind'], table: HistoryTable): Likelihood {
  const m = chance(kind);
  const { size, x, tx, T, weight, maxX, customers } = table;
  const known = new Map<number, number>();
  const lastTime = distinct(tx, size, known);
  const endTime = distinct(T, size, known);
  const times = Float64Array.from(known.keys());
  const byX = new Float64Array(maxX + 1);
  for (let i = 0; i < size; i += 1) byX[at(x, i)] = at(byX, at(x, i)) + at(weight, i);

  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [r, alpha, a, b] = [at(theta, 0), at(theta, 1), at(theta, 2), at(theta, 3)];
    const logAlpha = log(alpha);
    let ll = 0;
    let [dr, dAlpha, da, db] = [0, 0, 0, 0];
    // Running sums: L(r+x)−L(r), ψ(r+x)−ψ(r), and those of b and a+b up to x+m.
    let [sumR, psiR, sumB, psiB, sumAB, psiAB] = [0, 0, 0, 0, 0, 0];
    if (m === 1) {
      sumB = log(b);
      psiB = 1 / b;
      sumAB = log(a + b);
      psiAB = 1 / (a + b);
    }
    const leaveTerm = new Float64Array(maxX + 1);
    for (let k = 0; k <= maxX; k += 1) {
      const n = at(byX, k);
      ll += n * (sumR + r * logAlpha + sumB - sumAB);
      dr += n * (psiR + logAlpha);
      da -= n * psiAB;
      db += n * (psiB - psiAB);
      leaveTerm[k] = k + m > 0 ? log(a / (b + k + m - 1)) : -Infinity;
      sumR += log(r + k);
      psiR += 1 / (r + k);
      sumB += log(b + k + m);
      psiB += 1 / (b + k + m);
      sumAB += log(a + b + k + m);
      psiAB += 1 / (a + b + k + m);
    }
    dAlpha += (customers * r) / alpha;
    const logTime = times.map((time) => log(alpha + time));
    const inverseTime = times.map((time) => 1 / (alpha + time));
    for (let i = 0; i < size; i += 1) {
      const w = at(weight, i);
      const k = at(x, i);
      const shape = r + k;
      const [end, last] = [at(endTime, i), at(lastTime, i)];
      const logEnd = at(logTime, end);
      const logLast = at(logTime, last);
      const d = at(leaveTerm, k) + shape * (logEnd - logLast);
      let gone: number;
      if (d < 0) {
        const e = exp(d);
        gone = e / (1 + e);
        ll += w * (log(1 + e) - shape * logEnd);
      } else {
        const e = exp(-d);
        gone = 1 / (1 + e);
        ll += w * (d + log(1 + e) - shape * logEnd);
      }
      const active = 1 - gone;
      dr -= w * (active * logEnd + gone * logLast);
      dAlpha -= w * shape * (active * at(inverseTime, end) + gone * at(inverseTime, last));
      da += (w * gone) / a;
      if (gone > 0) db -= (w * gone) / (b + k + m - 1);
    }
    gradient[0] = dr;
    gradient[1] = dAlpha;
    gradient[2] = da;
    gradient[3] = db;
    return ll;
  };
  return { names: ['r', 'alpha', 'a', 'b'], start: [1, max(table.maxT, 1e-3) / 8, 1, 1], weight: customers, evaluate };
}

/** P(alive at T): 1 / (1 + a/(b+x+m−1) ((α+T)/(α+tx))^(r+x)). BG/NBD says 1 for everybody without a repeat: it is not a churn score. */
export function betaGeometricAlive({ kind, parameters: { r, alpha, a, b } }: FittedBetaGeometric, { x, tx, T }: PurchaseHistory): number {
  const m = chance(kind);
  if (x + m === 0) return 1;
  return 1 / (1 + exp(log(a / (b + x + m - 1)) + (r + x) * log((alpha + T) / (alpha + tx))));
}

/**
 * E[purchases in (T, T+h] | active at T], h in the model's unit: `(a+b+x+m−1)/(a−1) [1 − (1−z)^(a−1) ₂F₁(a−1, a+b+m−1−r; a+b+x+m−1; z)]`
 * with z = h/(α+T+h). Euler's transformation of the textbook term, which overflows for large x; this form does not.
 */
export function betaGeometricPurchasesIfActive(model: FittedBetaGeometric, { x, T }: PurchaseHistory, h: number): number {
  const { r, alpha, a, b } = model.parameters;
  if (abs(a - 1) < 1e-5) {
    // The formula is 0/0 at a = 1; the function is smooth there, so the mean of both sides errs by 1e-8.
    const side = (shifted: number): number =>
      betaGeometricPurchasesIfActive({ ...model, parameters: { r, alpha, a: shifted, b } }, { x, tx: 0, T }, h);
    return (side(1 + 1e-4) + side(1 - 1e-4)) / 2;
  }
  const z = h / (alpha + T + h);
  const ab = b + chance(model.kind);
  const c = a + ab + x - 1;
  const term = exp((a - 1) * log1p(-z)) * hypergeometric(a - 1, a + ab - 1 - r, c, z);
  return (c / (a - 1)) * (1 - term);
}
