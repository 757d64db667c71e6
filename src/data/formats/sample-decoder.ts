/** The files of one sample to its planes, at the training size. */

import { FathomError } from '../../errors.js';
import { coverCrop } from '../crop.js';
import type { Sample } from '../dataset.js';
import {
  decodeGrey,
  decodeImage,
  decodePlane,
  type Encoded,
  type Header,
  lookUpNearest,
  mapNearest,
  type Plane,
  readHeader,
} from '../decode.js';
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

/** Something for each file of a sample. */
export interface PerFile<T> {
  readonly image: T;
  readonly mask: T;
  readonly depth: T;
  readonly background?: T;
}

/** The files of a sample as they are stored. */
export type SampleBytes = PerFile<Encoded>;

/** What `map` makes of each. */
export const eachFile = <T, U>(
  { image, mask, depth, background }: PerFile<T>,
  map: (value: T) => U,
): PerFile<U> => ({
  image: map(image),
  mask: map(mask),
  depth: map(depth),
  background: background === undefined ? undefined : map(background),
});

/** Reads what lies at each of the places. */
export async function readEach<T>(
  places: PerFile<T>,
  read: (place: T) => Promise<Encoded>,
): Promise<SampleBytes> {
  const files = eachFile(places, read);
  const [image, mask, depth, background] = await Promise.all([
    files.image,
    files.mask,
    files.depth,
    files.background,
  ]);
  return { image, mask, depth, background };
}

/** What the files of a sample give. */
export type SamplePlanes = Omit<Sample, 'id' | 'scene'>;

/** Decodes a sample. Throws a FathomError of code `data` that names the file. */
export type DecodeSample = (files: SampleBytes) => Promise<SamplePlanes>;

/** Makes what decodes the samples of a data set. */
export function sampleDecoder({ size, mask, depth }: FileOptions): DecodeSample {
  const labels = isGreyMask(mask) ? undefined : tables((integers) => maskLookUp(mask, integers));
  const depths = tables((integers) => depthLookUp(depth, integers));
  const convertDepth = depthConverter(depth);
  const area = size[0] * size[1];

  return async (files) => {
    const { image, background } = files;
    const header = await readHeader(image);
    const crop = coverCrop(header.height, header.width, size[0], size[1]);

    const readMask = async () => {
      const maskHeader = await matchingHeader(files.mask, image, header);
      if (labels) {
        if (maskHeader.bits === 16 && !mask.foreground && !mask.background)
          throw new FathomError('data', `${files.mask.file}: expected an 8-bit mask, got 16 bits`, {
            hint: 'numbers to ignore are 0–255 in a grey mask; save it with 8 bits',
          });
        const plane = await decodePlane(files.mask, maskHeader, { labels: true });
        return lookUpNearest(plane, crop, size, labels(plane));
      }
      const coverage = await decodeGrey(files.mask, maskHeader, crop, size);
      if (mask.threshold !== undefined)
        for (let i = 0; i < area; i++) coverage[i] = harden(coverage[i], mask.threshold);
      return { value: coverage, valid: new Uint8Array(area).fill(1) };
    };
    const readDepth = async () => {
      if (isArrayFile(files.depth.file)) {
        const array = await decodeArray(files.depth);
        return mapNearest(sameSize(array, files.depth, image, header), crop, size, convertDepth);
      }
      const depthHeader = await matchingHeader(files.depth, image, header);
      const plane = await decodePlane(files.depth, depthHeader, { labels: false });
      return lookUpNearest(plane, crop, size, depths(plane));
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
      image: imagePlanes,
      background: backgroundPlanes,
      mask: maskPlanes.value,
      depth: depthPlanes.value,
      maskValid: maskPlanes.valid,
      depthValid: depthPlanes.valid,
    };
  };
}

/** What `make` gives for the integers of 8 bits, which it makes at once, or for those of 16, whichever a plane has. */
function tables<T>(make: (integers: number) => T): (plane: Plane) => T {
  const small = make(2 ** 8);
  let large: T | undefined;
  return ({ data }) => {
    if (data instanceof Uint8Array) return small;
    large ??= make(2 ** 16);
    return large;
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
