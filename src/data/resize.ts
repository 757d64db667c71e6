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
  const centre = (i: number) => (i + 0.5) * scale - 0.5;
  // At a distance of `reach` a weight is 0, so such a pixel is none of the taps.
  const first = (i: number) => Math.max(0, Math.floor(centre(i) - reach) + 1);
  const end = (i: number) => Math.min(length, Math.ceil(centre(i) + reach));
  let width = 1;
  for (let i = 0; i < count; i++) width = Math.max(width, end(i) - first(i));
  const start = new Int32Array(count);
  const weights = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    start[i] = Math.min(first(i), length - width);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const weight = Math.max(0, 1 - Math.abs(start[i] + k - centre(i)) / reach);
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
  const stride = sourceWidth * channels;
  for (let y = 0; y < height; y++) {
    row.fill(0);
    const top = ((crop.top + rows.start[y]) * sourceWidth + crop.left) * channels;
    for (let k = 0; k < rows.width; k += rowsAtOnce)
      addRows(
        row,
        data,
        top + k * stride,
        stride,
        rows.weights.subarray(y * rows.width + k, (y + 1) * rows.width),
      );
    (channels === 3 ? writeColours : writeGrey)(row, columns, result, y * width, height * width);
  }
  return result;
}

/** So many rows are added in one pass: their sums are read and written once, and this many addresses fit in registers. */
const rowsAtOnce = 6;

/** Adds to `row` the rows of `data` from `at` on, each times its weight; of more than six weights the first six. */
function addRows(
  row: Float64Array,
  data: Uint8Array,
  at: number,
  stride: number,
  weights: Float64Array,
): void {
  const last = Math.min(rowsAtOnce, weights.length) - 1;
  // Beyond the last row, the last one again with the weight 0.
  const place = (k: number) => at + Math.min(k, last) * stride;
  const weight = (k: number) => (k > last ? 0 : weights[k]);
  // Each by itself: what comes out of an array stays in memory and not in a register.
  const a = place(0);
  const b = place(1);
  const c = place(2);
  const d = place(3);
  const e = place(4);
  const f = place(5);
  const u = weight(0);
  const v = weight(1);
  const w = weight(2);
  const p = weight(3);
  const q = weight(4);
  const r = weight(5);
  for (let x = 0; x < row.length; x++)
    row[x] +=
      u * data[a + x] +
      v * data[b + x] +
      w * data[c + x] +
      p * data[d + x] +
      q * data[e + x] +
      r * data[f + x];
}

/** Writes a row of target pixels, three channels side by side, into three planes of `area`; + 0.5 rounds. */
function writeColours(
  row: Float64Array,
  { start, weights, width }: Taps,
  planes: Uint8Array,
  to: number,
  area: number,
): void {
  for (let x = 0; x < start.length; x++) {
    // Apart: an array of the three would be made for every pixel.
    let red = 0.5;
    let green = 0.5;
    let blue = 0.5;
    for (let k = 0, at = 3 * start[x]; k < width; k++, at += 3) {
      const weight = weights[x * width + k];
      red += weight * row[at];
      green += weight * row[at + 1];
      blue += weight * row[at + 2];
    }
    planes[to + x] = red;
    planes[to + x + area] = green;
    planes[to + x + 2 * area] = blue;
  }
}

/** Writes a row of target pixels into a plane; + 0.5 rounds. */
function writeGrey(row: Float64Array, { start, weights, width }: Taps, plane: Uint8Array, to: number): void {
  for (let x = 0; x < start.length; x++) {
    let sum = 0.5;
    for (let k = 0; k < width; k++) sum += weights[x * width + k] * row[start[x] + k];
    plane[to + x] = sum;
  }
}
