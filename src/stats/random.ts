/** Streams of random numbers by seed. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws from one stream. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform whole number in [0, count). */
  index(count: number): number;
  /** Standard normal, by the polar method of Marsaglia. */
  normal(): number;
}

/**
 * The stream of `seed`, a whole number.
 *
 * @example createRandom(0).normal() // the same number each time
 */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  return {
    uniform,
    index: (count) => Math.floor(uniform() * count),
    normal() {
      for (;;) {
        const u = 2 * uniform() - 1;
        const v = 2 * uniform() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
      }
    },
  };
}
