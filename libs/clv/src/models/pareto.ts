import type { FittedPareto } from '../fitted';
import type { HistoryTable, PurchaseHistory } from '../histories';
import type { Likelihood } from '../maximum';
import { at } from '../numerics/at';
import { integrate, NODES, PANEL } from '../numerics/quadrature';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { abs, ceil, exp, expm1, log, log1p, max, min } = Math;

/*
 * Pareto/NBD (Schmittlein, Morrison & Colombo 1987) without a hypergeometric function:
 *
 *   ll = L(r+x) − L(r) + r ln α + s ln β + ln( (α+T)^−(r+x) (β+T)^−s + s A₀ ),   A₀ = ∫ₜₓᵀ (α+y)^−(r+x) (β+y)^−(s+1) dy
 *
 * The integral is taken over u = ln(m + y), m the smaller of α and β: then the integrand has no singularity nearer than iπ, and its steepness
 * is known beforehand, so the panels need no error estimate. Everything is relative to the integrand at tx: nothing overflows.
 */

/** Beyond a fall by e⁻⁴⁵ the rest adds nothing to a double. */
const NEGLIGIBLE = 45;

/** A₀ and its derivatives, each over the value of the integrand at tx, (α+tx)^−(r+x) (β+tx)^−(s+1). */
interface DeadIntegral {
  value: number;
  dr: number;
  dAlpha: number;
  ds: number;
  dBeta: number;
}

function deadIntegral(r: number, alpha: number, s: number, beta: number, x: number, tx: number, T: number, into: DeadIntegral): void {
  into.value = into.dr = into.dAlpha = into.ds = into.dBeta = 0;
  if (T <= tx) return;
  const alphaIsNear = alpha <= beta;
  const near = alphaIsNear ? alpha : beta;
  const [nearPower, farPower] = alphaIsNear ? [r + x, s + 1] : [s + 1, r + x];
  const gap = abs(alpha - beta);
  const from = log(near + tx);
  const steepness = (u: number): number => nearPower - 1 + (farPower * exp(u)) / (exp(u) + gap);
  const first = steepness(from);
  const full = log((near + T) / (near + tx));
  const length = first > 0 ? min(full, NEGLIGIBLE / first) : full;
  const panels = ceil(max(length / 2, (abs(steepness(from + length)) * length) / 8, 1));
  const half = length / (2 * panels);
  const farFrom = log(near + tx + gap);
  let [value, nearLog, nearInverse, farLog, farInverse] = [0, 0, 0, 0, 0];
  for (let panel = 0; panel < panels; panel += 1) {
    const middle = from + (2 * panel + 1) * half;
    for (let i = 0; i < NODES; i += 1) {
      // The logarithm of the nearer sum, m + y, is u itself.
      const u = middle + half * at(PANEL.nodes, i);
      const nearSum = exp(u);
      const farSum = nearSum + gap;
      const logFarSum = log(farSum);
      const f = half * at(PANEL.weights, i) * nearSum * exp(nearPower * (from - u) + farPower * (farFrom - logFarSum));
      value += f;
      nearLog += f * u;
      nearInverse += f / nearSum;
      farLog += f * logFarSum;
      farInverse += f / farSum;
    }
  }
  into.value = value;
  into.dr = -(alphaIsNear ? nearLog : farLog);
  into.dAlpha = -(r + x) * (alphaIsNear ? nearInverse : farInverse);
  into.ds = -(alphaIsNear ? farLog : nearLog);
  into.dBeta = -(s + 1) * (alphaIsNear ? farInverse : nearInverse);
}

/** The log-likelihood and its gradient, both by the same quadrature. */
export function paretoLikelihood(table: HistoryTable): Likelihood {
  const { size, x, tx, T, weight, maxX, customers } = table;
  const dead: DeadIntegral = { value: 0, dr: 0, dAlpha: 0, ds: 0, dBeta: 0 };
  const evaluate = (theta: Float64Array, gradient: Float64Array): number => {
    const [r, alpha, s, beta] = [at(theta, 0), at(theta, 1), at(theta, 2), at(theta, 3)];
    const sumR = new Float64Array(maxX + 1);
    const psiR = new Float64Array(maxX + 1);
    for (let k = 0; k < maxX; k += 1) {
      sumR[k + 1] = at(sumR, k) + log(r + k);
      psiR[k + 1] = at(psiR, k) + 1 / (r + k);
    }
    const [logAlpha, logBeta] = [log(alpha), log(beta)];
    let [ll, dr, dAlpha, ds, dBeta] = [0, 0, 0, 0, 0];
    for (let i = 0; i < size; i += 1) {
      const w = at(weight, i);
      const k = at(x, i);
      const shape = r + k;
      const [end, last] = [at(T, i), at(tx, i)];
      const [logAlphaEnd, logBetaEnd] = [log(alpha + end), log(beta + end)];
      const active = -shape * logAlphaEnd - s * logBetaEnd;
      deadIntegral(r, alpha, s, beta, k, last, end, dead);
      const peak = -shape * log(alpha + last) - (s + 1) * log(beta + last);
      const gone = dead.value > 0 ? log(s * dead.value) + peak : -Infinity;
      const high = max(active, gone);
      const total = high + log1p(exp(-abs(active - gone)));
      const pActive = exp(active - total);
      // ∂/∂θ of s·A₀ over the likelihood: the integral's derivative times s·peak/total.
      const scale = dead.value > 0 ? exp(gone - total) / dead.value : 0;
      ll += w * (at(sumR, k) + r * logAlpha + s * logBeta + total);
      dr += w * (at(psiR, k) + logAlpha - pActive * logAlphaEnd + scale * dead.dr);
      dAlpha += w * (r / alpha - (pActive * shape) / (alpha + end) + scale * dead.dAlpha);
      ds += w * (logBeta - pActive * logBetaEnd + scale * (dead.ds + dead.value / s));
      dBeta += w * (s / beta - (pActive * s) / (beta + end) + scale * dead.dBeta);
    }
    gradient[0] = dr;
    gradient[1] = dAlpha;
    gradient[2] = ds;
    gradient[3] = dBeta;
    return ll;
  };
  const scale = max(table.maxT, 1e-3) / 8;
  return { names: ['r', 'alpha', 's', 'beta'], start: [1, scale, 1, scale], weight: customers, evaluate };
}

/** P(alive at T) = 1 / (1 + s (α+T)^(r+x) (β+T)^s A₀). */
export function paretoAlive({ parameters: { r, alpha, s, beta } }: FittedPareto, { x, tx, T }: PurchaseHistory): number {
  const dead: DeadIntegral = { value: 0, dr: 0, dAlpha: 0, ds: 0, dBeta: 0 };
  deadIntegral(r, alpha, s, beta, x, tx, T, dead);
  if (dead.value === 0) return 1;
  const odds = log(s * dead.value) + (r + x) * log((alpha + T) / (alpha + tx)) + s * log((beta + T) / (beta + tx)) - log(beta + tx);
  return 1 / (1 + exp(odds));
}

/** E[purchases in (T, T+h] | active at T] = (r+x)(β+T)/((α+T)(s−1)) (1 − ((β+T)/(β+T+h))^(s−1)), finite at s = 1 as well. */
export function paretoPurchasesIfActive({ parameters: { r, alpha, s, beta } }: FittedPareto, { x, T }: PurchaseHistory, h: number): number {
  const logSpan = log1p(h / (beta + T));
  const span = s === 1 ? logSpan : -expm1(-(s - 1) * logSpan) / (s - 1);
  return (((r + x) * (beta + T)) / (alpha + T)) * span;
}

/** P(at least one purchase in (T, T+h] | active at T) = ∫₀ʰ (r+x)/(A+t) (A/(A+t))^(r+x) (B/(B+t))^s dt, A = α+T, B = β+T. */
export function paretoBuysIfActive({ parameters: { r, alpha, s, beta } }: FittedPareto, { x, T }: PurchaseHistory, h: number): number {
  const [A, B] = [alpha + T, beta + T];
  const shape = r + x;
  const length = min(log1p(h / A), NEGLIGIBLE / shape);
  // With u = ln(1 + t/A) the first factor is e^(−shape u); the second has its singularity at t = −B.
  const panels = ceil(max(((shape + s * max(1, A / B)) * length) / 6, length * max(1, A / B), 1));
  return integrate((u) => shape * exp(-shape * u - s * log1p((A * expm1(u)) / B)), 0, length, min(panels, 10_000));
}

/**
 * Expected transactions of an active customer over an endless horizon, discounted continuously at rate `d` per unit of the model (Fader,
 * Hardie & Lee 2005, "RFM and CLV"): (r+x)/(α+T) · B e^ζ E_s(ζ), B = β+T, ζ = dB. Here B e^ζ E_s(ζ) = B ∫₀^∞ exp(−ζ(eᵘ−1) − (s−1)u) du.
 */
export function paretoDiscountedIfActive(
  { parameters: { r, alpha, s, beta } }: FittedPareto,
  { x, T }: PurchaseHistory,
  d: number,
): number {
  const B = beta + T;
  const zeta = d * B;
  const length = log1p(NEGLIGIBLE / zeta);
  const panels = ceil(max(4, length * 2, (s * length) / 6));
  return ((r + x) / (alpha + T)) * B * integrate((u) => exp(-zeta * expm1(u) - (s - 1) * u), 0, length, panels);
}
