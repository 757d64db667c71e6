/**
 * Decoded samples kept in one file, so that only the first read of a sample decodes it.
 *
 * `<cacheDir>/<fingerprint>.bin` is a header of 4096 bytes, JSON that states the layout, and then record `i` of fixed
 * size at its place; a place not yet written is a hole that takes no room on disk. Each record carries its checksum,
 * so one that a kill or a full disk left half-written reads as absent and is made again. Nothing else is recorded,
 * and therefore nothing can disagree; processes may share a cache.
 */

import { writeSync } from 'node:fs';
import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { FathomError } from '../errors.js';
import type { Dataset, Sample } from './dataset.js';
import { packSample, type RecordLayout, recordLayout, unpackSample } from './record.js';
import { largestAtOnce } from './write-file.js';

const version = 1;
const headerBytes = 4096;

/** Samples are also kept in memory, the first ones that are read, up to this size. */
const maxMemoryBytes = 512 * 2 ** 20;

/**
 * The same data set, with every sample stored decoded in `cacheDir` after its first read. The first 512 MiB of samples
 * that are read, `memoryBytes`, stay in memory too; callers share their arrays and must not write to them. `close`
 * closes both.
 *
 * Throws a FathomError of code `data` when the cache cannot be written.
 *
 * @example const fast = await cached(await openFolder(options), '.fathom/cache');
 */
export async function cached(
  dataset: Dataset,
  cacheDir: string,
  memoryBytes = maxMemoryBytes,
): Promise<Dataset> {
  const path = join(cacheDir, `${dataset.fingerprint.replace(/[^\w.-]/g, '_')}.bin`);
  const unwritable = (cause: NodeJS.ErrnoException): never => {
    throw new FathomError('data', `${path}: the cache cannot be written (${cause.code})`, {
      hint:
        cause.code === 'ENOSPC' ? 'free some disk space' : 'choose another cache folder, or its permissions',
      cause,
    });
  };
  const layout = recordLayout(dataset);
  const { file, isNew } = await openCache(cacheDir, path, dataset.fingerprint, layout).catch(unwritable);
  const keptAtMost = Math.floor(memoryBytes / layout.bytes);
  const memory = new Map<number, Promise<Sample>>();

  // What another process has stored since is made again, which does no harm.
  const absent = new Uint8Array(isNew ? dataset.length : 0).fill(1);

  const readStored = async (index: number) => {
    if (absent[index]) {
      absent[index] = 0;
      return undefined;
    }
    const record = new Uint8Array(layout.bytes);
    const { bytesRead } = await file.read(record, 0, layout.bytes, headerBytes + index * layout.bytes);
    return bytesRead === layout.bytes ? unpackSample(record, layout, dataset.scene(index)) : undefined;
  };

  // A small record is written before the next one is packed: touching fresh memory takes longer than filling it.
  const small = layout.bytes <= largestAtOnce ? new Uint8Array(layout.bytes) : undefined;

  const write = async (sample: Sample, position: number) => {
    const record = small ?? new Uint8Array(layout.bytes);
    if (!packSample(sample, layout, record)) return;
    if (small) writeSync(file.fd, record, 0, record.length, position);
    else await file.write(record, 0, record.length, position);
  };

  const readAndStore = async (index: number): Promise<Sample> => {
    const sample = await dataset.read(index);
    await write(sample, headerBytes + index * layout.bytes).catch(unwritable);
    return sample;
  };

  const read = async (index: number) => (await readStored(index)) ?? readAndStore(index);

  return {
    name: dataset.name,
    length: dataset.length,
    height: dataset.height,
    width: dataset.width,
    hasBackground: dataset.hasBackground,
    maxDepth: dataset.maxDepth,
    depthUnit: dataset.depthUnit,
    fingerprint: dataset.fingerprint,
    scene: (index) => dataset.scene(index),
    read(index) {
      const kept = memory.get(index);
      if (kept) return kept;
      const sample = read(index);
      if (memory.size < keptAtMost) {
        memory.set(index, sample);
        // A failure is not kept: the file may be mended while the program runs.
        sample.catch(() => memory.delete(index));
      }
      return sample;
    },
    async close() {
      await file.close();
      await dataset.close?.();
    },
  };
}

/** Opens the cache file, emptied when its header is not that of this layout. */
async function openCache(
  cacheDir: string,
  path: string,
  fingerprint: string,
  layout: RecordLayout,
): Promise<{ file: FileHandle; isNew: boolean }> {
  await mkdir(cacheDir, { recursive: true });
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  const header = Buffer.alloc(headerBytes, ' ');
  header.write(`${JSON.stringify({ format: 'fathom-cache', version, fingerprint, ...layout })}\n`);
  const found = Buffer.alloc(headerBytes);
  await file.read(found, 0, headerBytes, 0);
  const isNew = !found.equals(header);
  if (isNew) {
    await file.truncate(0);
    await file.write(header, 0, headerBytes, 0);
  }
  return { file, isNew };
}
