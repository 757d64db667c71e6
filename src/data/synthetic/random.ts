/** Seeded random numbers for building scenes: every stream is named by integers, so none depends on another. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Mixes an integer into a 32-bit hash (the finaliser of MurmurHash3 after a multiply-add). */
function mix(hash: number, value: number): number {
  let h = (Math.imul(hash, 0x9e3779b1) + value) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A hash in [0, 1) of a lattice point: the same wherever it is asked, so that textures need no memory.
 *
 * @example lattice(3, 4, 1) === lattice(3, 4, 1) // true
 */
export function lattice(x: number, y: number, seed: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** A stream of random numbers with the few distributions that scenes are made of. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** A uniformly drawn element of a non-empty list. */
  pick<T>(list: readonly T[]): T;
}

/**
 * The stream named by `keys`, integers such as (seed, scene, index).
 *
 * @example createRandom(0, 12).uniform(0, 1) // the same number each time
 */
export function createRandom(...keys: readonly number[]): Random {
  let hash = 0x2545f491;
  for (const key of keys) hash = mix(mix(hash, key), Math.floor(key / 4294967296));
  const state = [1, 2, 3, 4].map((word) => mix(hash, word));
  const generator = xoroshiro128plusFromState(state);
  const unit = () => uniformFloat64(generator);
  return {
    uniform: (low, high) => low + (high - low) * unit(),
    integer: (low, high) => low + Math.floor((high - low + 1) * unit()),
    chance: (probability) => unit() < probability,
    pick: (list) => list[Math.floor(list.length * unit())],
  };
}
