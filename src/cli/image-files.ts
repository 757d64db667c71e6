/** Reads images for prediction and writes what was predicted. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { FathomError } from '../errors.js';

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

/** The picture at another size as planes `[3, H, W]` of 0–1. */
export async function imagePlanes(
  { rgb, width, height }: Picture,
  size: readonly [number, number],
): Promise<Float32Array> {
  const data = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(size[1], size[0], { fit: 'fill' })
    .raw()
    .toBuffer();
  const area = size[0] * size[1];
  const planes = new Float32Array(3 * area);
  for (let i = 0; i < area; i++)
    for (let channel = 0; channel < 3; channel++) planes[channel * area + i] = data[i * 3 + channel] / 255;
  return planes;
}

/** A plane of 0–1 at the size of `picture`, as integers up to 65535. */
async function enlarge(plane: Float32Array, from: PredictedPlanes, picture: Picture): Promise<Uint16Array> {
  const values = Uint16Array.from(plane, (value) => Math.round(value * 65535));
  const { width, height } = from;
  const data = await sharp(values, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .resize(picture.width, picture.height, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'ushort' })
    .toBuffer();
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

/** How strongly the overlay colours the foreground, and with what. */
const tint = { rgb: [255, 64, 64], strength: 0.5 } as const;

/**
 * Writes `<stem>-mask.png` (8 bit, 255 is foreground), `<stem>-depth.png` (16 bit, 65535 is the maximum depth) and
 * `<stem>-overlay.png`, all at the size of the picture. Returns their paths.
 */
export async function writePrediction(
  stem: string,
  picture: Picture,
  prediction: PredictedPlanes,
): Promise<{ mask: string; depth: string; overlay: string }> {
  const { width, height, rgb } = picture;
  const paths = { mask: `${stem}-mask.png`, depth: `${stem}-depth.png`, overlay: `${stem}-overlay.png` };
  const mask = await enlarge(prediction.mask, prediction, picture);
  const depth = await enlarge(prediction.depth, prediction, picture);
  const overlay = Buffer.from(rgb);
  for (let i = 0; i < mask.length; i++)
    for (let channel = 0; channel < 3; channel++) {
      const share = (tint.strength * mask[i]) / 65535;
      const at = i * 3 + channel;
      overlay[at] = Math.round(rgb[at] * (1 - share) + tint.rgb[channel] * share);
    }
  await mkdir(dirname(stem), { recursive: true });
  const grey = { width, height, channels: 1 } as const;
  await sharp(
    Uint8Array.from(mask, (value) => value >> 8),
    { raw: grey },
  )
    .toColourspace('b-w')
    .png()
    .toFile(paths.mask);
  await sharp(depth, { raw: grey }).toColourspace('grey16').png().toFile(paths.depth);
  await sharp(overlay, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(paths.overlay);
  return paths;
}
