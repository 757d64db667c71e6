import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Files, folderOf } from '../data/files.fixture.js';
import { openComposite } from '../data/formats/composite.js';
import { input, mean, type Tensor } from '../graph/index.js';
import { lowerToOnnx } from '../onnx/lower.js';
import { run } from './main.js';

async function label(dataset: string, model: string, ...flags: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['data', 'label', dataset, '--model', model, ...flags], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out: out.join(''), err: err.join('') };
}

const side = 16;

/** A picture whose grey rises from left to right, from `low` to 240. */
const ramp = (low: number) =>
  sharp(
    Uint8Array.from(
      { length: side * side * 3 },
      (_, i) => low + ((240 - low) * (Math.floor(i / 3) % side)) / (side - 1),
    ),
    { raw: { width: side, height: side, channels: 3 } },
  )
    .png()
    .toBuffer();

let files: Files;
beforeAll(async () => {
  files = { 'bg/bg001.png': await ramp(20), 'bg/bg002.png': await ramp(90) };
  for (const [i, bg] of ['bg001', 'bg001', 'bg002'].entries()) {
    files[`fg_bg/${bg}/fg1_${bg}_00000${i}.png`] = await ramp(30 * i);
    files[`fg_bg_mask/${bg}/fg1_${bg}_mask_00000${i}.png`] = await sharp(await ramp(0))
      .toColourspace('b-w')
      .png()
      .toBuffer();
  }
});

/** Writes a model that gives the mean of its input's channels, and returns its path. */
async function modelFile(folder: string, outputs: (image: Tensor) => Record<string, Tensor>, metadata = {}) {
  const path = join(folder, 'model.onnx');
  const { bytes } = lowerToOnnx(outputs(input('image', [1, 3, side, side])), { metadata });
  await writeFile(path, bytes);
  return path;
}

const brightness = (image: Tensor) => mean(image, [1]);

async function depthOf(folder: string, i: number) {
  const dataset = await openComposite({
    ...{ path: folder, size: [side, side], image: 'fg_bg', mask: { folder: 'fg_bg_mask' } },
    ...{
      background: { folder: 'bg' },
      depth: { folder: 'depth_fg_bg', scale: 1 / 65535, maxDepth: 1, unit: '' },
    },
  });
  onTestFinished(() => dataset.close?.());
  return (await dataset.read(i)).depth;
}

describe('fathom data label', () => {
  it('turns inverse relative depth into 0 for the nearest and 65535 for the farthest of each picture', async () => {
    const folder = await folderOf(files);
    const model = await modelFile(folder, (image) => ({ disparity: brightness(image) }));
    const silent = await label(folder, model);
    expect(silent).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not say what it takes and gives'),
    });
    expect(await label(folder, model, '--convention', 'midsa')).toMatchObject({
      code: 2,
      err: expect.stringContaining("unknown convention 'midsa': did you mean 'midas'?"),
    });
    const { code, out } = await label(folder, model, '--convention', 'dpt');
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('3 depth maps of 16 bit, 65535 is the farthest; 3 made'),
    ]);
    for (let i = 0; i < 3; i++) {
      const depth = await depthOf(folder, i);
      for (let x = 0; x < side; x++)
        expect(Math.abs(depth[side + x] - 65535 * (1 - x / (side - 1)))).toBeLessThan(65535 / 140);
    }
    expect(JSON.parse(await readFile(join(folder, 'depth_fg_bg.json'), 'utf8'))).toMatchObject({
      ...{ output: 'inverse', mean: [0.5, 0.5, 0.5], inputSize: [side, side], scale: '1/65535', unit: '' },
    });
  });

  it('is continued where it was, and never with another model', async () => {
    const folder = await folderOf(files);
    const model = await modelFile(folder, (image) => ({ disparity: brightness(image) }));
    await label(folder, model, '--convention', 'midas');
    const first = join(folder, 'depth_fg_bg/bg001/fg1_bg001_000000.png');
    const bytes = await readFile(first);
    await rm(first);
    expect((await label(folder, model, '--convention', 'midas')).out).toContain('; 1 made in');
    expect((await readFile(first)).equals(bytes)).toBe(true);
    expect((await readdir(join(folder, 'depth_fg_bg'), { recursive: true })).sort()).toHaveLength(5);
    expect(await label(folder, model, '--convention', 'dpt')).toMatchObject({
      code: 2,
      err: expect.stringContaining('depth_fg_bg.json: was made with another mean, std'),
    });
  });

  it('takes the scale of an exported network, and its background', async () => {
    const folder = await folderOf(files);
    const depth = (image: Tensor) => ({
      depth: mean(input('background', [1, 3, side, side]), [1]),
      mask: brightness(image),
    });
    const metadata = { 'fathom.depth': '0-1', 'fathom.maxDepth': '10', 'fathom.depthUnit': 'm' };
    const model = await modelFile(folder, depth, metadata);
    const { out } = await label(folder, model, '--bits', '8');
    expect(out).toContain('3 depth maps of 8 bit, 255 is 10 m; 3 made');
    const plane = async (i: number, bg: string) =>
      sharp(join(folder, `depth_fg_bg/${bg}/fg1_${bg}_00000${i}.png`))
        .extractChannel(0)
        .raw()
        .toBuffer();
    const [near, far] = [await plane(1, 'bg001'), await plane(2, 'bg002')];
    expect([near[0], near[side - 1], far[0]]).toEqual([20, 240, 90]);
    expect(JSON.parse(await readFile(join(folder, 'depth_fg_bg.json'), 'utf8'))).toMatchObject({
      ...{ scale: '10/255', maxDepth: 10, unit: 'm', bits: 8 },
    });
  });
});
