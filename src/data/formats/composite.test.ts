import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Dataset } from '../dataset.js';
import {
  type Files,
  failure,
  folderOf,
  greyPng,
  jpeg,
  temporaryFolder,
  zipFileOf,
} from '../files.fixture.js';
import { assertDisjoint, splitByScene } from '../splits.js';
import { type CompositeOptions, openComposite } from './composite.js';

const data = resolve(process.env.FATHOM_DATA ?? '../shared/data');

const options = (path: string, changes: Partial<CompositeOptions> = {}): CompositeOptions => ({
  ...{ path, size: [24, 32], image: 'fg_bg', mask: { folder: 'fg_bg_mask' }, background: { folder: 'bg' } },
  depth: { folder: 'depth_fg_bg', scale: 1 / 255, maxDepth: 1, unit: '', invalid: [] },
  ...changes,
});

async function opened(path: string, changes: Partial<CompositeOptions> = {}): Promise<Dataset> {
  const dataset = await openComposite(options(path, changes));
  onTestFinished(() => dataset.close?.());
  return dataset;
}

/** The published names: two backgrounds, of which one's name begins with the other's, and three composites of each. */
async function published(): Promise<Files> {
  const files: Files = {};
  const plane = (value: number) => greyPng(32, 24, new Uint8Array(32 * 24).fill(value));
  for (const [b, bg] of ['bg_1', 'bg_12'].entries()) {
    files[`bg/${bg}.jpg`] = await jpeg(32, 24, 50 + b);
    for (let k = 0; k < 3; k++) {
      const index = 3 * b + k;
      files[`fg_bg/${bg}/fg_00${index}_${bg}_00000${index}.jpg`] = await jpeg(32, 24, index + 1);
      files[`fg_bg_mask/${bg}/fg_00${index}_${bg}_mask_00000${index}.png`] = await plane(index + 100);
      files[`depth_fg_bg/${bg}/depth_fg_00${index}_${bg}_00000${index}.png`] = await plane(index + 200);
    }
  }
  return files;
}

async function check(dataset: Dataset) {
  expect([dataset.length, dataset.hasBackground, dataset.depthUnit]).toEqual([6, true, '']);
  const backgrounds = await Promise.all([0, 5].map((i) => dataset.read(i)));
  expect(backgrounds.map(({ scene }) => scene)).toEqual(['bg_1', 'bg_12']);
  expect(backgrounds[0].background).not.toEqual(backgrounds[1].background);
  for (let i = 0; i < 6; i++) {
    const sample = await dataset.read(i);
    expect([sample.mask[0], sample.depth[0]]).toEqual([100 + i, Math.round(((200 + i) / 255) * 65535)]);
    expect(sample.background).toEqual(backgrounds[i < 3 ? 0 : 1].background);
  }
  assertDisjoint(dataset, splitByScene(dataset, { validation: 0.5, test: 0, seed: 0 }));
}

describe('openComposite', () => {
  it('reads the published layout from folders, one archive for each, and one archive of all', async () => {
    const files = await published();
    await check(await opened(await folderOf(files)));
    await check(await opened(await zipFileOf(files)));
    const root = await temporaryFolder();
    for (const kind of ['bg', 'fg_bg', 'fg_bg_mask', 'depth_fg_bg']) {
      // As the published archives have them: below a folder of their own, one of them called otherwise.
      const own = Object.entries(files).filter(([path]) => path.startsWith(`${kind}/`));
      const inside = kind === 'depth_fg_bg' ? 'mask_fg_bg' : `data/${kind}`;
      const zip = await zipFileOf(
        Object.fromEntries(own.map(([path, bytes]) => [path.replace(kind, inside), bytes])),
      );
      await mkdir(root, { recursive: true });
      await rename(zip, join(root, `${kind}.zip`));
    }
    await check(await opened(root));
  });

  it('finds backgrounds by part of the name, and by a pattern of its own', async () => {
    const files = await published();
    const flat = Object.fromEntries(
      Object.entries(files).map(([path, bytes]) => [path.replace(/(fg_bg\w*)\/bg_\d+\//, '$1/'), bytes]),
    );
    await check(await opened(await folderOf(flat)));
    const numbered: Files = {};
    for (const [path, bytes] of Object.entries(flat)) {
      const [, kind, background, index, extension] =
        /^(\w+)\/.*bg_(\d+)_(?:mask_)?0*(\d+)(\.\w+)$/.exec(path) ?? [];
      numbered[kind ? `${kind}/img_${background}${index}${extension}` : path] = bytes;
    }
    await check(
      await opened(await folderOf(numbered), { background: { folder: 'bg', pattern: '^img_(.*).$' } }),
    );
    const unknown = await failure(opened(await folderOf(numbered)));
    expect(unknown.message).toMatch(/fg_bg\/img_10\.jpg: its background is not known$/);
    expect(unknown.hint).toContain('set background.pattern');
  });

  it('refuses what is missing, by name', async () => {
    const files = await published();
    const { 'fg_bg_mask/bg_12/fg_004_bg_12_mask_000004.png': _, ...noMask } = files;
    expect((await failure(opened(await folderOf(noMask)))).message).toMatch(
      /fg_bg\/bg_12\/fg_004_bg_12_000004\.jpg: has no mask in fg_bg_mask$/,
    );
    const noDepth = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('depth')));
    const path = await folderOf(noDepth);
    expect((await failure(opened(path))).message).toBe(
      `${path}/depth_fg_bg: no such folder, and no depth_fg_bg.zip`,
    );
  });

  // Skipped where the archive is absent: it is not part of the repository. FATHOM_DATA names its folder.
  it.skipIf(!existsSync(join(data, 'composite-samples.zip')))(
    'puts each published sample on its own background',
    async () => {
      const dataset = await opened(join(data, 'composite-samples.zip'), {
        size: [112, 112],
        depth: { ...options('').depth, folder: 'fg_bg_depth' },
        background: { folder: 'bg', pattern: '^img_(.*).$' },
      });
      const samples = await Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.read(i)));
      expect(samples).toHaveLength(10);
      const difference = (i: number, j: number) => {
        let [sum, count] = [0, 0];
        for (let pixel = 0; pixel < 112 * 112; pixel++) {
          if (samples[i].mask[pixel] > 10) continue;
          sum += Math.abs(samples[i].image[pixel] - samples[j].background![pixel]);
          count++;
        }
        return sum / count;
      };
      for (let i = 0; i < 10; i++) {
        expect(difference(i, i)).toBeLessThan(12);
        expect(difference(i, (i + 1) % 10)).toBeGreaterThan(20);
      }
    },
  );
});
