/** Reads images for prediction and writes what was predicted. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fractions } from '../data/fractions.js';
import { resize } from '../data/resize.js';
import sharp from '../data/sharp.js';
import { FathomError } from '../errors.js';
import { predictionPicture } from '../figures/prediction-picture.js';
import { writeFileWhole } from '../train/write-file.js';

/** An image as sharp decodes it, upright: `height × width × 3` bytes, channels interleaved. */
export interface Picture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

/** Mask and depth of one image, 0–1, at `height × width` of its own. */
export interface PredictedPlanes {
  readonly width: number;
  readonly height: number;
  readonly mask: Float32Array;
  readonly depth: Float32Array;
}

const imageExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.avif', '.gif'];

/** The name of a file without folder and extension, by which what belongs together is found. */
export const stemOf = (file: string): string => basename(file, extname(file));

/**
 * The image files that paths mean: a file itself, or the images in a folder in the order of their names.
 *
 * Throws a FathomError: of code `data` for a path that does not exist and a folder without images, of code `usage` when
 * two images have one name, since their predictions would too.
 */
export async function listImages(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found)
      throw new FathomError('data', `${path}: no such file or folder`, {
        hint: 'give images, or a folder of them',
      });
    if (!found.isDirectory()) {
      files.push(path);
      continue;
    }
    const images = (await readdir(path)).filter((name) =>
      imageExtensions.includes(extname(name).toLowerCase()),
    );
    if (images.length === 0)
      throw new FathomError('data', `${path}: no image in this folder`, {
        hint: `looked for ${imageExtensions.join(', ')}`,
      });
    files.push(...images.sort().map((name) => join(path, name)));
  }
  const seen = new Map<string, string>();
  for (const file of files) {
    const other = seen.get(stemOf(file));
    if (other !== undefined)
      throw new FathomError('usage', `${other} and ${file}: their predictions would have one name`, {
        hint: 'predict them one after the other, each with its own --out',
      });
    seen.set(stemOf(file), file);
  }
  return files;
}

/**
 * Reads an image in any format that sharp knows, from `bytes` where they are there already.
 * Throws a FathomError of code `data` that names the file.
 */
export async function readImage(file: string, bytes?: Buffer): Promise<Picture> {
  try {
    const { data, info } = await sharp(bytes ?? file)
      .rotate()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels === 3) return { file, width, height, rgb: data };
    const rgb = Buffer.alloc(width * height * 3);
    for (let i = 0; i < width * height; i++) rgb.fill(data[i * channels], i * 3, i * 3 + 3);
    return { file, width, height, rgb };
  } catch (cause) {
    throw new FathomError('data', `${file}: ${(cause as Error).message.split('\n')[0]}`, {
      hint: 'give an image file such as a JPEG, PNG or WebP',
      cause,
    });
  }
}

/** The picture at another size as planes `[3, H, W]` of 0–1, resized as images to train on are. */
export function imagePlanes(
  { rgb: data, width, height }: Picture,
  size: readonly [number, number],
): Float32Array {
  const whole = { left: 0, top: 0, width, height };
  return fractions(resize({ data, width, channels: 3 }, whole, size), 255);
}

/** A plane of 0–1 at another size, as integers up to 65535. */
async function enlarge(
  plane: Float32Array,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Promise<Uint16Array> {
  const values = Uint16Array.from(plane, (value) => Math.round(value * 65535));
  const { width, height } = from;
  const data = await sharp(values, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .resize(to.width, to.height, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'ushort' })
    .toBuffer();
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

/** What {@link writePrediction} leaves behind, by what it is. */
export interface PredictionFiles {
  /** 8 bit, 255 is foreground. */
  readonly mask: string;
  /** 16 bit, 65535 is the maximum depth. */
  readonly depth: string;
  /** The image with its foreground tinted. */
  readonly overlay: string;
  /** Image, overlay and coloured depth side by side, to look at. */
  readonly picture: string;
}

/** Writes `<stem>-mask.png`, `-depth.png` and `-overlay.png` at the size of the image, and `<stem>-picture.png`. */
export async function writePrediction(
  stem: string,
  image: Picture,
  prediction: PredictedPlanes,
  depthScale: { readonly maxDepth: number; readonly depthUnit: string },
): Promise<PredictionFiles> {
  const { width, height, rgb } = image;
  const path = (part: string) => `${stem}-${part}.png`;
  const paths = {
    ...{ mask: path('mask'), depth: path('depth') },
    ...{ overlay: path('overlay'), picture: path('picture') },
  };
  const mask = await enlarge(prediction.mask, prediction, image);
  const depth = await enlarge(prediction.depth, prediction, image);
  const tinted = { ...image, rgb: overlay(rgb, mask) };
  await mkdir(dirname(stem), { recursive: true });
  const grey = { width, height, channels: 1 } as const;
  const bytes = Uint8Array.from(mask, (value) => value >> 8);
  await sharp(bytes, { raw: grey }).toColourspace('b-w').png().toFile(paths.mask);
  await sharp(depth, { raw: grey }).toColourspace('grey16').png().toFile(paths.depth);
  await sharp(tinted.rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(paths.overlay);
  const size = pictureSize(image);
  const shown = [image, tinted].map((one) => imagePlanes(one, size));
  const sheet = await predictionPicture({
    ...{ title: basename(image.file), height: size[0], width: size[1], ...depthScale },
    ...{ image: toBytes(shown[0]), overlay: toBytes(shown[1]) },
    depth: Float32Array.from(
      await enlarge(prediction.depth, prediction, { height: size[0], width: size[1] }),
      (value) => value / 65535,
    ),
  });
  await writeFileWhole(paths.picture, sheet);
  return paths;
}

/** How strongly the overlay colours the foreground, and with what: an orange that stays apart for the colour-blind. */
const tint = { rgb: [255, 140, 0], strength: 0.55 } as const;

function overlay(rgb: Buffer, mask: Uint16Array): Buffer {
  const result = Buffer.from(rgb);
  for (let i = 0; i < mask.length; i++)
    for (let channel = 0; channel < 3; channel++) {
      const share = (tint.strength * mask[i]) / 65535;
      const at = i * 3 + channel;
      result[at] = Math.round(rgb[at] * (1 - share) + tint.rgb[channel] * share);
    }
  return result;
}

/** Pixels of a picture's longer side. */
const pictureSide = 400;

function pictureSize({ width, height }: Picture): [height: number, width: number] {
  const scale = pictureSide / Math.max(width, height);
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

const toBytes = (planes: Float32Array): Uint8Array =>
  Uint8Array.from(planes, (value) => Math.round(value * 255));
