/** A folder or zip archive of images, masks or label maps, depth maps and optional backgrounds as a data set. */

import { createHash } from 'node:crypto';
import { FathomError } from '../../errors.js';
import { coverCrop } from '../crop.js';
import type { Dataset, Sample } from '../dataset.js';
import {
  decodeGrey,
  decodeImage,
  decodePlane,
  type Encoded,
  type Header,
  lookUpNearest,
  readHeader,
} from '../decode.js';
import { limiter } from '../limiter.js';
import type { FileSource } from './file-source.js';
import { matchFiles, type SampleFiles } from './match.js';
import { openFileSource } from './open-file-source.js';
import { type DepthOptions, depthLookUp, harden, isGreyMask, type MaskOptions, maskLookUp } from './truth.js';

/** What {@link openFolder} reads and how; paths below `path` use `/`. */
export interface FolderOptions {
  /** A folder, or a `.zip` file. */
  readonly path: string;
  /** Training size. Files of another shape are cropped about their centre, then resized. */
  readonly size: readonly [height: number, width: number];
  /** Sub-folder of the images. The other files are matched to them by name without extension. */
  readonly image: string;
  readonly mask: MaskOptions;
  readonly depth: DepthOptions;
  /** Sub-folder of the empty scenes. */
  readonly background?: { readonly folder: string };
  /**
   * Which samples belong together. `block`: so many neighbours in natural order of names; `pattern`: those in whose
   * names the first group of this regular expression is the same. Without it, every sample is its own scene.
   */
  readonly scene?: { readonly block: number } | { readonly pattern: string };
  /** Uses only the first so many samples, in natural order. */
  readonly limit?: number;
}

/** Samples decoded at once: enough to keep libuv's threads busy, few enough that full-size planes fit in memory. */
const concurrency = 16;

/** Changes when the decoding of the same files gives other bytes, so that caches of the old ones are not used. */
const decodingVersion = 1;

/**
 * Opens a data set of files. Only names are looked at; {@link checkSamples} reads the files themselves.
 *
 * Throws a FathomError of code `data` that names the file for everything names can tell: a missing or empty folder,
 * an image without its mask, depth map or background, a link, a damaged archive.
 *
 * @example
 * const rooms = await openFolder({
 *   path: '/data/rooms.zip', size: [96, 128], image: 'image',
 *   mask: { folder: 'mask' }, depth: { folder: 'depth', scale: 0.001, maxDepth: 10 },
 * });
 */
export async function openFolder(options: FolderOptions): Promise<Dataset> {
  const source = await openFileSource(options.path);
  try {
    return await openSource(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openSource(source: FileSource, options: FolderOptions): Promise<Dataset> {
  const { size, depth, background } = options;
  const matched = await matchFiles(source, {
    image: options.image,
    mask: options.mask.folder,
    depth: depth.folder,
    background: background?.folder,
  });
  const samples = matched.slice(0, options.limit);
  const scenes = samples.map(sceneOf(options.scene, source));
  const read = sampleReader(source, options);
  const limit = limiter(concurrency);
  return {
    name: source.name,
    length: samples.length,
    height: size[0],
    width: size[1],
    hasBackground: background !== undefined,
    maxDepth: depth.maxDepth,
    depthUnit: depth.unit ?? 'm',
    fingerprint: fingerprint(source, samples, options),
    scene: (index) => scenes[index],
    read: (index) => limit(() => read(samples[index], scenes[index])),
    close: () => source.close(),
  };
}

function sceneOf(
  rule: FolderOptions['scene'],
  source: FileSource,
): (files: SampleFiles, index: number) => string {
  if (!rule) return ({ id }) => id;
  if ('block' in rule) return (_, index) => String(Math.floor(index / rule.block));
  const pattern = regularExpression(rule.pattern);
  return ({ id, image }) => {
    const scene = pattern.exec(id)?.[1];
    if (scene === undefined)
      throw new FathomError(
        'data',
        `${source.describe(image)}: the scene pattern ${rule.pattern} finds no group in '${id}'`,
        {
          hint: 'the pattern needs a group that matches in every name, such as ^([a-z]+)_ for kitchen_0007',
        },
      );
    return scene;
  };
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    throw new FathomError('usage', `scene pattern ${pattern}: ${(cause as Error).message}`, {
      hint: 'give a regular expression whose first group is the scene',
      cause,
    });
  }
}

function sampleReader(source: FileSource, options: FolderOptions) {
  const { size, mask, depth } = options;
  const labels = isGreyMask(mask) ? undefined : maskLookUp(mask);
  const depths = depthLookUp(depth);
  const area = size[0] * size[1];

  const open = async (path: string): Promise<Encoded> => ({
    bytes: await source.read(path),
    file: source.describe(path),
  });

  return async (files: SampleFiles, scene: string): Promise<Sample> => {
    const [image, maskFile, depthFile, background] = await Promise.all([
      open(files.image),
      open(files.mask),
      open(files.depth),
      files.background === undefined ? undefined : open(files.background),
    ]);
    const header = await readHeader(image);
    const crop = coverCrop(header.height, header.width, size[0], size[1]);

    const readMask = async () => {
      const maskHeader = await matchingHeader(maskFile, image, header);
      if (labels) {
        if (maskHeader.bits === 16 && !mask.foreground && !mask.background)
          throw new FathomError('data', `${maskFile.file}: expected an 8-bit mask, got 16 bits`, {
            hint: 'numbers to ignore are 0–255 in a grey mask; save it with 8 bits',
          });
        return lookUpNearest(await decodePlane(maskFile, maskHeader, { labels: true }), crop, size, labels);
      }
      const coverage = await decodeGrey(maskFile, maskHeader, crop, size);
      if (mask.threshold !== undefined)
        for (let i = 0; i < area; i++) coverage[i] = harden(coverage[i], mask.threshold);
      return { value: coverage, valid: new Uint8Array(area).fill(1) };
    };
    const readDepth = async () => {
      const depthHeader = await matchingHeader(depthFile, image, header);
      return lookUpNearest(await decodePlane(depthFile, depthHeader, { labels: false }), crop, size, depths);
    };
    const readBackground = async () => {
      if (!background) return undefined;
      return decodeImage(background, await matchingHeader(background, image, header), crop, size);
    };

    const [imagePlanes, maskPlanes, depthPlanes, backgroundPlanes] = await Promise.all([
      decodeImage(image, header, crop, size),
      readMask(),
      readDepth(),
      readBackground(),
    ]);
    return {
      id: files.id,
      scene,
      image: imagePlanes,
      background: backgroundPlanes,
      mask: maskPlanes.value,
      depth: depthPlanes.value,
      maskValid: maskPlanes.valid,
      depthValid: depthPlanes.valid,
    };
  };
}

/** The header of a picture that must lie pixel on pixel over its image. */
async function matchingHeader(picture: Encoded, image: Encoded, expected: Header): Promise<Header> {
  const header = await readHeader(picture);
  if (header.width !== expected.width || header.height !== expected.height)
    throw new FathomError(
      'data',
      `${picture.file}: expected ${expected.width}×${expected.height} like ${image.file}, got ${header.width}×${header.height}`,
      { hint: 'an image, its mask, depth map and background must have one size' },
    );
  return header;
}

/** A hash of everything that decides the samples: names, sizes and times of the files, and the options but the path. */
function fingerprint(
  source: FileSource,
  samples: readonly SampleFiles[],
  { path: _, ...options }: FolderOptions,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ decodingVersion, options }));
  for (const { image, mask, depth, background } of samples)
    for (const path of [image, mask, depth, background])
      if (path !== undefined) hash.update(`${path}\t${source.stamp(path)}\n`);
  return hash.digest('hex').slice(0, 32);
}
