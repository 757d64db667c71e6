/** Resizes pictures of 8 bits. */
import type { Crop } from './crop.js';

/** For each target pixel of one axis, the source pixel at which its taps begin, and their weights. */
interface Taps {
  readonly start: Int32Array;
  /** `[count, width]`; each row sums to 1. */
  readonly weights: Float64Array;
  readonly width: number;
}

/** Triangles as wide as two target pixels, so that shrinking averages; what lies beyond the edge does not count. */
function triangles(length: number, count: number): Taps {
  const scale = length / count;
  const reach = Math.max(1, scale);
  const width = Math.min(length, Math.ceil(2 * reach) + 1);
  const start = new Int32Array(count);
  const weights = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    start[i] = Math.min(Math.max(0, Math.ceil(centre - reach)), length - width);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const weight = Math.max(0, 1 - Math.abs(start[i] + k - centre) / reach);
      weights[i * width + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < width; k++) weights[i * width + k] /= sum;
  }
  return { start, weights, width };
}

/** Pixels of 8 bits, row by row, the channels of a pixel side by side. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly channels: number;
}

/**
 * `crop` of a picture as planes `[channels, height, width]`, with a linear filter that averages when it shrinks: Pillow's
 * `BILINEAR`, and PyTorch's `interpolate` with `antialias`, rounded.
 */
export function resize(
  { data, width: sourceWidth, channels }: Picture,
  crop: Crop,
  [height, width]: readonly [number, number],
): Uint8Array {
  const rows = triangles(crop.height, height);
  const columns = triangles(crop.width, width);
  const result = new Uint8Array(channels * height * width);
  const row = new Float64Array(crop.width * channels);
  for (let y = 0; y < height; y++) {
    row.fill(0);
    // Two rows at a time: the sums are read and written half as often.
    for (let k = 0; k < rows.width; k += 2) {
      const upper = rows.weights[y * rows.width + k];
      const lower = k + 1 < rows.width ? rows.weights[y * rows.width + k + 1] : 0;
      const at = ((crop.top + rows.start[y] + k) * sourceWidth + crop.left) * channels;
      const below = lower === 0 ? at : at + sourceWidth * channels;
      for (let x = 0; x < row.length; x++) row[x] += upper * data[at + x] + lower * data[below + x];
    }
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        let at = columns.start[x] * channels + channel;
        for (let k = 0; k < columns.width; k++, at += channels)
          sum += columns.weights[x * columns.width + k] * row[at];
        result[(channel * height + y) * width + x] = Math.round(sum);
      }
  }
  return result;
}
