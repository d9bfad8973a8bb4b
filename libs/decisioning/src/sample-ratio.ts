/** Below it, an assignment is not what was asked for (GrowthBook's and Microsoft's usual limit). */
export const MISMATCH_P_VALUE = 0.001;

export type SampleRatio = {
  readonly chiSquare: number;
  readonly degrees: number;
  readonly pValue: number;
  /** Effects measured on this split are not to be trusted. */
  readonly mismatch: boolean;
};

/**
 * Whether the observed counts fit the intended weights: Pearson's chi-square. Null with fewer than two arms or nobody in them.
 * @throws RangeError when counts and weights differ in number, or a weight is not above 0.
 */
export function sampleRatio(counts: readonly number[], weights: readonly number[]): SampleRatio | null {
  if (counts.length !== weights.length || weights.some((weight) => !(weight > 0)))
    throw new RangeError('every arm has a count and a weight above 0');
  const n = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (counts.length < 2 || n === 0) return null;
  const chiSquare = counts.reduce((sum, count, arm) => {
    const expected = (n * (weights[arm] ?? 0)) / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const degrees = counts.length - 1;
  const pValue = upperGamma(degrees / 2, chiSquare / 2);
  return { chiSquare, degrees, pValue, mismatch: pValue < MISMATCH_P_VALUE };
}

/** Q(a, x), the regularised upper incomplete gamma function: series below a + 1, Lentz's continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 1000 && term > sum * 1e-16; n++) sum += term *= x / (a + n);
    return 1 - scale * sum;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1000; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return scale * fraction;
}

/** ln Γ(a) of a half or whole number, exactly by its recurrence: a chi-square asks for no other. */
function logGamma(a: number): number {
  let sum = a % 1 === 0 ? 0 : 0.5 * Math.log(Math.PI);
  for (let x = a % 1 === 0 ? 1 : 0.5; x < a; x++) sum += Math.log(x);
  return sum;
}
