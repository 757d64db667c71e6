import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeGreyPng } from './grey-png.js';
import { pngHeader } from './png.js';

const [width, height] = [13, 10];

function chunk(type: string, content: Buffer): Buffer {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length);
  bytes.write(type, 4, 'latin1');
  content.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

/** A PNG of grey integers, every row with one filter, its pixel data in two chunks. */
function png(bits: 8 | 16, rows: Buffer, filter: number): Buffer {
  const step = bits / 8;
  const stride = width * step;
  const filtered = Buffer.alloc((stride + 1) * height);
  const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : rows[y * stride + x]);
  for (let y = 0; y < height; y++) {
    filtered[y * (stride + 1)] = filter;
    for (let x = 0; x < stride; x++) {
      const [left, up, corner] = [at(x - step, y), at(x, y - 1), at(x - step, y - 1)];
      const guess = left + up - corner;
      const nearest = [left, up, corner].sort((a, b) => Math.abs(a - guess) - Math.abs(b - guess))[0];
      const predicted = [0, left, up, Math.floor((left + up) / 2), nearest][filter];
      filtered[y * (stride + 1) + 1 + x] = rows[y * stride + x] - predicted;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = bits;
  const data = deflateSync(filtered);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...[chunk('IHDR', head), chunk('IDAT', data.subarray(0, 20)), chunk('IDAT', data.subarray(20))],
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('decodeGreyPng', () => {
  const filters = ['none', 'sub', 'up', 'average', 'Paeth'];

  it.each(filters.flatMap((name, filter) => ([8, 16] as const).map((bits) => ({ name, filter, bits }))))(
    'undoes the filter $name at $bits bits, as sharp does',
    async ({ filter, bits }) => {
      const rows = Buffer.from(
        Uint8Array.from({ length: (width * height * bits) / 8 }, (_, i) => i * i * 37 + i * 11),
      );
      const bytes = png(bits, rows, filter);
      const decoded = decodeGreyPng(bytes, pngHeader(bytes)!);
      const values = Array.from({ length: width * height }, (_, i) =>
        bits === 8 ? rows[i] : rows.readUInt16BE(2 * i),
      );
      expect([...decoded]).toEqual(values);
      const bySharp = await sharp(bytes)
        .toColourspace(bits === 8 ? 'b-w' : 'grey16')
        .raw({ depth: bits === 8 ? 'uchar' : 'ushort' })
        .toBuffer();
      const Integers = bits === 8 ? Uint8Array : Uint16Array;
      expect([...new Integers(bySharp.buffer, bySharp.byteOffset, values.length)]).toEqual(values);
    },
  );

  it('says what is wrong', () => {
    const bytes = png(8, Buffer.alloc(width * height, 7), 0);
    const decode = (changed: Buffer) => () => decodeGreyPng(changed, pngHeader(bytes)!);
    expect(decode(bytes.subarray(0, -12))).toThrow('ends before its last chunk');
    const flipped = Buffer.from(bytes);
    flipped[45] ^= 1;
    expect(decode(flipped)).toThrow('the checksum of the chunk at byte 33 does not match');
    expect(decode(png(8, Buffer.alloc(width * height), 5))).toThrow('row 0 has the unknown filter 5');
    const taller = { ...pngHeader(bytes)!, height: height + 1 };
    expect(() => decodeGreyPng(bytes, taller)).toThrow('it holds 140 bytes of pixels, not 154');
    const lower = { ...taller, height: height - 1 };
    expect(() => decodeGreyPng(bytes, lower)).toThrow();
  });
});
