import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cached } from './cache.js';
import type { Dataset } from './dataset.js';
import { countingDataset, failure, folderOf, opened, sampleFiles, temporaryFolder } from './files.fixture.js';
import { recordLayout } from './record.js';

const openCached = async (dataset: Dataset, folder: string) => {
  const result = await cached(dataset, folder);
  onTestFinished(() => result.close?.());
  return result;
};
const readAll = (dataset: Dataset) =>
  Promise.all(Array.from({ length: dataset.length }, (_, index) => dataset.read(index)));

describe('cached', () => {
  it('decodes each sample once, in this process and the next', async () => {
    const cacheDir = join(await temporaryFolder(), 'deep/cache');
    const source = countingDataset(20);
    const expected = await readAll(source);
    source.reads.length = 0;
    const first = await openCached(source, cacheDir);
    expect(await readAll(first)).toEqual(expected);
    expect(await readAll(first)).toEqual(expected);
    await Promise.all([first.read(3), first.read(3)]);
    expect(source.reads).toHaveLength(20);
    const next = await openCached(source, cacheDir);
    expect(await readAll(next)).toEqual(expected);
    expect(source.reads).toHaveLength(20);
  });

  it('gives the bytes of real files, backgrounds included', async () => {
    const files = await sampleFiles(2);
    files['bg/sample-0.jpg'] = files['image/sample-1.jpg'];
    files['bg/sample-1.jpg'] = files['image/sample-0.jpg'];
    const dataset = await opened(await folderOf(files), { background: { folder: 'bg' } });
    const cacheDir = await temporaryFolder();
    const expected = await readAll(dataset);
    await readAll(await openCached({ ...dataset, close: undefined }, cacheDir));
    const refusing = { ...dataset, close: undefined, read: () => Promise.reject(new Error('decoded again')) };
    expect(await readAll(await openCached(refusing, cacheDir))).toEqual(expected);
    expect(await readdir(cacheDir)).toEqual([`${dataset.fingerprint}.bin`]);
  });

  it('keeps no more samples in memory than fit, and decodes the others once too', async () => {
    const source = countingDataset(4);
    const recordBytes = recordLayout(source).bytes;
    const dataset = await cached(source, await temporaryFolder(), 2 * recordBytes);
    onTestFinished(() => dataset.close?.());
    const first = await readAll(dataset);
    const second = await readAll(dataset);
    expect(second).toEqual(first);
    expect(first.map((sample, i) => sample === second[i])).toEqual([true, true, false, false]);
    expect(source.reads).toHaveLength(4);
  });

  it('survives a kill in the middle of a write, at any byte', async () => {
    const source = countingDataset(3);
    const cacheDir = await temporaryFolder();
    const expected = await readAll(await openCached(source, cacheDir));
    const path = join(cacheDir, 'counting_2x2.bin');
    const whole = await readFile(path);
    const recordBytes = (whole.length - 4096) / 3;
    for (let cut = 4096; cut < whole.length; cut += 41) {
      await writeFile(path, whole);
      await truncate(path, cut);
      source.reads.length = 0;
      expect(await readAll(await openCached(source, cacheDir))).toEqual(expected);
      const complete = Math.floor((cut - 4096) / recordBytes);
      expect(source.reads.sort()).toEqual([0, 1, 2].slice(complete));
      expect((await readFile(path)).equals(whole)).toBe(true);
    }
    // The blocks of one record may also reach the disk in another order: a hole in its middle.
    const holed = Buffer.from(whole);
    holed.fill(0, 4096 + recordBytes + 520, 4096 + 2 * recordBytes);
    await writeFile(path, holed);
    source.reads.length = 0;
    expect(await readAll(await openCached(source, cacheDir))).toEqual(expected);
    expect(source.reads).toEqual([1]);
  });

  it('rebuilds a cache that is damaged or of another layout', async () => {
    const source = countingDataset(3);
    const cacheDir = await temporaryFolder();
    const path = join(cacheDir, 'counting_2x2.bin');
    const expected = await readAll(await openCached(source, cacheDir));
    const whole = await readFile(path);
    for (const spoil of [Buffer.from('not a cache'), Buffer.alloc(0), Buffer.from(whole).fill('}', 10, 30)]) {
      await writeFile(path, spoil);
      source.reads.length = 0;
      expect(await readAll(await openCached(source, cacheDir))).toEqual(expected);
      expect(source.reads.sort()).toEqual([0, 1, 2]);
      expect((await readFile(path)).equals(whole)).toBe(true);
    }
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 1] ^= 1;
    await writeFile(path, flipped);
    source.reads.length = 0;
    expect(await readAll(await openCached(source, cacheDir))).toEqual(expected);
    expect(source.reads).toEqual([2]);
  });

  it('passes errors on without keeping them, and names a cache it cannot write', async () => {
    const source = countingDataset(2);
    let broken = true;
    const read = (index: number) => (broken ? Promise.reject(new Error('bad file')) : source.read(index));
    const dataset = await openCached({ ...source, read }, await temporaryFolder());
    await expect(dataset.read(0)).rejects.toThrow('bad file');
    broken = false;
    expect((await dataset.read(0)).id).toBe('s0');

    const file = join(await folderOf({ occupied: Buffer.from('x') }), 'occupied');
    const error = await failure(cached(source, file));
    expect(error.message).toBe(`${file}/counting_2x2.bin: the cache cannot be written (EEXIST)`);
  });
});
