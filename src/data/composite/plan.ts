/** Which cut-out goes where on which background: a pure function of the seed and the composite's number. */

import { shuffled } from '../shuffle.js';
import { createRandom } from '../synthetic/random.js';

/** A picture that can be planned with: its name without folder and extension, and its size in pixels. */
export interface PlannedPicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** What {@link planComposites} is given. */
export interface PlanOptions {
  /** Names of the backgrounds. */
  readonly backgrounds: readonly string[];
  readonly cutouts: readonly PlannedPicture[];
  /** Size of the composites. */
  readonly size: readonly [height: number, width: number];
  /** Number of composites over all backgrounds. */
  readonly count: number;
  /** Least and greatest height of a cut-out as a share of the frame's height. */
  readonly scale: readonly [low: number, high: number];
  readonly seed: number;
}

/** One composite: a cut-out scaled to `width` × `height` with its top left corner at `x`, `y`, fully in the frame. */
export interface Placement {
  readonly background: number;
  readonly cutout: number;
  readonly flip: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The composites in order: those of the first background, then those of the second. Each background has the same
 * number of them, give or take one, and deals every cut-out, as it is and flipped, in a random order before any comes
 * again: `count` = backgrounds × cut-outs × 2 × k places each pairing exactly k times.
 *
 * A cut-out keeps its shape. Its height is drawn uniformly from the range of scales, and is lowered where the cut-out
 * would be wider than the frame.
 *
 * @example planComposites({ backgrounds: ['bg001'], cutouts, size: [96, 96], count: 20, scale: [0.3, 0.7], seed: 0 })(7)
 */
export function planComposites(options: PlanOptions): (index: number) => Placement {
  const { backgrounds, cutouts, size, count, scale, seed } = options;
  const [frameHeight, frameWidth] = size;
  const each = Math.floor(count / backgrounds.length);
  const larger = count % backgrounds.length;
  const pairings = Array.from({ length: 2 * cutouts.length }, (_, i) => i);
  let dealt: { background: number; order: readonly number[] } | undefined;

  return (index) => {
    const inLarger = larger * (each + 1);
    const [background, turn] =
      index < inLarger
        ? [Math.floor(index / (each + 1)), index % (each + 1)]
        : [larger + Math.floor((index - inLarger) / each), (index - inLarger) % each];
    if (dealt?.background !== background)
      dealt = { background, order: shuffled(pairings, 'composite', seed, background) };
    const pairing = dealt.order[turn % pairings.length];
    const cutout = pairing >> 1;
    const { width: sourceWidth, height: sourceHeight } = cutouts[cutout];
    const random = createRandom(seed, index);
    const wanted = Math.max(1, Math.round(random.uniform(scale[0], scale[1]) * frameHeight));
    const wide = (wanted * sourceWidth) / sourceHeight > frameWidth;
    const width = wide ? frameWidth : Math.max(1, Math.round((wanted * sourceWidth) / sourceHeight));
    const height = wide ? Math.max(1, Math.round((frameWidth * sourceHeight) / sourceWidth)) : wanted;
    return {
      background,
      cutout,
      flip: (pairing & 1) === 1,
      x: random.integer(0, frameWidth - width),
      y: random.integer(0, frameHeight - height),
      width,
      height,
    };
  };
}
