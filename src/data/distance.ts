/** Signed Euclidean distance maps of masks, exact, in time linear in the pixels (Felzenszwalb & Huttenlocher 2012). */
import type { Sample } from './dataset.js';

/** Masks at or above this are foreground: half of 255. */
const foregroundFrom = 128;

/** Stands for "no site yet"; larger than any squared distance, and finite so that differences stay numbers. */
const far = 1e20;

/**
 * Replaces `f` along one line by `min_q (p − q)² + f(q)`: the lower envelope of parabolas rooted at the sites. The line
 * is `count` values from `start`, `stride` apart. `roots`, `bounds` and `line` are scratch of `count + 1` values.
 */
function transformLine(
  f: Float64Array,
  [start, stride, count]: readonly [number, number, number],
  { roots, bounds, line }: { roots: Int32Array; bounds: Float64Array; line: Float64Array },
): void {
  for (let q = 0; q < count; q++) line[q] = f[start + q * stride];
  let k = 0;
  roots[0] = 0;
  bounds[0] = Number.NEGATIVE_INFINITY;
  bounds[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < count; q++) {
    const crossing = (r: number) => (line[q] + q * q - (line[r] + r * r)) / (2 * (q - r));
    let s = crossing(roots[k]);
    while (s <= bounds[k]) s = crossing(roots[--k]);
    roots[++k] = q;
    bounds[k] = s;
    bounds[k + 1] = Number.POSITIVE_INFINITY;
  }
  k = 0;
  for (let p = 0; p < count; p++) {
    while (bounds[k + 1] < p) k++;
    f[start + p * stride] = (p - roots[k]) ** 2 + line[roots[k]];
  }
}

/** Squared distance of every pixel to the nearest site; undefined where there is none. */
function squaredDistances(sites: Uint8Array, height: number, width: number): Float64Array | undefined {
  if (!sites.includes(1)) return undefined;
  const f = Float64Array.from(sites, (site) => (site ? 0 : far));
  const longest = Math.max(height, width);
  const scratch = {
    roots: new Int32Array(longest + 1),
    bounds: new Float64Array(longest + 1),
    line: new Float64Array(longest + 1),
  };
  for (let x = 0; x < width; x++) transformLine(f, [x, width, height], scratch);
  for (let y = 0; y < height; y++) transformLine(f, [y * width, 1, width], scratch);
  return f;
}

/**
 * `φ [H, W]` of a mask, in pixels: outside it the distance to the nearest foreground pixel, inside it
 * `1 − distance to the nearest background pixel`, so that its outermost pixels are 0 (as Kervadec's code has it).
 * Foreground is what covers at least half a pixel. Invalid pixels are neither foreground nor background, and have φ 0.
 * A mask without foreground, or without background, has no boundary: φ is 0 everywhere.
 *
 * @example signedDistance({ mask: Uint8Array.of(255, 255, 0, 0), maskValid: Uint8Array.of(1, 1, 1, 1) }, 4) // [-1, 0, 1, 2]
 */
export function signedDistance(
  { mask, maskValid }: Pick<Sample, 'mask' | 'maskValid'>,
  width: number,
): Float32Array {
  const height = mask.length / width;
  const inside = mask.map((value, i) => (maskValid[i] && value >= foregroundFrom ? 1 : 0));
  const outside = mask.map((value, i) => (maskValid[i] && value < foregroundFrom ? 1 : 0));
  const toForeground = squaredDistances(inside, height, width);
  const toBackground = squaredDistances(outside, height, width);
  if (!toForeground || !toBackground) return new Float32Array(mask.length);
  return Float32Array.from(mask, (_, i) => {
    if (inside[i]) return 1 - Math.sqrt(toBackground[i]);
    return outside[i] ? Math.sqrt(toForeground[i]) : 0;
  });
}

/** Maps by their sample: a data set that keeps its samples in memory keeps their maps too. */
const known = new WeakMap<Sample, Float32Array>();

/** The maps of samples of width `width`, `[N, 1, H, W]`; a sample's map is computed once while it lives. */
export function stackDistances(samples: readonly Sample[], width: number): Float32Array {
  const area = samples[0].mask.length;
  const planes = new Float32Array(samples.length * area);
  for (const [i, sample] of samples.entries()) {
    let map = known.get(sample);
    if (!map) {
      map = signedDistance(sample, width);
      known.set(sample, map);
    }
    planes.set(map, i * area);
  }
  return planes;
}
