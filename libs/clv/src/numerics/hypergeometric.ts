import { gammaSign, logGamma } from './gamma';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { abs, exp, log, log1p, round } = Math;

const ENOUGH_TERMS = 1_000_000;

function powerSeries(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 0; k < ENOUGH_TERMS; k += 1) {
    term *= (((a + k) * (b + k)) / ((c + k) * (k + 1))) * z;
    sum += term;
    if (abs(term) <= 1e-16 * abs(sum) && k > abs(a) && k > abs(b) && k > -c) break;
    if (term === 0) break;
  }
  return sum;
}

/** Γ(c) Γ(d) / (Γ(e) Γ(f)) with signs; a pole below makes it 0. */
function gammaQuotient(c: number, d: number, e: number, f: number): number {
  const below = logGamma(e) + logGamma(f);
  if (below === Infinity) return 0;
  return gammaSign(c) * gammaSign(d) * gammaSign(e) * gammaSign(f) * exp(logGamma(c) + logGamma(d) - below);
}

/**
 * Gauss's ₂F₁(a, b; c; z) for 0 ≤ z < 1 and c not 0, −1, −2, …
 *
 * The power series up to z = 0.9; above it the transformation to 1 − z (Abramowitz & Stegun 15.3.6), except where c − a − b is so near an
 * integer that the two halves cancel: there the power series simply runs longer. The conditional expectations call it with small a and b
 * (Euler's transformation), where the series needs some forty terms.
 */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  const s = c - a - b;
  // A large negative b makes the terms alternate and cancel; Euler's mirror image has positive ones only.
  const fall = s * log1p(-z);
  if (z <= 0.9 && b < -10 && c >= a && fall > -700) return exp(fall) * powerSeries(c - a, c - b, c, z);
  if (z <= 0.9 || abs(s - round(s)) < 1e-3) return powerSeries(a, b, c, z);
  const w = 1 - z;
  const direct = gammaQuotient(c, s, c - a, c - b) * powerSeries(a, b, 1 - s, w);
  const mirrored = gammaQuotient(c, -s, a, b) * exp(s * log(w)) * powerSeries(c - a, c - b, 1 + s, w);
  const value = direct + mirrored;
  // A large customer (c in the hundreds) makes both halves huge: then the plain series is the accurate one.
  return Number.isFinite(value) && abs(value) > 1e-3 * abs(direct) ? value : powerSeries(a, b, c, z);
}
