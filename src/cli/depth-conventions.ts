/** What families of monocular depth models take and give. */
import { FathomError, unknownValue } from '../errors.js';

/** How a model wants its image, and what its numbers mean. */
export interface DepthConvention {
  /** Subtracted from, and divided into, the channels of 0–1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** The shorter side of the input, where the model leaves it open; each side is a multiple of `multiple`. */
  readonly side: number;
  readonly multiple: number;
  /** `inverse`: larger is nearer, scale and shift unknown. `depth`: larger is farther, in units of `maxDepth`. */
  readonly output: 'inverse' | 'depth';
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * MiDaS 2 (Ranftl 2020), DPT (Ranftl 2021) and Depth Anything 1 and 2 (Yang 2024) give inverse relative depth; the
 * metric versions of Depth Anything give metres.
 */
const conventions = {
  midas: { ...imageNet, side: 384, multiple: 32, output: 'inverse' },
  dpt: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], side: 384, multiple: 32, output: 'inverse' },
  'depth-anything': { ...imageNet, side: 518, multiple: 14, output: 'inverse' },
  'depth-anything-metric': { ...imageNet, side: 518, multiple: 14, output: 'depth' },
} as const satisfies Record<string, DepthConvention>;

/** Names of the conventions. */
export const conventionNames = Object.keys(conventions);

/** Looks a convention up. Throws a FathomError of code `usage` for an unknown one. */
export function findConvention(name: string): DepthConvention {
  if (!(name in conventions))
    throw new FathomError('usage', `--convention: ${unknownValue('convention', name, conventionNames)}`);
  return conventions[name as keyof typeof conventions];
}
