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
import { openFileSource } from './open-file-source.js';

const without = (files: Files, ...paths: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));

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

    const bomb = await zip({ deflate: true, bytes: Buffer.alloc(2 ** 24 + 1) });
    expect((await opening(bomb)).message).toMatch(
      /: image\/z\.jpg: claims to unpack from \d+ to 16777217 bytes, as no picture does$/,
    );

    const whole = await zipFileOf(files);
    await writeFile(whole, (await readFile(whole)).subarray(0, -30));
    expect((await opening(whole)).message).toBe(`${whole}: not a zip archive, or cut short`);
  });
});

describe('reading refuses, and names the file', () => {
  it('an entry that is not as long as its archive says', async () => {
    const bytes = Buffer.alloc(5000);
    for (const claimed of [100, 6000]) {
      const path = await zipFileOf([{ name: 'image/z.png', bytes, deflate: true, claimed }]);
      const source = await openFileSource(path);
      expect((await failure(source.read('image/z.png'))).message).toBe(
        `${path}: image/z.png: cannot be unpacked (it ${
          claimed < 5000 ? 'unpacks to more than the 100 bytes it claims' : 'has 5000 bytes and claims 6000'
        })`,
      );
      await source.close();
    }
  });

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
