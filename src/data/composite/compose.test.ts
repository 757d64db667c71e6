import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Files, failure, folderOf, jpeg, temporaryFolder } from '../files.fixture.js';
import { zipSource } from '../formats/zip.js';
import { type ComposeOptions, composeDataset } from './compose.js';

/** A cut-out: an opaque ellipse in white with empty margins around it. */
function cutout(width: number, height: number): Promise<Buffer> {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 20}" height="${height + 30}">` +
    `<ellipse cx="${10 + width / 2}" cy="${20 + height / 2}" rx="${width / 2}" ry="${height / 2}" fill="#fff"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

async function sourceFiles(): Promise<Files> {
  return {
    'fg/fg001.png': await cutout(30, 60),
    'fg/fg002.png': await cutout(90, 20),
    'bg/bg001.jpg': await jpeg(80, 64, 1),
    'bg/bg002.jpg': await jpeg(64, 64, 3),
    'bg/bg010.png': await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
      .png()
      .toBuffer(),
  };
}

const compose = async (source: string, out: string, changes: Partial<ComposeOptions> = {}) =>
  composeDataset({
    ...{ source, out, foregrounds: 'fg', backgrounds: 'bg', size: [48, 48], count: 26, scale: [0.3, 0.8] },
    ...{ seed: 0, quality: 90, zip: false, ...changes },
  });

/** The bytes of every file below a folder, by path. */
async function contents(root: string): Promise<Record<string, string>> {
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((f) => f.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(root.length + 1), (await readFile(path)).toString('base64')]),
    ),
  );
}

describe('composeDataset', () => {
  it('writes the published layout: composites nested by background, masks and a table of positions', async () => {
    const out = join(await temporaryFolder(), 'out');
    const result = await compose(await folderOf(await sourceFiles()), out);
    expect(result).toEqual({ backgrounds: 3, cutouts: 2, count: 26, made: 26 });
    expect(await readdir(join(out, 'bg'))).toEqual(['bg001.jpg', 'bg002.jpg', 'bg010.jpg']);
    const [header, ...rows] = (await readFile(join(out, 'labels.csv'), 'utf8')).trimEnd().split('\n');
    expect(header).toBe('image,mask,background,foreground,flip,x,y,width,height');
    expect(rows).toHaveLength(26);
    const counts = new Map<string, number>();
    for (const row of rows) {
      const [image, mask, background, foreground, , ...box] = row.split(',');
      const [x, y, width, height] = box.map(Number);
      counts.set(background, (counts.get(background) ?? 0) + 1);
      expect(image).toMatch(new RegExp(`^fg_bg/${background}/${foreground}_${background}_\\d{6}\\.jpg$`));
      // What the table says is where the mask is: the box is its tight bounding box, inside the frame.
      const { data, info } = await sharp(join(out, mask))
        .extractChannel(0)
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, (await sharp(join(out, mask)).metadata()).channels]).toEqual([
        48, 48, 1,
      ]);
      const inside = (i: number) =>
        i % 48 >= x && i % 48 < x + width && Math.floor(i / 48) >= y && Math.floor(i / 48) < y + height;
      expect(data.every((value, i) => value === 0 || inside(i))).toBe(true);
      expect(data[48 * (y + (height >> 1)) + x + (width >> 1)]).toBe(255);
      expect(x + width <= 48 && y + height <= 48).toBe(true);
      // White on black is the mask itself, but for the loss of JPEG.
      if (background !== 'bg010') continue;
      const pixels = await sharp(join(out, image)).raw().toBuffer();
      const loss = data.reduce((sum, alpha, i) => sum + Math.abs(pixels[3 * i] - alpha), 0);
      expect(loss / data.length).toBeLessThan(4);
    }
    expect([...counts.values()]).toEqual([9, 9, 8]);
  });

  it('makes the same bytes in a folder, in archives, and after being stopped at any moment', async () => {
    const source = await folderOf(await sourceFiles());
    const root = await temporaryFolder();
    const [whole, stopped, zipped, zipStopped] = ['a', 'b', 'c', 'd'].map((name) => join(root, name));
    await compose(source, whole);
    const expected = await contents(whole);

    const controller = new AbortController();
    const abortAt = (limit: number) => (done: number) => {
      if (done === limit) controller.abort(new Error('stop'));
    };
    const signal = controller.signal;
    await expect(compose(source, stopped, { signal, onProgress: abortAt(1) })).rejects.toThrow('stop');
    await rm(join(stopped, Object.keys(expected).find((path) => path.includes('_mask_'))!));
    await writeFile(join(stopped, 'fg_bg/bg001/half.jpg.1.tmp'), 'half');
    const { made } = await compose(source, stopped);
    expect(made).toBeGreaterThan(0);
    expect(await contents(stopped)).toEqual(expected);
    expect((await compose(source, stopped)).made).toBe(0);

    await compose(source, zipped, { zip: true });
    const archives = await contents(zipped);
    for (const kind of ['bg', 'fg_bg', 'fg_bg_mask']) {
      const zip = await zipSource(join(zipped, `${kind}.zip`), kind);
      const files = (await zip.list(kind)).sort();
      expect(files).toEqual(Object.keys(expected).filter((path) => path.startsWith(`${kind}/`)));
      for (const path of files) expect((await zip.read(path)).toString('base64')).toBe(expected[path]);
      await zip.close();
    }

    // Killed in the middle of writing an entry.
    await compose(source, zipStopped, { zip: true });
    const image = join(zipStopped, 'fg_bg.zip');
    await writeFile(`${image}.part`, await readFile(image));
    await rm(image);
    for (const length of [0, 17, 2345, 9999]) {
      await truncate(`${image}.part`, length);
      await compose(source, zipStopped, { zip: true });
      expect(await contents(zipStopped)).toEqual(archives);
      await writeFile(`${image}.part`, await readFile(image));
      await rm(image);
    }
  });

  it('deals every cut-out and flip to every background equally often', async () => {
    const out = join(await temporaryFolder(), 'out');
    const { count } = await compose(await folderOf(await sourceFiles()), out, { count: { perPair: 2 } });
    expect(count).toBe(24);
    const rows = (await readFile(join(out, 'labels.csv'), 'utf8')).trimEnd().split('\n').slice(1);
    const pairs = new Map<string, number>();
    for (const row of rows) {
      const pair = row.split(',').slice(2, 5).join();
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    expect(pairs.size).toBe(12);
    expect([...pairs.values()].every((n) => n === 2)).toBe(true);
  });

  it('refuses a folder made otherwise, and pictures that are no cut-outs', async () => {
    const files = await sourceFiles();
    const source = await folderOf(files);
    const out = join(await temporaryFolder(), 'out');
    await compose(source, out, { count: 3 });
    const other = await failure(compose(source, out, { count: 3, seed: 1 }));
    expect(other).toMatchObject({
      code: 'usage',
      message: `${out}/composite.json: was made with another seed`,
    });
    const opaque = await folderOf({ ...files, 'fg/fg003.png': files['bg/bg010.png'] });
    const error = await failure(compose(opaque, join(out, 'x')));
    expect(error.message).toBe(`${opaque}/fg/fg003.png: has no transparency, so it is no cut-out`);
    const empty = await sharp({ create: { width: 9, height: 9, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    const nothing = await folderOf({ ...files, 'fg/fg003.png': empty });
    expect((await failure(compose(nothing, join(out, 'y')))).message).toBe(
      `${nothing}/fg/fg003.png: is wholly transparent`,
    );
  });
});
