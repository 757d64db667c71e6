/**
 * NYU Depth v2's official `nyu_depth_v2_labeled.mat` (Silberman 2012): an HDF5 file, read one sample at a time.
 *
 * MATLAB counts columns first, so its `images` of H × W × 3 × N are `[N, 3, W, H]` here, `depths` (metres, float32) and
 * `labels` (class numbers, 0 where unlabelled) `[N, W, H]`. `scenes` and `names` are lists of references to text.
 */

import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Dataset as H5Dataset, File as H5File, type Reference, ready } from 'h5wasm/node';
import { FathomError, unknownValue, unreadable } from '../../errors.js';
import { type Crop, coverCrop } from '../crop.js';
import type { Dataset } from '../dataset.js';
import { mapNearest } from '../decode.js';
import { resize } from '../resize.js';
import { readMat5 } from './mat5.js';
import { depthConverter } from './truth.js';

/** What {@link openNyu} reads and how. */
export interface NyuOptions {
  /** `nyu_depth_v2_labeled.mat`. */
  readonly path: string;
  /** The official `splits.mat`, whose `testNdxs` are the test split. */
  readonly splits?: string;
  readonly size: readonly [height: number, width: number];
  /** Names of the classes that are background; every other class is foreground, and unlabelled pixels do not count. */
  readonly background: readonly string[];
  /** Metres that are normalised to 1; deeper pixels do not count. */
  readonly maxDepth: number;
  /** Reads `rawDepths`, where the sensor's gaps are 0 and do not count, in place of `depths`, where they are filled. */
  readonly raw: boolean;
  /** Uses only the first so many samples. */
  readonly limit?: number;
}

/** An NYU data set with its official test split. */
export interface NyuDataset {
  readonly dataset: Dataset;
  /** Indices of the official test split, when `splits` was given. */
  readonly test?: readonly number[];
}

const decodingVersion = 3;
const maxSide = 4096;
const maxSamples = 1e6;
const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

type Numbers = Uint8Array | Uint16Array | Float32Array;

/**
 * Opens the file; a sample is its piece of `images`, `labels` and `depths`, and nothing else is in memory. The scene of
 * a sample is the one the file names, such as `kitchen_0004`.
 *
 * Throws a FathomError of code `data` for a file that is missing, damaged or laid out otherwise, and of code `usage`
 * for a background class that the file does not name.
 *
 * @example
 * const { dataset, test } = await openNyu({
 *   path: 'nyu_depth_v2_labeled.mat', splits: 'splits.mat', size: [96, 128], background: ['wall', 'floor'],
 *   maxDepth: 10, raw: false,
 * });
 */
export async function openNyu(options: NyuOptions): Promise<NyuDataset> {
  const { path, size, raw, maxDepth } = options;
  await assertHdf5(path);
  await ready;
  const file = new H5File(path, 'r');
  try {
    const images = member(file, path, 'images', 4, [3]);
    const labels = member(file, path, 'labels', 3);
    const depths = member(file, path, raw ? 'rawDepths' : 'depths', 3);
    const [count, , width, height] = images.shape!;
    for (const other of [labels, depths])
      if (other.shape!.join() !== [count, width, height].join())
        throw layoutError(path, `${other.path} is [${other.shape}] beside images of [${images.shape}]`);
    const scenes = texts(file, path, 'scenes');
    if (scenes.length !== count) throw layoutError(path, `names ${scenes.length} scenes for ${count} images`);
    const isBackground = backgroundTable(texts(file, path, 'names'), options.background);
    const length = Math.min(count, options.limit ?? count);
    const crop = coverCrop(height, width, size[0], size[1]);
    const piece = (of: H5Dataset, index: number) => {
      try {
        return of.slice([[index, index + 1], ...of.shape!.slice(1).map((): [] => [])]) as Numbers;
      } catch (cause) {
        throw new FathomError('data', `${path}: sample ${index} of ${of.path} cannot be read`, {
          hint: 'the file is damaged: download it again',
          cause,
        });
      }
    };
    const metres = depthConverter({ folder: '', scale: 1, maxDepth, invalid: [0] });

    const dataset: Dataset = {
      name: basename(path).replace(/\.mat$/i, ''),
      length,
      height: size[0],
      width: size[1],
      hasBackground: false,
      maxDepth,
      depthUnit: 'm',
      fingerprint: await fingerprint(options),
      scene: (index) => scenes[index],
      sourceSize: async () => ({ height, width }),
      async read(index) {
        const labelled = { data: transposed(piece(labels, index), width, height), width };
        const mask = mapNearest(labelled, crop, size, (label) =>
          label === 0 ? undefined : isBackground[label] ? 0 : 255,
        );
        const measured = { data: transposed(piece(depths, index), width, height), width };
        const depth = mapNearest(measured, crop, size, metres);
        return {
          id: String(index + 1).padStart(4, '0'),
          scene: scenes[index],
          image: resizedImage(piece(images, index) as Uint8Array, width, height, crop, size),
          mask: Uint8Array.from(mask.value),
          maskValid: mask.valid,
          depth: depth.value,
          depthValid: depth.valid,
        };
      },
      async close() {
        file.close();
      },
    };
    const test = options.splits === undefined ? undefined : await officialTest(options.splits, count);
    return { dataset, test: test?.filter((index) => index < length) };
  } catch (error) {
    file.close();
    throw error;
  }
}

const layoutError = (path: string, reason: string) =>
  new FathomError('data', `${path}: ${reason}`, {
    hint: 'expected the layout of nyu_depth_v2_labeled.mat: images, depths, labels, scenes and names',
  });

/** HDF5's signature stands at 0, or after a head of 512 · 2^k bytes: MATLAB writes 512. */
async function assertHdf5(path: string): Promise<void> {
  const head = Buffer.alloc(520);
  try {
    const file = await open(path);
    await file.read(head, 0, head.length, 0).finally(() => file.close());
  } catch (cause) {
    throw unreadable(path, cause, 'give the path of nyu_depth_v2_labeled.mat');
  }
  if (![0, 512].some((at) => head.subarray(at, at + signature.length).equals(signature)))
    throw layoutError(path, 'is no HDF5 file, and so no MATLAB 7.3 file');
}

/** The array `name` of `rank` axes, `fixed` being the axes after the first; sizes are checked before anything is read. */
function member(file: H5File, path: string, name: string, rank: number, fixed: readonly number[] = []) {
  const found = file.keys().includes(name) ? file.get(name) : null;
  if (!(found instanceof H5Dataset)) throw layoutError(path, `has no ${name}`);
  const shape = found.shape ?? [];
  const [count, ...sides] = shape;
  const sane = count <= maxSamples && sides.every((side) => side >= 1 && side <= maxSide);
  if (shape.length !== rank || !sane || fixed.some((side, i) => sides[i] !== side))
    throw layoutError(path, `${name} is [${shape}]`);
  return found;
}

/** A cell array of text. */
function texts(file: H5File, path: string, name: string): string[] {
  const found = file.keys().includes(name) ? file.get(name) : null;
  if (!(found instanceof H5Dataset)) throw layoutError(path, `has no ${name}`);
  const references = ([found.value] as unknown[]).flat(3);
  return references.map((reference) => {
    const text: unknown = file.dereference(reference as Reference);
    if (!(text instanceof H5Dataset)) throw layoutError(path, `${name} does not list text`);
    return String.fromCharCode(...(text.value as Uint16Array));
  });
}

/** Whether each class number, 1 for the first name, is background. */
function backgroundTable(names: readonly string[], background: readonly string[]): boolean[] {
  for (const name of background)
    if (!names.includes(name))
      throw new FathomError(
        'usage',
        `background: ${unknownValue('class', name, names).replace(/ \(known:.*/s, '')}`,
        {
          hint: `the file names ${names.length} classes, such as ${names.slice(0, 5).join(', ')}`,
        },
      );
  return [false, ...names.map((name) => background.includes(name))];
}

/** `[W, H]` as `[H, W]`. */
function transposed(plane: Numbers, width: number, height: number): Float32Array {
  const rows = new Float32Array(width * height);
  for (let x = 0, from = 0; x < width; x++)
    for (let y = 0; y < height; y++) rows[y * width + x] = plane[from++];
  return rows;
}

/** Planes `[3, W, H]` as `[3, *size]`. */
function resizedImage(
  planes: Uint8Array,
  width: number,
  height: number,
  crop: Crop,
  size: readonly [number, number],
): Uint8Array {
  const data = new Uint8Array(planes.length);
  for (let channel = 0, from = 0; channel < 3; channel++)
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) data[3 * (y * width + x) + channel] = planes[from++];
  return resize({ data, width, channels: 3 }, crop, size);
}

/** `testNdxs` of the official split, which counts from 1. */
async function officialTest(path: string, count: number): Promise<number[]> {
  const bytes = await readFile(path).catch((cause) => {
    throw new FathomError('data', `${path}: no such file`, { hint: 'give the path of splits.mat', cause });
  });
  const indices = readMat5({ bytes, file: path }).get('testNdxs');
  if (!indices)
    throw new FathomError('data', `${path}: has no testNdxs`, { hint: 'expected the official splits.mat' });
  const wrong = indices.find((index) => !(Number.isInteger(index) && index >= 1 && index <= count));
  if (wrong !== undefined)
    throw new FathomError('data', `${path}: testNdxs has ${wrong}, but there are ${count} samples`, {
      hint: 'the split belongs to another file',
    });
  return Array.from(indices, (index) => index - 1).sort((a, b) => a - b);
}

async function fingerprint({ path, splits: _, ...options }: NyuOptions): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const text = JSON.stringify({ decodingVersion, bytes: size, mtimeMs, ...options });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
