/** Permutations as pure functions of a seed. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** FNV-1a: one 32-bit seed for the words and numbers that name a stream of random numbers. */
function seedOf(key: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of key.join('/')) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash | 0;
}

/**
 * The values in an order that `key` alone decides; other keys give independent orders.
 *
 * @example shuffled([0, 1, 2, 3], 'epoch', seed, 7)
 */
export function shuffled<T>(values: readonly T[], ...key: readonly (string | number)[]): T[] {
  const generator = xoroshiro128plus(seedOf(key));
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
