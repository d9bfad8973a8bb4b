import fc from 'fast-check';
import { digamma, gammaSign, logBeta, logGamma } from './gamma';
import { hypergeometric } from './hypergeometric';
import { minimise } from './lbfgs';
import { cholesky, inverse } from './matrix';
import { integrate } from './quadrature';

const near = (actual: number, expected: number, relative = 1e-13): void => {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(expected)));
};

describe('the gamma functions', () => {
  it('know the factorials, the half and a large number', () => {
    near(logGamma(5), Math.log(24));
    near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)));
    near(logGamma(1e-8), 18.420680738180209);
    near(logGamma(1000), 5905.220423209181);
    near(digamma(1), -0.5772156649015329);
    near(digamma(0.5), -1.9635100260214235);
    near(logBeta(2, 3), -Math.log(12));
  });

  it('know negative arguments: Γ(−½) = −2√π, and the poles', () => {
    near(logGamma(-0.5), Math.log(2 * Math.sqrt(Math.PI)));
    expect([gammaSign(-0.5), gammaSign(-1.5), gammaSign(2)]).toEqual([-1, 1, 1]);
    expect(logGamma(-3)).toBe(Infinity);
  });

  it('obey Γ(z+1) = zΓ(z), and digamma is the slope', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-2, max: 1e5, noNaN: true }), (z) => {
        near(logGamma(z + 1), logGamma(z) + Math.log(z), 1e-12);
        near(digamma(z + 1), digamma(z) + 1 / z, 1e-12);
      }),
    );
  });
});

describe('the hypergeometric function', () => {
  it('is elementary where it is elementary', () => {
    for (const z of [0.1, 0.5, 0.89, 0.95, 0.9999]) {
      near(hypergeometric(1, 1, 2, z), -Math.log1p(-z) / z, 1e-12);
      near(hypergeometric(0.3, 1.7, 1.7, z), (1 - z) ** -0.3, 1e-12);
      near(hypergeometric(0.5, 1, 1.5, z), Math.atanh(Math.sqrt(z)) / Math.sqrt(z), 1e-12);
    }
  });

  it('does not lose its digits when b is far below zero: (1 − z)ᵐ at a = c', () => {
    near(hypergeometric(0.3, -57.2, 0.3, 0.8) / 0.2 ** 57.2, 1, 1e-10);
    near(
      hypergeometric(0.5, -57.2, 1.2, 0.8),
      integrate((v) => 2 * (1 - v * v) ** -0.3 * (1 - 0.8 * v * v) ** 57.2, 0, 0.9, 400) / Math.exp(logBeta(0.5, 0.7)),
      1e-10,
    );
  });

  it('agrees with Euler’s integral on both sides of z = 0.9', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.9, max: 3, noNaN: true }),
        fc.double({ min: 2, max: 5, noNaN: true }),
        fc.double({ min: 2, max: 60, noNaN: true }),
        fc.double({ min: 0, max: 0.995, noNaN: true }),
        (a, b, more, z) => {
          const c = b + more;
          // With b ≥ 2 and c − b ≥ 2 the integrand's slope is bounded, and many panels master its ends.
          const integral = integrate((t) => t ** (b - 1) * (1 - t) ** (c - b - 1) * (1 - z * t) ** -a, 0, 1, 1000);
          near(hypergeometric(a, b, c, z), integral / Math.exp(logBeta(b, c - b)), 1e-6);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('quadrature, matrices and the search', () => {
  it('integrate e⁻⁸ˣ over one panel to the last bits', () => {
    near(
      integrate((x) => Math.exp(-8 * x), 0, 1, 1),
      -Math.expm1(-8) / 8,
      1e-14,
    );
  });

  it('invert a positive definite matrix and refuse another', () => {
    const m = [
      [4, 2, 0.5],
      [2, 3, 1],
      [0.5, 1, 2],
    ];
    const identity = inverse(m)!.map((row) => m.map((_, j) => row.reduce((sum, v, k) => sum + v * m[k]![j]!, 0)));
    identity.forEach((row, i) => row.forEach((v, j) => near(v, i === j ? 1 : 0)));
    expect(
      cholesky([
        [1, 2],
        [2, 1],
      ]),
    ).toBeNull();
    expect(inverse([[NaN]])).toBeNull();
  });

  it('find the bottom of Rosenbrock’s valley', () => {
    const found = minimise(
      (x, g) => {
        const [a, b] = [x[0]!, x[1]!];
        g[0] = -400 * a * (b - a * a) - 2 * (1 - a);
        g[1] = 200 * (b - a * a);
        return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
      },
      Float64Array.of(-1.2, 1),
    );
    expect(found.converged).toBe(true);
    near(found.x[0]!, 1, 1e-7);
    near(found.x[1]!, 1, 1e-7);
  });

  it('step back from where the function is not defined', () => {
    const found = minimise((x, g) => {
      g[0] = 1 - 1 / x[0]!;
      return x[0]! <= 0 ? NaN : x[0]! - Math.log(x[0]!);
    }, Float64Array.of(0.001));
    near(found.x[0]!, 1, 1e-7);
  });
});
