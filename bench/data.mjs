/**
 * How fast data come, beside how fast the smallest model takes them: decoding, the cache, the synthetic rooms, batches.
 *
 *   npm run build && node bench/data.mjs
 *
 * The pictures are synthetic rooms of 256×192, written as JPEG (quality 90) and PNG into a temporary folder.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { augmented } from '../dist/data/augmentation/augment.js';
import { standardAugmentation } from '../dist/data/augmentation/draw.js';
import { assembleBatch } from '../dist/data/batches.js';
import { cached } from '../dist/data/cache.js';
import { openFolder } from '../dist/data/formats/folder.js';
import { syntheticDataset } from '../dist/data/synthetic/synthetic-dataset.js';
import { compileLoss } from '../dist/losses/registry.js';
import { findModel } from '../dist/models/registry.js';
import { makeOptimizer } from '../dist/optim/registry.js';
import { compile } from '../dist/runtime/node.js';
import { createNetwork } from '../dist/train/network.js';
import { benchmarkStep } from '../dist/train/step-benchmark.js';

const count = 96;
const [height, width] = [192, 256];
const training = [64, 64];

const upperByte = (value) => value >> 8;

async function writePictures(folder) {
  const rooms = syntheticDataset({ count, size: [height, width] });
  for (const part of ['image', 'mask', 'depth', 'label', 'depth8']) await mkdir(join(folder, part));
  for (let i = 0; i < count; i++) {
    const { image, mask, depth } = await rooms.read(i);
    const rgb = Buffer.alloc(image.length);
    for (let p = 0; p < height * width; p++)
      for (let c = 0; c < 3; c++) rgb[3 * p + c] = image[c * height * width + p];
    const raw = (channels) => ({ raw: { width, height, channels } });
    const files = {
      'image/N.jpg': sharp(rgb, raw(3)).jpeg({ quality: 90 }),
      'mask/N.png': sharp(mask, raw(1)).toColourspace('b-w').png(),
      'depth/N.png': sharp(depth, raw(1)).toColourspace('grey16').png(),
      'label/N.png': sharp(
        mask.map((coverage) => coverage >> 7),
        raw(1),
      )
        .toColourspace('b-w')
        .png(),
      'depth8/N.png': sharp(Uint8Array.from(depth, upperByte), raw(1)).toColourspace('b-w').png(),
    };
    for (const [name, picture] of Object.entries(files))
      await writeFile(join(folder, name.replace('N', `${i}`)), await picture.toBuffer());
  }
}

const indices = Array.from({ length: count }, (_, i) => i);
const inTurn = async (dataset) => {
  for (const index of indices) await dataset.read(index);
};
const atOnce = (dataset) => Promise.all(indices.map((index) => dataset.read(index)));

/** Samples a second, the best of some repetitions. */
async function rate(work, samples = count, repetitions = 3) {
  let best = 0;
  for (let i = 0; i < repetitions; i++) {
    const begun = performance.now();
    await work();
    best = Math.max(best, (1000 * samples) / (performance.now() - begun));
  }
  return best;
}

const folder = await mkdtemp(join(tmpdir(), 'fathom-bench-'));
try {
  await writePictures(folder);
  const open = (mask, depth) => openFolder({ path: folder, size: training, image: 'image', mask, depth });
  const pictures = await open({ folder: 'mask' }, { folder: 'depth', scale: 1 / 6553.5, maxDepth: 10 });
  const labelled = await open(
    { folder: 'label', background: [0] },
    { folder: 'depth8', scale: 1 / 25.5, maxDepth: 10 },
  );
  const rows = [];
  const forms = [
    ['JPEG, mask and 16-bit depth', pictures],
    ['JPEG, label map and 8-bit depth', labelled],
  ];
  rows.push(['JPEG, mask and 16-bit depth, one sample at a time', await rate(() => inTurn(pictures))]);
  for (const [what, dataset] of forms) rows.push([`${what}, all cores`, await rate(() => atOnce(dataset))]);
  const augmentedFrom = (dataset) => augmented(dataset, standardAugmentation, { seed: 0, epoch: 1 });
  for (const [what, dataset] of forms)
    rows.push([`${what}, all cores, and augmented`, await rate(() => atOnce(augmentedFrom(dataset)))]);

  const cache = join(folder, 'cache');
  const fill = await cached({ ...pictures, close: undefined }, cache);
  await atOnce(fill);
  await fill.close();
  const fromFile = async () => {
    const dataset = await cached({ ...pictures, close: undefined }, cache);
    await atOnce(dataset);
    await dataset.close();
  };
  rows.push(['cache, from the file', await rate(fromFile)]);
  const rooms = syntheticDataset({ count, size: 64 });
  rows.push(['synthetic rooms of 64×64', await rate(() => inTurn(rooms), count, 1)]);
  const samples = await atOnce(rooms);
  const varied = augmentedFrom({ ...rooms, read: async (i) => samples[i] });
  rows.push(['augmentation of 64×64, from memory', await rate(() => inTurn(varied), count, 10)]);
  const batches = () => {
    for (let i = 0; i < count; i += 16) assembleBatch(samples.slice(i, i + 16));
  };
  rows.push(['batches of 16, from memory', await rate(batches, count, 20)]);

  const timing = await benchmarkStep(
    {
      network: createNetwork({ model: findModel('resunet'), width: 8, size: training, background: true }),
      batch: 16,
      gaps: { mask: false, depth: false },
      losses: {
        segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
        depth: compileLoss('rmse', 'depth').evaluate,
      },
      weight: 2,
      optimizer: makeOptimizer({
        ...{ kind: 'adamw', lr: 1e-3, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8, momentum: 0 },
      }),
      seed: 0,
      compile,
    },
    20,
  );
  const taken = timing.imagesPerSecond;
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  console.log('| what | samples/s | times what the model takes |\n|---|---|---|');
  for (const [what, value] of rows)
    console.log(`| ${what} | ${value.toFixed(0)} | ${(value / taken).toFixed(1)} |`);
  console.log(`| training step, width 8, 64×64, batch 16 | ${taken.toFixed(0)} | 1 |`);
  await pictures.close();
  await labelled.close();
} finally {
  await rm(folder, { recursive: true });
}
