/** Puts a cut-out onto a background by its transparency. */

import type { Placement } from './plan.js';

/** An image and the coverage of what was put onto it. */
export interface Blended {
  /** `[H, W, 3]` sRGB, 0–255. */
  readonly image: Uint8Array;
  /** `[H, W]` 0–255. */
  readonly mask: Uint8Array;
}

/**
 * Alpha blending: `image = α·cutout + (1 − α)·background` and `mask = α`, rounded to bytes; zero outside the cut-out.
 *
 * @param background `[H, W, 3]`, which is left as it is
 * @param cutout `[height, width, 4]` RGBA of the placement's size, colours not multiplied by alpha
 */
export function blend(
  background: Uint8Array,
  frameWidth: number,
  cutout: Uint8Array,
  { x, y, width, height, flip }: Placement,
): Blended {
  // Not slice: that of a Buffer is a view.
  const image = new Uint8Array(background);
  const mask = new Uint8Array(background.length / 3);
  for (let row = 0; row < height; row++) {
    let pixel = (y + row) * frameWidth + x;
    for (let column = 0; column < width; column++, pixel++) {
      const from = 4 * (row * width + (flip ? width - 1 - column : column));
      const alpha = cutout[from + 3];
      if (alpha === 0) continue;
      mask[pixel] = alpha;
      const rest = 255 - alpha;
      const at = 3 * pixel;
      image[at] = (alpha * cutout[from] + rest * image[at] + 127) / 255;
      image[at + 1] = (alpha * cutout[from + 1] + rest * image[at + 1] + 127) / 255;
      image[at + 2] = (alpha * cutout[from + 2] + rest * image[at + 2] + 127) / 255;
    }
  }
  return { image, mask };
}
