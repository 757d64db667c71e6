/** Depth maps as NumPy arrays: `.npy`, and `.npz` archives of one or several of them. */

import { FathomError } from '../../errors.js';
import type { Encoded } from '../decode.js';
import { filesOfZip } from './zip-bytes.js';

/** Numbers of any type, row by row. */
export interface ArrayPlane {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** Whether a file holds an array and no picture. */
export const isArrayFile = (path: string): boolean => /\.np[yz]$/i.test(path);

const maxValues = 100e6;
const magic = '\x93NUMPY';

/** Readers of one value by NumPy's type code, without its byte order. */
const readers: Readonly<
  Record<string, readonly [bytes: number, (view: DataView, at: number, little: boolean) => number]>
> = {
  f2: [2, (view, at, little) => halfToNumber(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  u1: [1, (view, at) => view.getUint8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

const damaged = (file: string, reason: string, hint = 'save it again with numpy.save') =>
  new FathomError('data', `${file}: ${reason}`, { hint });

/**
 * Decodes a plane `[H, W]`, `[1, H, W]` or `[H, W, 1]` of a NumPy file. Of a `.npz` it takes the array named `depth`,
 * or the only one.
 *
 * Throws a FathomError of code `data` that names the file for damaged files, other shapes and other types of number.
 */
export async function decodeArray({ bytes, file }: Encoded): Promise<ArrayPlane> {
  if (!/\.npz$/i.test(file)) return decodeNpy(bytes, file);
  const arrays = await filesOfZip(bytes, file);
  const names = [...arrays.keys()].filter((name) => name.endsWith('.npy'));
  const chosen = names.includes('depth.npy') ? 'depth.npy' : names[0];
  if (names.length === 0) throw damaged(file, 'holds no arrays', 'save it again with numpy.savez');
  if (names.length > 1 && chosen !== 'depth.npy')
    throw damaged(
      file,
      `holds several arrays: ${names.map((name) => name.slice(0, -4)).join(', ')}`,
      "name the one of depth 'depth'",
    );
  return decodeNpy(await arrays.get(chosen)!(), `${file}: ${chosen}`);
}

function decodeNpy(bytes: Buffer, file: string): ArrayPlane {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== magic) throw damaged(file, 'is no NumPy array');
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.toString('latin1', start, end);
  const type = /'descr':\s*'([<>|=])(\w+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (!order || !shape) throw damaged(file, 'has a damaged header');
  const reader = type && readers[type[2]];
  if (!reader)
    throw damaged(
      file,
      `expected real numbers, got type ${type ? type[1] + type[2] : 'unknown'}`,
      `convert it, for example with array.astype('float32')`,
    );
  const sides = shape[1]
    .split(',')
    .map((side) => side.trim())
    .filter(Boolean)
    .map(Number);
  const plane =
    sides.length === 3 && sides[0] === 1
      ? sides.slice(1)
      : sides.length === 3 && sides[2] === 1
        ? sides.slice(0, 2)
        : sides;
  if (plane.length !== 2 || plane.some((side) => side < 1))
    throw damaged(
      file,
      `expected the shape (height, width), got (${sides.join(', ')})`,
      'save one depth map a file',
    );
  const [height, width] = plane;
  const count = height * width;
  if (count > maxValues)
    throw damaged(file, `${width}×${height} is more than 100 megapixels`, 'make it smaller before training');
  const [size, read] = reader;
  if (bytes.length < end + count * size) throw damaged(file, 'is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset + end, count * size);
  const little = type[1] !== '>';
  const data = new Float64Array(count);
  const columnMajor = order[1] === 'True';
  for (let i = 0; i < count; i++) {
    const at = columnMajor ? (i % height) * width + Math.floor(i / height) : i;
    data[at] = read(view, i * size, little);
  }
  return { data, height, width };
}
