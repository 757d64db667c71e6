import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Files, failure, folderOf, opened, sampleFiles, zipFileOf } from '../files.fixture.js';

/** A `.npy` file by the format's specification. */
function npy(descr: string, shape: string, data: ArrayBufferView, fortran = false): Buffer {
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`;
  const padded = dictionary.padEnd(118 - 1 - 10 + 20, ' ');
  const header = Buffer.alloc(10);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(padded.length + 1, 8);
  return Buffer.concat([
    header,
    Buffer.from(`${padded}\n`),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

const [width, height] = [32, 24];
const metres = Float32Array.from({ length: width * height }, (_, i) => 0.5 + i / 100);

async function depthFile(name: string, bytes: Buffer): Promise<Files> {
  const { 'depth/sample-0.png': _, ...files } = await sampleFiles(1);
  return { ...files, [`depth/${name}`]: bytes };
}

const read = async (name: string, bytes: Buffer) => {
  const path = await folderOf(await depthFile(name, bytes));
  const dataset = await opened(path, { depth: { folder: 'depth', scale: 1, maxDepth: 6 } });
  return { path, sample: dataset.read(0) };
};

describe('NumPy depth', () => {
  it('is read in metres, with what is not measured left out', async () => {
    const gaps = Float32Array.from(metres);
    gaps.set([Number.NaN, Number.POSITIVE_INFINITY, 0, -1], 10);
    const { sample } = await read('sample-0.npy', npy('<f4', '24, 32', gaps));
    const { depth, depthValid } = await sample;
    for (let i = 0; i < metres.length; i++) {
      const known = Number.isFinite(gaps[i]) && gaps[i] > 0 && gaps[i] <= 6;
      expect(depthValid[i]).toBe(known ? 1 : 0);
      expect(depth[i]).toBe(known ? Math.round((gaps[i] / 6) * 65535) : 0);
    }
  });

  it.each([
    ['float64, three axes', npy('<f8', '1, 24, 32', Float64Array.from(metres))],
    ['big endian', npy('>f4', '24, 32', Buffer.from(metres.buffer.slice(0)).swap32())],
    [
      'column by column',
      npy(
        '<f4',
        '24, 32',
        Float32Array.from(metres, (_, i) => metres[(i % 24) * 32 + Math.floor(i / 24)]),
        true,
      ),
    ],
  ])('may be %s', async (_, bytes) => {
    const [other, plain] = [
      await read('sample-0.npy', bytes),
      await read('sample-0.npy', npy('<f4', '24, 32', metres)),
    ];
    expect((await other.sample).depth).toEqual((await plain.sample).depth);
  });

  it('may be half precision, to its three digits', async () => {
    const halves = Uint16Array.from(metres, (value) => {
      const exponent = Math.floor(Math.log2(value));
      return ((exponent + 15) << 10) | Math.min(1023, Math.round((value / 2 ** exponent - 1) * 1024));
    });
    const { sample } = await read('sample-0.npy', npy('<f2', '24, 32', halves));
    const { depth, depthValid } = await sample;
    for (let i = 0; i < metres.length; i++)
      if (depthValid[i]) expect(Math.abs((depth[i] / 65535) * 6 - metres[i])).toBeLessThan(0.005);
  });

  it('is taken from an .npz by the name depth', async () => {
    const arrays = {
      'confidence.npy': npy('<f4', '24, 32', new Float32Array(width * height)),
      'depth.npy': npy('<f4', '24, 32', metres),
    };
    const zip = await readFile(
      await zipFileOf(Object.entries(arrays).map(([name, bytes]) => ({ name, bytes, deflate: true }))),
    );
    const [packed, plain] = [
      await read('sample-0.npz', zip),
      await read('sample-0.npy', arrays['depth.npy']),
    ];
    expect((await packed.sample).depth).toEqual((await plain.sample).depth);
  });

  it.each([
    ['is cut short', npy('<f4', '24, 32', metres.subarray(1))],
    ['expected the shape (height, width), got (768)', npy('<f4', '768,', metres)],
    ['expected real numbers, got type <c8', npy('<c8', '24, 32', metres)],
    ['expected 32×24 like image/sample-0.jpg, got 24×32', npy('<f4', '32, 24', metres)],
    ['is no NumPy array', Buffer.alloc(200)],
    ['100000×100000 is more than 100 megapixels', npy('<f4', '100000, 100000', metres)],
  ])('%s: refused by name', async (reason, bytes) => {
    const { path, sample } = await read('sample-0.npy', bytes);
    expect((await failure(sample)).message.replaceAll(`${path}/`, '')).toBe(`depth/sample-0.npy: ${reason}`);
  });
});
