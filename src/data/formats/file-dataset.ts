/** Matched files of images, masks, depth maps and backgrounds as a data set. */

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
  mapNearest,
  readHeader,
} from '../decode.js';
import { limiter } from '../limiter.js';
import type { FileSource } from './file-source.js';
import type { SampleFiles } from './match.js';
import { decodeArray, isArrayFile } from './npy.js';
import {
  type DepthOptions,
  depthConverter,
  depthLookUp,
  harden,
  isGreyMask,
  type MaskOptions,
  maskLookUp,
} from './truth.js';

/** What the numbers of the files mean, and the size they are brought to. */
export interface FileOptions {
  readonly size: readonly [height: number, width: number];
  readonly mask: MaskOptions;
  readonly depth: DepthOptions;
}

/** Samples decoded at once: enough to keep libuv's threads busy, few enough that full-size planes fit in memory. */
const concurrency = 16;

/** Changes when the decoding of the same files gives other bytes, so that caches of the old ones are not used. */
const decodingVersion = 4;

/**
 * A data set over the files of `source`, which it closes. `scenes` are those of the samples; `options` are all that
 * decide the bytes, and end in the fingerprint.
 */
export function fileDataset(
  source: FileSource,
  samples: readonly SampleFiles[],
  scenes: readonly string[],
  options: FileOptions,
): Dataset {
  const read = sampleReader(source, options);
  const limit = limiter(concurrency);
  const { size, depth } = options;
  return {
    name: source.name,
    length: samples.length,
    height: size[0],
    width: size[1],
    hasBackground: samples[0]?.background !== undefined,
    maxDepth: depth.maxDepth,
    depthUnit: depth.unit ?? 'm',
    fingerprint: fingerprint(source, samples, options),
    scene: (index) => scenes[index],
    read: (index) => limit(() => read(samples[index], scenes[index])),
    sourceSize: async (index) => {
      const { image } = samples[index];
      return readHeader({ bytes: await source.read(image), file: source.describe(image) });
    },
    close: () => source.close(),
  };
}

function sampleReader(source: FileSource, options: FileOptions) {
  const { size, mask, depth } = options;
  const labels = isGreyMask(mask) ? undefined : maskLookUp(mask);
  const depths = depthLookUp(depth);
  const convertDepth = depthConverter(depth);
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
      if (isArrayFile(files.depth)) {
        const array = await decodeArray(depthFile);
        return mapNearest(sameSize(array, depthFile, image, header), crop, size, convertDepth);
      }
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
  return sameSize(await readHeader(picture), picture, image, expected);
}

function sameSize<T extends { readonly width: number; readonly height: number }>(
  found: T,
  { file }: Encoded,
  image: Encoded,
  expected: Header,
): T {
  if (found.width !== expected.width || found.height !== expected.height)
    throw new FathomError(
      'data',
      `${file}: expected ${expected.width}×${expected.height} like ${image.file}, got ${found.width}×${found.height}`,
      { hint: 'an image, its mask, depth map and background must have one size' },
    );
  return found;
}

/** A hash of everything that decides the samples: names, sizes and times of the files, and the options. */
function fingerprint(source: FileSource, samples: readonly SampleFiles[], options: FileOptions): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ decodingVersion, options }));
  for (const { image, mask, depth, background } of samples)
    for (const path of [image, mask, depth, background])
      if (path !== undefined) hash.update(`${path}\t${source.stamp(path)}\n`);
  return hash.digest('hex').slice(0, 32);
}
