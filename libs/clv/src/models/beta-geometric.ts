import type { FittedBetaGeometric } from '../fitted';
import type { HistoryTable, PurchaseHistory } from '../histories';
import type { Likelihood } from '../maximum';
import { at } from '../numerics/at';
import { hypergeometric } from '../numerics/hypergeometric';

/*
 * BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007; Hoppe & Wagner 2007) differ by one chance to leave:
 * after the first purchase too (modified), or only after repeats. With m = 1 or 0 for that chance, both are one formula:
 *
 *   ll = L(r+x) − L(r) + r ln α + L(a+b) + L(b+x+m) − L(b) − L(a+b+x+m)
 *        + ln( (α+T)^−(r+x) + [x + m > 0] a/(b+x+m−1) (α+tx)^−(r+x) )
 */

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
  const byX = new Float64Array(maxX + 1);
  for (let i = 0; i < size; i += 1) byX[at(x, i)] = at(byX, at(x, i)) + at(weight, i);

  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [r, alpha, a, b] = [at(theta, 0), at(theta, 1), at(theta, 2), at(theta, 3)];
    const logAlpha = Math.log(alpha);
    let ll = 0;
    let [dr, dAlpha, da, db] = [0, 0, 0, 0];
    // Running sums: L(r+x)−L(r), ψ(r+x)−ψ(r), and those of b and a+b up to x+m.
    let [sumR, psiR, sumB, psiB, sumAB, psiAB] = [0, 0, 0, 0, 0, 0];
    if (m === 1) {
      sumB = Math.log(b);
      psiB = 1 / b;
      sumAB = Math.log(a + b);
      psiAB = 1 / (a + b);
    }
    const leaveTerm = new Float64Array(maxX + 1);
    for (let k = 0; k <= maxX; k += 1) {
      const n = at(byX, k);
      ll += n * (sumR + r * logAlpha + sumB - sumAB);
      dr += n * (psiR + logAlpha);
      da -= n * psiAB;
      db += n * (psiB - psiAB);
      leaveTerm[k] = k + m > 0 ? Math.log(a / (b + k + m - 1)) : -Infinity;
      sumR += Math.log(r + k);
      psiR += 1 / (r + k);
      sumB += Math.log(b + k + m);
      psiB += 1 / (b + k + m);
      sumAB += Math.log(a + b + k + m);
      psiAB += 1 / (a + b + k + m);
    }
    dAlpha += (customers * r) / alpha;
    for (let i = 0; i < size; i += 1) {
      const w = at(weight, i);
      const k = at(x, i);
      const end = alpha + at(T, i);
      const last = alpha + at(tx, i);
      const shape = r + k;
      const logEnd = Math.log(end);
      const logLast = Math.log(last);
      const d = at(leaveTerm, k) + shape * (logEnd - logLast);
      let gone: number;
      if (d < 0) {
        const e = Math.exp(d);
        gone = e / (1 + e);
        ll += w * (Math.log1p(e) - shape * logEnd);
      } else {
        const e = Math.exp(-d);
        gone = 1 / (1 + e);
        ll += w * (d + Math.log1p(e) - shape * logEnd);
      }
      const active = 1 - gone;
      dr -= w * (active * logEnd + gone * logLast);
      dAlpha -= w * shape * (active / end + gone / last);
      da += (w * gone) / a;
      if (gone > 0) db -= (w * gone) / (b + k + m - 1);
    }
    gradient[0] = dr;
    gradient[1] = dAlpha;
    gradient[2] = da;
    gradient[3] = db;
    return ll;
  };
  return { names: ['r', 'alpha', 'a', 'b'], start: [1, Math.max(table.maxT, 1e-3) / 8, 1, 1], weight: customers, evaluate };
}

/** P(alive at T): 1 / (1 + a/(b+x+m−1) ((α+T)/(α+tx))^(r+x)). BG/NBD says 1 for everybody without a repeat: it is not a churn score. */
export function betaGeometricAlive({ kind, parameters: { r, alpha, a, b } }: FittedBetaGeometric, { x, tx, T }: PurchaseHistory): number {
  const m = chance(kind);
  if (x + m === 0) return 1;
  return 1 / (1 + Math.exp(Math.log(a / (b + x + m - 1)) + (r + x) * Math.log((alpha + T) / (alpha + tx))));
}

/**
 * E[purchases in (T, T+h] | active at T], h in the model's unit: `(a+b+x+m−1)/(a−1) [1 − (1−z)^(a−1) ₂F₁(a−1, a+b+m−1−r; a+b+x+m−1; z)]`
 * with z = h/(α+T+h). Euler's transformation of the textbook term, which overflows for large x; this form does not.
 */
export function betaGeometricPurchasesIfActive(model: FittedBetaGeometric, { x, T }: PurchaseHistory, h: number): number {
  const { r, alpha, a, b } = model.parameters;
  if (Math.abs(a - 1) < 1e-5) {
    // The formula is 0/0 at a = 1; the function is smooth there, so the mean of both sides errs by 1e-8.
    const side = (shifted: number): number =>
      betaGeometricPurchasesIfActive({ ...model, parameters: { r, alpha, a: shifted, b } }, { x, tx: 0, T }, h);
    return (side(1 + 1e-4) + side(1 - 1e-4)) / 2;
  }
  const z = h / (alpha + T + h);
  const ab = b + chance(model.kind);
  const c = a + ab + x - 1;
  const term = Math.exp((a - 1) * Math.log1p(-z)) * hypergeometric(a - 1, a + ab - 1 - r, c, z);
  return (c / (a - 1)) * (1 - term);
}
