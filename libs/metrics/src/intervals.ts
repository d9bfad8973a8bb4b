/** An interval with its level, 0.95 unless asked otherwise. */
export type Interval = { readonly low: number; readonly high: number; readonly level: number };

/** Inverse of the standard normal distribution; relative error below 1e-15 (Wichura 1988, algorithm AS 241, PPND16). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError('a probability between 0 and 1');
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * poly(CENTRE[0], r)) / poly(CENTRE[1], r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const value = r <= 5 ? poly(MIDDLE[0], r - 1.6) / poly(MIDDLE[1], r - 1.6) : poly(TAIL[0], r - 5) / poly(TAIL[1], r - 5);
  return q < 0 ? -value : value;
}

function poly(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

const CENTRE = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
    33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
    28729.085735721942674, 5226.495278852854561,
  ],
] as const;
const MIDDLE = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
    0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966,
    5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
] as const;
const TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
    0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4, 1.8463183175100546818e-5,
    1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
] as const;

/** z of a two-sided level. */
export function zOf(level: number): number {
  return normalQuantile(0.5 + level / 2);
}

/** Wilson's score interval of a share (Wilson 1927): never below 0 or above 1, and good for small counts. `of` > 0. */
export function wilson(count: number, of: number, level = 0.95): Interval {
  const z2 = zOf(level) ** 2;
  const p = count / of;
  const centre = p + z2 / (2 * of);
  const half = Math.sqrt((z2 * (p * (1 - p) + z2 / (4 * of))) / of);
  return { low: count === 0 ? 0 : (centre - half) / (1 + z2 / of), high: count === of ? 1 : (centre + half) / (1 + z2 / of), level };
}

/** mean ± z × standard error. */
export function normalInterval(mean: number, standardError: number, level = 0.95): Interval {
  const half = zOf(level) * standardError;
  return { low: mean - half, high: mean + half, level };
}

/** Mean and unbiased variance, by Welford's method; the variance of fewer than two values is 0. */
export function moments(values: readonly number[]): { readonly n: number; readonly mean: number; readonly variance: number } {
  let [n, mean, squares] = [0, 0, 0];
  for (const value of values) {
    n += 1;
    const delta = value - mean;
    mean += delta / n;
    squares += delta * (value - mean);
  }
  return { n, mean, variance: n > 1 ? squares / (n - 1) : 0 };
}

/** P(χ² with `freedom` degrees of freedom > x): the regularised upper incomplete gamma function (Numerical Recipes 6.2). */
export function chiSquareTail(x: number, freedom: number): number {
  const [a, t] = [freedom / 2, x / 2];
  if (t <= 0) return 1;
  const front = Math.exp(-t + a * Math.log(t) - logGamma(a));
  if (t < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; term > sum * 1e-16 && n < 10_000; n += 1) sum += term *= t / (a + n);
    return Math.max(0, 1 - sum * front);
  }
  let b = t + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10_000; i += 1) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * h;
}

/** ln Γ(z) for z > 0: Stirling with a shift to z ≥ 10. */
function logGamma(z: number): number {
  let [x, shift] = [z, 0];
  while (x < 10) shift -= Math.log(x++);
  const i = 1 / (x * x);
  return (
    shift + (x - 0.5) * Math.log(x) - x + 0.91893853320467274178 + (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / x
  );
}
