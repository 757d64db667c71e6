import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FathomError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const tensors = {
  'stem.weight': { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 6) },
  bias: { shape: [], data: Float32Array.of(Number.NaN) },
};

/** A file with a header of our choosing. */
function file(header: string, data = 0): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

const entry = (shape: unknown, offsets: unknown, dtype = 'F32') =>
  JSON.stringify({ w: { dtype, shape, data_offsets: offsets } });

describe('encodeSafetensors', () => {
  it('writes the published layout, values aligned to 8 bytes', () => {
    const bytes = encodeSafetensors({ w: { shape: [2], data: Float32Array.of(1, 2) } });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
    );
    expect([...new Float32Array(bytes.slice(8 + length).buffer)]).toEqual([1, 2]);
  });

  it('refuses data that does not fill its shape', () => {
    expect(() => encodeSafetensors({ w: { shape: [3], data: Float32Array.of(1) } })).toThrow(
      "'w' [3] takes 3 values, got 1",
    );
  });
});

describe('decodeSafetensors', () => {
  it('gives back what was encoded, in order, from any offset in memory', () => {
    const metadata = { model: 'resunet', step: '12' };
    const bytes = encodeSafetensors(tensors, metadata);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    // A Buffer from Node's pool begins at any byte, and its slice shares memory.
    for (const source of [bytes, shifted.subarray(3), Buffer.from(bytes)]) {
      const decoded = decodeSafetensors(source);
      expect(decoded).toEqual({ tensors, metadata });
      expect(Object.keys(decoded.tensors)).toEqual(['stem.weight', 'bias']);
      expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'got 0 bytes'],
    ['another kind of file', new TextEncoder().encode('PK\u0003\u0004 and so on'), 'another kind of file'],
    ['a cut header', encodeSafetensors(tensors).slice(0, 20), 'truncated: the header ends'],
    ['cut values', encodeSafetensors(tensors).slice(0, -1), "truncated: tensor 'bias' ends"],
    ['bytes after the end', file(entry([1], [0, 4]), 8), 'expected 66 bytes, got 70'],
    ['no JSON', file('{"w":'), 'not JSON'],
    ['a list', file('[]'), 'not a JSON object'],
    [
      'another dtype',
      file(entry([1], [0, 2], 'U16'), 2),
      'expected dtype F32, F64, F16, BF16, I64, I32, got "U16"',
    ],
    ['a negative size', file(entry([-1], [0, 4]), 4), 'got shape [-1]'],
    ['a size that overflows', file(entry([2 ** 40, 2 ** 40], [0, 4]), 4), 'its data_offsets span 4'],
    ['offsets before the data', file(entry([1], [-4, 0]), 4), 'got [-4,0]'],
    ['offsets that leave a hole', file(entry([1], [4, 8]), 8), 'expected its data at byte 0, got 4'],
    ['numbers as metadata', file('{"__metadata__":{"a":1}}'), '__metadata__: expected text'],
  ])('refuses %s, naming the file', (_, bytes, message) => {
    const decode = () => decodeSafetensors(bytes, 'last.safetensors');
    expect(decode).toThrow(message);
    expect(decode).toThrow(
      expect.objectContaining({ code: 'data', message: expect.stringContaining('last.') }),
    );
  });

  it('reads a damaged file as an error or as tensors, never beyond its end', () => {
    const whole = encodeSafetensors(tensors, { a: 'b' });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const bytes = whole.slice(0, length);
        if (at < length) bytes[at] = value;
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FathomError);
        }
      }),
    );
  });

  it('accepts a header in another order than the data', () => {
    const header =
      '{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(Object.keys(decodeSafetensors(file(header, 8)).tensors)).toEqual(['a', 'b']);
  });

  it('keeps a tensor called __proto__ an ordinary one', () => {
    const { tensors: read } = decodeSafetensors(
      file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    );
    expect(Object.keys(read)).toEqual(['__proto__']);
  });

  it('reads half, brain and double floats and integers as float32', () => {
    // 1.5, −2, the smallest half above 0, and infinity, in the bits of each type.
    const bits: [string, number[], number][] = [
      ['F16', [0x00, 0x3e, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c], 4],
      ['BF16', [0xc0, 0x3f, 0x00, 0xc0, 0x80, 0x33, 0x80, 0x7f], 4],
      ['F64', [...new Uint8Array(Float64Array.of(1.5, -2, 2 ** -24, Number.POSITIVE_INFINITY).buffer)], 4],
      ['I64', [...new Uint8Array(BigInt64Array.of(3n, -7n).buffer)], 2],
      ['I32', [...new Uint8Array(Int32Array.of(3, -7).buffer)], 2],
    ];
    for (const [type, data, count] of bits) {
      const bytes = file(entry([count], [0, data.length], type), data.length);
      bytes.set(data, bytes.length - data.length);
      const expected = count === 2 ? [3, -7] : [1.5, -2, 2 ** -24, Number.POSITIVE_INFINITY];
      expect([...decodeSafetensors(bytes).tensors.w.data], type).toEqual(expected);
    }
  });
});
