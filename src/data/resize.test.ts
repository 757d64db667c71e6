import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Crop } from './crop.js';
import { resizeGrey } from './resize.js';

const path = new URL('../../tests/goldens/resize.json', import.meta.url);
const golden: {
  readonly width: number;
  readonly plane: readonly number[];
  readonly cases: readonly {
    readonly crop: Crop;
    readonly size: [number, number];
    readonly values: readonly number[];
  }[];
} = JSON.parse(readFileSync(path, 'utf8'));
const plane = { data: Uint8Array.from(golden.plane), width: golden.width };

describe('resizeGrey', () => {
  it.each(golden.cases)('gives what PyTorch gives for $crop to $size, rounded', ({ crop, size, values }) => {
    const resized = resizeGrey(plane, crop, size);
    expect(resized).toHaveLength(values.length);
    for (const [i, value] of values.entries()) expect(Math.abs(resized[i] - value)).toBeLessThan(0.5001);
  });

  it('copies a part that has the target size', () => {
    const resized = resizeGrey(plane, { left: 2, top: 3, width: 5, height: 4 }, [4, 5]);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 5; x++) expect(resized[y * 5 + x]).toBe(plane.data[(y + 3) * plane.width + x + 2]);
  });
});
