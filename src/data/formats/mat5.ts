/** Numeric arrays of a MATLAB 5 file, such as NYU's `splits.mat`. */

import { inflateSync } from 'node:zlib';
import { FathomError } from '../../errors.js';
import type { Encoded } from '../decode.js';

/** Types of data elements in the format's specification. */
const compressed = 15;
const matrix = 14;
const maxUnpackedBytes = 2 ** 28;

/** Readers of the numeric element types. */
const readers: Readonly<Record<number, readonly [bytes: number, (view: DataView, at: number) => number]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
};

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Place after the element and its padding. */
  readonly end: number;
}

/** The data element at `at`: a tag of 8 bytes, or of 4 for up to 4 bytes of data, which then follow in its other half. */
function elementAt(bytes: Buffer, at: number): Element {
  const first = bytes.readUInt32LE(at);
  const small = first >>> 16;
  if (small > 0) return { type: first & 0xffff, data: bytes.subarray(at + 4, at + 4 + small), end: at + 8 };
  const length = bytes.readUInt32LE(at + 4);
  const end = at + 8 + length;
  if (end > bytes.length) throw new Error('an element is cut short');
  return {
    type: first,
    data: bytes.subarray(at + 8, end),
    end: first === compressed ? end : Math.ceil(end / 8) * 8,
  };
}

/**
 * The numeric arrays of a file by name, column by column; other variables are left out.
 *
 * Throws a FathomError of code `data` that names the file when it is damaged, or of MATLAB 7.3.
 */
export function readMat5({ bytes, file }: Encoded): Map<string, Float64Array> {
  const refuse = (reason: string, cause?: unknown) =>
    new FathomError('data', `${file}: ${reason}`, {
      hint: "expected a MATLAB 5 file; in MATLAB: save('splits.mat', 'trainNdxs', 'testNdxs', '-v7')",
      cause,
    });
  if (bytes.length < 136 || bytes.toString('latin1', 126, 128) !== 'IM') throw refuse('is no MATLAB 5 file');
  const arrays = new Map<string, Float64Array>();
  try {
    for (let at = 128; at + 8 <= bytes.length; ) {
      const element = elementAt(bytes, at);
      const inner =
        element.type === compressed
          ? elementAt(inflateSync(element.data, { maxOutputLength: maxUnpackedBytes }), 0)
          : element;
      if (inner.type === matrix) {
        const found = numericArray(inner.data);
        if (found) arrays.set(found.name, found.values);
      }
      at = element.end;
    }
  } catch (cause) {
    throw refuse(`is damaged (${(cause as Error).message})`, cause);
  }
  return arrays;
}

/** Flags, dimensions, name and numbers of a matrix; undefined for cells, structures and text. */
function numericArray(bytes: Buffer): { name: string; values: Float64Array } | undefined {
  const flags = elementAt(bytes, 0);
  const dimensions = elementAt(bytes, flags.end);
  const name = elementAt(bytes, dimensions.end);
  if (name.end >= bytes.length) return undefined;
  const numbers = elementAt(bytes, name.end);
  const reader = readers[numbers.type];
  if (!reader) return undefined;
  const [size, read] = reader;
  const view = new DataView(numbers.data.buffer, numbers.data.byteOffset, numbers.data.length);
  const values = Float64Array.from({ length: Math.floor(numbers.data.length / size) }, (_, i) =>
    read(view, i * size),
  );
  return { name: name.data.toString('latin1'), values };
}
