import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Crop } from './crop.js';
import { resize } from './resize.js';

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
const plane = { data: Uint8Array.from(golden.plane), width: golden.width, channels: 1 };

describe('resize', () => {
  it.each(golden.cases)('gives what PyTorch gives for $crop to $size, rounded', ({ crop, size, values }) => {
    const resized = resize(plane, crop, size);
    expect(resized).toHaveLength(values.length);
    for (const [i, value] of values.entries()) expect(Math.abs(resized[i] - value)).toBeLessThan(0.5001);
  });

  it('copies a part that has the target size', () => {
    const resized = resize(plane, { left: 2, top: 3, width: 5, height: 4 }, [4, 5]);
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 5; x++) expect(resized[y * 5 + x]).toBe(plane.data[(y + 3) * plane.width + x + 2]);
  });

  it('resizes each channel by itself, into planes', () => {
    const { data, width } = plane;
    const colours = Uint8Array.from({ length: 3 * data.length }, (_, i) => (i % 3) * data[Math.floor(i / 3)]);
    const [{ crop, size }] = golden.cases;
    const planes = resize({ data: colours, width, channels: 3 }, crop, size);
    const area = size[0] * size[1];
    expect(planes).toHaveLength(3 * area);
    for (let channel = 0; channel < 3; channel++) {
      const one = { data: data.map((value) => channel * value), width, channels: 1 };
      expect([...planes.subarray(channel * area, (channel + 1) * area)]).toEqual([
        ...resize(one, crop, size),
      ]);
    }
  });
});
