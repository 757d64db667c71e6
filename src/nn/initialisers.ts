/** Initial values of parameters, as a function of a seed and the parameter's name. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type Shape, sizeOf } from '../graph/index.js';

/** Fills the values of a parameter of `shape`; `random` gives numbers uniform in [0, 1). */
export type Initialiser = (values: Float32Array, shape: Shape, random: () => number) => void;

/** Every element the same. */
export const filled =
  (value: number): Initialiser =>
  (values) => {
    values.fill(value);
  };

/**
 * PyTorch's default for convolutions (`kaiming_uniform_` with a = √5): uniform in ±1/√fanIn, where fanIn is
 * the number of inputs of one output, `C·kh·kw`. Source: He 2015.
 */
export const kaimingUniform: Initialiser = (values, shape, random) => {
  const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random() - 1) * bound;
};

/** FNV-1a: a 32-bit hash of text. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/**
 * Numbers uniform in [0, 1) for one named stream of a seed. Streams of other names are independent, so adding a
 * parameter to a network changes no other parameter.
 */
export function randomStream(seed: number, name: string): () => number {
  const generator = xoroshiro128plus(hash32(`${seed}/${name}`));
  return () => (generator.next() >>> 0) / 2 ** 32;
}
