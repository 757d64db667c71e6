import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { type Dataset as H5Dataset, File as H5File, ready } from 'h5wasm/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure, folderOf, temporaryFolder } from '../files.fixture.js';
import { withGivenTest } from '../splits.js';
import { type NyuOptions, openNyu } from './nyu-mat.js';

const [count, width, height] = [4, 8, 6];
const scenes = ['kitchen_0001', 'kitchen_0001', 'office_0002', 'bath_0003'];
const names = ['book', 'wall', 'chair', 'floor'];

/** The number that sample `n` has at `x`, `y`: it tells every axis apart. */
const pixel = (n: number, x: number, y: number) => 40 * n + 5 * y + x;
const label = (n: number, x: number, y: number) => pixel(n, x, y) % 5;
const metres = (n: number, x: number, y: number) => pixel(n, x, y) / 20;

/** Values by sample, channel, column and row: MATLAB's order. */
function fill<T extends Uint8Array | Uint16Array | Float32Array>(
  array: T,
  channels: number,
  value: (n: number, x: number, y: number, channel: number) => number,
): T {
  let at = 0;
  for (let n = 0; n < count; n++)
    for (let channel = 0; channel < channels; channel++)
      for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) array[at++] = value(n, x, y, channel);
  return array;
}

/** A file laid out like nyu_depth_v2_labeled.mat, compressed in pieces as MATLAB does it. */
async function matFile(leaveOut = ''): Promise<string> {
  await ready;
  const path = join(await temporaryFolder(), 'nyu_depth_v2_labeled.mat');
  const file = new H5File(path, 'w');
  const area = width * height;
  const add = (
    name: string,
    data: Uint8Array | Uint16Array | Float32Array,
    shape: number[],
    dtype: string,
  ) => {
    if (name === leaveOut) return;
    file.create_dataset({
      name,
      data,
      shape,
      dtype,
      chunks: [1, ...shape.slice(1)],
      compression: 'gzip',
      compression_opts: 3,
    });
  };
  const images = fill(new Uint8Array(3 * count * area), 3, (n, x, y, c) =>
    Math.min(255, pixel(n, x, y) + 10 * c),
  );
  add('images', images, [count, 3, width, height], '<B');
  add('labels', fill(new Uint16Array(count * area), 1, label), [count, width, height], '<H');
  add('depths', fill(new Float32Array(count * area), 1, metres), [count, width, height], '<f');
  file.create_group('#refs#');
  for (const [name, list] of Object.entries({ scenes, names })) {
    const references = list.map((text, i) => {
      const data = Uint16Array.from(text, (character) => character.charCodeAt(0));
      file.create_dataset({ name: `#refs#/${name}${i}`, data, shape: [text.length, 1], dtype: '<H' });
      return (file.get(`#refs#/${name}${i}`) as H5Dataset).create_reference();
    });
    file.create_dataset({ name, data: references, shape: [1, list.length] });
  }
  file.flush();
  file.close();
  return path;
}

/** A MATLAB 5 file of one column of numbers, compressed or not. */
async function splitsFile(variables: Record<string, number[]>, compress: boolean): Promise<string> {
  const element = (type: number, data: Buffer) => {
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(type, 0);
    tag.writeUInt32LE(data.length, 4);
    return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  };
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  const matrices = Object.entries(variables).map(([name, values]) => {
    const whole = element(
      14,
      Buffer.concat([
        element(6, Buffer.from(Uint32Array.of(6, 0).buffer)),
        element(5, Buffer.from(Int32Array.of(values.length, 1).buffer)),
        element(1, Buffer.from(name)),
        element(9, Buffer.from(Float64Array.from(values).buffer)),
      ]),
    );
    if (!compress) return whole;
    const packed = deflateSync(whole);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(packed.length, 4);
    return Buffer.concat([tag, packed]);
  });
  const path = join(await temporaryFolder(), 'splits.mat');
  await writeFile(path, Buffer.concat([header, ...matrices]));
  return path;
}

async function opened(path: string, changes: Partial<NyuOptions> = {}) {
  const options = {
    path,
    size: [height, width] as const,
    background: ['wall', 'floor'],
    maxDepth: 5,
    raw: false,
  };
  const result = await openNyu({ ...options, ...changes });
  onTestFinished(() => result.dataset.close?.());
  return result;
}

describe('openNyu', () => {
  it('reads images, classes and metres with rows and columns in their places', async () => {
    const { dataset } = await opened(await matFile());
    expect(dataset).toMatchObject({ length: 4, depthUnit: 'm', name: 'nyu_depth_v2_labeled' });
    for (let n = 0; n < count; n++) {
      const sample = await dataset.read(n);
      expect(sample.scene).toBe(scenes[n]);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const i = y * width + x;
          const [red, , blue] = [0, 1, 2].map((c) => sample.image[c * width * height + i]);
          expect([red, blue]).toEqual([pixel(n, x, y), Math.min(255, pixel(n, x, y) + 20)]);
          const known = metres(n, x, y) > 0 && metres(n, x, y) <= 5;
          expect(sample.depthValid[i]).toBe(known ? 1 : 0);
          if (known) expect(sample.depth[i]).toBe(Math.round((Math.fround(metres(n, x, y)) / 5) * 65535));
          // Class 0 is unlabelled, 2 and 4 are wall and floor.
          expect(sample.maskValid[i]).toBe(label(n, x, y) === 0 ? 0 : 1);
          expect(sample.mask[i]).toBe([1, 3].includes(label(n, x, y)) ? 255 : 0);
        }
    }
  });

  it.each([true, false])('takes the official split, compressed: %s', async (compress) => {
    const splits = await splitsFile({ trainNdxs: [1, 2, 4], testNdxs: [3] }, compress);
    const { dataset, test } = await opened(await matFile(), { splits });
    expect(test).toEqual([2]);
    const parts = withGivenTest(dataset, test!, { validation: 0.3, seed: 0 });
    expect(parts).toEqual({ train: [0, 1], validation: [3], test: [2] });
    const leaking = await splitsFile({ testNdxs: [2, 3] }, compress);
    const again = await opened(await matFile(), { splits: leaking });
    expect(() => withGivenTest(again.dataset, again.test!, { validation: 0.3, seed: 0 })).toThrow(
      "scene 'kitchen_0001' is in both",
    );
  });

  it('refuses other files, other layouts and unknown classes', async () => {
    const folder = await folderOf({ 'a.mat': Buffer.alloc(4000) });
    expect((await failure(opened(`${folder}/a.mat`))).message).toBe(
      `${folder}/a.mat: is no HDF5 file, and so no MATLAB 7.3 file`,
    );
    expect((await failure(opened(`${folder}/b.mat`))).message).toBe(`${folder}/b.mat: no such file`);
    const partial = await matFile('depths');
    expect((await failure(opened(partial))).message).toBe(`${partial}: has no depths`);
    const unknown = await failure(opened(await matFile(), { background: ['walls'] }));
    expect(unknown).toMatchObject({
      code: 'usage',
      message: "background: unknown class 'walls': did you mean 'wall'?",
    });
    const beyond = await splitsFile({ testNdxs: [9] }, true);
    expect((await failure(opened(await matFile(), { splits: beyond }))).message).toBe(
      `${beyond}: testNdxs has 9, but there are 4 samples`,
    );
  });
});
