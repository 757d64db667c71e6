/** Finds pictures that are nearly the same, by a perceptual hash. */

/** What is kept of a picture: 64 bits of where it gets brighter to the right, and its colours on a grid of 8 × 8. */
export interface Likeness {
  /** Difference hash, low and high half. */
  readonly hash: readonly [number, number];
  /** `[3, 8, 8]` mean colours, 0–255. */
  readonly colours: Uint8Array;
}

const grid = 8;
/** Largest number of bits, and of colour levels, by which copies of one picture differ. */
const tolerance = { bits: 4, levels: 6 } as const;

/** Means of one plane over a grid of `rows` × `columns` cells. */
function cells(
  plane: Uint8Array,
  height: number,
  width: number,
  rows: number,
  columns: number,
): Float64Array {
  const means = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [top, left] = [Math.floor((row * height) / rows), Math.floor((column * width) / columns)];
      const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / rows));
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / columns));
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += plane[y * width + x];
      means[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  return means;
}

/** The likeness of a `[3, H, W]` image. Its hash is the difference hash of its green channel. */
export function likenessOf(image: Uint8Array, height: number, width: number): Likeness {
  const area = height * width;
  const plane = (channel: number) => image.subarray(channel * area, (channel + 1) * area);
  const green = cells(plane(1), height, width, grid, grid + 1);
  const hash: [number, number] = [0, 0];
  for (let row = 0; row < grid; row++)
    for (let column = 0; column < grid; column++) {
      const at = row * (grid + 1) + column;
      if (green[at + 1] > green[at]) hash[row >> 2] |= 1 << ((row & 3) * grid + column);
    }
  const colours = [0, 1, 2].map((channel) => cells(plane(channel), height, width, grid, grid));
  return { hash, colours: Uint8Array.from(colours.flatMap((means) => [...means])) };
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Whether two pictures are copies of one another, but for scale, compression and small changes.
 *
 * @example isNearDuplicate(likenessOf(a, 96, 96), likenessOf(b, 96, 96))
 */
export function isNearDuplicate(a: Likeness, b: Likeness): boolean {
  if (bits(a.hash[0] ^ b.hash[0]) + bits(a.hash[1] ^ b.hash[1]) > tolerance.bits) return false;
  const apart = a.colours.reduce((sum, colour, i) => sum + Math.abs(colour - b.colours[i]), 0);
  return apart / a.colours.length <= tolerance.levels;
}
