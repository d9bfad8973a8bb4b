// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { PI, abs, exp, floor, log, log1p, sin } = Math;
const HALF_LOG_TWO_PI = 0.9189385332046728;

/** ln |Γ(z)| for every real z but the poles 0, −1, −2, … (+∞ there). Stirling's series after a shift to z ≥ 10; relative error about 1e-15. */
export function logGamma(z: number): number {
  if (z <= 0) {
    if (Number.isInteger(z)) return Infinity;
    return log(PI / abs(sin(PI * z))) - logGamma(1 - z);
  }
  let shift = 1;
  let y = z;
  while (y < 10) {
    shift *= y;
    y += 1;
  }
  const i = 1 / y;
  const i2 = i * i;
  const series = i * (1 / 12 - i2 * (1 / 360 - i2 * (1 / 1260 - i2 * (1 / 1680 - i2 * (1 / 1188 - (i2 * 691) / 360360)))));
  return (y - 0.5) * log(y) - y + HALF_LOG_TWO_PI + series - log(shift);
}

/** The sign of Γ(z): negative on (−1, 0), positive on (−2, −1), and so on. */
export function gammaSign(z: number): 1 | -1 {
  return z > 0 || floor(z) % 2 === 0 ? 1 : -1;
}

/** ψ(z) = d ln Γ / dz for z > 0. Asymptotic series after a shift to z ≥ 10; error about 1e-15. */
export function digamma(z: number): number {
  let shift = 0;
  let y = z;
  while (y < 10) {
    shift += 1 / y;
    y += 1;
  }
  const i2 = 1 / (y * y);
  const series = i2 * (1 / 12 - i2 * (1 / 120 - i2 * (1 / 252 - i2 * (1 / 240 - i2 * (1 / 132 - (i2 * 691) / 32760)))));
  return log(y) - 0.5 / y - series - shift;
}

/** ln B(a, b) for positive a and b. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln(eᵃ + eᵇ) without overflow; −∞ is "nothing". */
export function logSumExp(a: number, b: number): number {
  const high = a > b ? a : b;
  if (high === -Infinity) return -Infinity;
  return high + log1p(exp(-abs(a - b)));
}

/** 1 / (1 + e⁻ˣ), for any x. */
export function expit(x: number): number {
  return 1 / (1 + exp(-x));
}
