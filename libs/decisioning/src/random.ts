import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { skipN } from 'pure-rand/utils/skipN';

// Taken once: in a vm context (a test runner, a sandbox) every read of a global is slow.
const { exp, log, log1p, sqrt } = Math;

/** Draws, all from one seed: the same seed gives the same sequence everywhere. */
export type Random = {
  /** In [0, 1). */
  readonly uniform: () => number;
  readonly beta: (a: number, b: number) => number;
};

/** Seeds come from counters too, and the generator's first words follow its seed closely: so it is scrambled (MurmurHash3's finaliser). */
function scrambled(seed: number): number {
  let hash = seed | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Words that are thrown away until the state is mixed. */
const WARM_UP = 16;

/** At least three proposals of four fit: that a thousand in a row do not has no probability in float64, unless a shape is no finite number. */
const MOST_DRAWN = 1000;

function nothingFits(): RangeError {
  return new RangeError(`no draw fits: ${MOST_DRAWN} in a row were rejected`);
}

/**
 * xoroshiro128+ from a 32-bit seed. Normals by the polar method, gammas by Marsaglia & Tsang (2000), beta as a ratio of gammas.
 * @throws RangeError from `beta` where a shape is not finite.
 */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(scrambled(seed));
  skipN(generator, WARM_UP);
  const uniform = (): number => uniformFloat64(generator);
  let spare: number | null = null;
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (let drawn = 0; drawn < MOST_DRAWN; drawn++) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = sqrt((-2 * log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    }
    throw nothingFits();
  };
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * exp(log1p(-uniform()) / shape);
    const d = shape - 1 / 3;
    const c = 1 / sqrt(9 * d);
    for (let drawn = 0; drawn < MOST_DRAWN; drawn++) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && log1p(-uniform()) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
    }
    throw nothingFits();
  };
  return {
    uniform,
    beta: (a, b) => {
      const x = gamma(a);
      const y = gamma(b);
      return x + y > 0 ? x / (x + y) : a / (a + b);
    },
  };
}
