/** Mirroring and zooming planes: images are interpolated, truths are only ever picked. */
import type { Augmentation } from './draw.js';

/** For each target pixel of an axis, where its centre lies among the source pixels. */
interface Axis {
  /** The source pixel under the centre. */
  readonly nearest: Int32Array;
  /** The neighbours that the centre lies between, and the second one's weight in 256ths. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Int32Array;
}

function axis(count: number, scale: number, offset: number, mirrored: boolean): Axis {
  const start = (count - count / scale) * offset;
  const make = (value: (centre: number) => number) =>
    Int32Array.from({ length: count }, (_, i) =>
      value(start + ((mirrored ? count - 1 - i : i) + 0.5) / scale),
    );
  // Pixel k's own centre is at k + 0.5; beyond the outermost centres there is nothing to interpolate with.
  const between = (centre: number) => Math.min(Math.max(centre - 0.5, 0), count - 1);
  return {
    nearest: make((centre) => Math.min(Math.floor(centre), count - 1)),
    low: make((centre) => Math.floor(between(centre))),
    high: make((centre) => Math.min(Math.floor(between(centre)) + 1, count - 1)),
    weight: make((centre) => Math.round((between(centre) % 1) * 256)),
  };
}

/** The geometry of one augmentation, the same for every plane of a sample. */
export interface Geometry {
  /** Planes `[C, H, W]` interpolated between the four pixels around each centre: for images. */
  interpolate(planes: Uint8Array): Uint8Array;
  /** A plane `[H, W]` whose every value is one of the source's: for masks, depth and valid maps. */
  pick<T extends Uint8Array | Uint16Array>(plane: T): T;
}

/** The geometry for planes of `height × width`. */
export function geometry(
  { flip, scale, top, left }: Pick<Augmentation, 'flip' | 'scale' | 'top' | 'left'>,
  height: number,
  width: number,
): Geometry {
  const rows = axis(height, scale, top, false);
  const columns = axis(width, scale, left, flip);
  const area = height * width;
  const source = new Int32Array(area);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) source[at] = rows.nearest[y] * width + columns.nearest[x];
  return {
    interpolate(planes) {
      const { low, high, weight } = columns;
      const result = new Uint8Array(planes.length);
      let at = 0;
      for (let plane = 0; plane < planes.length; plane += area)
        for (let y = 0; y < height; y++) {
          const upper = plane + rows.low[y] * width;
          const lower = plane + rows.high[y] * width;
          const down = rows.weight[y];
          for (let x = 0; x < width; x++, at++) {
            const left = low[x];
            const right = high[x];
            const share = weight[x];
            const above =
              (planes[upper + left] << 8) + share * (planes[upper + right] - planes[upper + left]);
            const below =
              (planes[lower + left] << 8) + share * (planes[lower + right] - planes[lower + left]);
            result[at] = ((above << 8) + down * (below - above) + 32768) >> 16;
          }
        }
      return result;
    },
    pick(plane) {
      const result = new (plane.constructor as new (length: number) => typeof plane)(area);
      for (let at = 0; at < area; at++) result[at] = plane[source[at]];
      return result;
    },
  };
}
