/** A sample as a record of fixed size that knows whether it is complete. */

import { crc32 } from 'node:zlib';
import type { Dataset, Sample } from './dataset.js';

/** The shape of the records of one data set. */
export interface RecordLayout {
  readonly height: number;
  readonly width: number;
  readonly background: boolean;
  /** Bytes of one record. */
  readonly bytes: number;
}

const magic = 0x4d485446;
/** Magic, checksum and length of the name: what precedes the name in the head. */
const prefix = 12;
/** Bytes before the planes: the prefix, and the name in UTF-8. */
const head = 512;
/** Bytes that the checksum does not cover: the magic and itself. */
const unchecked = 8;

/** The layout of a data set's records: the head, then depth, image, background, mask and the two valid maps. */
export function recordLayout({ height, width, hasBackground }: Dataset): RecordLayout {
  const area = height * width;
  return { height, width, background: hasBackground, bytes: head + area * (hasBackground ? 11 : 8) };
}

/** Packs a sample into `record`, whatever that holds; false when its name is too long for the head. */
export function packSample(sample: Sample, layout: RecordLayout, record: Uint8Array): boolean {
  const name = new TextEncoder().encode(sample.id);
  if (name.length > head - prefix) return false;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  record.fill(0, 0, head);
  record.set(name, prefix);
  const planes = planesOf(record, layout);
  planes.depth.set(sample.depth);
  planes.image.set(sample.image);
  if (sample.background) planes.background?.set(sample.background);
  planes.mask.set(sample.mask);
  planes.maskValid.set(sample.maskValid);
  planes.depthValid.set(sample.depthValid);
  view.setUint32(0, magic, true);
  view.setUint32(8, name.length, true);
  view.setUint32(4, crc32(record.subarray(unchecked)), true);
  return true;
}

/**
 * The sample of a record, as views of its bytes; undefined for a record that was never written, was written in part,
 * or has changed since. `record` starts at an even offset of its buffer.
 */
export function unpackSample(record: Uint8Array, layout: RecordLayout, scene: string): Sample | undefined {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (view.getUint32(0, true) !== magic) return undefined;
  if (view.getUint32(4, true) !== crc32(record.subarray(unchecked))) return undefined;
  const id = new TextDecoder().decode(record.subarray(prefix, prefix + view.getUint32(8, true)));
  return { id, scene, ...planesOf(record, layout) };
}

function planesOf(record: Uint8Array, { height, width, background }: RecordLayout) {
  const area = height * width;
  let at = record.byteOffset + head;
  const next = (channels: number) => {
    const plane = new Uint8Array(record.buffer, at, channels * area);
    at += channels * area;
    return plane;
  };
  // Depth comes first: its numbers of two bytes must lie at an even offset.
  const depth = new Uint16Array(record.buffer, at, area);
  at += 2 * area;
  return {
    depth,
    image: next(3),
    background: background ? next(3) : undefined,
    mask: next(1),
    maskValid: next(1),
    depthValid: next(1),
  };
}
