import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { opened } from '../files.fixture.js';
import { assertDisjoint, splitByScene } from '../splits.js';
import type { FolderOptions } from './folder.js';
import { openFileSource } from './open-file-source.js';

const data = resolve(process.env.FATHOM_DATA ?? '../shared/data');
const present = existsSync(join(data, 'nyu-train.zip'));

const background = [0, 1, 7, 8, 10, 12, 15, 18, 19, 21, 27, 29, 37];
const options: Partial<FolderOptions> = {
  size: [96, 128],
  mask: { folder: 'label', background, ignore: [39] },
  depth: { folder: 'depth', scale: 1 / 25.5, maxDepth: 10 },
  scene: { block: 8 },
};

// Skipped where the archives are absent: they are not part of the repository. FATHOM_DATA names their folder.
describe.skipIf(!present)(`NYU archives in ${data}`, () => {
  it('hold 788 and 314 samples, which split by scene', async () => {
    const train = await opened(join(data, 'nyu-train.zip'), options);
    const test = await opened(join(data, 'nyu-test.zip'), options);
    expect([train.length, test.length]).toEqual([788, 314]);
    const splits = splitByScene(train, { validation: 0.1, test: 0, seed: 0 });
    assertDisjoint(train, splits);
    expect(Math.abs(splits.validation.length - 79)).toBeLessThanOrEqual(4);
  });

  it('give metres and labels that agree with the files, pixel by pixel', async () => {
    const path = join(data, 'nyu-train.zip');
    const dataset = await opened(path, options);
    const sample = await dataset.read(5);
    const source = await openFileSource(path);
    const raw = async (name: string) =>
      sharp(await source.read(name))
        .extractChannel(0)
        .raw()
        .toBuffer({ resolveWithObject: true });
    const label = await raw(`label/${sample.id}.png`);
    const depth = await raw(`depth/${sample.id}.png`);
    await source.close();
    expect([depth.info.width, depth.info.height]).toEqual([256, 192]);
    const wrong: string[] = [];
    for (let y = 0; y < 96; y++)
      for (let x = 0; x < 128; x++) {
        const [i, j] = [128 * y + x, 256 * (2 * y + 1) + 2 * x + 1];
        const metres = depth.data[j] / 25.5;
        const known = label.data[j] !== 39;
        const right =
          Math.abs((sample.depth[i] / 65535) * dataset.maxDepth - metres) < 1e-9 &&
          sample.depthValid[i] === (depth.data[j] === 0 ? 0 : 1) &&
          sample.maskValid[i] === (known ? 1 : 0) &&
          sample.mask[i] === (known && !background.includes(label.data[j]) ? 255 : 0);
        if (!right) wrong.push(`${x},${y}`);
      }
    expect(wrong).toEqual([]);
  });
});
