/** Boundary pixels of predicted and true masks, and how many of each lie near one of the other. */
import {
  concat,
  constant,
  conv2d,
  greater,
  mul,
  reshape,
  slice,
  sum,
  type Tensor,
  toFloat,
} from '../graph/index.js';

/**
 * Columns of the mask's boundary: boundary pixels of the prediction and of the target, then how many of each have one of
 * the other within {@link boundaryTolerance}.
 */
export const boundarySums = ['boundaryP', 'boundaryT', 'boundaryHitP', 'boundaryHitT'] as const;

/** Pixels, Euclidean, that a boundary may be off. */
export const boundaryTolerance = 2;

const span = 2 * boundaryTolerance + 1;
const isNear = (dy: number, dx: number) => dy ** 2 + dx ** 2 <= boundaryTolerance ** 2;
const offset = (k: number) =>
  [Math.floor(k / span) - boundaryTolerance, (k % span) - boundaryTolerance] as const;
const disk = Array.from({ length: span ** 2 }, (_, k) => Number(isNear(...offset(k))));
const diskOffsets = disk.flatMap((inside, k) => (inside ? [offset(k)] : []));
const cross = [0, 1, 0, 1, 1, 1, 0, 1, 0];

const dots = (x: Tensor, kernel: readonly number[]): Tensor => {
  const side = Math.sqrt(kernel.length);
  return conv2d(x, constant(kernel, [1, 1, side, side]));
};

/**
 * {@link boundarySums} of each image, `[N, 4]`, from binary masks `[N, 1, H, W]` that are 0 where no truth is known.
 *
 * A foreground pixel is on the boundary when one of its four neighbours is not foreground; beyond the image nothing is,
 * so a mask has a boundary unless it is empty (as in Cheng and others 2021, Boundary IoU).
 */
export function sumBoundary(predicted: Tensor, target: Tensor): Tensor {
  const count = predicted.shape[0];
  const masks = concat([predicted, target], 0);
  const boundaries = mul(masks, toFloat(greater(4.5, dots(masks, cross))));
  const near = toFloat(greater(dots(boundaries, disk), 0.5));
  const first = (x: Tensor) => slice(x, 0, 0, count);
  const second = (x: Tensor) => slice(x, 0, count, 2 * count);
  const [p, t] = [first(boundaries), second(boundaries)];
  const planes = [p, t, mul(p, second(near)), mul(t, first(near))];
  return reshape(sum(concat(planes, 1), [2, 3]), [count, planes.length]);
}

/** The places of the boundary of a binary plane `[height, width]`, as in {@link sumBoundary}. */
function boundaryOf(mask: Uint8Array, height: number, width: number): number[] {
  const places: number[] = [];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const isAtEdge = y === 0 || x === 0 || y === height - 1 || x === width - 1;
      const isInside = !isAtEdge && mask[i - width] + mask[i + width] + mask[i - 1] + mask[i + 1] === 4;
      if (!isInside) places.push(i);
    }
  return places;
}

/** How many of the places have one of the others within the tolerance. */
function countNear(of: readonly number[], others: readonly number[], height: number, width: number): number {
  if (others.length === 0) return 0;
  const plane = new Uint8Array(height * width);
  for (const i of others) plane[i] = 1;
  return of.filter((i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return diskOffsets.some(([dy, dx]) => {
      const [y, x] = [row + dy, column + dx];
      return y >= 0 && x >= 0 && y < height && x < width && plane[y * width + x] === 1;
    });
  }).length;
}

/** The numbers of {@link sumBoundary} for one pair of planes `[height, width]` of 0 and 1, without a graph. */
export function countBoundary(
  predicted: Uint8Array,
  target: Uint8Array,
  height: number,
  width: number,
): Record<(typeof boundarySums)[number], number> {
  const p = boundaryOf(predicted, height, width);
  const t = boundaryOf(target, height, width);
  return {
    boundaryP: p.length,
    boundaryT: t.length,
    boundaryHitP: countNear(p, t, height, width),
    boundaryHitT: countNear(t, p, height, width),
  };
}
