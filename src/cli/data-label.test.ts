import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/load.js';
import { composeDataset } from '../data/composite/compose.js';
import { type Files, folderOf, temporaryFolder } from '../data/files.fixture.js';
import { openComposite } from '../data/formats/composite.js';
import { input, mean, type Tensor } from '../graph/index.js';
import { findModel } from '../models/registry.js';
import { lowerToOnnx } from '../onnx/lower.js';
import { compile } from '../runtime/node.js';
import { openSplits } from '../study/open-data.js';
import { type Checkpoint, writeCheckpoint } from '../train/checkpoint.js';
import { exportMetadata } from '../train/exported-network.js';
import { inferenceGraph } from '../train/inference.js';
import { createNetwork, initialState, memberViews } from '../train/network.js';
import { runFiles } from '../train/run-folder.js';
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

const network = {
  ...{ model: 'resunet', width: 1, size: [96, 96] as [number, number] },
  ...{ background: true, maxDepth: 10, depthUnit: 'm' },
};

/** Writes a run folder of a network with random weights, and returns the checkpoint. */
async function runFolder(folder: string): Promise<Checkpoint> {
  const { model: name, ...spec } = network;
  const laidOut = createNetwork({ ...spec, model: findModel(name)! });
  const checkpoint = {
    tensors: memberViews([...laidOut.parameters, ...laidOut.buffers], initialState(laidOut, 3)),
    progress: {
      ...{ step: 0, epoch: 0, seed: 3, seconds: 0, bestEpoch: 0, bestScore: null, identity: '' },
    },
    network,
  };
  await mkdir(join(folder, 'checkpoints'), { recursive: true });
  await writeCheckpoint(runFiles(folder).best, checkpoint);
  return checkpoint;
}

const brightness = (image: Tensor) => mean(image, [1], { keepDims: true });

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
    const { code, out } = await label(folder, model, '--convention', 'dpt', '--bits', '16');
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
      depth: brightness(input('background', [1, 3, side, side])),
      mask: brightness(image),
    });
    const metadata = exportMetadata({ ...network, size: [side, side] });
    const model = await modelFile(folder, depth, metadata);
    const { out } = await label(folder, model);
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

  it('labels composites with a run, and prints the block that opens them', async () => {
    const ellipse = '<svg width="30" height="40"><ellipse cx="15" cy="20" rx="9" ry="15" fill="#fff"/></svg>';
    const source = await folderOf({
      'fg/fg1.png': await sharp(Buffer.from(ellipse)).png().toBuffer(),
      'bg/bg1.png': await ramp(20),
      'bg/bg2.png': await ramp(90),
      'bg/bg3.png': await ramp(160),
    });
    const root = await temporaryFolder();
    const checkpoint = await runFolder(join(root, 'run'));
    const out: Record<string, string> = {};
    for (const zip of [true, false]) {
      const at = join(root, zip ? 'zips' : 'folders');
      await composeDataset({
        ...{ source, out: at, foregrounds: 'fg', backgrounds: 'bg', size: [96, 96], count: 21, zip },
        ...{ scale: [0.3, 0.7], seed: 0, quality: 90 },
      });
      const labelled = await label(at, join(root, 'run'));
      expect(labelled).toMatchObject({ code: 0, out: expect.stringContaining('21 depth maps of 8 bit') });
      expect(labelled.out).toMatch(/; 21 made in \d+s, [\d.]+ images\/s\n/);
      out[at] = labelled.out;
    }

    // Files that a kill kept from being written come back with the same bytes.
    const lost = ['bg1/fg1_bg1_000003.png', 'bg3/fg1_bg3_000018.png'];
    const files = lost.map((name) => join(root, 'folders/depth_fg_bg', name));
    const before = await Promise.all(files.map((file) => readFile(file)));
    await Promise.all(files.map((file) => rm(file)));
    expect((await label(join(root, 'folders'), join(root, 'run'))).out).toContain('; 2 made in');
    expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before);

    const area = 96 * 96;
    const alone = await compile(inferenceGraph(checkpoint));
    onTestFinished(() => alone.dispose());
    for (const [at, text] of Object.entries(out)) {
      const block = text.slice(text.indexOf('dataset:'));
      const { dataset } = await openSplits(parseConfig({ text: block, file: 'pasted', env: {} }));
      onTestFinished(() => dataset.close?.());
      expect([dataset.length, dataset.maxDepth, dataset.depthUnit]).toEqual([21, 10, 'm']);
      for (const i of [0, 17]) {
        const { image, background, depth, depthValid } = await dataset.read(i);
        const planes = (bytes: Uint8Array) => Float32Array.from(bytes, (value) => value / 255);
        const predicted = await alone.run({ image: planes(image), background: planes(background!) });
        const expected = predicted.depth as Float32Array;
        // Half a step of the 8 bits.
        for (let k = 0; k < area; k++)
          expect(Math.abs(depth[k] / 65535 - expected[k]), `${at} ${i} ${k}`).toBeLessThan(0.51 / 255);
        expect(depthValid.every((valid) => valid === 1)).toBe(true);
      }
    }
  });

  it('names the image that is damaged, and what a run lacks', async () => {
    const folder = await folderOf({ ...files, 'fg_bg/bg002/fg1_bg002_000002.png': Buffer.from('no image') });
    await runFolder(join(folder, 'run'));
    expect(await label(folder, join(folder, 'run'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('fg_bg/bg002/fg1_bg002_000002.png'),
    });
    expect(await label(folder, join(folder, 'missing'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('missing: no such file or folder'),
    });
  });
});
