import { describe, expect, it } from 'vitest';
import type { Dataset, Sample } from '../dataset.js';
import { syntheticDataset } from '../synthetic/synthetic-dataset.js';
import { augmented, augmentSample } from './augment.js';
import { type Augmentation, type AugmentOptions, drawAugmentation, standardAugmentation } from './draw.js';
import { geometry } from './geometry.js';

const none: Augmentation = {
  ...{ flip: false, scale: 1, top: 0, left: 0, depthFactor: 1, noise: 0, noiseSeed: 1 },
  ...{ brightness: 1, contrast: 1, saturation: 1, hue: 0 },
};
const rooms = syntheticDataset({ count: 4, size: [32, 48], seed: 5 });
const off: AugmentOptions = {
  ...{
    flip: 0,
    scale: [1, 1],
    scaleDepth: true,
    brightness: 0,
    contrast: 0,
    saturation: 0,
    hue: 0,
    noise: 0,
  },
};
const planes = ['image', 'background', 'mask', 'depth', 'maskValid', 'depthValid'] as const;

const sampleOf = (height: number, width: number, changes: Partial<Sample>): Sample => ({
  id: 'a',
  scene: 'a',
  image: new Uint8Array(3 * height * width),
  mask: new Uint8Array(height * width),
  depth: new Uint16Array(height * width),
  maskValid: new Uint8Array(height * width).fill(1),
  depthValid: new Uint8Array(height * width).fill(1),
  ...changes,
});

describe('augmentSample', () => {
  it('changes nothing when nothing is asked for, and never its source', async () => {
    const sample = await rooms.read(1);
    const before = structuredClone(sample);
    expect(augmentSample(sample, none, rooms)).toEqual(sample);
    augmentSample(sample, drawAugmentation(standardAugmentation, { seed: 1, epoch: 2, index: 3 }), rooms);
    expect(sample).toEqual(before);
  });

  it('mirrors every plane alike, and twice is the original', async () => {
    const sample = await rooms.read(2);
    const mirrored = augmentSample(sample, { ...none, flip: true }, rooms);
    for (const name of planes) {
      const width = 48;
      for (const at of [0, 1, 47, 500, 1000, 1535]) {
        const partner = at - (at % width) + (width - 1 - (at % width));
        expect(mirrored[name]![at], `${name} ${at}`).toBe(sample[name]![partner]);
      }
    }
    expect(augmentSample(mirrored, { ...none, flip: true }, rooms)).toEqual(sample);
  });

  it('zooms: picks truth, interpolates images, divides depth', () => {
    // Four pixels a row; twice as large from the left edge, the first two fill the frame.
    const row = [10, 50, 90, 130];
    const image = Uint8Array.from([...row, ...row, ...row]);
    const depth = Uint16Array.of(1000, 2001, 3000, 4000);
    const mask = Uint8Array.of(0, 255, 0, 255);
    const depthValid = Uint8Array.of(1, 0, 1, 1);
    const sample = sampleOf(1, 4, { image, depth, mask, depthValid });
    const zoomed = augmentSample(sample, { ...none, scale: 2, depthFactor: 0.5 }, { height: 1, width: 4 });
    // Centres at 0.25, 0.75, 1.25 and 1.75: beyond the first pixel's own centre there is only itself.
    expect([...zoomed.image.subarray(0, 4)]).toEqual([10, 20, 40, 60]);
    expect([...zoomed.depth]).toEqual([500, 500, 1001, 1001]);
    expect([...zoomed.mask]).toEqual([0, 0, 255, 255]);
    expect([...zoomed.depthValid]).toEqual([1, 1, 0, 0]);
    const kept = augmentSample(sample, { ...none, scale: 2, left: 1 }, { height: 1, width: 4 });
    expect([...kept.depth]).toEqual([3000, 3000, 4000, 4000]);
  });

  it('invents no depth, no label and no validity, wherever the window lies', async () => {
    const sample = await rooms.read(0);
    const known = new Set(sample.depth);
    const { pick, interpolate } = geometry({ flip: true, scale: 1.37, top: 0.3, left: 0.9 }, 32, 48);
    expect([...pick(sample.depth)].every((value) => known.has(value))).toBe(true);
    const values = [...interpolate(sample.image)];
    expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.min(...sample.image));
    expect(Math.max(...values)).toBeLessThanOrEqual(Math.max(...sample.image));
  });

  it('computes colours as said', () => {
    const image = Uint8Array.of(100, 200, 100, 200, 100, 200);
    const sample = sampleOf(1, 2, { image, background: image.slice() });
    const frame = { height: 1, width: 2 };
    const colours = (change: Partial<Augmentation>) => {
      const { image: seen, background } = augmentSample(sample, { ...none, ...change }, frame);
      expect(background).toEqual(seen);
      return [...seen];
    };
    expect(colours({ brightness: 1.2 })).toEqual([120, 240, 120, 240, 120, 240]);
    // The mean grey is 150.
    expect(colours({ contrast: 0.5 })).toEqual([125, 175, 125, 175, 125, 175]);
    expect(colours({ brightness: 2, contrast: 1.5 })).toEqual([150, 255, 150, 255, 150, 255]);
    // Greys have no colour to turn or to fade.
    expect(colours({ saturation: 0.2, hue: 0.3 })).toEqual([...image]);
  });

  it('turns and fades colours at constant luminance', () => {
    const red = Uint8Array.of(180, 100, 90);
    const seen = (change: Partial<Augmentation>) =>
      augmentSample(sampleOf(1, 1, { image: red }), { ...none, ...change }, { height: 1, width: 1 }).image;
    const grey = Math.round(0.213 * 180 + 0.715 * 100 + 0.072 * 90);
    expect([...seen({ saturation: 0 })]).toEqual([grey, grey, grey]);
    const [r, g, b] = seen({ hue: 0.1 });
    expect(0.213 * r + 0.715 * g + 0.072 * b).toBeCloseTo(grey, -0.5);
    // A tenth of the circle on from red is orange.
    expect(r).toBeGreaterThan(g);
    expect(g).toBeGreaterThan(b);
    expect(g).toBeGreaterThan(105);
  });

  it('adds noise of the standard deviation asked for, another to each image', () => {
    const image = new Uint8Array(3 * 64 * 64).fill(128);
    const sample = sampleOf(64, 64, { image, background: image.slice() });
    const noisy = augmentSample(sample, { ...none, noise: 0.04 }, { height: 64, width: 64 });
    const mean = noisy.image.reduce((sum, x) => sum + x, 0) / image.length;
    const deviation = Math.sqrt(noisy.image.reduce((sum, x) => sum + (x - mean) ** 2, 0) / image.length);
    expect(mean).toBeCloseTo(128, 0);
    expect(deviation / 255).toBeCloseTo(0.04, 2.5);
    expect(noisy.image).not.toEqual(noisy.background);
    const [red, green] = [noisy.image.subarray(0, 4096), noisy.image.subarray(4096, 8192)];
    const shared = red.reduce((sum, x, i) => sum + (x - mean) * (green[i] - mean), 0) / 4096;
    expect(Math.abs(shared) / deviation ** 2).toBeLessThan(0.06);
  });
});

describe('drawAugmentation', () => {
  const key = { seed: 3, epoch: 2, index: 11 };

  it('is a function of seed, epoch and index', () => {
    const first = drawAugmentation(standardAugmentation, key);
    expect(drawAugmentation(standardAugmentation, key)).toEqual(first);
    for (const change of [{ seed: 4 }, { epoch: 3 }, { index: 12 }])
      expect(drawAugmentation(standardAugmentation, { ...key, ...change })).not.toEqual(first);
  });

  it('keeps every number when another range changes', () => {
    const first = drawAugmentation(standardAugmentation, key);
    const { noise, ...rest } = drawAugmentation({ ...standardAugmentation, noise: 0.3 }, key);
    expect({ ...rest, noise: first.noise }).toEqual(first);
    expect(noise).toBeCloseTo(first.noise * 15, 6);
  });

  it('stays within its ranges and fills them', () => {
    const draws = Array.from({ length: 400 }, (_, index) =>
      drawAugmentation(standardAugmentation, { ...key, index }),
    );
    const flips = draws.filter(({ flip }) => flip).length;
    expect(flips).toBeGreaterThan(160);
    expect(flips).toBeLessThan(240);
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)];
    const [low, high] = range(draws.map(({ scale }) => scale));
    expect(low).toBeGreaterThanOrEqual(1);
    expect(low).toBeLessThan(1.02);
    expect(high).toBeLessThan(1.5);
    expect(high).toBeGreaterThan(1.48);
    expect(draws.every(({ scale, depthFactor }) => depthFactor === 1 / scale)).toBe(true);
    expect(Math.max(...draws.map(({ hue }) => Math.abs(hue)))).toBeLessThanOrEqual(0.02);
  });

  it('draws nothing but identities from empty ranges', async () => {
    const sample = await rooms.read(3);
    expect(augmentSample(sample, drawAugmentation(off, key), rooms)).toEqual(sample);
  });
});

describe('augmented', () => {
  it('is the data set itself without options, and other samples each epoch with them', async () => {
    expect(augmented(rooms, undefined, { seed: 0, epoch: 1 })).toBe(rooms);
    const read = async (dataset: Dataset) => (await dataset.read(0)).image;
    const epoch = (n: number) => augmented(rooms, standardAugmentation, { seed: 0, epoch: n });
    expect(await read(epoch(1))).toEqual(await read(epoch(1)));
    expect(await read(epoch(1))).not.toEqual(await read(epoch(2)));
    expect(epoch(1).fingerprint).not.toBe(rooms.fingerprint);
  });
});
