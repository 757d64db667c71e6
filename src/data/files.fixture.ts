/** Small real files for the tests of this folder: pictures by sharp, and zip archives written by hand. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { FathomError } from '../errors.js';
import type { Dataset, Sample } from './dataset.js';
import { type FolderOptions, openFolder } from './formats/folder.js';

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fathom-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files by path, such as `image/1.jpg`. */
export type Files = Record<string, Buffer>;

/** Writes files below a new temporary folder, and returns it. */
export async function folderOf(files: Files): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  return root;
}

/** A PNG of grey integers: 8-bit from a Uint8Array, 16-bit from a Uint16Array. */
export function greyPng(width: number, height: number, values: Uint8Array | Uint16Array): Promise<Buffer> {
  const deep = values instanceof Uint16Array;
  return sharp(values, { raw: { width, height, channels: 1 } })
    .toColourspace(deep ? 'grey16' : 'b-w')
    .png()
    .toBuffer();
}

/** A colour JPEG with enough detail to fill several blocks. */
export function jpeg(width: number, height: number, seed = 1): Promise<Buffer> {
  const values = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (i * 7 * seed + (i >> 4) * 31) & 255,
  );
  return sharp(values, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** Images, masks and depth maps of `count` samples, `sample-0` on. */
export async function sampleFiles(count: number, width = 32, height = 24): Promise<Files> {
  const files: Files = {};
  for (let k = 0; k < count; k++) {
    files[`image/sample-${k}.jpg`] = await jpeg(width, height, k + 1);
    const mask = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 255 : 0));
    files[`mask/sample-${k}.png`] = await greyPng(width, height, mask);
    const depth = Uint16Array.from({ length: width * height }, (_, i) => (k + 1) * 1000 + i);
    files[`depth/sample-${k}.png`] = await greyPng(width, height, depth);
  }
  return files;
}

/** Options for the files of {@link sampleFiles}: depth in millimetres up to 10 m. */
function folderOptions(path: string, changes: Partial<FolderOptions> = {}): FolderOptions {
  return {
    path,
    size: [24, 32],
    image: 'image',
    mask: { folder: 'mask' },
    depth: { folder: 'depth', scale: 0.001, maxDepth: 10 },
    ...changes,
  };
}

/** Opens a folder or archive for the duration of a test. */
export async function opened(path: string, changes: Partial<FolderOptions> = {}): Promise<Dataset> {
  const dataset = await openFolder(folderOptions(path, changes));
  onTestFinished(() => dataset.close?.());
  return dataset;
}

/** Settings of one entry of {@link zipOf}. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly deflate?: boolean;
  /** Unix mode, such as 0o120777 for a link. */
  readonly mode?: number;
  /** General purpose flags; bit 0 is encryption. */
  readonly flags?: number;
  /** The unpacked size that the headers claim; the true one unless given. */
  readonly claimed?: number;
}

/** The bytes of a zip archive, by the format's specification and nothing more. */
function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    bytes,
    deflate = false,
    mode = 0o100644,
    flags = 0,
    claimed = bytes.length,
  } of entries) {
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const path = Buffer.from(name);
    // From here on both headers have the same fields.
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimed, 18);
    fields.writeUInt16LE(path.length, 22);
    locals.push(Buffer.from('PK\x03\x04'), fields, path, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), fields, tail, path);
    offset += 30 + path.length + packed.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

/** Writes a zip archive of files to a temporary folder, and returns its path. */
export async function zipFileOf(entries: readonly ZipEntry[] | Files): Promise<string> {
  const list = Array.isArray(entries)
    ? (entries as readonly ZipEntry[])
    : Object.entries(entries as Files).map(([name, bytes]) => ({ name, bytes }));
  const path = join(await temporaryFolder(), 'rooms.zip');
  await writeFile(path, zipOf(list));
  return path;
}

/** The FathomError a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<FathomError> {
  const error = await promise.then(
    () => new Error('expected a failure'),
    (reason) => reason,
  );
  if (!(error instanceof FathomError)) throw error;
  return error;
}

/** A data set made in memory that counts its reads, `[2, 2]` pixels a sample. */
export function countingDataset(
  length: number,
  options: { scene?: (index: number) => string; delay?: (index: number) => Promise<void> } = {},
): Dataset & { readonly reads: number[] } {
  const { scene = String, delay } = options;
  const reads: number[] = [];
  return {
    name: 'counting',
    length,
    height: 2,
    width: 2,
    hasBackground: false,
    maxDepth: 10,
    depthUnit: 'm',
    fingerprint: 'counting:2x2',
    reads,
    scene,
    async read(index): Promise<Sample> {
      reads.push(index);
      await delay?.(index);
      return {
        id: `s${index}`,
        scene: scene(index),
        image: new Uint8Array(12).fill(index),
        mask: Uint8Array.of(0, 255, 51, 0),
        depth: Uint16Array.of(index, 65535, 0, 1),
        maskValid: Uint8Array.of(1, 1, 0, 1),
        depthValid: Uint8Array.of(1, 0, 1, 1),
      };
    },
  };
}
