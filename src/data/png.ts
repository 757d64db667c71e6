/** What a PNG says in its header, and its label numbers where a palette would hide them. */

import { crc32 } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Colour types of the PNG specification. */
const colourTypes = { grey: 0, palette: 3 } as const;
const channelsOfColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** The fields of a PNG's IHDR chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Channels after a palette is applied. */
  readonly channels: number;
  /** Bits of a channel, 1 to 16. */
  readonly bits: number;
  readonly palette: boolean;
  readonly interlaced: boolean;
}

/** The header of a PNG, read without decoding; undefined for any other bytes. */
export function pngHeader(bytes: Buffer): PngHeader | undefined {
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(signature)) return undefined;
  const colourType = bytes[25];
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    channels: channelsOfColourType[colourType] ?? 0,
    bits: bytes[24],
    palette: colourType === colourTypes.palette,
    interlaced: bytes[28] !== 0,
  };
}

/**
 * The same PNG with its stored numbers as grey values.
 *
 * Label maps are often saved with a palette, as Pascal VOC's are; a decoder returns the palette's colours and loses
 * the labels. The stored numbers of a palette image are laid out as those of a grey one, so a changed header and no
 * palette make it one. `step` is what a decoder multiplies numbers of fewer than 8 bits by.
 */
export function asGreyIndices(
  bytes: Buffer,
  header: PngHeader,
): { bytes: Buffer; channels: number; step: number } {
  const step = header.bits < 8 ? 255 / (2 ** header.bits - 1) : 1;
  if (!header.palette) return { bytes, channels: header.channels, step };
  const kept: Buffer[] = [signature];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') {
      const chunk = Buffer.from(bytes.subarray(at, end));
      chunk[8 + 9] = colourTypes.grey;
      chunk.writeUInt32BE(crc32(chunk.subarray(4, chunk.length - 4)), chunk.length - 4);
      kept.push(chunk);
    } else if (type === 'IDAT' || type === 'IEND') kept.push(bytes.subarray(at, end));
    at = end;
  }
  return { bytes: Buffer.concat(kept), channels: 1, step };
}
