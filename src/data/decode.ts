/**
 * Encoded pictures to planes of the training size. sharp decodes large ones on libuv's threads; small JPEGs and PNGs of one channel are
 * decoded on the thread that asks, since to hand them over takes longer.
 */

import { FathomError } from '../errors.js';
import { type Crop, nearestIndices } from './crop.js';
import { decodeGreyPng } from './grey-png.js';
import { type JpegHeader, jpegHeader } from './jpeg.js';
import { asGreyIndices, type PngHeader, pngHeader } from './png.js';
import { resize } from './resize.js';
import type { Sharp } from './sharp.js';
import { decodeSmallJpeg } from './small-jpeg.js';

/** Integers exactly as a one-channel file stores them, row by row. */
export interface Plane {
  readonly data: Uint8Array | Uint16Array;
  readonly height: number;
  readonly width: number;
}

/** Bytes of a picture and the name that errors give it. */
export interface Encoded {
  readonly bytes: Buffer;
  readonly file: string;
}

/** What is known of a picture before its pixels are decoded. */
export interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bits of a channel; 32 stands for every type that is not 8 or 16-bit. */
  readonly bits: number;
  readonly png?: PngHeader;
  readonly jpeg?: JpegHeader;
}

/** Larger pictures are refused: none of this field is, and decoding one could exhaust memory. */
const maxPixels = 100e6;

/** Cut files and invalid pixel data are errors, odd metadata is not. */
const strict = { failOn: 'error', limitInputPixels: maxPixels } as const;

/** Lossy compression moves the channels of a grey picture apart by no more than this. */
const greyTolerance = 8;

/** Bytes behind the name of a PNG's last chunk. */
const checksumBytes = 4;
const endOfJpeg = Buffer.from([0xff, 0xd9]);
const startOfScan = Buffer.from([0xff, 0xda]);

/** Small JPEGs and PNGs need none of it. */
const loadSharp = async () => (await import('./sharp.js')).default;

/** Whether a JPEG or PNG has its end; a thumbnail in a JPEG's head has an end of its own, before the scan. */
function isComplete(bytes: Buffer): boolean {
  if (pngHeader(bytes)) return bytes.subarray(0, -checksumBytes).includes('IEND');
  return bytes[0] !== 0xff || bytes.lastIndexOf(endOfJpeg) > bytes.lastIndexOf(startOfScan);
}

/** Says why pixels could not be decoded. libvips shares its message buffer between threads, so its text is not used. */
const corrupt =
  ({ bytes, file }: Encoded) =>
  (cause: unknown): never => {
    const reason = isComplete(bytes) ? 'is damaged: its pixels cannot be decoded' : 'is cut short';
    throw new FathomError('data', `${file}: ${reason}`, {
      hint: 'copy or download the file again, or remove it with its image, mask and depth map',
      cause,
    });
  };

/**
 * Size and depth of a picture, without decoding its pixels.
 *
 * Throws a FathomError of code `data` for a file that is no picture, and for one of more than 100 megapixels.
 */
export async function readHeader({ bytes, file }: Encoded): Promise<Header> {
  if (bytes.length === 0)
    throw new FathomError('data', `${file}: is empty`, { hint: 'copy or download the file again' });
  const png = pngHeader(bytes);
  const jpeg = jpegHeader(bytes);
  const header = png ? { ...png, png } : jpeg ? { ...jpeg, bits: 8, jpeg } : await otherHeader(bytes, file);
  if (header.width * header.height > maxPixels)
    throw new FathomError('data', `${file}: ${header.width}×${header.height} is more than 100 megapixels`, {
      hint: 'make the data set smaller before training: it is resized to the training size in any case',
    });
  return header;
}

async function otherHeader(bytes: Buffer, file: string): Promise<Header> {
  const sharp = await loadSharp();
  const { width, height, channels, depth } = await sharp(bytes, { ...strict, limitInputPixels: false })
    .metadata()
    .catch((cause: Error) => {
      throw new FathomError('data', `${file}: is no image that can be read`, {
        hint: 'expected a PNG, JPEG, WebP or TIFF file; replace it, or remove it with its image, mask and depth map',
        cause,
      });
    });
  return { width, height, channels, bits: depth === 'uchar' ? 8 : depth === 'ushort' ? 16 : 32 };
}

/** Cuts a picture, unless the crop is all of it: sharp can then decode a large JPEG at a reduced size, which is faster. */
function cropTo(picture: Sharp, header: Header, crop: Crop): Sharp {
  return crop.width === header.width && crop.height === header.height ? picture : picture.extract(crop);
}

/**
 * Most pixels of a small picture, which is decoded and resized on this thread: libvips takes longer to set that up than to do it. Of a larger
 * JPEG it decodes no more than it needs; but only to shrink, since what it enlarges is off beside edges.
 */
const smallImage = 2 ** 17;

/** Whether libjpeg-turbo alone gives sRGB; not so for greys, for CMYK, and for colours that a profile explains. */
const isPlain = ({ jpeg }: Header): boolean => jpeg?.channels === 3 && !jpeg.profile;

/**
 * Decodes `crop` of a colour picture to `[3, height, width]` sRGB, with a linear filter that averages when it shrinks;
 * transparency is dropped.
 */
export async function decodeImage(
  picture: Encoded,
  header: Header,
  crop: Crop,
  size: readonly [number, number],
): Promise<Uint8Array> {
  const [height, width] = size;
  const isSmall = header.width * header.height <= smallImage;
  if (isSmall && isPlain(header)) {
    const planes = await decodeSmallJpeg(picture.bytes, (data) =>
      resize({ data, width: header.width, channels: 3 }, crop, size),
    );
    // Undefined for a damaged one, which libvips judges.
    if (planes) return planes;
  }
  const resizedHere = isSmall || height > crop.height;
  const sharp = await loadSharp();
  const decoded = sharp(picture.bytes, strict);
  const sized = resizedHere
    ? decoded
    : cropTo(decoded, header, crop).resize(width, height, {
        fit: 'fill',
        kernel: 'linear',
        fastShrinkOnLoad: false,
      });
  const { data, info } = await sized
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(corrupt(picture));
  const part = resizedHere ? crop : { left: 0, top: 0, width, height };
  return resize({ data, width: info.width, channels: 3 }, part, size);
}

/**
 * Decodes `crop` of a grey picture to `[height, width]`, 0–255, with a filter that averages when it shrinks.
 *
 * Throws a FathomError of code `data` for a picture with colours or transparency.
 */
export async function decodeGrey(
  picture: Encoded,
  header: Header,
  crop: Crop,
  size: readonly [number, number],
): Promise<Uint8Array> {
  const { data } = await decodePlane(picture, header, { labels: false });
  return resize({ data: asBytes(data), width: header.width, channels: 1 }, crop, size);
}

/** The upper eight bits of each number. */
const asBytes = (data: Uint8Array | Uint16Array): Uint8Array =>
  data instanceof Uint8Array ? data : Uint8Array.from(data, (value) => value >> 8);

/**
 * Decodes a one-channel picture of 8 or 16-bit integers at its full size, every number as the file stores it.
 *
 * With `labels`, a palette image gives the numbers of its palette entries and not their colours. Throws a FathomError
 * of code `data` for a picture with colours or transparency, and for numbers that are not 8 or 16-bit integers.
 */
export async function decodePlane(
  picture: Encoded,
  header: Header,
  options: { labels: boolean },
): Promise<Plane> {
  const { file } = picture;
  if (header.bits > 16)
    throw new FathomError('data', `${file}: expected 8 or 16-bit integers, got another type of number`, {
      hint: 'save masks as 8-bit and depth maps as 16-bit PNG, and set the scale to match, such as 0.001 for millimetres',
    });
  const { width, height } = header;
  const decode = isSmallPng(header, options) ? decodeSmall : decodeOnThread;
  return { data: await decode(picture, header, options), height, width };
}

/** Most pixels of a PNG that is decoded on this thread. */
const smallPng = 2 ** 19;

/** Whether the PNG is small, of one channel, and holds the numbers that are wanted as they are, not as bits or through a palette. */
const isSmallPng = ({ width, height, bits, png }: Header, { labels }: { labels: boolean }) =>
  png !== undefined &&
  width * height <= smallPng &&
  bits >= 8 &&
  !png.interlaced &&
  (png.palette ? labels : png.channels === 1);

async function decodeSmall(picture: Encoded, { png }: Header): Promise<Plane['data']> {
  try {
    return decodeGreyPng(picture.bytes, png!);
  } catch (cause) {
    return corrupt(picture)(cause);
  }
}

async function decodeOnThread(
  picture: Encoded,
  header: Header,
  options: { labels: boolean },
): Promise<Plane['data']> {
  const { bytes, file } = picture;
  const { width, height, png } = header;
  const source =
    options.labels && png ? asGreyIndices(bytes, png) : { bytes, channels: header.channels, step: 1 };
  const grey = greyOrColour(source.channels, file) === 'grey';
  const deep = header.bits === 16;
  const sharp = await loadSharp();
  const { data } = await sharp(source.bytes, { ...strict, ignoreIcc: true })
    .toColourspace(deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(corrupt(picture));
  const Integers = deep ? Uint16Array : Uint8Array;
  const values = new Integers(data.buffer, data.byteOffset, data.length / Integers.BYTES_PER_ELEMENT);
  const plane = oneChannel(values, height * width, file);
  if (source.step !== 1) for (let i = 0; i < plane.length; i++) plane[i] /= source.step;
  return plane;
}

const notGrey = (file: string, got: string) =>
  new FathomError('data', `${file}: expected one grey channel, got ${got}`, {
    hint: 'save masks, label maps and depth maps as greyscale PNG without transparency',
  });

function greyOrColour(channels: number, file: string): 'grey' | 'colour' {
  if (channels !== 1 && channels !== 3) throw notGrey(file, `${channels} channels`);
  return channels === 1 ? 'grey' : 'colour';
}

/** The one channel of a decoded picture, or the first of three that are equal. */
function oneChannel<T extends Uint8Array | Uint16Array>(values: T, area: number, file: string): T {
  if (values.length === area) return values;
  const plane = values.slice(0, area) as T;
  for (let i = 0, at = 0; i < area; i++, at += 3) {
    const value = values[at];
    if (Math.abs(values[at + 1] - value) > greyTolerance || Math.abs(values[at + 2] - value) > greyTolerance)
      throw notGrey(file, 'colours');
    plane[i] = value;
  }
  return plane;
}

/**
 * Samples a plane at the centres of `[height, width]` target pixels within `crop`, and looks each number up in two
 * tables. No number is invented between two others.
 */
export function lookUpNearest<T extends Uint8Array | Uint16Array>(
  plane: Plane,
  crop: Crop,
  [height, width]: readonly [number, number],
  tables: { readonly value: T; readonly valid: Uint8Array },
): { value: T; valid: Uint8Array } {
  const rows = nearestIndices(crop.top, crop.height, height);
  const columns = nearestIndices(crop.left, crop.width, width);
  const value = new (tables.value.constructor as new (length: number) => T)(height * width);
  const valid = new Uint8Array(height * width);
  for (let y = 0, at = 0; y < height; y++) {
    const row = rows[y] * plane.width;
    for (let x = 0; x < width; x++, at++) {
      const raw = plane.data[row + columns[x]];
      value[at] = tables.value[raw];
      valid[at] = tables.valid[raw];
    }
  }
  return { value, valid };
}

/**
 * Samples a plane like {@link lookUpNearest}, and converts each number: `convert` gives the value, or undefined for one
 * that must not be counted.
 */
export function mapNearest(
  plane: { readonly data: ArrayLike<number>; readonly width: number },
  crop: Crop,
  [height, width]: readonly [number, number],
  convert: (raw: number) => number | undefined,
): { value: Uint16Array; valid: Uint8Array } {
  const rows = nearestIndices(crop.top, crop.height, height);
  const columns = nearestIndices(crop.left, crop.width, width);
  const value = new Uint16Array(height * width);
  const valid = new Uint8Array(height * width);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const converted = convert(plane.data[rows[y] * plane.width + columns[x]]);
      if (converted === undefined) continue;
      value[at] = converted;
      valid[at] = 1;
    }
  return { value, valid };
}
