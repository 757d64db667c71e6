import { describe, expect, it } from 'vitest';
import { arbitrary, evaluate } from './check.fixture.js';
import { interleave, pixelShuffle, pixelUnshuffle } from './index.js';

describe('pixel shuffle', () => {
  // Rows too short for pieces, of one piece, of several, and of a prime length.
  it.each([1, 4, 7, 16, 20, 48, 37])('puts planes of %i columns into 2×2 blocks, and back', async (w) => {
    const [n, c, h] = [2, 3, 2];
    const { shape, values } = arbitrary([n, 4 * c, h, w], 1);
    const at = (image: number, plane: number, row: number, column: number) =>
      values[((image * 4 * c + plane) * h + row) * w + column];
    const expected = (plane: (channel: number, pixel: number) => number) => {
      const y: number[] = [];
      for (let image = 0; image < n; image++)
        for (let channel = 0; channel < c; channel++)
          for (let row = 0; row < 2 * h; row++)
            for (let column = 0; column < 2 * w; column++)
              y.push(at(image, plane(channel, 2 * (row % 2) + (column % 2)), row >> 1, column >> 1));
      return Array.from(Float32Array.from(y));
    };
    const x = { shape, values };
    expect(await evaluate(interleave, [x])).toEqual(expected((channel, pixel) => pixel * c + channel));
    expect(await evaluate(pixelShuffle, [x])).toEqual(expected((channel, pixel) => 4 * channel + pixel));
    const back = await evaluate((t) => pixelUnshuffle(pixelShuffle(t)), [x]);
    expect(back).toEqual(Array.from(Float32Array.from(values)));
  });
});
