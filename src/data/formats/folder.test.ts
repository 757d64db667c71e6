import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  type Files,
  failure,
  folderOf,
  greyPng,
  jpeg,
  opened,
  sampleFiles,
  zipFileOf,
} from '../files.fixture.js';

const without = (files: Files, ...paths: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));

describe('openFolder', () => {
  it('reads the same samples from a folder, a stored zip and a deflated zip', async () => {
    const files = await sampleFiles(3);
    const paths = [
      await folderOf({ ...files, 'image/.DS_Store': Buffer.from('x'), 'notes.txt': Buffer.from('x') }),
      await zipFileOf({ ...files, '__MACOSX/image/._sample-0.jpg': Buffer.from('x') }),
      await zipFileOf(Object.entries(files).map(([name, bytes]) => ({ name, bytes, deflate: true }))),
    ];
    const all = [];
    for (const path of paths) {
      const dataset = await opened(path);
      all.push(await Promise.all([0, 1, 2].map((i) => dataset.read(i))));
      expect(dataset).toMatchObject({
        length: 3,
        height: 24,
        width: 32,
        hasBackground: false,
        depthUnit: 'm',
      });
    }
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    expect(all[0][2].id).toBe('sample-2');
  });

  it('keeps 16-bit and 8-bit depth exact and leaves out invalid and too deep pixels', async () => {
    const raw = Uint16Array.from({ length: 32 * 24 }, (_, i) => i * 85);
    const files = { ...(await sampleFiles(1)), 'depth/sample-0.png': await greyPng(32, 24, raw) };
    const deep = await opened(await folderOf(files), {
      depth: { folder: 'depth', scale: 0.001, maxDepth: 60, invalid: [0, 170] },
    });
    const sample = await deep.read(0);
    for (const [i, value] of raw.entries()) {
      const counted = value !== 0 && value !== 170 && value <= 60000;
      expect(sample.depthValid[i]).toBe(counted ? 1 : 0);
      expect(sample.depth[i]).toBe(counted ? Math.round((value / 60000) * 65535) : 0);
    }
    const bytes = Uint8Array.from({ length: 32 * 24 }, (_, i) => i & 255);
    files['depth/sample-0.png'] = await greyPng(32, 24, bytes);
    const shallow = await opened(await folderOf(files), {
      depth: { folder: 'depth', scale: 1 / 25.5, maxDepth: 10 },
    });
    const { depth, depthValid } = await shallow.read(0);
    expect([...depth]).toEqual([...bytes].map((v) => v * 257));
    expect([...depthValid]).toEqual([...bytes].map((v) => (v === 0 ? 0 : 1)));
  });

  it('resamples labels and depth by the pixel under the centre, and crops all planes alike', async () => {
    // 40×12, cropped to the 24 columns from 8 on, then every second pixel from the second row and column.
    const [width, height] = [40, 12];
    const labels = Uint8Array.from({ length: width * height }, (_, i) => i % width);
    const depth = Uint16Array.from({ length: width * height }, (_, i) => 1 + i);
    const ramp = Uint8Array.from({ length: width * height * 3 }, (_, i) => 5 * (Math.floor(i / 3) % width));
    const dataset = await opened(
      await folderOf({
        'image/a.png': await sharp(ramp, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer(),
        'mask/a.png': await greyPng(width, height, labels),
        'depth/a.png': await greyPng(width, height, depth),
      }),
      {
        size: [6, 12],
        mask: { folder: 'mask', foreground: [9, 13], ignore: [11, 12] },
        depth: { folder: 'depth', scale: 1, maxDepth: 65535 },
      },
    );
    const sample = await dataset.read(0);
    const columns = Array.from({ length: 12 }, (_, x) => 8 + 2 * x + 1);
    expect([...sample.mask.subarray(0, 12)]).toEqual(columns.map((c) => (c === 9 || c === 13 ? 255 : 0)));
    expect([...sample.maskValid.subarray(0, 12)]).toEqual(columns.map((c) => (c === 11 ? 0 : 1)));
    for (let y = 0; y < 6; y++)
      expect([...sample.depth.subarray(12 * y, 12 * y + 12)]).toEqual(
        columns.map((c) => 1 + (2 * y + 1) * width + c),
      );
    // Two pixels of a ramp average to the value between them, away from the edge of the filter.
    for (let x = 3; x < 9; x++)
      expect(Math.abs(sample.image[x] - 5 * (columns[x] - 0.5))).toBeLessThanOrEqual(1);
  });

  it('reads labels by background list, by both lists, and through a palette', async () => {
    const [width, height] = [16, 16];
    const labels = Uint8Array.from({ length: 256 }, (_, i) => i & 3);
    const files = {
      'image/a.png': await sharp({ create: { width, height, channels: 3, background: '#456' } })
        .png()
        .toBuffer(),
      'mask/a.png': await greyPng(width, height, labels),
      'depth/a.png': await greyPng(
        width,
        height,
        labels.map((v) => v + 1),
      ),
    };
    const first = async (mask: object, changed: Files = {}) => {
      const path = await folderOf({ ...files, ...changed });
      const dataset = await opened(path, { size: [16, 16], mask: { folder: 'mask', ...mask } });
      const sample = await dataset.read(0);
      return [[...sample.mask.subarray(0, 4)], [...sample.maskValid.subarray(0, 4)]];
    };
    const byBackground = [
      [0, 255, 0, 255],
      [1, 1, 0, 1],
    ];
    expect(await first({ background: [0], ignore: [2] })).toEqual(byBackground);
    expect(await first({ background: [0], foreground: [1, 3] })).toEqual(byBackground);
    expect(await first({ ignore: [2] })).toEqual([
      [0, 1, 0, 3],
      [1, 1, 0, 1],
    ]);

    for (const colours of [4, 256]) {
      const rgb = Uint8Array.from(
        { length: 768 },
        (_, i) => [10, 90, 170, 250][labels[Math.floor(i / 3)]] >> (i % 3),
      );
      const palette = await sharp(rgb, { raw: { width, height, channels: 3 } })
        .png({ palette: true, colours, dither: 0, effort: 1 })
        .toBuffer();
      // The encoder chose the numbers; four distinct ones at four pixels prove that they were read as numbers.
      const counts = new Set<string>();
      for (const label of [0, 1, 2, 3]) {
        const [mask] = await first({ foreground: [label] }, { 'mask/a.png': palette });
        expect(mask.filter((v) => v === 255)).toHaveLength(1);
        counts.add(mask.join());
      }
      expect(counts.size).toBe(4);
    }
    expect((await failure(first({ foreground: [1], ignore: [1] }))).message).toBe(
      'mask: label 1 is in both foreground and ignore',
    );
  });

  it('averages grey masks, and hardens them at a threshold', async () => {
    const values = Uint8Array.from({ length: 32 * 24 }, (_, i) => (i % 32 < 15 ? 255 : 0));
    const files = { ...(await sampleFiles(1)), 'mask/sample-0.png': await greyPng(32, 24, values) };
    const path = await folderOf(files);
    const read = async (threshold?: number) => {
      const dataset = await opened(path, { size: [12, 16], mask: { folder: 'mask', threshold } });
      return (await dataset.read(0)).mask.subarray(0, 16);
    };
    const soft = await read();
    expect(soft[0]).toBe(255);
    expect(soft[15]).toBe(0);
    expect(soft[7]).toBeGreaterThan(60);
    expect(soft[7]).toBeLessThan(195);
    expect([...(await read(0.9))]).toEqual([...soft].map((v) => (v >= 230 ? 255 : 0)));
  });

  it('reads backgrounds, grey images and images with transparency', async () => {
    const files = await sampleFiles(2);
    files['image/sample-0.png'] = await greyPng(32, 24, new Uint8Array(768).fill(90));
    files['image/sample-1.png'] = await sharp({
      create: { width: 32, height: 24, channels: 4, background: '#123456' },
    })
      .png()
      .toBuffer();
    files['bg/sample-0.jpg'] = files['bg/sample-1.jpg'] = await jpeg(32, 24, 5);
    const path = await folderOf(without(files, 'image/sample-0.jpg', 'image/sample-1.jpg'));
    const dataset = await opened(path, { background: { folder: 'bg' } });
    const [grey, clear] = [await dataset.read(0), await dataset.read(1)];
    expect(new Set(grey.image)).toEqual(new Set([90]));
    expect([clear.image[0], clear.image[768], clear.image[1536]]).toEqual([0x12, 0x34, 0x56]);
    expect(grey.background).toHaveLength(3 * 768);
    expect(clear.background).toEqual(grey.background);
  });

  it('orders names naturally and groups them into scenes', async () => {
    const names = ['b_10', 'b_2', 'a_1', 'b_1', 'a_11'];
    const one = await sampleFiles(1);
    const files: Files = {};
    for (const name of names)
      for (const [path, bytes] of Object.entries(one))
        files[path.replace('sample-0', `deep/${name}`)] = bytes;
    const path = await folderOf(files);
    const scenes = async (scene?: { block: number } | { pattern: string }) => {
      const dataset = await opened(path, { scene });
      return Array.from({ length: dataset.length }, (_, i) => dataset.scene(i));
    };
    expect(await scenes()).toEqual(['a_1', 'a_11', 'b_1', 'b_2', 'b_10'].map((name) => `deep/${name}`));
    expect(await scenes({ block: 2 })).toEqual(['0', '0', '1', '1', '2']);
    expect(await scenes({ pattern: '([ab])_' })).toEqual(['a', 'a', 'b', 'b', 'b']);
    const error = await failure(scenes({ pattern: '(b)_' }));
    expect(error.message).toBe(
      `${path}/image/deep/a_1.jpg: the scene pattern (b)_ finds no group in 'deep/a_1'`,
    );
    expect((await failure(scenes({ pattern: '(' }))).code).toBe('usage');
    expect((await opened(path, { limit: 2 })).length).toBe(2);
  });

  it('has a fingerprint of names, contents and options, but not of the place', async () => {
    const files = await sampleFiles(1);
    const [a, b] = [await zipFileOf(files), await zipFileOf(files)];
    const of = async (path: string, changes = {}) => (await opened(path, changes)).fingerprint;
    expect(await of(a)).toBe(await of(b));
    expect(await of(a, { size: [12, 16] })).not.toBe(await of(a));
    const other = await zipFileOf({ ...files, 'image/sample-0.jpg': await jpeg(32, 24, 9) });
    expect(await of(other)).not.toBe(await of(a));
    const folder = await folderOf(files);
    const before = await of(folder);
    await writeFile(join(folder, 'image/sample-0.jpg'), await jpeg(32, 24, 9));
    expect(await of(folder)).not.toBe(before);
  });
});
