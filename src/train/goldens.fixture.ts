/** The weights and images behind the goldens, made anew; see tests/goldens/README.md, "Numbers without files". */
import { readFileSync } from 'node:fs';
import type { Batch } from '../data/dataset.js';
import type { NamedTensors, Network } from './network.js';

/** The content of a file of `tests/goldens`. */
export const readGolden = (name: string): Buffer =>
  readFileSync(new URL(`../../tests/goldens/${name}`, import.meta.url));

/** Numbers uniform in [0, 1): `state = (1664525·state + 1013904223) mod 2³²`. */
function stream(seed: number): () => number {
  let state = seed % 2 ** 32;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The goldens' weights of a network. */
export function goldenWeights({ state }: Network, seed: number): NamedTensors {
  const next = stream(seed);
  const parameters = state.parameters.map(({ name, shape }) => {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const value = (u: number) => {
      if (shape.length === 4) return (2 * u - 1) / Math.sqrt(fanIn);
      return name.endsWith('.weight') ? 0.75 + 0.5 * u : (u - 0.5) * 0.2;
    };
    const length = shape.reduce((a, b) => a * b, 1);
    return [name, { shape, data: Float32Array.from({ length }, () => value(next())) }] as const;
  });
  const buffers = state.buffers.map(
    ({ name, shape, initial }) => [name, { shape, data: new Float32Array(shape[0]).fill(initial) }] as const,
  );
  return Object.fromEntries([...parameters, ...buffers]);
}

/** The goldens' batch of `shape [N, 6, H, W]`; images and depth are the integers that their values were rounded to. */
export function goldenBatch(seed: number, [count, , height, width]: readonly number[]): Batch {
  const next = stream(seed);
  const area = height * width;
  const planes = (channels: number) => new Uint8Array(count * channels * area);
  const rounded = (value: number, largest: number) => Math.floor(largest * value + 0.5);
  const [mask, image, background] = [planes(1), planes(3), planes(3)];
  const depth = new Float64Array(count * area);
  for (let n = 0; n < count; n++) {
    const u = Array.from({ length: 6 }, next);
    const top = Math.floor((u[0] * height) / 2);
    const left = Math.floor((u[1] * width) / 2);
    const bottom = top + Math.floor(height / 4) + Math.floor((u[2] * height) / 4);
    const right = left + Math.floor(width / 4) + Math.floor((u[3] * width) / 4);
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const inside = i >= top && i < bottom && j >= left && j < right;
        const d = 0.1 + 0.4 * (u[4] * (i / (height - 1)) + u[5] * (j / (width - 1)));
        mask[n * area + i * width + j] = inside ? 1 : 0;
        depth[n * area + i * width + j] = inside ? 0.5 * d : d;
      }
  }
  for (let n = 0; n < count; n++)
    for (let c = 0; c < 6; c++)
      for (let i = 0; i < area; i++) {
        const u = next();
        if (c < 3) background[(n * 3 + c) * area + i] = rounded(u, 255);
        else
          image[(n * 3 + c - 3) * area + i] = rounded(
            0.5 * u + 0.25 * mask[n * area + i] + 0.25 * depth[n * area + i],
            255,
          );
      }
  const ones = () => planes(1).fill(1);
  return {
    ...{ size: count, image, background, mask: mask.map((value) => 255 * value) },
    ...{ depth: Float32Array.from(depth, (value) => rounded(value, 65535)) },
    ...{ maskValid: ones(), depthValid: ones(), ids: [] },
  };
}
