/**
 * Decodes the PNGs that masks, label maps and depth maps come as: one channel of 8 or 16 bits, not interlaced. On this thread a
 * small one takes a fraction of the time that it takes to hand it to sharp's, and all its checksums are verified.
 *
 * Source: Portable Network Graphics specification, W3C 2003, sections 5 (chunks), 9 (filters) and 10 (compression).
 */
import { crc32, inflateSync } from 'node:zlib';
import type { PngHeader } from './png.js';

/**
 * The integers of a PNG, row by row, exactly as stored; of a palette image the numbers of its entries.
 *
 * Throws an Error that says what is wrong with the file.
 */
export function decodeGreyPng(bytes: Buffer, { width, height, bits }: PngHeader): Uint8Array | Uint16Array {
  const step = bits / 8;
  const stride = width * step;
  const size = (stride + 1) * height;
  const filtered = inflateSync(joined(dataChunks(bytes)), {
    maxOutputLength: size,
    chunkSize: Math.max(64, size),
  });
  if (filtered.length !== size) throw new Error(`it holds ${filtered.length} bytes of pixels, not ${size}`);
  // A row never lies behind its filtered bytes, so it may take their place.
  const plane = new Uint8Array(filtered.buffer, filtered.byteOffset, stride * height);
  for (let row = 0; row < height; row++) unfilter(filtered, plane, row, stride, step);
  if (step === 1) return plane;
  // The file has the upper byte first, and every machine that onnxruntime runs on the lower one.
  filtered.subarray(0, plane.length).swap16();
  return new Uint16Array(filtered.buffer, filtered.byteOffset, plane.length / 2);
}

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);

/** What the IDAT chunks hold. */
function dataChunks(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      throw new Error(`the checksum of the chunk at byte ${at} does not match`);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return found;
    if (type === 'IDAT') found.push(bytes.subarray(at + 8, end - 4));
    at = end;
  }
  throw new Error('it ends before its last chunk');
}

/** Undoes the filter of a row: its bytes are differences to those `step` to the left, those above, or both. */
function unfilter(filtered: Buffer, plane: Uint8Array, row: number, stride: number, step: number): void {
  const filter = filtered[row * (stride + 1)];
  const from = row * (stride + 1) + 1;
  const to = row * stride;
  const above = to - stride;
  const first = row === 0;
  switch (filter) {
    case 0:
      plane.set(filtered.subarray(from, from + stride), to);
      return;
    case 1:
      for (let i = 0; i < stride; i++)
        plane[to + i] = filtered[from + i] + (i < step ? 0 : plane[to + i - step]);
      return;
    case 2:
      for (let i = 0; i < stride; i++) plane[to + i] = filtered[from + i] + (first ? 0 : plane[above + i]);
      return;
    case 3:
      for (let i = 0; i < stride; i++) {
        const left = i < step ? 0 : plane[to + i - step];
        const up = first ? 0 : plane[above + i];
        plane[to + i] = filtered[from + i] + ((left + up) >> 1);
      }
      return;
    case 4:
      for (let i = 0; i < stride; i++) {
        const left = i < step ? 0 : plane[to + i - step];
        const up = first ? 0 : plane[above + i];
        const corner = first || i < step ? 0 : plane[above + i - step];
        plane[to + i] = filtered[from + i] + paeth(left, up, corner);
      }
      return;
    default:
      throw new Error(`row ${row} has the unknown filter ${filter}`);
  }
}

/** Of three neighbours the one nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
