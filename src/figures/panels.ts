/** Panels: images, masks and depth maps as RGB pixels at their own resolution. */
import { depthTable, invalidGreys } from './colours.js';

/** `[height, width, 3]` RGB pixels. */
export interface Panel {
  readonly height: number;
  readonly width: number;
  readonly rgb: Uint8Array;
}

/** The normalised depths at the two ends of a row's colour bar. */
export interface DepthScale {
  readonly low: number;
  readonly high: number;
}

/** A plane of numbers, row by row; as `valid`, 0 where the truth is unknown. */
export type Plane = Float32Array | Uint8Array;

/**
 * Panel of `height × width` pixels, each coloured by `colour`, which writes its RGB at `at`; grey stripes where `valid` is 0.
 */
export function paint(
  height: number,
  width: number,
  valid: Plane | undefined,
  colour: (pixel: number, out: Uint8Array, at: number) => void,
): Panel {
  const rgb = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) colour(pixel, rgb, pixel * 3);
  return stripe({ height, width, rgb }, valid);
}

/** Grey stripes where `valid` is 0. */
function stripe(panel: Panel, valid: Plane | undefined): Panel {
  const { width, rgb } = panel;
  if (!valid?.includes(0)) return panel;
  for (let pixel = 0; pixel < valid.length; pixel++) {
    if (valid[pixel] !== 0) continue;
    const isLight = (Math.floor(pixel / width) + (pixel % width)) % 4 < 2;
    rgb.fill(invalidGreys[isLight ? 0 : 1], pixel * 3, pixel * 3 + 3);
  }
  return panel;
}

// These three are drawn after every epoch, and a function call for each pixel takes most of their time.

/** Panel of a planar `[3, H, W]` sRGB image, 0–255. */
export function imagePanel(image: Uint8Array, height: number, width: number): Panel {
  const area = height * width;
  const rgb = new Uint8Array(3 * area);
  for (let pixel = 0, at = 0; pixel < area; pixel++) {
    rgb[at++] = image[pixel];
    rgb[at++] = image[pixel + area];
    rgb[at++] = image[pixel + 2 * area];
  }
  return { height, width, rgb };
}

/** Panel of a mask, black to white: bytes 0–255 or floats 0–1; grey stripes where `valid` is 0. */
export function maskPanel(mask: Plane, height: number, width: number, valid?: Plane): Panel {
  const gain = mask instanceof Uint8Array ? 1 : 255;
  const rgb = new Uint8Array(3 * height * width);
  for (let pixel = 0, at = 0; pixel < mask.length; pixel++) {
    const grey = Math.round(Math.min(Math.max(mask[pixel] * gain, 0), 255));
    rgb[at++] = grey;
    rgb[at++] = grey;
    rgb[at++] = grey;
  }
  return stripe({ height, width, rgb }, valid);
}

/** Panel of a normalised depth map on a row's scale; grey stripes where `valid` is 0. */
export function depthPanel(
  depth: Float32Array,
  height: number,
  width: number,
  scale: DepthScale,
  valid?: Plane,
): Panel {
  const table = depthTable();
  const rgb = new Uint8Array(3 * height * width);
  const gain = 255 / (scale.high - scale.low);
  for (let pixel = 0, at = 0; pixel < depth.length; pixel++) {
    const entry = 3 * Math.round(Math.min(Math.max((depth[pixel] - scale.low) * gain, 0), 255));
    rgb[at++] = table[entry];
    rgb[at++] = table[entry + 1];
    rgb[at++] = table[entry + 2];
  }
  return stripe({ height, width, rgb }, valid);
}

/**
 * The scale that a row's depth panels share: all of the true depth, widened to each prediction's 1st to 99th
 * percentile, both over valid pixels, so that neither a stray pixel nor a whole bad prediction hides the rest.
 */
export function depthScale(
  truth: Float32Array,
  valid: Plane,
  predictions: readonly Float32Array[],
): DepthScale {
  const counted = (plane: Float32Array) => {
    const values = new Float32Array(plane.length);
    let count = 0;
    for (let i = 0; i < plane.length; i++)
      if (valid[i] !== 0 && Number.isFinite(plane[i])) values[count++] = plane[i];
    return values.subarray(0, count);
  };
  const ends = [range(counted(truth)), ...predictions.map((plane) => bulk(counted(plane)))].filter(
    (end) => end !== undefined,
  );
  if (ends.length === 0) return { low: 0, high: 1 };
  const low = Math.min(...ends.map((end) => end.low));
  const high = Math.max(...ends.map((end) => end.high));
  return high > low ? { low, high } : { low, high: low + 1e-3 };
}

/** The ends of all values. */
function range(values: Float32Array): DepthScale | undefined {
  if (values.length === 0) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** The 1st and 99th percentile of the values, which it sorts. */
function bulk(values: Float32Array): DepthScale | undefined {
  if (values.length === 0) return undefined;
  const cut = Math.floor(0.01 * (values.length - 1));
  values.sort();
  return { low: values[cut], high: values[values.length - 1 - cut] };
}
