import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

describe('openFolder refuses what names can tell', () => {
  const opening = async (path: string) => failure(opened(path));

  it('a path that is missing or no archive', async () => {
    const root = await folderOf({ 'a.txt': Buffer.from('hello') });
    expect((await opening(`${root}/rooms`)).message).toBe(`${root}/rooms: no such file or folder`);
    expect((await opening(`${root}/a.txt`)).message).toBe(`${root}/a.txt: not a zip archive, or cut short`);
  });

  it('a missing or an empty sub-folder', async () => {
    const files = await sampleFiles(1);
    const depth = without(files, 'image/sample-0.jpg', 'mask/sample-0.png');
    for (const make of [folderOf, zipFileOf]) {
      const path = await make({ 'images/sample-0.jpg': files['image/sample-0.jpg'], ...depth });
      const where = make === folderOf ? `${path}/` : `${path}: `;
      const error = await opening(path);
      expect(error).toMatchObject({ code: 'data', message: `${where}image: no such folder` });
      expect(error.hint).toBe("its folders are depth, images; did you mean 'images'?");
      const empty = await make({
        ...without(files, 'mask/sample-0.png'),
        'mask/readme.txt': Buffer.from('x'),
      });
      expect((await opening(empty)).message).toBe(`${where.replace(path, empty)}mask: holds no images`);
    }
  });

  it('an image without its mask or depth map', async () => {
    const files = await sampleFiles(4);
    const noMask = await folderOf(without(files, 'mask/sample-2.png'));
    const error = await opening(noMask);
    expect(error.message).toBe(`${noMask}/image/sample-2.jpg: has no mask`);
    expect(error.hint).toBe(`add ${noMask}/mask/sample-2.png, or remove the image`);
    const noDepth = await zipFileOf(without(files, 'depth/sample-1.png', 'depth/sample-3.png'));
    expect((await opening(noDepth)).message).toBe(
      `${noDepth}: image/sample-1.jpg: has no depth map (nor have 1 more images)`,
    );
  });

  it('names that never match, and two files of one name', async () => {
    const files = await sampleFiles(1);
    const mask = files['mask/sample-0.png'];
    const apart = await folderOf({ ...without(files, 'mask/sample-0.png'), 'mask/sample-0_mask.png': mask });
    const error = await opening(apart);
    expect(error.message).toBe(`${apart}/mask: no file has the name of an image`);
    expect(error.hint).toContain("the first are 'sample-0' and 'sample-0_mask'");
    const twice = await folderOf({ ...files, 'mask/sample-0.jpg': mask });
    expect((await opening(twice)).message).toBe(
      `${twice}/mask/sample-0.png: ${twice}/mask/sample-0.jpg has the same name`,
    );
  });

  it('links, names that lead outside, encryption, absurd sizes and cut archives', async () => {
    const files = await sampleFiles(1);
    const folder = await folderOf(files);
    await symlink('/etc/hostname', join(folder, 'image/z.jpg'));
    expect((await opening(folder)).message).toBe(
      `${folder}/image/z.jpg: is a symbolic link, which is not followed`,
    );

    const bytes = Buffer.from('x');
    const zip = (entry: object) => zipFileOf([{ name: 'image/z.jpg', bytes, ...entry }]);
    const link = await zip({ mode: 0o120777 });
    expect((await opening(link)).message).toBe(
      `${link}: image/z.jpg: is a symbolic link, which is not followed`,
    );
    const up = await zip({ name: '../z.jpg' });
    expect((await opening(up)).message).toBe(`${up}: invalid relative path: ../z.jpg`);
    const absolute = await zip({ name: '/etc/z.jpg' });
    expect((await opening(absolute)).message).toBe(`${absolute}: absolute path: /etc/z.jpg`);
    const secret = await zip({ flags: 1, deflate: true });
    expect((await opening(secret)).message).toBe(`${secret}: image/z.jpg: is encrypted`);

    const huge = await zip({ deflate: true, claimed: 2 ** 31 });
    expect((await opening(huge)).message).toBe(
      `${huge}: image/z.jpg: claims 2147483648 bytes, more than any picture`,
    );

    const whole = await zipFileOf(files);
    await writeFile(whole, (await readFile(whole)).subarray(0, -30));
    expect((await opening(whole)).message).toBe(`${whole}: not a zip archive, or cut short`);
  });
});

describe('reading refuses, and names the file', () => {
  const reading = async (changed: Files, mask = {}) => {
    const path = await folderOf({ ...(await sampleFiles(1)), ...changed });
    const dataset = await opened(path, { mask: { folder: 'mask', ...mask } });
    const error = await failure(dataset.read(0));
    expect(error.code).toBe('data');
    expect(error.hint).toBeTruthy();
    return error.message.replaceAll(`${path}/`, '');
  };

  it.each([1, 2, 40, 300])('a JPEG that lacks its last %i bytes', async (cut) => {
    const whole = await jpeg(32, 24);
    expect(await reading({ 'image/sample-0.jpg': whole.subarray(0, -cut) })).toBe(
      'image/sample-0.jpg: is cut short',
    );
  });

  it('a PNG that is cut or damaged', async () => {
    const whole = await greyPng(
      32,
      24,
      Uint16Array.from({ length: 768 }, (_, i) => (i * 7919) & 65535),
    );
    expect(await reading({ 'depth/sample-0.png': whole.subarray(0, -200) })).toBe(
      'depth/sample-0.png: is cut short',
    );
    const damaged = Buffer.from(whole);
    damaged.fill(0x55, 200, 300);
    expect(await reading({ 'depth/sample-0.png': damaged })).toBe(
      'depth/sample-0.png: is damaged: its pixels cannot be decoded',
    );
  });

  it('a file that is no image, or empty', async () => {
    expect(await reading({ 'image/sample-0.jpg': Buffer.from('<html>') })).toBe(
      'image/sample-0.jpg: is no image that can be read',
    );
    expect(await reading({ 'mask/sample-0.png': Buffer.alloc(0) })).toBe('mask/sample-0.png: is empty');
  });

  it('planes of another size than the image', async () => {
    const small = await greyPng(16, 24, new Uint8Array(16 * 24));
    for (const file of ['mask/sample-0.png', 'depth/sample-0.png'])
      expect(await reading({ [file]: small })).toBe(
        `${file}: expected 32×24 like image/sample-0.jpg, got 16×24`,
      );
  });

  it('colours or transparency where one channel is due; equal channels pass', async () => {
    const coloured = await sharp({ create: { width: 32, height: 24, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const clear = await sharp({ create: { width: 32, height: 24, channels: 4, background: '#888' } })
      .png()
      .toBuffer();
    for (const mask of [{}, { foreground: [1] }]) {
      const said = 'mask/sample-0.png: expected one grey channel, got';
      expect(await reading({ 'mask/sample-0.png': coloured }, mask)).toBe(`${said} colours`);
      expect(await reading({ 'mask/sample-0.png': clear }, mask)).toBe(`${said} 4 channels`);
    }
    expect(await reading({ 'depth/sample-0.png': coloured })).toBe(
      'depth/sample-0.png: expected one grey channel, got colours',
    );
    const equal = await sharp({ create: { width: 32, height: 24, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const path = await folderOf({ ...(await sampleFiles(1)), 'mask/sample-0.png': equal });
    expect(new Set((await (await opened(path)).read(0)).mask)).toEqual(new Set([255]));
  });

  it('an image of more than 100 megapixels, by its header', async () => {
    const png = await greyPng(32, 24, new Uint8Array(768));
    png.writeUInt32BE(20000, 16);
    png.writeUInt32BE(5001, 20);
    expect(await reading({ 'mask/sample-0.png': png, 'image/sample-0.jpg': await jpeg(32, 24) })).toBe(
      'mask/sample-0.png: 20000×5001 is more than 100 megapixels',
    );
  });

  it('a file that vanished, and a zip entry whose checksum does not match', async () => {
    const files = await sampleFiles(1);
    const folder = await folderOf(files);
    const dataset = await opened(folder);
    await rm(join(folder, 'depth/sample-0.png'));
    expect((await failure(dataset.read(0))).message).toBe(`${folder}/depth/sample-0.png: no such file`);

    const path = await zipFileOf(files);
    const bytes = await readFile(path);
    bytes[bytes.indexOf(files['image/sample-0.jpg']) + 300] ^= 1;
    await writeFile(path, bytes);
    const zipped = await opened(path);
    expect((await failure(zipped.read(0))).message).toBe(
      `${path}: image/sample-0.jpg: cannot be unpacked (its checksum does not match)`,
    );
  });
});
